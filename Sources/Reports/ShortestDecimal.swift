/// A positive double as the shortest decimal that reads back as the very same double:
/// `digits * 10^exponent`, the closest one where several are as short, without trailing zeros.
///
/// Raffaello Giulietti: The Schubfach way to render doubles, 2020. The powers of ten it needs are
/// computed exactly at first use, for the range that measures of rules live in; a double beyond it
/// (below about 1e-38, above about 1e35) gives nil.
struct ShortestDecimal {
  let digits: UInt64
  let exponent: Int

  /// The decimal of a finite positive double.
  @inline(__always)
  init?(_ value: Double, _ powers: PowersOfTen) {
    let fraction = value.significandBitPattern
    let biasedExponent = Int(value.exponentBitPattern)
    guard biasedExponent != 0 else { return nil }  // subnormal
    let significand = fraction | 1 << 52
    let binaryExponent = biasedExponent - 1075
    let isEven = significand & 1 == 0
    let lowerBoundaryIsCloser = fraction == 0

    // The value and the ends of its rounding interval, all times 4.
    let middle = significand &* 4
    let lower = middle &- (lowerBoundaryIsCloser ? 1 : 2)
    let upper = middle &+ 2

    // k = floor(log10(2^binaryExponent)), or of 3/4 of it where the interval is lopsided.
    let k = (binaryExponent &* 1_262_611 &- (lowerBoundaryIsCloser ? 524_031 : 0)) >> 22
    guard let power = powers[-k] else { return nil }
    let shift = UInt64(truncatingIfNeeded: binaryExponent &+ ((-k &* 1_741_647) >> 19) &+ 1)
    let scaledLower = roundedToOdd(power, lower << shift) &+ (isEven ? 0 : 1)
    let scaled = roundedToOdd(power, middle << shift)
    let scaledUpper = roundedToOdd(power, upper << shift) &- (isEven ? 0 : 1)

    let floor = scaled / 4
    if floor >= 10 {
      let shorter = floor / 10
      let lowerIsInside = scaledLower <= 40 &* shorter
      let upperIsInside = 40 &* shorter &+ 40 <= scaledUpper
      if lowerIsInside != upperIsInside {
        self.init(stripping: shorter &+ (upperIsInside ? 1 : 0), k &+ 1)
        return
      }
    }
    let lowerIsInside = scaledLower <= 4 &* floor
    let upperIsInside = 4 &* floor &+ 4 <= scaledUpper
    if lowerIsInside != upperIsInside {
      self.init(digits: floor &+ (upperIsInside ? 1 : 0), exponent: k)
      return
    }
    let half = 4 &* floor &+ 2
    let roundsUp = scaled > half || (scaled == half && floor & 1 == 1)
    self.init(digits: floor &+ (roundsUp ? 1 : 0), exponent: k)
  }

  private init(digits: UInt64, exponent: Int) {
    self.digits = digits
    self.exponent = exponent
  }

  /// Drops trailing zeros, which short fractions such as 0.5 have many of.
  @inline(__always)
  private init(stripping digits: UInt64, _ exponent: Int) {
    var digits = digits
    var exponent = exponent
    let tenToTheEighth: UInt64 = 100_000_000
    if digits % tenToTheEighth == 0 {
      digits /= tenToTheEighth
      exponent += 8
    }
    while digits % 10 == 0 {
      digits /= 10
      exponent += 1
    }
    self.init(digits: digits, exponent: exponent)
  }
}

/// The product of a power of ten and a scaled significand, divided by 2^128; the last bit is set
/// also where a remainder was cut off.
@inline(__always)
private func roundedToOdd(_ power: (high: UInt64, low: UInt64), _ factor: UInt64) -> UInt64 {
  let low = power.low.multipliedFullWidth(by: factor)
  let high = power.high.multipliedFullWidth(by: factor)
  let (middle, carry) = high.low.addingReportingOverflow(low.high)
  return (high.high &+ (carry ? 1 : 0)) | (middle > 1 ? 1 : 0)
}

/// Powers of ten as 128 bits with the first bit set, rounded up.
struct PowersOfTen: Sendable {
  private static let least = -20
  private static let greatest = 55
  /// High and low half of 10^least, 10^(least + 1), ...
  private let halves: [UInt64]

  static let shared = PowersOfTen()

  private init() {
    var halves: [UInt64] = []
    // 10^n and 5^n have the same 128 bits; 5^55 is the last that needs no rounding.
    for exponent in Self.least...Self.greatest {
      var five: UInt128 = 1
      for _ in 0..<exponent.magnitude { five *= 5 }
      var bits = five << UInt128(five.leadingZeroBitCount)
      if exponent < 0 {
        let width = 128 - five.leadingZeroBitCount
        bits = five.dividingFullWidth((1 << UInt128(width - 1), 0)).quotient + 1
      }
      halves.append(UInt64(truncatingIfNeeded: bits >> 64))
      halves.append(UInt64(truncatingIfNeeded: bits))
    }
    self.halves = halves
  }

  @inline(__always)
  subscript(exponent: Int) -> (high: UInt64, low: UInt64)? {
    guard exponent >= Self.least, exponent <= Self.greatest else { return nil }
    let index = (exponent - Self.least) * 2
    return (halves[index], halves[index + 1])
  }
}
