/// What a worker says when it joins, or joins again.
public struct WorkerHello: Sendable, Equatable {
  /// The cluster that the worker's folder belongs to; nil for a new folder.
  public var cluster: ClusterID?
  /// Where others fetch objects from it, as in `tcp://10.0.0.7:40112`.
  public var dataEndpoint: String
  /// What fails together with it; empty where unlabelled.
  public var rack: String
  /// Threads that count.
  public var threads: Int
  /// Bytes of memory that the worker plans with.
  public var memoryBytes: UInt64
  /// Bytes free on its disk.
  public var freeBytes: UInt64
  /// The version of its software.
  public var software: String
  /// How many objects it stores; the inventory follows in parts.
  public var objectCount: Int

  /// A hello.
  public init(
    cluster: ClusterID?, dataEndpoint: String, rack: String, threads: Int, memoryBytes: UInt64,
    freeBytes: UInt64, software: String, objectCount: Int
  ) {
    self.cluster = cluster
    self.dataEndpoint = dataEndpoint
    self.rack = rack
    self.threads = threads
    self.memoryBytes = memoryBytes
    self.freeBytes = freeBytes
    self.software = software
    self.objectCount = objectCount
  }
}

/// A part of the list of all objects that a worker stores, ascending by id.
public struct InventoryPart: Sendable, Equatable {
  /// The part's number, from 0.
  public var index: Int
  /// How many parts there are, at least 1.
  public var partCount: Int
  /// Its objects, at most ``lengthLimit``.
  public var objects: [ObjectDescriptor]

  /// The most objects of a part.
  public static let lengthLimit = 10_000

  /// A part.
  public init(index: Int, partCount: Int, objects: [ObjectDescriptor]) {
    self.index = index
    self.partCount = partCount
    self.objects = objects
  }
}

/// Where bytes were found to differ from their checksum.
public enum DamagePlace: UInt8, Sendable, CaseIterable {
  /// Read from the worker's own disk.
  case disk = 1
  /// Received from another node.
  case network = 2
}

/// Why an object could not be stored.
public enum StoreFailure: Error, Sendable, Equatable {
  /// No source could be reached, or none has it.
  case unreachable
  /// What arrived was not what was announced.
  case damaged
  /// The disk refused: full, read-only, failing; the text is the system's.
  case disk(String)
}

/// What a worker says to the coordinator.
public enum WorkerMessage: Sendable {
  /// Asks to join.
  case hello(WorkerHello)
  /// What it stores; sent part by part, each after the one before was acknowledged.
  case inventory(InventoryPart)
  /// Is alive.
  case heartbeat(WorkerHeartbeat)
  /// Has the object, verified and flushed to the device.
  case stored(ObjectDescriptor, order: UInt64)
  /// Could not store it.
  case storeFailed(ObjectDescriptor, StoreFailure)
  /// Does not have the object any more.
  case deleted(ObjectID, order: UInt64)
  /// An object it stored differs from its checksum; set aside and no longer served.
  case damaged(ObjectDescriptor, DamagePlace)
  /// The answer to a verification: nil where the bytes on disk are right.
  case verified(ObjectDescriptor, StoreFailure?)
  /// Cannot go on with a job before it is opened (level nil) or its level is.
  case missing(JobID, level: Int?)
  /// Counts.
  case counted(CountingAnswer)
  /// No counts.
  case countingFailed(lease: UInt64, key: CountingKey, ranges: [UInt32], CountingFailure)
  /// What became of the range of an order.
  case reduced(JobID, order: UInt64, Content<RangeReduction>)
  /// Nothing became of it.
  case reducingFailed(JobID, order: UInt64, ReducingFailure)
  /// Stops, and gives back what it has not begun; the coordinator answers `released`.
  case leaving(leases: [UInt64])
  /// The sender of the last message is fenced: a higher epoch has been promised.
  case fenced(Epoch)
}

/// A sign of life.
public struct WorkerHeartbeat: Sendable, Equatable {
  /// Counts up in one incarnation; the answer carries it back.
  public var sequence: UInt64
  /// Leases that wait or are worked on.
  public var leaseCount: Int
  /// Bytes free on its disk.
  public var freeBytes: UInt64
  /// Bytes of blocks, projections and levels in memory.
  public var bytesHeld: UInt64

  /// A heartbeat.
  public init(sequence: UInt64, leaseCount: Int, freeBytes: UInt64, bytesHeld: UInt64) {
    self.sequence = sequence
    self.leaseCount = leaseCount
    self.freeBytes = freeBytes
    self.bytesHeld = bytesHeld
  }
}

/// A worker's message with its envelope.
public struct WorkerEnvelope: Sendable {
  /// Who says it.
  public var name: Name
  /// In which life.
  public var incarnation: Incarnation
  /// The epoch that the worker has promised to obey.
  public var epoch: Epoch
  /// What it says.
  public var message: WorkerMessage

  /// An envelope.
  public init(name: Name, incarnation: Incarnation, epoch: Epoch, message: WorkerMessage) {
    self.name = name
    self.incarnation = incarnation
    self.epoch = epoch
    self.message = message
  }
}
