/// What one block set says about the candidates of one range.
///
/// Positions are places in the enumeration of the range, see ``CandidateRange``.
public enum CountReport: Sendable, Equatable {
  /// The count of every candidate, in order.
  case all([UInt32])
  /// The candidates with more transactions than the allowance, ascending by position, with their
  /// counts. Every candidate left out has at most `allowance` transactions in the block set.
  case above(allowance: UInt64, positions: [UInt32], counts: [UInt32])
}

/// How a counting task is to answer.
///
/// The coordinator chooses per range: dense ranges answer cheapest with all counts, sparse ones with
/// the few candidates that matter.
public enum ReportMode: Sendable, Equatable {
  /// Answer with ``CountReport/all(_:)``.
  case all
  /// Answer with ``CountReport/above(allowance:positions:counts:)``. Exact where one block set holds
  /// everything and the allowance is the minimum support less one, or where the allowance is 0.
  case above(allowance: UInt64)
}

/// Two block sets or a block set and its copy disagree: a count is corrupt somewhere.
public struct CountingError: Error, Equatable, CustomStringConvertible {
  /// What happened, where, and what to do.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
