import Blocks
import TestSupport
import Testing

@Suite("Damaged blocks") struct DamageTests {
  @Test func everyTruncationIsRefused() throws {
    let bytes = BlockFormat.encode(try BlockFormatTests.dated())
    for length in 0..<bytes.count {
      guard case .truncated(let needed, let found)? = refusal(of: Array(bytes[..<length])) else {
        Issue.record("\(length) of \(bytes.count) bytes were not refused as truncated")
        continue
      }
      #expect(found == length && needed > UInt64(length))
    }
  }

  @Test func truncationsOfALargeBlockAreRefused() throws {
    let bytes = BlockFormat.encode(try BlockFormatTests.large())
    for length in stride(from: 0, to: bytes.count, by: 97) {
      #expect(refusal(of: Array(bytes[..<length])) != nil)
    }
  }

  @Test func trailingBytesAreRefused() throws {
    let bytes = BlockFormat.encode(try BlockFormatTests.example())
    let error = BlockError.trailingBytes(expected: UInt64(bytes.count), found: bytes.count + 1)
    #expect(refusal(of: bytes + [0]) == error)
  }

  @Test func everyFlippedBitIsRefused() throws {
    var forgery = Forgery(try BlockFormatTests.dated())
    forgery.sections.append(.init(kind: 6, flags: 0, raw: [1, 2, 3]))
    for bytes in [BlockFormat.encode(try BlockFormatTests.dated()), forgery.encoded()] {
      for bit in 0..<8 * bytes.count {
        var flipped = bytes
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
        #expect(refusal(of: flipped) != nil, "bit \(bit)")
      }
    }
  }

  @Test func thousandsOfFlippedBitsOfALargeBlockAreRefused() throws {
    var bytes = BlockFormat.encode(try BlockFormatTests.large())
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<4000 {
      let bit = Int.random(in: 0..<8 * bytes.count, using: &generator)
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(refusal(of: bytes) != nil, "bit \(bit)")
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    }
    try BlockFormat.verify(bytes)
  }

  @Test func descriptionsSayWhatAndWhereAndWhatToDo() throws {
    var bytes = BlockFormat.encode(try BlockFormatTests.example())
    let last = bytes.count - 1
    bytes[last] ^= 1
    let description = try #require(refusal(of: bytes)).description
    #expect(description.hasPrefix("section payload at byte \(last - 13) is damaged: checksum "))
    #expect(description.hasSuffix("take another copy of the block."))
  }
}
