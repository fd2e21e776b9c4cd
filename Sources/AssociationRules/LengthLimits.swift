import Apriori

/// The lengths of itemsets to report, both limits included.
public struct LengthLimits: Sendable, Equatable {
  /// The fewest items; anything below 1 means 1, for the empty set is never reported.
  public var minimum: Int
  /// The most items; nil for as many as the levels are complete for.
  public var maximum: Int?

  /// Limits on the length of an itemset.
  public init(minimum: Int = 1, maximum: Int? = nil) {
    self.minimum = minimum
    self.maximum = maximum
  }

  /// The limits as two numbers.
  ///
  /// - Parameter margin: how many lengths beyond the greatest reported one must be complete.
  func resolved(for levels: ClosedLevels, margin: Int) throws(ExpansionError) -> ResolvedLengths {
    guard let completeLength = levels.completeLength else {
      return ResolvedLengths(minimum: max(minimum, 1), maximum: max(maximum ?? Int.max, 0))
    }
    let complete = max(completeLength - margin, 0)
    if let maximum, maximum > complete {
      throw .incompleteLevels(requested: maximum, complete: complete)
    }
    return ResolvedLengths(minimum: max(minimum, 1), maximum: max(maximum ?? complete, 0))
  }
}

/// Length limits without open ends; nothing is in range where `maximum < minimum`.
struct ResolvedLengths {
  var minimum: Int
  var maximum: Int
}
