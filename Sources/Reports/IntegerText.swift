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
