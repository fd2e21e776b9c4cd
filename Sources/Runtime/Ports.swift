public import Coordination
public import Messages

/// Where a node keeps its objects: durable, verified, safe to use from several threads.
public protocol ObjectStore: Sendable {
  /// All objects, ascending by id; listed, not read.
  var inventory: [ObjectDescriptor] { get }
  /// Bytes free on the disk.
  var freeBytes: UInt64 { get }
  /// Writes an object durably, or leaves nothing of it.
  func write(_ descriptor: ObjectDescriptor, _ bytes: [UInt8]) throws(StorageFailure)
  /// Reads an object and compares its checksum.
  func read(_ descriptor: ObjectDescriptor) throws(StorageFailure) -> [UInt8]
  /// Reads a part of an object, for another node that will compare the checksum of the whole.
  ///
  /// - Returns: at most `length` bytes from `offset` on, and the length of the object; nil where
  ///   there is no such object.
  func read(_ id: ObjectID, offset: UInt64, length: Int) throws(StorageFailure)
    -> (bytes: [UInt8], total: UInt64)?
  /// Deletes an object durably; none is no failure.
  func delete(_ id: ObjectID) throws(StorageFailure)
  /// Moves an object aside, so that it is no longer listed, and never deletes it.
  func quarantine(_ id: ObjectID) throws(StorageFailure)
}

/// The folder of a worker: its objects, and what it promised.
public protocol WorkerFolder: ObjectStore {
  /// The cluster that the folder belongs to; nil for a new one.
  var cluster: ClusterID? { get }
  /// The highest epoch promised.
  var promised: Epoch { get }
  /// Makes a promise durable.
  func promise(_ cluster: ClusterID, _ epoch: Epoch) throws(StorageFailure)
}

/// The coordinator's memory across restarts.
public protocol Catalog: Sendable {
  /// Everything that has been committed.
  func load() throws(StorageFailure) -> CatalogState
  /// Makes all changes durable, or none.
  func commit(_ writes: [CatalogWrite]) throws(StorageFailure)
  /// Puts a rebuilt state in place of an empty one, durably.
  func replace(with state: CatalogState) throws(StorageFailure)
}

/// Why a store or a catalog did not do what it was asked.
public struct StorageFailure: Error, Sendable, CustomStringConvertible {
  /// What kind of failure.
  public enum Kind: Sendable {
    /// The object is not there, or its bytes are not what they were.
    case damaged
    /// The disk refused: full, read-only.
    case refused
    /// The disk broke a promise, as after a failed flush: the node must stop.
    case fatal
  }

  /// The kind.
  public let kind: Kind
  /// What happened, where, and what to do.
  public let description: String

  /// A failure.
  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// The failure as messages tell it.
  var asStoreFailure: StoreFailure {
    kind == .damaged ? .damaged : .disk(description)
  }
}

/// How bulk data reaches this node, and how others get it.
public protocol BulkTransport: Sendable {
  /// Fetches an object from the first of these data endpoints that has it.
  ///
  /// - Parameter completion: given the bytes, as many as announced but not yet compared with the
  ///   checksum; called once, on a thread of the transport.
  func fetch(
    _ descriptor: ObjectDescriptor, sources: [String],
    completion: @escaping @Sendable (Result<[UInt8], StoreFailure>) -> Void)
}

/// How a coordinator speaks; receiving is done by posting events to its node.
public protocol CoordinatorTransport: BulkTransport {
  /// Sends to a worker's connection; may lose it.
  func send(_ envelope: CoordinatorEnvelope, to peer: PeerID)
  /// Answers a client; may lose it.
  func reply(_ response: ClientResponse, id: RequestID, to peer: PeerID)
}

/// How a worker speaks; receiving is done by posting events to its node.
public protocol WorkerTransport: BulkTransport {
  /// Sends to the coordinator; may lose it.
  func send(_ envelope: WorkerEnvelope)
  /// Throws the connection to the coordinator away and makes a new one.
  func reconnect()
}
