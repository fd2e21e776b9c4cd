/// A count as it stands at the end of a line, `(1234)` and a line feed, in three words.
///
/// In words because the text goes to the ends of many lines at once: reading it back from bytes that
/// have just been stored would wait for the stores.
struct CountText {
  /// Bytes that ``store(to:)`` may write.
  static let longest = 24

  private let first: UInt64
  private let second: UInt64
  private let third: UInt64
  let length: Int

  @inline(__always)
  init(_ count: UInt64) {
    if count < 10_000 {
      // One word, four digits and no branch: which length a count has cannot be foretold.
      let small = UInt32(truncatingIfNeeded: count)
      let digitCount =
        1 &+ (small >= 10 ? 1 : 0) &+ (small >= 100 ? 1 : 0) &+ (small >= 1000 ? 1 : 0)
      let digits = (fourDigitBytes(small) &+ 0x3030_3030) >> UInt32(32 &- 8 &* digitCount)
      let end = Self.closing << UInt64(8 &+ 8 &* digitCount)
      first = UInt64(Self.opening) | UInt64(digits) << 8 | end
      second = 0
      third = 0
      length = digitCount + 3
    } else if count < 100_000_000 {
      length = decimalLength(count) + 3
      // Of eight digits, the zeros in front are shifted out.
      let digits = (digitBytes(count) &+ 0x3030_3030_3030_3030) >> UInt64(88 &- 8 &* length)
      let end = UInt128(Self.closing) << UInt128(8 &* length &- 16)
      let text = UInt128(Self.opening) | UInt128(digits) << 8 | end
      first = UInt64(truncatingIfNeeded: text)
      second = UInt64(truncatingIfNeeded: text >> 64)
      third = 0
    } else {
      (first, second, third, length) = Self.long(count)
    }
  }

  private static let opening = UInt8(ascii: "(")
  /// A closing parenthesis, then a line feed.
  private static let closing: UInt64 = 0x0A29

  @inline(never)
  private static func long(_ count: UInt64) -> (UInt64, UInt64, UInt64, Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: longest) { bytes in
      guard let start = bytes.baseAddress else { return (0, 0, 0, 0) }
      start.update(repeating: 0, count: longest)
      start[0] = opening
      let end = writeInteger(count, to: start + 1)
      end[0] = UInt8(ascii: ")")
      end[1] = UInt8(ascii: "\n")
      let words = UnsafeRawPointer(start)
      return (
        words.loadUnaligned(as: UInt64.self).littleEndian,
        words.loadUnaligned(fromByteOffset: 8, as: UInt64.self).littleEndian,
        words.loadUnaligned(fromByteOffset: 16, as: UInt64.self).littleEndian, end + 2 - start
      )
    }
  }

  /// Writes the text and returns its end; up to ``longest`` bytes are spoilt.
  @inline(__always)
  func store(to target: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
    let raw = UnsafeMutableRawPointer(target)
    raw.storeBytes(of: first.littleEndian, as: UInt64.self)
    raw.storeBytes(of: second.littleEndian, toByteOffset: 8, as: UInt64.self)
    if length > 16 { raw.storeBytes(of: third.littleEndian, toByteOffset: 16, as: UInt64.self) }
    return target + length
  }
}
