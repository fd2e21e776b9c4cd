/// How the candidates of a level are divided: decided once, never where they are counted.
///
/// Only ``targetCandidateCount`` has to travel. Whoever has the level cuts the same ranges from it
/// with ``candidateRanges(of:targetCandidateCount:)``.
public struct LevelCut: Sendable {
  /// About how many candidates a range has.
  public let targetCandidateCount: Int
  /// The candidates of the next level, cut.
  public let ranges: [CandidateRange]
  /// The share of candidates expected to be frequent, 0 to 1.
  ///
  /// It falls slowly from level to level, so the last one foretells whether listing the few beats
  /// telling all. Level 1 foretells nothing.
  public let expectedFill: Double

  /// Ranges are at least this large: smaller ones cost more to hand out than to count.
  public static let smallestTarget = 1 << 14
  /// and at most this large: their counts stay in the second-level cache while they are reduced.
  public static let largestTarget = 1 << 18
  /// unless there would be more of them than this: a range costs memory of its own.
  static let rangeLimit = 1 << 16

  /// The number of candidates of the next level.
  public var candidateCount: UInt64 {
    ranges.reduce(0) { $0 + UInt64($1.candidateCount) }
  }

  /// Cuts the candidates that a closed level makes.
  ///
  /// - Parameters:
  ///   - parallelism: how many tasks should be at work at once; below 1 is taken as 1.
  ///   - targets: the least and the greatest number of candidates a range should have.
  /// - Complexity: linear in the groups of the level plus the number of ranges.
  public init(
    of level: Level, parallelism: Int,
    targets: ClosedRange<Int> = LevelCut.smallestTarget...LevelCut.largestTarget
  ) {
    let candidates = level.segments.reduce(0) { $0 + $1.candidateCount }
    let share = candidates / max(parallelism, 1) / 8
    targetCandidateCount = max(
      min(max(share, targets.lowerBound), targets.upperBound), candidates / Self.rangeLimit)
    ranges = candidateRanges(of: level, targetCandidateCount: targetCandidateCount)
    let frequent = level.nodeCount + level.perfectExtensionCount
    expectedFill =
      level.length == 1 ? 0 : Double(frequent) / Double(max(level.candidateCount, 1))
  }
}
