/// What a Quest data set is made of, after Agrawal and Srikant's table 2.
///
/// The name T10I4D100K means ``averageLength`` 10, ``averagePatternLength`` 4 and 100,000
/// ``transactions``.
public struct QuestParameters: Sendable, Equatable {
  /// How the items of a pattern are picked.
  public enum ItemWeights: String, CaseIterable, Sendable {
    /// Every item is as likely as any other, as the paper has it.
    case uniform
    /// Items have exponential weights, so that some are rare and a tenth or so never occurs, as in
    /// the published files T10I4D100K (870 of 1,000 items) and T40I10D100K (942).
    case exponential
  }

  /// The number of transactions, |D|.
  public var transactions = 100_000
  /// The mean number of items in a transaction, |T|.
  public var averageLength = 10.0
  /// The mean number of items in a pattern, |I|.
  public var averagePatternLength = 4.0
  /// The number of patterns, |L|.
  public var patterns = 2_000
  /// The number of items, N.
  public var items = 1_000
  /// The mean share of a pattern's items that comes from the pattern before.
  public var correlation = 0.5
  /// The mean of the patterns' corruption levels.
  public var corruptionMean = 0.5
  /// The variance of the patterns' corruption levels.
  public var corruptionVariance = 0.1
  /// How the items of a pattern are picked.
  public var itemWeights = ItemWeights.exponential
  /// What makes two data sets of the same parameters differ.
  public var seed: UInt64 = 1

  /// The paper's defaults, and its T10I4D100K with exponential item weights.
  public init() {}

  /// Passes when every parameter can be used.
  func check() throws(GeneratorParameterError) {
    typealias Failure = GeneratorParameterError
    try Failure.check("number of transactions", transactions, in: 1...1_000_000_000_000)
    try Failure.check("number of patterns", patterns, in: 1...100_000)
    try Failure.check("number of items", items, in: 1...1_000_000)
    // Poisson tables start from exp(-mean), which must not underflow.
    try Failure.check("average transaction length", averageLength, in: 1...500)
    try Failure.check("average pattern length", averagePatternLength, in: 1...500)
    try Failure.check("correlation", correlation, in: 0...1)
    try Failure.check("mean corruption", corruptionMean, in: 0...1)
    try Failure.check("variance of corruption", corruptionVariance, in: 0...1)
  }
}
