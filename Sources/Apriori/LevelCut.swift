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
    targetCandidateCount = Self.target(
      of: level, walkCost: 0, parallelism: parallelism, targets: targets)
    ranges = candidateRanges(of: level, targetCandidateCount: targetCandidateCount)
    expectedFill = Self.expectedFill(of: level)
  }

  /// Cuts the candidates that a closed level makes into ranges of about equal estimated cost.
  ///
  /// Nobody else can cut the same ranges, so they have to be handed on.
  /// - Parameters:
  ///   - costs: what is known of the data.
  ///   - target: the cost of a range, see ``CostEstimate/target(of:parallelism:)``.
  /// - Complexity: linear in the groups of the level plus the number of ranges.
  public init(of level: Level, costs: CostEstimate, target: Int) {
    targetCandidateCount = target
    if costs.hasWalks(level) {
      var cutter = CostCutter(
        pathLength: level.length - 1, transactionCount: costs.transactionCount, target: target)
      for (index, segment) in level.segments.enumerated() { cutter.cut(segment, index: index) }
      ranges = cutter.ranges
    } else {
      ranges = candidateRanges(of: level, targetCandidateCount: target, prefersClasses: true)
    }
    expectedFill = Self.expectedFill(of: level)
  }

  /// A share for each task of eight, within bounds.
  static func target(
    of level: Level, walkCost: Int, parallelism: Int, targets: ClosedRange<Int>
  ) -> Int {
    let candidates = level.segments.reduce(0) { $0 + $1.candidateCount }
    let share = (candidates + walkCost) / max(parallelism, 1) / 8
    return max(
      min(max(share, targets.lowerBound), targets.upperBound), candidates / rangeLimit)
  }

  private static func expectedFill(of level: Level) -> Double {
    let frequent = level.nodeCount + level.perfectExtensionCount
    return level.length == 1 ? 0 : Double(frequent) / Double(max(level.candidateCount, 1))
  }
}
