/// Two digits for each number below 100.
private let digitPairs: StaticString = """
  00010203040506070809101112131415161718192021222324252627282930313233343536373839\
  40414243444546474849505152535455565758596061626364656667686970717273747576777879\
  8081828384858687888990919293949596979899
  """

/// The most bytes an integer takes.
let integerTextLimit = 20

/// Writes an integer in decimal and returns the end of it; at most 20 bytes.
@inline(__always)
func writeInteger(
  _ value: UInt64, to start: UnsafeMutablePointer<UInt8>
) -> UnsafeMutablePointer<UInt8> {
  if value < 10 {
    start[0] = 48 + UInt8(truncatingIfNeeded: value)
    return start + 1
  }
  let end = start + decimalLength(value)
  writeDigits(value, endingAt: end)
  return end
}

/// Writes the digits of an integer so that the last one stands before `end`.
@inline(__always)
func writeDigits(_ value: UInt64, endingAt end: UnsafeMutablePointer<UInt8>) {
  let pairs = digitPairs.utf8Start
  var rest = value
  var position = end
  while rest >= 100 {
    let quotient = rest / 100
    let pair = Int(truncatingIfNeeded: rest &- quotient &* 100) &* 2
    position -= 2
    position[0] = pairs[pair]
    position[1] = pairs[pair &+ 1]
    rest = quotient
  }
  if rest >= 10 {
    let pair = Int(truncatingIfNeeded: rest) &* 2
    position[-2] = pairs[pair]
    position[-1] = pairs[pair &+ 1]
  } else {
    position[-1] = 48 + UInt8(truncatingIfNeeded: rest)
  }
}

/// Writes 16 or 17 digits so that the last one stands before `end`: eight at a time, since nearly all
/// shortest decimals of doubles are that long.
@inline(__always)
func writeLongDigits(
  _ value: UInt64, length: Int, endingAt end: UnsafeMutablePointer<UInt8>
) {
  let scale: UInt64 = 100_000_000
  let upper = value / scale
  let first = upper / scale
  let raw = UnsafeMutableRawPointer(end)
  (raw - 8).storeBytes(of: eightDigits(value &- upper &* scale), as: UInt64.self)
  (raw - 16).storeBytes(of: eightDigits(upper &- first &* scale), as: UInt64.self)
  if length == 17 { end[-17] = 48 + UInt8(truncatingIfNeeded: first) }
}

/// The eight digits of a number below 10^8 as text, to be stored.
@inline(__always)
private func eightDigits(_ value: UInt64) -> UInt64 {
  (digitBytes(value) &+ 0x3030_3030_3030_3030).littleEndian
}

/// The eight digits of a number below 10^8 as bytes from 0 to 9, the first one lowest.
///
/// Halves of four digits, then of two, then of one are divided side by side in one word; the
/// multiplications by 10486 / 2^20 and 103 / 2^10 divide numbers that small by 100 and 10 exactly.
@inline(__always)
func digitBytes(_ value: UInt64) -> UInt64 {
  let upper = value / 10_000
  var lanes = upper | (value &- upper &* 10_000) << 32
  let hundreds = ((lanes &* 10_486) >> 20) & 0x0000_007F_0000_007F
  lanes = hundreds | (lanes &- hundreds &* 100) << 16
  let tens = ((lanes &* 103) >> 10) & 0x000F_000F_000F_000F
  return tens | (lanes &- tens &* 10) << 8
}

/// The four digits of a number below 10,000 in the same way.
@inline(__always)
func fourDigitBytes(_ value: UInt32) -> UInt32 {
  let hundreds = (value &* 5243) >> 19
  let lanes = hundreds | (value &- hundreds &* 100) << 16
  let tens = ((lanes &* 103) >> 10) & 0x000F_000F
  return tens | (lanes &- tens &* 10) << 8
}

/// The number of decimal digits of an integer.
@inline(__always)
func decimalLength(_ value: UInt64) -> Int {
  var length = 1
  var rest = value
  while rest >= 10_000 {
    rest /= 10_000
    length += 4
  }
  if rest >= 1000 { return length + 3 }
  if rest >= 100 { return length + 2 }
  return rest >= 10 ? length + 1 : length
}
