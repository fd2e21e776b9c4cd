import Apriori
import TestSupport
import Testing

/// Ranges and segments divide a level; however they do, the candidates and their counts are the same.
@Suite struct LevelCutTests {
  private let scratch = CountingScratch()

  /// The counts of all candidates in the order of the ranges.
  private func counts(
    _ ranges: [CandidateRange], of level: Level, in projection: Projection
  ) -> [UInt32] {
    ranges.flatMap { range -> [UInt32] in
      let report = count(range, of: level, in: projection, mode: .all, scratch: scratch)
      guard case .all(let counts) = report else { return [] }
      return counts
    }
  }

  @Test(arguments: [Projection.Layout.dense, .sparse])
  func byCostEveryCandidateIsInOneRange(layout: Projection.Layout) throws {
    var rangeCount = 0
    for seed in 0..<200 as Range<UInt64> {
      let data = try ShardedData(seed: seed)
      var random = SeededGenerator(seed: seed)
      let projection = try data.newProjection(
        of: Array(data.shards.indices), layout: layout)
      for level in try data.levels() {
        let whole = candidateRanges(of: level, targetCandidateCount: .max)
        let costs = CostEstimate(
          isSparse: seed % 4 != 0, transactionCount: data.rows.count)
        let cut = LevelCut(
          of: level, costs: costs, target: Int.random(in: 1...20, using: &random))
        #expect(cut.candidateCount == UInt64(whole.reduce(0) { $0 + $1.candidateCount }))
        #expect(
          counts(cut.ranges, of: level, in: projection)
            == counts(whole, of: level, in: projection), "seed \(seed), level \(level.length)")
        rangeCount += cut.ranges.count
      }
    }
    #expect(rangeCount > 500)
  }

  /// The items in nearly all rows come last: few candidates, and most of the walking.
  @Test func frequentItemsAreDividedWhereCandidatesAreFew() throws {
    var random = SeededGenerator(seed: 3)
    let rows = (0..<2_000).map { _ in
      (0..<30).filter { Int.random(in: 0..<27_000, using: &random) <= $0 * $0 * $0 }
    }
    let data = try ShardedData(rows: rows, itemCount: 30, support: 1, shardCount: 1)
    let level = data.firstLevel
    let costs = CostEstimate(isSparse: true, transactionCount: rows.count)
    let cut = LevelCut(of: level, costs: costs, target: 1_500)
    let last = try #require(cut.ranges.last)
    #expect(cut.ranges.count >= 4)
    // The last quarter of the candidates begins half way through the items.
    #expect(last.firstNode >= 20)
    #expect(last.candidateCount < 45)
  }

  @Test func joinedSegmentsAreTheSameLevels() throws {
    var joinedCount = 0
    for seed in 0..<200 as Range<UInt64> {
      let data = try ShardedData(seed: seed)
      var random = SeededGenerator(seed: seed)
      let levels = try data.levels()
      let joined = levels.map {
        $0.joiningSegments(upTo: Int.random(in: 1...200, using: &random))
      }
      #expect(data.expanded(joined) == data.expanded(levels))
      let projection = try data.projection(of: Array(data.shards.indices), layout: .sparse)
      for (one, other) in zip(levels, joined) {
        let ranges = candidateRanges(of: one, targetCandidateCount: .max)
        let joinedRanges = candidateRanges(of: other, targetCandidateCount: .max)
        #expect(
          counts(ranges, of: one, in: projection)
            == counts(joinedRanges, of: other, in: projection))
        joinedCount += one.segments.count - other.segments.count
      }
    }
    #expect(joinedCount > 200)
  }
}

/// Bitmaps over rows of which some are equal.
@Suite struct EqualRowsTests {
  /// Items enough for several words of a row, rows enough for several squares, and one row left over.
  @Test(arguments: [1, 3, 40], [60, 64, 150])
  func mergedRowsCountAsOften(copies: Int, itemCount: Int) throws {
    var random = SeededGenerator(seed: UInt64(copies * itemCount))
    let different = (0..<max(1_200 / copies, 200)).map { _ in
      (0..<itemCount).filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
    }
    // Equal rows apart from each other, some more often than others.
    let rows = (0..<copies).flatMap { copy in different.dropLast(copy) } + [[0]]
    let data = try ShardedData(rows: rows, itemCount: itemCount, support: 1, shardCount: 3)
    let dense = try data.newProjection(
      of: [0, 1, 2], layout: copies > 2 ? .denseMerged : .dense)
    let sparse = try data.newProjection(of: [0, 1, 2], layout: .sparse)
    // A bitmap an item takes 8 bytes for 64 rows, in steps of 512, and a class a reference.
    let unmerged = data.items.count * ((rows.count + 511) / 512 * 64 + 8)
    #expect(copies > 2 ? dense.byteCount < unmerged : dense.byteCount == unmerged)
    let scratch = CountingScratch()
    for range in candidateRanges(of: data.firstLevel, targetCandidateCount: 1_000) {
      #expect(
        count(range, of: data.firstLevel, in: dense, mode: .all, scratch: scratch)
          == count(range, of: data.firstLevel, in: sparse, mode: .all, scratch: scratch))
    }
  }
}
