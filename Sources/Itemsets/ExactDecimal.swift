/// A non-negative decimal exactly as it was written, as a fraction of two integers.
///
/// Thresholds are compared through this type and never through floating point: `0.07` is 7/100, so
/// 7 of 100 transactions reach it. At most 18 digits after trailing zeros are dropped.
public struct ExactDecimal: Sendable, Equatable {
  /// Digits without the decimal point.
  public let numerator: UInt64
  /// A power of ten, at most 10^18 (10^20 is refused before it overflows).
  public let denominator: UInt64

  /// A fraction given by its parts; `denominator` is at least 1.
  public init(numerator: UInt64, denominator: UInt64) {
    self.numerator = numerator
    self.denominator = max(denominator, 1)
  }

  /// Parses `12`, `0.07`, `.5`, `1e-3`, `2.5E1`; nil for anything else, a sign included, and for
  /// more than 18 significant digits or decimals.
  public init?(_ text: some StringProtocol) {
    var digits: [UInt8] = []
    var decimals = 0
    var sawPoint = false
    var sawDigit = false
    var exponent = 0
    var bytes = Array(text.utf8)[...]
    while let byte = bytes.first {
      if byte == UInt8(ascii: ".") {
        if sawPoint { return nil }
        sawPoint = true
      } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        sawDigit = true
        digits.append(byte - UInt8(ascii: "0"))
        if sawPoint { decimals += 1 }
      } else {
        break
      }
      bytes.removeFirst()
    }
    guard sawDigit, digits.count <= 64 else { return nil }
    if let byte = bytes.first {
      guard byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") else { return nil }
      guard let value = Int(String(decoding: bytes.dropFirst(), as: UTF8.self)),
        value >= -18, value <= 18
      else { return nil }
      exponent = value
    }
    decimals -= exponent
    while decimals > 0, digits.last == 0 {
      digits.removeLast()
      decimals -= 1
    }
    while decimals < 0 {
      digits.append(0)
      decimals += 1
    }
    guard decimals <= 18 else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = shifted.addingReportingOverflow(UInt64(digit))
      if overflow || carry { return nil }
      value = sum
    }
    var scale: UInt64 = 1
    for _ in 0..<decimals { scale *= 10 }
    self.init(numerator: value, denominator: scale)
  }

  /// The same number divided by 100, as percents are; nil where the denominator would overflow.
  public var percent: ExactDecimal? {
    if numerator % 100 == 0 {
      return ExactDecimal(numerator: numerator / 100, denominator: denominator)
    }
    let (scaled, overflow) = denominator.multipliedReportingOverflow(by: 100)
    return overflow ? nil : ExactDecimal(numerator: numerator, denominator: scaled)
  }

  /// Whether `part / whole` is at least this number, without rounding.
  public func isReached(by part: UInt64, of whole: UInt64) -> Bool {
    UInt128(part) * UInt128(denominator) >= UInt128(numerator) * UInt128(whole)
  }

  /// The smallest integer that is at least this number times `whole`; nil beyond 64 bits.
  public func ceiling(of whole: UInt64) -> UInt64? {
    let product = UInt128(numerator) * UInt128(whole)
    let (quotient, remainder) = product.quotientAndRemainder(dividingBy: UInt128(denominator))
    return UInt64(exactly: remainder == 0 ? quotient : quotient + 1)
  }
}
