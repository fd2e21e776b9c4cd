import Itemsets

/// Minimum confidence and minimum lift for rules of one itemset, as far as possible worked out
/// before its rules are looked at.
struct RuleThresholds {
  private let confidence: ExactDecimal
  private let lift: ExactDecimal?
  private let transactions: UInt64
  /// The greatest count of an antecedent whose rules are confident enough.
  private(set) var antecedentLimit: UInt64 = 0
  /// Count of the itemset x transactions x the denominator of the minimum lift.
  private var liftProduct = WideProduct(high: 0, low: 0)

  init(confidence: ExactDecimal, lift: ExactDecimal?, transactions: UInt64) {
    self.confidence = confidence
    self.lift = lift
    self.transactions = transactions
  }

  /// Turns to itemsets contained in `both` transactions.
  mutating func enter(both: UInt64) {
    if confidence.numerator == 0 {
      antecedentLimit = .max
    } else {
      let (product, overflow) = both.multipliedReportingOverflow(by: confidence.denominator)
      antecedentLimit =
        overflow
        ? UInt64(
          clamping: UInt128(both) * UInt128(confidence.denominator) / UInt128(confidence.numerator))
        : product / confidence.numerator
    }
    if let lift {
      liftProduct = WideProduct(UInt128(both) * UInt128(transactions), lift.denominator)
    }
  }

  /// Whether a rule of the itemset has at least the minimum lift: both x transactions >= lift x
  /// antecedent x consequent, in 192 bits.
  @inline(__always)
  func reachesLift(antecedent: UInt64, consequent: UInt64) -> Bool {
    guard let lift else { return true }
    let needed = WideProduct(UInt128(antecedent) * UInt128(consequent), lift.numerator)
    return liftProduct.isAtLeast(needed)
  }
}

/// A product of 192 bits.
private struct WideProduct {
  var high: UInt64
  var low: UInt128

  init(high: UInt64, low: UInt128) {
    self.high = high
    self.low = low
  }

  @inline(__always)
  init(_ left: UInt128, _ right: UInt64) {
    let lower = UInt128(UInt64(truncatingIfNeeded: left)) &* UInt128(right)
    let upper = UInt128(UInt64(truncatingIfNeeded: left >> 64)) &* UInt128(right)
    let (sum, carry) = lower.addingReportingOverflow(upper << 64)
    low = sum
    high = UInt64(truncatingIfNeeded: upper >> 64) &+ (carry ? 1 : 0)
  }

  @inline(__always)
  func isAtLeast(_ other: WideProduct) -> Bool {
    high > other.high || (high == other.high && low >= other.low)
  }
}
