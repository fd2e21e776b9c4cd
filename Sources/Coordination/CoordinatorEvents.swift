public import Messages

/// A moment as the shell's clocks tell it.
public struct Moment: Sendable, Equatable {
  /// Milliseconds of a clock that never goes back.
  public var milliseconds: UInt64
  /// Milliseconds since 1970, for people only.
  public var unixMilliseconds: UInt64

  /// A moment.
  public init(milliseconds: UInt64, unixMilliseconds: UInt64) {
    self.milliseconds = milliseconds
    self.unixMilliseconds = unixMilliseconds
  }
}

/// Where an answer goes: the routing id that the transport gave a connection.
public struct PeerID: Sendable, Hashable, Comparable {
  /// The id.
  public let bytes: [UInt8]

  /// A peer by its id.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// By bytes.
  public static func < (left: PeerID, right: PeerID) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

/// Ties an effect to the event that reports its outcome; never reused in the life of a coordinator.
public struct Token: Sendable, Hashable, Comparable {
  /// The number.
  public let number: UInt64

  /// A token by its number.
  public init(_ number: UInt64) { self.number = number }

  /// By number.
  public static func < (left: Token, right: Token) -> Bool { left.number < right.number }
}

/// What happens to a coordinator.
public enum CoordinatorEvent: Sendable {
  /// Time has passed; at least every 100 ms.
  case tick
  /// A worker's message.
  case worker(WorkerEnvelope, from: PeerID, role: Role)
  /// A client's request; answered by `reply` with the same id and peer.
  case client(ClientRequest, id: RequestID, from: PeerID, role: Role)
  /// All writes of a `persist` effect are durable.
  case persisted(Token)
  /// They are not, none of them; the coordinator must stop.
  case persistFailed(Token, String)
  /// An object is durable in the coordinator's own store.
  case stored(Token, ObjectDescriptor)
  /// It is not.
  case storeFailed(Token, StoreFailure)
  /// The bytes of a `load` or `fetch`, verified against the descriptor by the shell's pool.
  case loaded(Token, [UInt8])
  /// There are none, or damaged ones.
  case loadFailed(Token, StoreFailure)
  /// The outcome of a `perform`.
  case performed(Token, CoordinatorOutcome)
}

/// What a coordinator wants done; each is carried out at most once, in any order but that of `persist`
/// and that of `store` and `forget`.
public enum CoordinatorEffect: Sendable {
  /// Send to a worker's connection; may be lost.
  case send(CoordinatorEnvelope, to: PeerID)
  /// Answer a client; may be lost.
  case reply(ClientResponse, id: RequestID, to: PeerID)
  /// Make the changes durable, together; report `persisted`. In the order of the effects.
  case persist(Token, [CatalogWrite])
  /// Write the bytes durably into the coordinator's own store; report `stored`.
  case store(Token, ObjectDescriptor, [UInt8])
  /// Read an object of the coordinator's own store; report `loaded`.
  case load(Token, ObjectDescriptor)
  /// Delete an object of the coordinator's own store; not after a `store` that came later.
  case forget(ObjectID)
  /// Fetch an object from the first data endpoint that has it; report `loaded`.
  case fetch(Token, ObjectDescriptor, sources: [String])
  /// Serve these bytes at the data endpoint, from memory, until withdrawn.
  case publish(ObjectDescriptor, [UInt8])
  /// Serve them no longer.
  case withdraw(ObjectID)
  /// Do this in the compute pool; report `performed`.
  case perform(Token, CoordinatorWork)
  /// Stop the process with this message: fenced, or a disk that does not keep what it promised.
  case stop(String)
  /// Something an operator wants to read, one line.
  case note(String)
  /// A job's level has closed or its state changed; for those who follow in the same process.
  case progress(JobSummary)
}
