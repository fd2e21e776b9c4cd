import Apriori
import Blocks
import Testing

@Suite struct LayoutEstimateTests {
  /// Rows of a published set at the given counts are laid out as measuring found best.
  @Test func choosesWhatWasMeasuredToBeFaster() {
    // Half of the rows hold each item.
    #expect(LayoutEstimate(counts: Array(repeating: 4_000, count: 40), rowCount: 8_000).bitmapsPay)
    // 155 items, each in 3 % of the rows, are few.
    #expect(
      LayoutEstimate(counts: Array(repeating: 3_000, count: 155), rowCount: 100_000).bitmapsPay)
    // 900 items, each in 1 %, are many.
    #expect(
      !LayoutEstimate(counts: Array(repeating: 1_000, count: 900), rowCount: 100_000).bitmapsPay)
    // 900 items, each in 4 %: not where all that is kept of a level is what rows leave behind.
    let frequent = LayoutEstimate(counts: Array(repeating: 4_000, count: 900), rowCount: 100_000)
    #expect(frequent.bitmapsPay && !frequent.bitmapsPayReread)
    // Items in a tenth of the rows, most of them rare.
    let uneven = Array(repeating: 5, count: 90) + Array(repeating: 50_000, count: 10)
    #expect(LayoutEstimate(counts: uneven, rowCount: 50_000).bitmapsPay)
  }

  @Test(arguments: [([], 0), ([], 10), ([0, 0], 0), ([0], 5)] as [([Int], Int)])
  func nothingToCountNeedsNoBitmaps(counts: [Int], rowCount: Int) {
    let estimate = LayoutEstimate(counts: counts, rowCount: rowCount)
    #expect(!estimate.bitmapsPay)
    #expect(!estimate.advantage.isNaN)
  }

  /// Equal rows are merged where the planes of their weights are shorter than the rows are many.
  @Test func mergesWhereManyRowsAreEqual() throws {
    for (rowCount, isMerged) in [(300, false), (60_000, true)] {
      let rows = (0..<rowCount).map { [0, 1, 2, 3 + $0 % 17] }
      let data = try ShardedData(rows: rows, itemCount: 20, support: 1, shardCount: 1)
      let chosen = try data.projection(of: [0], layout: .dense).wordsPerCandidate
      #expect((chosen?.count ?? 0 > 1) == isMerged)
      let merged = try data.projection(of: [0], layout: .denseMerged).wordsPerCandidate
      // Seventeen different rows: a line of a plane for each bit of their weights.
      #expect(merged == Array(repeating: 8, count: rowCount == 300 ? 5 : 12))
      #expect(
        try data.projection(of: [0], layout: .denseSeparate).wordsPerCandidate
          == [(rowCount + 511) / 512 * 8])
      #expect(try data.projection(of: [0], layout: .sparse).wordsPerCandidate == nil)
    }
  }

  /// With few items everything is counted before equal rows would have been found.
  @Test func doesNotMergeForFewItems() throws {
    let rows = (0..<60_000).map { [0, 1, 2 + $0 % 3] }
    let data = try ShardedData(rows: rows, itemCount: 5, support: 1, shardCount: 1)
    #expect(try data.projection(of: [0], layout: .dense).wordsPerCandidate == [944])
    #expect(try data.projection(of: [0], layout: .denseMerged).wordsPerCandidate?.count == 15)
  }

  /// Bitmaps that are counted in strips do not lie a power of two apart.
  @Test func bitmapsOfManyRowsHaveAnOddNumberOfLines() throws {
    for (rowCount, words) in [(65_536, 1_024), (65_537, 1_032), (131_072, 2_056)] {
      let rows = Array(repeating: [0, 1], count: rowCount - 2) + [[0], [1]]
      let data = try ShardedData(rows: rows, itemCount: 2, support: 1, shardCount: 2)
      let projection = try data.projection(of: [0, 1], layout: .denseSeparate)
      #expect(projection.wordsPerCandidate == [words])
      let level = try #require(try data.levels().first)
      let pair = try #require(candidateRanges(of: level, targetCandidateCount: 1).first)
      let report = count(pair, of: level, in: projection, mode: .all, scratch: CountingScratch())
      #expect(report == .all([UInt32(rowCount - 2)]))
    }
  }
}
