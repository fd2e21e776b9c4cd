public import Messages
public import Runtime
import Synchronization
import WireFormat
public import ZeroMQTransport

/// A client's connection to a coordinator.
public final class ClientConnection: ClusterClient {
  private let address: String
  private let control: ClientEndpoint
  private let fetches: BulkClient
  private let puts: BulkClient
  private let security: ClientSecurity
  private let answers: Answers
  private let streams = Mutex<[RequestID: BulkPutStream]>([:])

  /// Between sending a request and sending it again.
  private static let resendMilliseconds: UInt64 = 1_000
  /// Of silence before the connection is made anew: longer than a handshake may take.
  private static let resetMilliseconds: UInt64 = 6_000
  /// For which an object that is not there is asked for again.
  private static let absentMilliseconds: UInt64 = 20_000
  /// Times in sequence that a failed handshake is seen before it is believed: a coordinator that is
  /// just being killed fails some too.
  private static let failedHandshakes = 3

  /// Begins to connect.
  ///
  /// - Parameters:
  ///   - address: the coordinator's control endpoint, as in `tcp://10.0.0.5:7400`.
  ///   - security: what is shown to the coordinator.
  public init(context: ZeroMQContext, address: String, security: ClientSecurity) throws {
    self.address = address
    self.security = security
    let answers = Answers()
    self.answers = answers
    control = try ClientEndpoint(
      context: context, address: address, security: security, limits: .control,
      onState: { answers.changed($0) }, handler: { answers.receive($0) })
    fetches = try BulkClient(context: context)
    // A put waits for as long as copies take; who waits looks after the coordinator meanwhile.
    var patient = BulkClient.Options()
    patient.retries = 1_000
    puts = try BulkClient(context: context, options: patient)
  }

  /// Asks until there is an answer.
  public func ask(
    _ request: ClientRequest, id: RequestID, deadlineMilliseconds: UInt64
  ) throws(ClientFailure) -> ClientResponse {
    let start = monotonicMilliseconds()
    var nextReset = start + Self.resetMilliseconds
    var last: ClientResponse?
    var failedHandshakes = 0
    answers.expect(id)
    while true {
      do {
        try control.send(WireFormat.encode(request: request, id: id))
      } catch let error as WireError {
        throw .unexpected("\(error)")
      } catch {
        // Full: what waits there goes first, and this is sent again.
      }
      switch answers.wait(milliseconds: Self.resendMilliseconds) {
      case .answered(.refused(let refusal)) where refusal.kind == .unavailable:
        last = .refused(refusal)
        sleepMilliseconds(100)
      case .answered(let response): return response
      case .failed(let failure): throw failure
      case .nothing(let state):
        failedHandshakes = state == .handshakeFailed ? failedHandshakes + 1 : 0
        if state == .keyRefused || failedHandshakes >= Self.failedHandshakes,
          let why = explanation(of: state, address: address, hasKeys: security != .none)
        {
          throw .keys(why)
        }
      }
      let now = monotonicMilliseconds()
      if now - start >= deadlineMilliseconds {
        if let last { return last }
        throw .noCoordinator(
          address: String(address.trimmingPrefix("tcp://")), seconds: (now - start) / 1000)
      }
      if now >= nextReset {
        nextReset = now + Self.resetMilliseconds
        control.reset()
      }
    }
  }

  /// Sends a chunk in pieces; waits while the coordinator has no room.
  public func put(
    _ chunk: [UInt8], sequence: UInt64, ingest: RequestID, to endpoint: String,
    whileWaiting: () throws(ClientFailure) -> Void
  ) throws(ClientFailure) {
    let stream = streams.withLock { streams in
      let stream =
        streams[ingest]
        ?? puts.putStream(id: ingest.id.low, to: BulkAddress(endpoint, security: security))
      streams[ingest] = stream
      return stream
    }
    for piece in ChunkPiece.pieces(of: chunk, chunk: sequence, ingest: ingest) {
      let bytes = piece.encoded
      while true {
        do throws(BulkError) {
          if try stream.put(bytes, waitingAtMost: 1_000) != nil { break }
        } catch {
          throw failure(of: error)
        }
        try whileWaiting()
      }
    }
  }

  /// Waits until all chunks have been taken.
  public func flushChunks(
    of ingest: RequestID, whileWaiting: () throws(ClientFailure) -> Void
  ) throws(ClientFailure) {
    guard let stream = streams.withLock({ $0.removeValue(forKey: ingest) }) else { return }
    while true {
      do throws(BulkError) {
        if try stream.finish(waitingAtMost: 1_000) { return }
      } catch {
        throw failure(of: error)
      }
      try whileWaiting()
    }
  }

  private func failure(of error: BulkError) -> ClientFailure {
    // The coordinator's own words say what to do.
    if case .refused(_, let reason) = error { return .refused(Refusal(.interrupted, reason)) }
    return .refused(
      Refusal(
        .interrupted,
        "the data set could not be sent: \(error). Nothing of it is left; add it again"))
  }

  /// Fetches an object and compares its checksum.
  ///
  /// What the coordinator does not hold yet, since it has lost its disk, is waited for a while.
  public func fetch(_ descriptor: ObjectDescriptor, from endpoint: String) throws(ClientFailure)
    -> [UInt8]
  {
    let deadline = monotonicMilliseconds() + Self.absentMilliseconds
    while true {
      let fetched: [UInt8]
      do throws(BulkError) {
        fetched = try fetches.fetchAndWait(
          key: descriptor.id.key, expectedLength: Int(clamping: descriptor.length),
          from: BulkAddress(endpoint, security: security))
      } catch .absent where monotonicMilliseconds() < deadline {
        sleepMilliseconds(200)
        continue
      } catch {
        throw .fetch(descriptor.id, .unreachable)
      }
      guard descriptor.matches(fetched) else { throw .fetch(descriptor.id, .damaged) }
      return fetched
    }
  }

  /// Ends the conversation.
  public func close() {
    control.close()
    fetches.close()
    puts.close()
  }
}
