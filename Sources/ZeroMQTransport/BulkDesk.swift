import Glibc
import Synchronization

/// Where the requests of a bulk server wait between its socket and its other threads.
final class BulkDesk: Sendable {
  private struct Fetch {
    let request: BulkRequest
    let sender: PutStreams.Sender
  }

  private struct State {
    var fetches: [Fetch] = []
    var puts: [BulkPut] = []
    var putBytes = 0
    var busyPeers: [[UInt8]: Int] = [:]
    var unanswered = 0
    var streams: PutStreams
    var isClosed = false
  }

  private struct Link { weak var endpoint: ServerEndpoint? }

  private let options: BulkServer.Options
  private let takesPuts: Bool
  private let state: Monitor<State>
  private let link = Monitor(Link())
  private let malformed = Atomic<UInt64>(0)

  init(options: BulkServer.Options, takesPuts: Bool) {
    self.options = options
    self.takesPuts = takesPuts
    state = Monitor(
      State(
        streams: PutStreams(
          streamsMaximum: options.streamsMaximum,
          unansweredMaximum: options.unansweredPutsPerStreamMaximum)))
  }

  /// Messages that were no requests.
  var malformedCount: UInt64 { malformed.load(ordering: .relaxed) }

  /// Says where answers go; requests that came before are lost, and asked again.
  func open(_ endpoint: ServerEndpoint) { link.withLock { $0.endpoint = endpoint } }

  func close() { state.update { $0.isClosed = true } }

  // MARK: The socket's thread

  /// Takes a message from the socket; never waits.
  func receive(_ message: ReceivedMessage) {
    guard let (request, content) = BulkMessage.read(message.frames) else {
      malformed.wrappingAdd(1, ordering: .relaxed)
      return
    }
    let sender = PutStreams.Sender(peer: message.peer, request: request)
    switch content {
    case .fetch(let key, let offset, let length):
      let fetch = BulkRequest(
        key: key, offset: offset, length: length, userID: message.userID,
        remoteAddress: message.remoteAddress)
      if !take(Fetch(request: fetch, sender: sender)) { answerAtOnce(sender, .busy) }
    case .put(let stream, let sequence, let bytes):
      let put = BulkPut(
        stream: stream, sequence: sequence, bytes: bytes, userID: message.userID,
        remoteAddress: message.remoteAddress)
      switch take(put, from: sender) {
      case .deliver, .wait: break
      case .acceptAgain(let credits):
        answerAtOnce(sender, .accepted(stream: stream, sequence: sequence, credits: credits))
      case .busy: answerAtOnce(sender, .busy)
      case .refuse(let reason): answerAtOnce(sender, .refused(reason: reason))
      }
    default:
      malformed.wrappingAdd(1, ordering: .relaxed)
    }
  }

  private func take(_ fetch: Fetch) -> Bool {
    state.update { state in
      let ofPeer = state.busyPeers[fetch.sender.peer, default: 0]
      guard state.unanswered < options.requestsMaximum, ofPeer < options.requestsPerPeerMaximum
      else { return false }
      state.busyPeers[fetch.sender.peer] = ofPeer + 1
      state.unanswered += 1
      state.fetches.append(fetch)
      return true
    }
  }

  private func take(_ put: BulkPut, from sender: PutStreams.Sender) -> PutStreams.Decision {
    guard takesPuts else { return .refuse("nothing can be put here") }
    return state.update { state in
      let hasRoom = put.bytes.count <= options.putBytesMaximum - state.putBytes
      let decision = state.streams.receive(
        stream: put.stream, sequence: put.sequence, from: sender, userID: put.userID,
        hasRoom: hasRoom)
      if decision == .deliver {
        state.puts.append(put)
        state.putBytes += put.bytes.count
      }
      return decision
    }
  }

  // MARK: The other threads

  /// Answers fetches until the desk is closed.
  func provide(_ provider: BulkServer.Provider) {
    while let fetch = next(\.fetches) {
      let request = fetch.request
      switch provider(request) {
      case .bytes(let bytes, let total): answer(fetch.sender, chunk(request, bytes, total))
      case .absent: answer(fetch.sender, .absent(key: request.key))
      case .busy: answer(fetch.sender, .busy)
      case .refused(let reason): answer(fetch.sender, .refused(reason: reason))
      }
      state.update { state in
        state.unanswered -= 1
        let left = state.busyPeers[fetch.sender.peer, default: 1] - 1
        state.busyPeers[fetch.sender.peer] = left > 0 ? left : nil
      }
    }
  }

  private func chunk(_ request: BulkRequest, _ bytes: [UInt8], _ total: UInt64) -> BulkMessage {
    let rest = total > request.offset ? total - request.offset : 0
    guard UInt64(bytes.count) == min(UInt64(request.length), rest) else {
      return .refused(reason: "the content is not as long as it was said to be")
    }
    return .chunk(key: request.key, offset: request.offset, totalLength: total, bytes: bytes)
  }

  /// Hands puts to the handler until the desk is closed.
  func takePuts(_ handler: BulkServer.PutHandler) {
    while let put = next(\.puts) {
      let stream = put.stream
      let sequence = put.sequence
      let reply = BulkPutReply { [self] credits, refusal in
        let sender = state.update { state in
          state.streams.answer(
            stream: stream, sequence: sequence, credits: credits, refusal: refusal)
        }
        guard let sender else { return }
        answer(
          sender,
          refusal.map { .refused(reason: $0) }
            ?? .accepted(stream: stream, sequence: sequence, credits: credits))
      }
      handler(put, reply)
      state.update { $0.putBytes -= put.bytes.count }
    }
  }

  /// The first of a queue, waiting for it; nil when the desk is closed.
  private func next<Element>(_ queue: WritableKeyPath<State, [Element]>) -> Element? {
    let waited = state.wait { state -> [Element]? in
      if state.isClosed { return [] }
      if state[keyPath: queue].isEmpty { return nil }
      return [state[keyPath: queue].removeFirst()]
    }
    return waited?.first
  }

  /// Sends an answer from a thread that may wait for the socket's.
  ///
  /// What is lost here is asked again by the client.
  private func answer(_ sender: PutStreams.Sender, _ message: BulkMessage) {
    // The socket's thread empties its queue as fast as memory is copied, whatever clients do.
    var attempts = 0
    while !answerAtOnce(sender, message), attempts < 1000 {
      attempts += 1
      usleep(1000)
    }
  }

  /// Sends an answer from the socket's own thread; false when there is no room.
  @discardableResult
  private func answerAtOnce(_ sender: PutStreams.Sender, _ message: BulkMessage) -> Bool {
    guard let endpoint = link.withLock({ $0.endpoint }) else { return true }
    do throws(SendError) {
      try endpoint.send(to: sender.peer, message.frames(request: sender.request))
    } catch {
      if case .full = error { return false }
    }
    return true
  }
}
