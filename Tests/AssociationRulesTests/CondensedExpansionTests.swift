import Apriori
import AssociationRules
import Itemsets
import Testing

private func condense(
  _ levels: ClosedLevels, _ kind: CondensedKind, _ lengths: LengthLimits = LengthLimits()
) throws -> [CountedItemset] {
  var expansion = try CondensedExpansion(
    levels, kind: kind, lengths: lengths, memoryLimit: 1 << 20)
  var batch = ItemsetBatch()
  var result: [CountedItemset] = []
  while expansion.next(into: &batch) { result += itemsets(of: batch) }
  return result
}

/// The masks that the definitions of closed and maximal leave of `frequent`.
private func condensed(_ frequent: [UInt64: UInt64], _ kind: CondensedKind) -> Set<UInt64> {
  Set(
    frequent.filter { mask, count in
      !frequent.contains { other, otherCount in
        other != mask && other & mask == mask && (kind == .maximal || otherCount == count)
      }
    }.keys)
}

@Suite struct CondensedExpansionTests {
  @Test(arguments: [CondensedKind.closed, .maximal])
  func `equals the definition, each itemset once, in the order of nodes`(
    kind: CondensedKind
  ) throws {
    for seed in 0..<1000 as Range<UInt64> {
      let data = ReferenceData(seed: seed)
      let (levels, nodes) = data.mine(cutSeed: seed)
      let expected = condensed(data.frequentItemsets(), kind)
      let result = try condense(levels, kind)
      let candidates = nodes.map {
        CountedItemset(ranks: $0.core + $0.pathExtensions, count: $0.count)
      }
      #expect(
        result == candidates.filter { expected.contains(rankMask($0.ranks)) }, "seed \(seed)")
      #expect(result.count == expected.count, "seed \(seed)")
    }
  }

  @Test(arguments: [CondensedKind.closed, .maximal])
  func `a length limit needs one level more and no other`(kind: CondensedKind) throws {
    for seed in 0..<250 as Range<UInt64> {
      let data = ReferenceData(seed: seed)
      let expected = condensed(data.frequentItemsets(), kind)
      for maximum in 0...4 {
        let (levels, _) = data.mine(cutSeed: seed, maximumLevels: maximum + 1)
        let (all, _) = data.mine(cutSeed: seed)
        for minimum in 1...3 {
          let lengths = LengthLimits(minimum: minimum, maximum: maximum)
          let inRange = expected.filter {
            $0.nonzeroBitCount >= minimum && $0.nonzeroBitCount <= maximum
          }
          let result = try condense(levels, kind, lengths)
          #expect(Set(result.map { rankMask($0.ranks) }) == inRange, "seed \(seed), \(lengths)")
          #expect(result.count == inRange.count)
          #expect(try condense(all, kind, lengths) == result, "seed \(seed), \(lengths)")
          let open = try condense(levels, kind, LengthLimits(minimum: minimum))
          #expect(open == result, "seed \(seed), \(lengths)")
        }
        #expect(
          throws: ExpansionError.incompleteLevels(requested: maximum + 1, complete: maximum)
        ) {
          try condense(levels, kind, LengthLimits(maximum: maximum + 1))
        }
      }
    }
  }

  @Test func `equal columns are one closed and one maximal itemset`() throws {
    let expected = [CountedItemset(ranks: (0..<1000).map { UInt32($0) }, count: 5)]
    #expect(try condense(equalColumns(1000), .closed) == expected)
    #expect(try condense(equalColumns(1000), .maximal) == expected)
  }
}
