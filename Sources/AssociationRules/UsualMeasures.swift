public import Itemsets

/// Confidence, lift, leverage and conviction of one rule, which every listing of rules has.
///
/// The doubles are those of ``InterestMeasures``. Where no product of two counts exceeds 2^53, which is
/// below 94.9 million transactions, they take one product and one division of doubles each instead of
/// products of 128 bits.
public struct UsualMeasures: Equatable, Sendable {
  /// See ``InterestMeasures/confidence(_:)``.
  public let confidence: Double
  /// See ``InterestMeasures/lift(_:)``.
  public let lift: Double
  /// See ``InterestMeasures/leverage(_:)``.
  public let leverage: Double
  /// See ``InterestMeasures/conviction(_:)``.
  public let conviction: Double

  /// The greatest number of transactions whose square is at most 2^53.
  private static let exactLimit: UInt64 = 94_906_265

  /// The measures of a rule with these counts.
  public init(_ counts: RuleCounts) {
    guard counts.transactions <= Self.exactLimit, counts.antecedent <= counts.transactions,
      counts.consequent <= counts.transactions, counts.both <= counts.antecedent
    else {
      confidence = InterestMeasures.confidence(counts)
      lift = InterestMeasures.lift(counts)
      leverage = InterestMeasures.leverage(counts)
      conviction = InterestMeasures.conviction(counts)
      return
    }
    // All integers here are exact as doubles, and each quotient is rounded once.
    let both = Int64(truncatingIfNeeded: counts.both)
    let antecedent = Int64(truncatingIfNeeded: counts.antecedent)
    let consequent = Int64(truncatingIfNeeded: counts.consequent)
    let transactions = Int64(truncatingIfNeeded: counts.transactions)
    let observed = both &* transactions
    let expected = antecedent &* consequent
    confidence = Double(both) / Double(antecedent)
    lift = Double(observed) / Double(expected)
    leverage = Double(observed &- expected) / Double(transactions &* transactions)
    conviction =
      Double(antecedent &* (transactions &- consequent))
      / Double(transactions &* (antecedent &- both))
  }
}
