/// Writes a double between 2^-19 and 2^53 in size, and returns the end; nil where it does not.
///
/// It does not write any other double, a power of two, or one that lies on an edge of which 64 bits
/// cannot tell the sides.
///
/// The text is that of ``ShortestDecimal``, by fewer steps: nearly all measures of rules are in this
/// range and have 16 or 17 digits, so which of the two, how many zeros follow them and where the point
/// stands are computed, not asked. Quotients of random integers take 27 ns each,
/// with ``ShortestDecimal`` 44.
///
/// The double is c 2^e. With k = floor(log10(2^e)) its rounding interval, as wide as one unit of c, is
/// between 1 and 10 wide in units of 10^k. So c 2^e / 10^k, rounded, has digits enough, and at most one
/// multiple of ten is in the interval, which is then shorter. This is the fast path of yy_double by
/// Yaoyuan Guo; that 2^e / 10^k is exact in this range makes it simple. May spoil 40 bytes.
@inline(__always)
func writeUsual(
  _ value: Double, _ scales: UnsafePointer<DecimalScale>, to start: UnsafeMutablePointer<UInt8>
) -> UnsafeMutablePointer<UInt8>? {
  let bits = value.bitPattern
  let magnitude = bits & (1 << 63 - 1)
  let fraction = bits & (1 << 52 - 1)
  let scaleIndex = (magnitude >> 52) &- DecimalScale.leastExponentBits
  // The interval of a power of two is lopsided.
  guard scaleIndex < DecimalScale.count, fraction != 0 else { return nil }
  let scale = scales[Int(truncatingIfNeeded: scaleIndex)]

  // The scaled double: an integer, and 64 bits behind the point.
  let factor = (fraction | 1 << 52) << 4
  let high = scale.high.multipliedFullWidth(by: factor)
  let low = scale.low.multipliedFullWidth(by: factor)
  let (behindPoint, carry) = high.low.addingReportingOverflow(low.high)
  let integer = high.high &+ (carry ? 1 : 0)

  // The scaled double modulo 10 and half the interval, with 60 bits behind the point, cut off.
  let lastDigit = integer % 10
  let aboveTens = lastDigit << 60 | behindPoint >> 4
  let halfInterval = scale.high >> 1
  let ten: UInt64 = 10 << 60
  let upper = aboveTens &+ halfInterval
  guard behindPoint != 1 << 63, aboveTens != halfInterval, ten &- upper > 1 else { return nil }
  let isTensUp = upper > ten
  let isTens = isTensUp || aboveTens < halfInterval
  let tens = integer &- lastDigit &+ (isTensUp ? 10 : 0)
  let nearest = integer &+ behindPoint >> 63
  let rounded = isTens ? tens : nearest

  // 17 digits, the first one apart; the others in the order of text, a byte each.
  let isShort = rounded < 10_000_000_000_000_000
  let digits = isShort ? rounded &* 10 : rounded
  let point = scale.point &- (isShort ? 1 : 0)
  let first = digits / 10_000_000_000_000_000
  let rest = digits &- first &* 10_000_000_000_000_000
  let upperHalf = rest / 100_000_000
  let upperDigits = digitBytes(upperHalf)
  let lowerDigits = digitBytes(rest &- upperHalf &* 100_000_000)
  let length =
    lowerDigits == 0
    ? 9 &- upperDigits.leadingZeroBitCount >> 3 : 17 &- lowerDigits.leadingZeroBitCount >> 3
  let firstText = asciiZero &+ UInt8(truncatingIfNeeded: first)
  let upperText = upperDigits &+ asciiZeros
  let lowerText = lowerDigits &+ asciiZeros

  start[0] = UInt8(ascii: "-")
  let text = start + Int(truncatingIfNeeded: bits >> 63)
  if point <= 0 {
    // `0.000000`; what is not needed of it, the digits overwrite.
    store(0x3030_3030_3030_2E30, text)
    let digit = text + (2 &- point)
    digit[0] = firstText
    store(upperText, digit + 1)
    store(lowerText, digit + 9)
    return digit + length
  }
  text[0] = firstText
  if point == 1 {
    text[1] = UInt8(ascii: ".")
    store(upperText, text + 2)
    store(lowerText, text + 10)
    return text + (length > 1 ? length + 1 : 1)
  }
  // All digits, then those behind the point once more, one place further.
  store(upperText, text + 1)
  store(lowerText, text + 9)
  text[point] = UInt8(ascii: ".")
  let behind =
    (UInt128(lowerText) << 64 | UInt128(upperText)) &>> UInt128(truncatingIfNeeded: (point - 1) * 8)
  store(UInt64(truncatingIfNeeded: behind), text + (point + 1))
  store(UInt64(truncatingIfNeeded: behind >> 64), text + (point + 9))
  return text + (length > point ? length + 1 : point)
}

/// 2^e / 10^k for one binary exponent e, with k = floor(log10(2^e)).
struct DecimalScale {
  /// The exponent bits of 2^-19, the least double that ``writeUsual(_:_:to:)`` takes.
  static let leastExponentBits: UInt64 = 1004
  /// The number of binary exponents, up to that of the double before 2^53.
  static let count: UInt64 = 72

  /// The halves of 2^e / 10^k times 2^124, which is an integer below 2^128.
  let high: UInt64
  let low: UInt64
  /// Where the point stands, counted from the first of 17 digits.
  let point: Int

  /// The scales of all exponents in ascending order; they stay for the life of the process.
  static let all = Table()

  struct Table: @unchecked Sendable {
    let scales: UnsafePointer<DecimalScale>

    fileprivate init() {
      let made = UnsafeMutablePointer<DecimalScale>.allocate(capacity: Int(DecimalScale.count))
      for index in 0..<Int(DecimalScale.count) {
        (made + index).initialize(to: DecimalScale(binaryExponent: index - 71))
      }
      scales = UnsafePointer(made)
    }
  }

  /// For binary exponents from -71 to 0, where k is from -22 to 0.
  private init(binaryExponent: Int) {
    var power: UInt128 = 1
    var k = 0
    while power < 1 << UInt128(-binaryExponent) {
      power *= 10
      k -= 1
    }
    let scale = power << UInt128(124 + binaryExponent)
    high = UInt64(truncatingIfNeeded: scale >> 64)
    low = UInt64(truncatingIfNeeded: scale)
    point = k + 17
  }
}

private let asciiZero = UInt8(ascii: "0")
private let asciiZeros: UInt64 = 0x3030_3030_3030_3030

@inline(__always)
private func store(_ text: UInt64, _ start: UnsafeMutablePointer<UInt8>) {
  UnsafeMutableRawPointer(start).storeBytes(of: text.littleEndian, as: UInt64.self)
}
