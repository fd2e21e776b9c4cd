import TestSupport
import Testing

@testable import ZeroMQTransport

@Suite struct BulkMessageTests {
  static let examples: [BulkMessage] = [
    .fetch(key: [], offset: 0, length: 0),
    .fetch(key: [UInt8](repeating: 9, count: 64), offset: .max, length: 1 << 20),
    .chunk(key: [1, 2], offset: 5, totalLength: 1 << 40, bytes: [7, 8, 9]),
    .chunk(key: [], offset: 0, totalLength: 0, bytes: []),
    .absent(key: [3]), .busy, .put(stream: .max, sequence: 4, bytes: [1]),
    .accepted(stream: 1, sequence: 2, credits: 3), .refused(reason: "no, thanks"),
  ]

  @Test(arguments: examples)
  func whatIsWrittenIsRead(message: BulkMessage) throws {
    let result = try #require(BulkMessage.read(message.frames(request: 0x0102_0304_0506_0708)))
    #expect(result.message == message)
    #expect(result.request == 0x0102_0304_0506_0708)
  }

  /// The bytes as the page describes them, written by hand.
  @Test func theBytesAreThoseOfThePage() {
    #expect(
      BulkMessage.fetch(key: [0xAA, 0xBB], offset: 258, length: 16).frames(request: 3) == [
        [
          0x4C, 0x44, 0x42, 0x4B, 1, 1, 15, 0, 3, 0, 0, 0, 0, 0, 0, 0,
          2, 1, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 2, 0xAA, 0xBB,
        ]
      ])
    #expect(
      BulkMessage.accepted(stream: 1, sequence: 2, credits: 3).frames(request: 4) == [
        [
          0x4C, 0x44, 0x42, 0x4B, 1, 6, 20, 0, 4, 0, 0, 0, 0, 0, 0, 0,
          1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0,
        ]
      ])
  }

  @Test(arguments: examples)
  func everyTruncationAndExtensionIsRefused(message: BulkMessage) {
    let frames = message.frames(request: 1)
    for count in 0..<frames[0].count {
      #expect(BulkMessage.read([Array(frames[0].prefix(count))] + frames.dropFirst()) == nil)
    }
    #expect(BulkMessage.read([frames[0] + [0]] + frames.dropFirst()) == nil)
    #expect(BulkMessage.read(frames + [[0]]) == nil)
    #expect(BulkMessage.read([]) == nil)
    if frames.count == 2 { #expect(BulkMessage.read([frames[0]]) == nil) }
  }

  @Test func everyFlippedByteIsRefusedOrAnotherMessage() {
    for message in Self.examples {
      let frames = message.frames(request: 1)
      for index in frames[0].indices {
        for bit in 0..<8 {
          var changed = frames
          changed[0][index] ^= 1 << bit
          guard let result = BulkMessage.read(changed) else { continue }
          // What is read after all is what the changed bytes say, and no more.
          #expect(result.message.frames(request: result.request) == changed || index >= 16)
        }
      }
    }
  }

  @Test func garbageIsNoMessage() {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<20_000 {
      var frame = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      // Half of it begins like a message.
      let head: [UInt8] = [0x4C, 0x44, 0x42, 0x4B, 1, UInt8.random(in: 0...8, using: &generator)]
      if Bool.random(using: &generator), frame.count >= 16 {
        frame.replaceSubrange(0..<6, with: head)
        frame[6] = UInt8(frame.count - 16)
        frame[7] = 0
      }
      let frames = Bool.random(using: &generator) ? [frame] : [frame, [1, 2, 3]]
      if let result = BulkMessage.read(frames) {
        #expect(frame.starts(with: head.prefix(4)))
        #expect(BulkMessage.read(result.message.frames(request: result.request)) != nil)
      }
    }
  }

  @Test func tooMuchIsRefused() {
    let large = [UInt8](repeating: 0, count: BulkLimits.chunkBytesMaximum + 1)
    let chunk = BulkMessage.chunk(key: [], offset: 0, totalLength: 0, bytes: large)
    #expect(BulkMessage.read(chunk.frames(request: 1)) == nil)
    let fetch = BulkMessage.fetch(key: [], offset: 0, length: large.count)
    #expect(BulkMessage.read(fetch.frames(request: 1)) == nil)
    let refused = BulkMessage.refused(reason: String(repeating: "x", count: 5000))
    let read = BulkMessage.read(refused.frames(request: 1))?.message
    #expect(read == .refused(reason: String(repeating: "x", count: 1024)))
  }

  @Test func contentOfAnotherLengthOrPlaceIsNotTaken() {
    var progress = FetchProgress(key: [1], expectedLength: 10)
    #expect(progress.nextPart().map { [$0.offset, $0.length] } == [0, 10])
    #expect(progress.nextPart() == nil)
    func take(_ key: [UInt8], _ offset: UInt64, _ total: UInt64, _ count: Int)
      -> FetchProgress
      .Outcome
    {
      progress.take(
        offset: 0, length: 10, key: key, answeredOffset: offset, totalLength: total,
        bytes: [UInt8](repeating: 1, count: count))
    }
    #expect(take([1], 0, 11, 10) == .wrongLength(11))
    #expect(take([2], 0, 10, 10) == .malformed)
    #expect(take([1], 1, 10, 10) == .malformed)
    #expect(take([1], 0, 10, 9) == .malformed)
    #expect(take([1], 0, 10, 11) == .malformed)
    #expect(progress.content.isEmpty)
    #expect(take([1], 0, 10, 10) == .complete)
  }

  @Test func putsAreDeliveredOnceAndInOrder() {
    var streams = PutStreams(streamsMaximum: 2, unansweredMaximum: 2)
    func receive(
      _ stream: UInt64, _ sequence: UInt64, request: UInt64 = 0, user: String? = nil,
      room: Bool = true
    ) -> PutStreams.Decision {
      streams.receive(
        stream: stream, sequence: sequence, from: .init(peer: [1], request: request),
        userID: user, hasRoom: room)
    }
    #expect(receive(1, 1) == .refuse("nothing is known of this stream any more: begin it anew"))
    #expect(receive(1, 0, room: false) == .busy)
    #expect(receive(1, 0) == .deliver)
    #expect(receive(1, 2) == .busy)
    #expect(receive(1, 0, request: 7) == .wait)
    #expect(receive(1, 1) == .deliver)
    #expect(receive(1, 2) == .busy)  // two are unanswered
    let sender = streams.answer(stream: 1, sequence: 0, credits: 5, refusal: nil)
    #expect(sender == .init(peer: [1], request: 7))
    #expect(streams.answer(stream: 1, sequence: 0, credits: 5, refusal: nil) == nil)
    #expect(receive(1, 0) == .acceptAgain(credits: 5))
    #expect(receive(1, 2, user: "worker") == .refuse("this stream belongs to another role"))
    #expect(receive(1, 2) == .deliver)
    // Streams with puts at the handler are not forgotten for others.
    #expect(receive(2, 0) == .deliver)
    #expect(receive(3, 0) == .busy)
    _ = streams.answer(stream: 2, sequence: 0, credits: 1, refusal: "full")
    #expect(receive(2, 1) == .refuse("full"))
    #expect(receive(3, 0) == .deliver)
    #expect(receive(2, 1) == .refuse("nothing is known of this stream any more: begin it anew"))
  }
}
