/// What the candidates of a job are likely to cost, estimated from its first level.
public struct CostEstimate: Sendable {
  /// All transactions.
  public let transactionCount: Int
  /// Whether rows are walked, not bitmaps over all rows intersected.
  private let isSparse: Bool

  /// Candidates times transactions that take several times as long to count as to hand out.
  private static let worthHandingOut = 1 << 27
  /// The least cost of a range where there are walks, in candidates.
  private static let leastWalk = 1 << 15

  /// - Parameter first: the first level, with the counts of all items.
  public init(first: Level, transactionCount: Int) {
    self.transactionCount = transactionCount
    let counts = first.segments.flatMap(\.counts).map { Int(clamping: $0) }
    isSparse = !LayoutEstimate(counts: counts, rowCount: transactionCount).bitmapsPay
  }

  /// An estimate for data that are known to be sparse, or dense.
  package init(isSparse: Bool, transactionCount: Int) {
    self.isSparse = isSparse
    self.transactionCount = transactionCount
  }

  /// Whether the candidates of a level are counted by walking rows, apart from how many they are.
  ///
  /// Those of four and more items are counted in what the walks before have left.
  func hasWalks(_ level: Level) -> Bool { isSparse && level.length <= 2 }

  /// The cost, in candidates, that suits a range: all threads end together, and little time goes into
  /// handing out.
  public func target(of level: Level, parallelism: Int) -> Int {
    if hasWalks(level) {
      return LevelCut.target(
        of: level,
        walkCost: CostCutter.walkCost(of: level, transactionCount: transactionCount),
        parallelism: parallelism, targets: Self.leastWalk...LevelCut.largestTarget)
    }
    // The more transactions, the more a candidate may cost.
    let least = min(max(Self.worthHandingOut / max(transactionCount, 1), 1 << 11), 1 << 13)
    return LevelCut.target(
      of: level, walkCost: 0, parallelism: parallelism, targets: least...LevelCut.largestTarget)
  }
}
