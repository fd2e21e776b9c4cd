import Testing

@testable import TransactionReaders

/// A gzip member with its bytes stored, as RFC 1952 and RFC 1951 describe it.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
  var start = 0
  repeat {
    let block = bytes[start..<min(start + 65_535, bytes.count)]
    start = block.endIndex
    let count = UInt16(block.count)
    result.append(start == bytes.count ? 1 : 0)
    for word in [count, ~count] { result += [UInt8(word & 0xFF), UInt8(word >> 8)] }
    result += block
  } while start < bytes.count
  var sum: UInt32 = 0xFFFF_FFFF
  for byte in bytes {
    sum ^= UInt32(byte)
    for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
  }
  for word in [~sum, UInt32(bytes.count)] {
    for shift in [0, 8, 16, 24] { result.append(UInt8(truncatingIfNeeded: word >> shift)) }
  }
  return result
}

@Suite struct GzipTests {
  private let text = Array("bread milk\nbeer\n".utf8)

  /// What `printf 'bread milk\nbeer\n' | gzip -n` prints.
  private let compressed: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x4B, 0x2A, 0x4A, 0x4D,
    0x4C, 0x51, 0xC8, 0xCD, 0xCC, 0xC9, 0xE6, 0x4A, 0x4A, 0x4D, 0x2D, 0xE2, 0x02, 0x00,
    0xBC, 0x5C, 0x2E, 0xAD, 0x10, 0x00, 0x00, 0x00,
  ]

  @Test func isRecognisedByItsFirstBytes() {
    for (bytes, name) in [(compressed, "x.dat.gz"), (gzip(text), "x.dat"), (compressed, "x")] {
      let outcome = read(bytes, as: name)
      #expect(outcome.transactions == [["bread", "milk"], ["beer"]])
      #expect(outcome.inputs.first?.isCompressed == true)
      #expect(outcome.summary.bytesConsumed == bytes.count)
    }
    #expect(read(gzip(Array("a,b\n".utf8)), as: "X.CSV.GZ").inputs.first?.format == .csv)
  }

  @Test func membersFollowEachOther() {
    let outcome = read(compressed + gzip(text) + gzip([]) + compressed + [0, 0, 0])
    #expect(outcome.transactions.count == 6)
    #expect(outcome.error == nil)
  }

  @Test func everyTruncationIsNoticed() {
    for bytes in [compressed, gzip(text)] {
      for count in 2..<bytes.count {
        let outcome = read(Array(bytes[..<count]), chunks: [1])
        #expect(outcome.kind == .compressed, "cut at \(count)")
      }
    }
  }

  @Test func damageIsNoticed() {
    var noticed = 0
    for bytes in [compressed, gzip(text)] {
      // The four bytes of time and those of flags and system may say anything.
      for index in 10..<bytes.count {
        var damaged = bytes
        damaged[index] ^= 0x10
        let outcome = read(damaged, chunks: [])
        // Some bits only fill up bytes; all others must be noticed.
        let isUnchanged = outcome.transactions == [["bread", "milk"], ["beer"]]
        #expect(outcome.error != nil || isUnchanged, "byte \(index)")
        noticed += outcome.error == nil ? 0 : 1
      }
      #expect(read(bytes + [1, 2, 3]).kind == .compressed)
    }
    #expect(noticed > compressed.count)
  }

  @Test func largeDataStreamsThrough() {
    let lines = (0..<30_000).map { "\($0 % 977) \($0 % 13)\n" }
    let outcome = read(gzip(Array(lines.joined().utf8)), chunks: [1000])
    #expect(outcome.transactions.count == 30_000)
    #expect(outcome.transactions.last == [String(29_999 % 977), String(29_999 % 13)])
  }
}
