import Blocks
public import Messages

/// How a command speaks to a cluster; one conversation, used from one thread.
public protocol ClusterClient: Sendable {
  /// Asks until there is an answer, the same request under the same id again and again.
  ///
  /// - Parameter deadlineMilliseconds: after so long without any answer the coordinator is taken to
  ///   be away.
  /// - Returns: the answer, never ``Messages/ClientResponse/refused(_:)`` except for `unavailable`
  ///   at the deadline.
  /// - Throws: ``ClientFailure``.
  func ask(
    _ request: ClientRequest, id: RequestID, deadlineMilliseconds: UInt64
  ) throws(ClientFailure) -> ClientResponse

  /// Sends the next chunk of an ingest; waits while the coordinator has no room.
  ///
  /// - Parameter whileWaiting: called now and then; what it throws ends the waiting.
  func put(
    _ chunk: [UInt8], sequence: UInt64, ingest: RequestID, to endpoint: String,
    whileWaiting: () throws(ClientFailure) -> Void
  ) throws(ClientFailure)

  /// Waits until all chunks put so far have been taken.
  func flushChunks(of ingest: RequestID, whileWaiting: () throws(ClientFailure) -> Void)
    throws(ClientFailure)

  /// Fetches an object and compares its checksum.
  func fetch(_ descriptor: ObjectDescriptor, from endpoint: String) throws(ClientFailure)
    -> [UInt8]
}

extension ClusterClient {
  /// Asks a new question, for ten seconds.
  public func ask(_ request: ClientRequest) throws(ClientFailure) -> ClientResponse {
    try ask(request, id: RequestID.random(), deadlineMilliseconds: 10_000)
  }
}

extension RequestID {
  /// A new number.
  public static func random() -> RequestID {
    RequestID(
      DataSetID(
        high: .random(in: .min ... .max), low: .random(in: .min ... .max)))
  }
}

/// Why a command got no answer, or one that it must not have; the description has the remedy.
public enum ClientFailure: Error, Sendable, CustomStringConvertible {
  /// Nobody answers at the address.
  case noCoordinator(address: String, seconds: UInt64)
  /// Somebody answers in another version of the protocol.
  case version(String)
  /// The keys were not accepted, or cannot be used.
  case keys(String)
  /// The coordinator refused.
  case refused(Refusal)
  /// An object could not be fetched.
  case fetch(ObjectID, StoreFailure)
  /// The answer was not one to the question.
  case unexpected(String)

  /// What happened and what to do.
  public var description: String {
    switch self {
    case .noCoordinator(let address, let seconds):
      "no coordinator answers at \(address) after \(seconds) s; start one with `lode coordinator`,"
        + " or name another with --cluster HOST:PORT or LODE_CLUSTER"
    case .version(let text), .keys(let text): text
    case .refused(let refusal): refusal.message
    case .fetch(let id, let failure):
      switch failure {
      case .unreachable:
        "\(id) cannot be fetched from the coordinator: see `lode status`, then ask again"
      case .damaged: "\(id) arrived damaged; ask again"
      case .disk(let text): "\(id) cannot be read by the coordinator: \(text)"
      }
    case .unexpected(let text):
      "the coordinator answered something else than was asked (\(text)); use the same version of"
        + " lode for coordinator and clients"
    }
  }
}
