import Itemsets

/// Minimum confidence and minimum lift for rules of one itemset, worked out before its rules are
/// looked at, as far as the counts of antecedents and consequents do not matter.
struct RuleThresholds {
  private let confidence: ExactDecimal
  private let lift: ExactDecimal?
  private let transactions: UInt64
  /// The greatest count of an antecedent whose rules are confident enough.
  private(set) var antecedentLimit: UInt64 = 0
  /// The greatest product of the counts of both sides of a rule whose lift is great enough.
  private var productLimit = UInt128.max

  init(confidence: ExactDecimal, lift: ExactDecimal?, transactions: UInt64) {
    self.confidence = confidence
    self.lift = lift
    self.transactions = transactions
  }

  /// Turns to itemsets contained in `both` transactions.
  @inline(__always)
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
    if let lift, lift.numerator > 0 { enterLift(lift, both: both) }
  }

  /// Works out both x transactions x denominator / numerator, whose first product has up to 192 bits.
  @inline(__always)
  private mutating func enterLift(_ lift: ExactDecimal, both: UInt64) {
    let observed = both.multipliedReportingOverflow(by: transactions)
    let scaled = observed.partialValue.multipliedReportingOverflow(by: lift.denominator)
    guard observed.overflow || scaled.overflow else {
      productLimit = UInt128(scaled.partialValue / lift.numerator)
      return
    }
    let wide = UInt128(both) * UInt128(transactions)
    let numerator = UInt128(lift.numerator)
    let denominator = UInt128(lift.denominator)
    let (whole, overflow) = (wide / numerator).multipliedReportingOverflow(by: denominator)
    // The remainder is below the numerator, so this product has at most 128 bits.
    let rest = wide % numerator * denominator / numerator
    let (limit, carry) = whole.addingReportingOverflow(rest)
    productLimit = overflow || carry ? .max : limit
  }

  /// Whether a rule of the itemset has at least the minimum lift: lift x antecedent x consequent <=
  /// both x transactions.
  @inline(__always)
  func reachesLift(antecedent: UInt64, consequent: UInt64) -> Bool {
    lift == nil || UInt128(antecedent) * UInt128(consequent) <= productLimit
  }
}
