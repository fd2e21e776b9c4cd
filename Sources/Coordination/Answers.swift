import Messages

/// Answers to requests that change something, so that a request asked again is answered again.
struct Answers: Sendable {
  /// How many answers are remembered.
  static let memory = 1_024

  private struct Pending: Sendable {
    var peer: PeerID
    let response: ClientResponse
  }

  private var given: [RequestID: ClientResponse] = [:]
  private var order: [RequestID] = []
  private var pending: [RequestID: Pending] = [:]

  /// Answers a request that was answered before, or notes that it was asked again while its change
  /// is being recorded; false for a new one.
  mutating func repeats(_ id: RequestID, from peer: PeerID, _ outbox: inout Outbox) -> Bool {
    if let response = given[id] {
      outbox.add(.reply(response, id: id, to: peer))
      return true
    }
    guard pending[id] != nil else { return false }
    pending[id]?.peer = peer
    return true
  }

  /// Makes a change durable, then answers.
  mutating func answer(
    _ response: ClientResponse, _ id: RequestID, to peer: PeerID, after writes: [CatalogWrite],
    _ outbox: inout Outbox
  ) {
    pending[id] = Pending(peer: peer, response: response)
    outbox.add(.persist(outbox.token(for: .request(id)), writes))
  }

  /// The change is durable.
  mutating func persisted(_ id: RequestID, _ outbox: inout Outbox) {
    guard let answer = pending.removeValue(forKey: id) else { return }
    given[id] = answer.response
    order.append(id)
    if order.count > Self.memory { given[order.removeFirst()] = nil }
    outbox.add(.reply(answer.response, id: id, to: answer.peer))
  }
}
