/// Writes a double from 2^-19 to below 2^52 in size, and returns the end; nil where it does not.
///
/// It does not write any other double, or one so near to an edge that 64 bits cannot tell the sides.
///
/// The text is that of ``ShortestDecimal``, by fewer steps: nearly all measures of rules are in this
/// range and have 16 or 17 digits, so which of the two, how many zeros follow them and where the point
/// stands are computed, not asked. The numbers of a rule, four measures and three supports, take 60 ns
/// so, and took 92 where every digit was divided out.
///
/// The double is c 2^e. With k = floor(log10(2^e)) its rounding interval, as wide as one unit of c, is
/// between 1 and 10 wide in units of 10^k. So c 2^e / 10^k, rounded, has digits enough, and at most one
/// multiple of ten is in the interval, which is then shorter. This is the fast path of yy_double by
/// Yaoyuan Guo; that 2^e / 10^(k + 1) is exact in this range makes it simple. Powers of two, whose
/// interval is lopsided, are multiples of ten themselves here. May spoil 40 bytes.
@inline(__always)
func writeUsual(
  _ value: Double, _ tables: DecimalTables, to start: UnsafeMutablePointer<UInt8>
) -> UnsafeMutablePointer<UInt8>? {
  let bits = value.bitPattern
  let magnitude = bits & (1 << 63 - 1)
  let scaleIndex = (magnitude >> 52) &- DecimalScale.leastExponentBits
  guard scaleIndex < DecimalScale.count else { return nil }
  let scale = tables.scales[Int(truncatingIfNeeded: scaleIndex)]

  // The double in units of 10^(k + 1): an integer, and 64 bits behind the point, cut off.
  let significand = bits & (1 << 52 - 1) | 1 << 52
  let high = scale.high.multipliedFullWidth(by: significand)
  let low = scale.low.multipliedFullWidth(by: significand)
  let (behindPoint, carry) = high.low.addingReportingOverflow(low.high)
  let integer = high.high &+ (carry ? 1 : 0)

  // Where an integer is in the interval, that is the decimal; else there is one digit more, rounded.
  // What was cut off is less than 1 in the last of the 64 bits, and than 10 after the product.
  let halfInterval = scale.high >> 1
  let upper = behindPoint &+ halfInterval
  let next = behindPoint.multipliedFullWidth(by: 10)
  let toHalf = 1 << 63 &- next.low
  guard behindPoint != halfInterval, upper &+ 1 > 1, toHalf > 10 else { return nil }
  // Which it is cannot be guessed, so it is computed.
  let isAbove: UInt64 = upper < halfInterval ? 1 : 0
  let isBelow: UInt64 = behindPoint < halfInterval ? 1 : 0
  let leading = integer &+ isAbove
  let last = (next.high &+ next.low >> 63) & ((isAbove | isBelow) &- 1)

  // 17 digits, of which the first may be 0; how many there are without zeros at the end.
  let upperHalf = leading / 100_000_000
  let upperText = tables.eightDigits(upperHalf)
  let lowerText = tables.eightDigits(leading &- upperHalf &* 100_000_000)
  let lastText = asciiZero &+ UInt8(truncatingIfNeeded: last)
  let lowerIsZero = lowerText == asciiZeros
  let lastHalf = ((lowerIsZero ? upperText : lowerText) ^ asciiZeros) | 1
  let leadingLength = (lowerIsZero ? 8 : 16) &- lastHalf.leadingZeroBitCount >> 3
  let length = last == 0 ? leadingLength : 17

  start[0] = UInt8(ascii: "-")
  let text = start + Int(truncatingIfNeeded: bits >> 63)
  let point = scale.point
  guard point <= 1 else {
    return writeLarge(upperText, lowerText, lastText, length: length, point: point, to: text)
  }
  // `0.000000`; what is not needed of it, the digits overwrite.
  store(0x3030_3030_3030_2E30, text)
  let digit = text + (2 &- point)
  store(upperText, digit)
  store(lowerText, digit + 8)
  digit[16] = lastText
  text[0] = point == 1 ? UInt8(truncatingIfNeeded: upperText) : asciiZero
  text[1] = UInt8(ascii: ".")
  return digit + (length == 1 && point == 1 ? 0 : length)
}

