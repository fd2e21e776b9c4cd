import Synchronization

/// A message on its way to a socket.
struct OutgoingMessage: Sendable {
  /// The routing id of the receiver; nil from a client, which has one peer only.
  let peer: [UInt8]?
  let frames: [[UInt8]]

  var byteCount: Int { frames.reduce(0) { $0 + $1.count } }
}

/// The messages that wait for the owning thread of a socket, bounded in number and bytes.
///
/// A message counts until the owner has settled it, so that messages the owner holds back while a
/// peer does not read count too.
final class SendQueue: Sendable {
  /// What the owner is asked to do.
  struct Batch {
    var messages: [OutgoingMessage] = []
    /// Messages queued before the last reset: to be reported, not sent.
    var abandoned: [OutgoingMessage] = []
    var isReset = false
    var isClosed = false
  }

  private struct State {
    var waiting = Batch()
    var unsettledMessages = 0
    var unsettledBytes = 0
  }

  private let state = Monitor(State())
  private let limits: TransportLimits
  private let wakeUp: WakeUp
  private let refused = Atomic<UInt64>(0)

  init(limits: TransportLimits, wakeUp: WakeUp) {
    self.limits = limits
    self.wakeUp = wakeUp
  }

  /// Messages refused because the queue was full.
  var refusedCount: UInt64 { refused.load(ordering: .relaxed) }

  /// Messages that wait, and their bytes.
  var load: (messages: Int, bytes: Int) {
    state.withLock { ($0.unsettledMessages, $0.unsettledBytes) }
  }

  /// Takes a message for sending.
  func offer(_ message: OutgoingMessage) throws(SendError) {
    guard limits.allow(message.frames) else {
      throw .outsideLimits(
        frames: message.frames.count, largestFrame: message.frames.map(\.count).max() ?? 0)
    }
    let bytes = message.byteCount
    let refusal = state.withLock { state -> SendError? in
      if state.waiting.isClosed { return .closed }
      guard state.unsettledMessages < limits.queuedMessagesMaximum,
        bytes <= limits.queuedBytesMaximum - state.unsettledBytes
      else { return .full(messages: state.unsettledMessages, bytes: state.unsettledBytes) }
      state.unsettledMessages += 1
      state.unsettledBytes += bytes
      state.waiting.messages.append(message)
      return nil
    }
    if let refusal {
      if case .full = refusal { refused.add(1, ordering: .relaxed) }
      throw refusal
    }
    wakeUp.raise()
  }

  /// Asks the owner to connect anew; what waits is not sent.
  func reset() {
    state.withLock { state in
      state.waiting.abandoned += state.waiting.messages
      state.waiting.messages = []
      state.waiting.isReset = true
    }
    wakeUp.raise()
  }

  /// Asks the owner to send what waits and end.
  func close() {
    state.withLock { $0.waiting.isClosed = true }
    wakeUp.raise()
  }

  /// Everything that waits; `isClosed` stays.
  func takeAll() -> Batch {
    state.withLock { state in
      let batch = state.waiting
      state.waiting = Batch(isClosed: batch.isClosed)
      return batch
    }
  }

  /// Makes room for as much again: the message was sent or dropped.
  func settle(_ message: OutgoingMessage) {
    let bytes = message.byteCount
    state.withLock { state in
      state.unsettledMessages -= 1
      state.unsettledBytes -= bytes
    }
  }
}
