import Apriori
import AssociationRules
import Testing

private func ranks(_ mask: UInt64) -> [UInt32] {
  (0..<64).filter { mask >> $0 & 1 == 1 }.map { UInt32($0) }
}

@Suite struct ItemsetIndexTests {
  @Test func `finds the support of every frequent itemset`() throws {
    for seed in 0..<1500 as Range<UInt64> {
      let data = ReferenceData(seed: seed)
      let (levels, nodes) = data.mine(cutSeed: seed)
      let index = try ItemsetIndex(levels, memoryLimit: 1 << 20)
      #expect(index.nodeCount == nodes.count)
      #expect(index.support(of: []) == UInt64(data.transactions.count))
      for (mask, count) in data.frequentItemsets() {
        #expect(index.support(of: ranks(mask)) == count, "seed \(seed), \(ranks(mask))")
      }
    }
  }

  @Test func `a maximum depth keeps shorter itemsets right`() throws {
    for seed in 0..<300 as Range<UInt64> {
      let data = ReferenceData(seed: seed)
      let (levels, _) = data.mine(cutSeed: seed)
      for depth in 0...4 {
        let index = try ItemsetIndex(levels, maximumDepth: depth, memoryLimit: 1 << 20)
        for (mask, count) in data.frequentItemsets() where mask.nonzeroBitCount <= depth {
          #expect(index.support(of: ranks(mask)) == count, "seed \(seed), \(ranks(mask))")
        }
      }
    }
  }

  @Test func `more memory than allowed is an error`() throws {
    let (levels, _) = ReferenceData(seed: 3).mine(cutSeed: 3)
    let needed = try ItemsetIndex(levels, memoryLimit: 1 << 20).byteCount
    #expect(try ItemsetIndex(levels, memoryLimit: needed).byteCount == needed)
    #expect(
      throws: ExpansionError.memoryLimit(
        purpose: "the index of supports", needed: needed, limit: needed - 1)
    ) {
      try ItemsetIndex(levels, memoryLimit: needed - 1)
    }
  }
}
