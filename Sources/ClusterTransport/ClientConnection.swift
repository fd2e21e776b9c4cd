public import Messages
public import Runtime
import Synchronization
import WireFormat
public import ZeroMQTransport

/// A client's connection to a coordinator.
public final class ClientConnection: ClusterClient {
  private let address: String
  private let control: ClientEndpoint
  private let bulk: BulkClient
  private let security: ClientSecurity
  private let answers: Answers
  private let streams = Mutex<[RequestID: BulkPutStream]>([:])

  /// Between sending a request and sending it again.
  private static let resendMilliseconds: UInt64 = 1_000

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
    bulk = try BulkClient(context: context)
  }

  /// Asks until there is an answer.
  public func ask(
    _ request: ClientRequest, id: RequestID, deadlineMilliseconds: UInt64
  ) throws(ClientFailure) -> ClientResponse {
    let start = monotonicMilliseconds()
    var last: ClientResponse?
    while true {
      do {
        try control.send(WireFormat.encode(request: request, id: id))
      } catch let error as WireError {
        throw .unexpected("\(error)")
      } catch {
        // Full: what waits there goes first, and this is sent again.
      }
      switch answers.wait(for: id, milliseconds: Self.resendMilliseconds) {
      case .answered(.refused(let refusal)) where refusal.kind == .unavailable:
        last = .refused(refusal)
        sleepMilliseconds(100)
      case .answered(let response): return response
      case .failed(let failure): throw failure
      case .nothing(let state):
        if let why = explanation(of: state, address: address) { throw .keys(why) }
      }
      let elapsed = monotonicMilliseconds() - start
      if elapsed >= deadlineMilliseconds {
        if let last { return last }
        throw .noCoordinator(address: address, seconds: elapsed / 1000)
      }
      if elapsed > 3 * Self.resendMilliseconds { control.reset() }
    }
  }

  /// Sends a chunk; waits while the coordinator has no room.
  public func put(_ chunk: [UInt8], sequence: UInt64, ingest: RequestID, to endpoint: String)
    throws(ClientFailure)
  {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(chunk.count + 16)
    for number in [ingest.id.high, ingest.id.low] {
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: number >> shift))
      }
    }
    bytes += chunk
    let stream = streams.withLock { streams in
      let stream =
        streams[ingest]
        ?? bulk.putStream(id: ingest.id.low, to: BulkAddress(endpoint, security: security))
      streams[ingest] = stream
      return stream
    }
    do throws(BulkError) {
      try stream.put(bytes)
    } catch {
      throw failure(of: error)
    }
  }

  /// Waits until all chunks have been taken.
  public func flushChunks(of ingest: RequestID) throws(ClientFailure) {
    do throws(BulkError) {
      try streams.withLock { $0.removeValue(forKey: ingest) }?.finish()
    } catch {
      throw failure(of: error)
    }
  }

  private func failure(of error: BulkError) -> ClientFailure {
    .refused(Refusal(.interrupted, "the data set could not be sent: \(error)"))
  }

  /// Fetches an object and compares its checksum.
  public func fetch(_ descriptor: ObjectDescriptor, from endpoint: String) throws(ClientFailure)
    -> [UInt8]
  {
    let bytes: [UInt8]
    do throws(BulkError) {
      bytes = try bulk.fetchAndWait(
        key: descriptor.id.key, expectedLength: Int(clamping: descriptor.length),
        from: BulkAddress(endpoint, security: security))
    } catch {
      throw .fetch(descriptor.id, .unreachable)
    }
    guard descriptor.matches(bytes) else { throw .fetch(descriptor.id, .damaged) }
    return bytes
  }

  /// Ends the conversation.
  public func close() {
    control.close()
    bulk.close()
  }
}
