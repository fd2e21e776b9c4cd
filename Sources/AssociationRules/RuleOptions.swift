public import Itemsets

/// Which rules are wanted; all thresholds are exact and a value equal to one reaches it.
public struct RuleOptions: Sendable, Equatable {
  /// The number of items of both sides together.
  public var lengths: LengthLimits
  /// The most items of the antecedent; nil for no limit, and no rules below 1.
  public var maximumAntecedent: Int?
  /// The most items of the consequent; nil for no limit, and no rules below 1.
  public var maximumConsequent: Int?
  /// The least share of the antecedent's transactions that contain the consequent.
  public var minimumConfidence: ExactDecimal
  /// The least lift: confidence over the consequent's share of all transactions; nil for any.
  public var minimumLift: ExactDecimal?

  /// Options for rules; by default single consequents and confidence alone.
  public init(
    lengths: LengthLimits = LengthLimits(), maximumAntecedent: Int? = nil,
    maximumConsequent: Int? = 1, minimumConfidence: ExactDecimal,
    minimumLift: ExactDecimal? = nil
  ) {
    self.lengths = lengths
    self.maximumAntecedent = maximumAntecedent
    self.maximumConsequent = maximumConsequent
    self.minimumConfidence = minimumConfidence
    self.minimumLift = minimumLift
  }
}
