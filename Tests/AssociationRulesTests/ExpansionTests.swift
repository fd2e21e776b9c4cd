import Apriori
import AssociationRules
import Itemsets
import Testing

/// The itemsets of a batch as values.
func itemsets(of batch: ItemsetBatch) -> [CountedItemset] {
  (0..<batch.count).map {
    CountedItemset(ranks: Array(batch.items[batch.range($0)]), count: batch.counts[$0])
  }
}

func expand(_ levels: ClosedLevels, _ lengths: LengthLimits = LengthLimits()) throws
  -> [CountedItemset]
{
  var expansion = try ItemsetExpansion(levels, lengths: lengths)
  var batch = ItemsetBatch()
  var result: [CountedItemset] = []
  while expansion.next(into: &batch) { result += itemsets(of: batch) }
  return result
}

/// One group that makes `count` items contained in all of 5 transactions.
func equalColumns(_ count: Int) -> ClosedLevels {
  var segment = LevelSegment(length: 1)
  segment.append(
    path: [], perfectExtensions: (0..<UInt32(count)).map { $0 }, extensions: [], counts: [])
  return ClosedLevels(
    levels: [Level(length: 1, segments: [segment], candidateCount: UInt64(count))],
    transactionCount: 5, minimumSupport: 1, completeLength: nil)
}

@Suite struct ExpansionTests {
  @Test func `makes every frequent itemset once, in natural order`() throws {
    for seed in 0..<1500 as Range<UInt64> {
      let data = ReferenceData(seed: seed)
      let (levels, nodes) = data.mine(cutSeed: seed)
      let expanded = try expand(levels)
      #expect(expanded == naturalOrder(nodes), "seed \(seed)")
      let frequent = data.frequentItemsets()
      #expect(expanded.count == frequent.count, "seed \(seed)")
      for itemset in expanded {
        #expect(frequent[rankMask(itemset.ranks)] == itemset.count, "seed \(seed)")
        #expect(Set(itemset.ranks).count == itemset.ranks.count, "seed \(seed)")
      }
      #expect(Set(expanded.map { rankMask($0.ranks) }).count == expanded.count, "seed \(seed)")
    }
  }

  @Test func `length limits keep the order and drop the rest`() throws {
    for seed in 0..<300 as Range<UInt64> {
      let (levels, nodes) = ReferenceData(seed: seed).mine(cutSeed: seed)
      let all = naturalOrder(nodes)
      for minimum in 0...5 {
        for maximum in [nil, 0, 1, 2, 3, 5] {
          let lengths = LengthLimits(minimum: minimum, maximum: maximum)
          let expected = all.filter {
            $0.ranks.count >= minimum && $0.ranks.count <= maximum ?? Int.max
          }
          #expect(try expand(levels, lengths) == expected, "seed \(seed), \(lengths)")
          let counts = try ItemsetCounts(of: levels, lengths: lengths)
          #expect(counts.total == UInt64(expected.count), "seed \(seed), \(lengths)")
          for (length, count) in counts.byLength.enumerated() {
            #expect(count == UInt64(expected.filter { $0.ranks.count == length }.count))
          }
          #expect(
            counts.byLength.count > expected.map(\.ranks.count).max() ?? 0,
            "seed \(seed), \(lengths)")
        }
      }
    }
  }

  @Test func `levels that end early give what they are complete for`() throws {
    for seed in 0..<500 as Range<UInt64> {
      let data = ReferenceData(seed: seed)
      let frequent = data.frequentItemsets()
      for limit in 1...3 {
        let (levels, _) = data.mine(cutSeed: seed, maximumLevels: limit)
        let expanded = try expand(levels)
        #expect(
          Set(expanded.map { rankMask($0.ranks) })
            == Set(frequent.keys.filter { $0.nonzeroBitCount <= limit }), "seed \(seed)")
        #expect(throws: ExpansionError.incompleteLevels(requested: limit + 1, complete: limit)) {
          try expand(levels, LengthLimits(maximum: limit + 1))
        }
        #expect(throws: ExpansionError.incompleteLevels(requested: limit + 1, complete: limit)) {
          try ItemsetCounts(of: levels, lengths: LengthLimits(maximum: limit + 1))
        }
      }
    }
  }

  @Test func `many equal columns fill several batches`() throws {
    let expanded = try expand(equalColumns(14))
    #expect(expanded.count == 16383)
    #expect(
      expanded.map(\.ranks)
        == lexicographicSubsets((0..<14).map { UInt32($0) }[...]).filter { !$0.isEmpty })
    #expect(expanded.allSatisfy { $0.count == 5 })
  }

  @Test func `limits on either side do not walk what they leave out`() throws {
    let levels = equalColumns(100)
    #expect(try expand(levels, LengthLimits(maximum: 2)).count == 5050)
    #expect(try expand(levels, LengthLimits(minimum: 99)).count == 101)
    #expect(try expand(levels, LengthLimits(minimum: 101)).isEmpty)
    #expect(try expand(levels, LengthLimits(minimum: 3, maximum: 2)).isEmpty)
  }

  @Test func `counting stops with an error beyond 64 bits`() throws {
    #expect(try ItemsetCounts(of: equalColumns(64), lengths: LengthLimits()).total == .max)
    #expect(throws: ExpansionError.tooManyItemsets(length: nil)) {
      try ItemsetCounts(of: equalColumns(65), lengths: LengthLimits())
    }
    // 67 choose 33 is the last middle binomial below 2^64.
    let middle = LengthLimits(minimum: 33, maximum: 33)
    #expect(
      try ItemsetCounts(of: equalColumns(67), lengths: middle).total == 14_226_520_737_620_288_370)
    #expect(throws: ExpansionError.tooManyItemsets(length: 34)) {
      try ItemsetCounts(of: equalColumns(68), lengths: LengthLimits(minimum: 34, maximum: 34))
    }
    let ends = try ItemsetCounts(of: equalColumns(200), lengths: LengthLimits(minimum: 199))
    #expect(ends.byLength[199] == 200)
    #expect(ends.total == 201)
    let starts = try ItemsetCounts(of: equalColumns(70_000), lengths: LengthLimits(maximum: 2))
    #expect(starts.total == 70_000 + 70_000 * 69_999 / 2)
  }
}