/// Writes 17 digits, as text, with the point among them; the first not where it is 0.
@inline(__always)
private func writeLarge(
  _ upper: UInt64, _ lower: UInt64, _ last: UInt8, length: Int, point: Int,
  to text: UnsafeMutablePointer<UInt8>
) -> UnsafeMutablePointer<UInt8> {
  var digits = UInt128(lower) << 64 | UInt128(upper)
  let dropped = UInt8(truncatingIfNeeded: upper) == asciiZero ? 1 : 0
  if dropped == 1 { digits = digits >> 8 | UInt128(last) << 120 }
  let length = length &- dropped
  let point = point &- dropped
  // All digits but the last, then those behind the point once more, one place further.
  let behind = digits &>> UInt128(truncatingIfNeeded: point * 8)
  store(UInt64(truncatingIfNeeded: digits), text)
  store(UInt64(truncatingIfNeeded: digits >> 64), text + 8)
  store(UInt64(truncatingIfNeeded: behind), text + (point + 1))
  store(UInt64(truncatingIfNeeded: behind >> 64), text + (point + 9))
  text[point] = UInt8(ascii: ".")
  text[17] = last
  return text + (length > point ? length + 1 : point)
}

/// What ``writeUsual(_:_:to:)`` looks up.
struct DecimalTables: @unchecked Sendable {
  /// The scales of all exponents in ascending order.
  fileprivate let scales: UnsafePointer<DecimalScale>
  /// The text of each number below 10,000 in four digits, the first one lowest.
  private let fours: UnsafePointer<UInt32>

  /// The only one; its memory stays for the life of the process.
  static let shared = DecimalTables()

  private init() {
    let madeScales = UnsafeMutablePointer<DecimalScale>.allocate(capacity: Int(DecimalScale.count))
    for index in 0..<Int(DecimalScale.count) {
      (madeScales + index).initialize(to: DecimalScale(binaryExponent: index - 71))
    }
    scales = UnsafePointer(madeScales)
    let madeFours = UnsafeMutablePointer<UInt32>.allocate(capacity: 10_000)
    for number in 0..<10_000 {
      let digits = digitBytes(UInt64(number)) | asciiZeros
      (madeFours + number).initialize(to: UInt32(truncatingIfNeeded: digits >> 32))
    }
    fours = UnsafePointer(madeFours)
  }

  /// The eight digits of a number below 10^8 as text, the first one lowest.
  @inline(__always)
  fileprivate func eightDigits(_ value: UInt64) -> UInt64 {
    // Divides any number of 32 bits by 10,000.
    let upper = (value &* 3_518_437_209) >> 45
    let lower = value &- upper &* 10_000
    return UInt64(fours[Int(truncatingIfNeeded: upper)])
      | UInt64(fours[Int(truncatingIfNeeded: lower)]) << 32
  }
}

/// 2^e / 10^(k + 1) for one binary exponent e, with k = floor(log10(2^e)).
private struct DecimalScale {
  /// The exponent bits of 2^-19, the least double that ``writeUsual(_:_:to:)`` takes.
  static let leastExponentBits: UInt64 = 1004
  /// The number of binary exponents, up to that of the double before 2^52.
  static let count: UInt64 = 71

  /// The halves of 2^e / 10^(k + 1) times 2^128, which is an integer below 2^128.
  let high: UInt64
  let low: UInt64
  /// Where the point stands, counted from the first of 17 digits.
  let point: Int

  /// For binary exponents from -71 to -1, where k is from -22 to -1.
  init(binaryExponent: Int) {
    // 10^-(k + 1), the greatest power of ten below 2^-e.
    var power: UInt128 = 1
    var k = -1
    while power * 10 < 1 << UInt128(-binaryExponent) {
      power *= 10
      k -= 1
    }
    let scale = power << UInt128(128 + binaryExponent)
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
