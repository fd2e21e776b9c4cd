/// Brings the puts of each stream into order, once each, and remembers what was answered.
///
/// Clients send a put again when no answer came. A put out of turn is answered `busy`, so that the
/// client sends it again when those before have arrived. Bounded: of too many streams the one
/// longest silent is forgotten, and must begin anew.
struct PutStreams {
  enum Decision: Equatable {
    /// Hand it to the handler.
    case deliver
    /// It was accepted before.
    case acceptAgain(credits: UInt32)
    /// It is with the handler; its answer will go to the sender of this copy.
    case wait
    case busy
    case refuse(String)
  }

  /// Whom to answer.
  struct Sender: Equatable {
    let peer: [UInt8]
    let request: UInt64
  }

  private struct Stream {
    let userID: String?
    var next: UInt64 = 0
    var pending: [UInt64: Sender] = [:]
    var credits: UInt32 = 1
    var refusal: String?
    var lastUsed: UInt64
  }

  private var streams: [UInt64: Stream] = [:]
  private var uses: UInt64 = 0
  let streamsMaximum: Int
  let unansweredMaximum: Int

  init(streamsMaximum: Int, unansweredMaximum: Int) {
    self.streamsMaximum = max(streamsMaximum, 1)
    self.unansweredMaximum = max(unansweredMaximum, 1)
  }

  /// What to do with a put; `hasRoom` says whether the handler can be given one.
  mutating func receive(
    stream id: UInt64, sequence: UInt64, from sender: Sender, userID: String?, hasRoom: Bool
  ) -> Decision {
    uses += 1
    if streams[id] == nil {
      guard sequence == 0 else {
        return .refuse("nothing is known of this stream any more: begin it anew")
      }
      guard hasRoom, makeRoom() else { return .busy }
      streams[id] = Stream(userID: userID, lastUsed: uses)
    }
    guard var stream = streams.removeValue(forKey: id) else { return .busy }
    defer { streams[id] = stream }
    guard stream.userID == userID else { return .refuse("this stream belongs to another role") }
    stream.lastUsed = uses
    if let refusal = stream.refusal { return .refuse(refusal) }
    if sequence > stream.next { return .busy }
    if sequence == stream.next {
      guard hasRoom, stream.pending.count < unansweredMaximum else { return .busy }
      stream.next += 1
      stream.pending[sequence] = sender
      return .deliver
    }
    guard stream.pending[sequence] != nil else { return .acceptAgain(credits: stream.credits) }
    stream.pending[sequence] = sender
    return .wait
  }

  /// Notes the handler's answer; gives whom to tell, nil when the stream is forgotten.
  mutating func answer(
    stream id: UInt64, sequence: UInt64, credits: UInt32, refusal: String?
  ) -> Sender? {
    guard let sender = streams[id]?.pending.removeValue(forKey: sequence) else { return nil }
    if let refusal {
      streams[id]?.refusal = refusal
    } else {
      streams[id]?.credits = credits
    }
    return sender
  }

  private mutating func makeRoom() -> Bool {
    guard streams.count >= streamsMaximum else { return true }
    let idle = streams.filter { $0.value.pending.isEmpty }
    guard let oldest = idle.min(by: { $0.value.lastUsed < $1.value.lastUsed }) else { return false }
    streams.removeValue(forKey: oldest.key)
    return true
  }
}
