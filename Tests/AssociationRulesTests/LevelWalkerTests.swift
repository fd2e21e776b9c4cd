import Apriori
import Testing

@Suite struct LevelWalkerTests {
  private func walk(_ levels: ClosedLevels, maximumDepth: Int? = nil) -> [ReferenceNode] {
    var walker = LevelWalker(levels, maximumDepth: maximumDepth)
    var nodes: [ReferenceNode] = []
    var inherited: [[UInt32]] = []
    var unseen: [Int] = []
    while walker.next() {
      let core = Array(walker.core)
      #expect(core.count == walker.depth)
      if walker.depth > 0 { #expect(core.last == walker.rank) }
      while unseen.count <= walker.depth { unseen.append(0) }
      #expect(walker.ordinal == unseen[walker.depth])
      unseen[walker.depth] += 1
      inherited.removeLast(inherited.count - walker.depth)
      inherited.append(Array(walker.perfectExtensions))
      nodes.append(
        ReferenceNode(
          core: core, count: walker.count, ownExtensions: Array(walker.perfectExtensions),
          pathExtensions: inherited.flatMap { $0 }))
    }
    let goesOn = walker.next()
    #expect(!goesOn)
    return nodes
  }

  @Test func `visits the nodes of a recursive reference in its order`() {
    for seed in 0..<1500 as Range<UInt64> {
      let (levels, nodes) = ReferenceData(seed: seed).mine(cutSeed: seed)
      #expect(walk(levels) == nodes, "seed \(seed)")
    }
  }

  @Test func `a maximum depth leaves out longer cores and nothing else`() {
    for seed in 0..<500 as Range<UInt64> {
      let (levels, nodes) = ReferenceData(seed: seed).mine(cutSeed: seed + 7)
      for depth in 0...4 {
        #expect(
          walk(levels, maximumDepth: depth) == nodes.filter { $0.core.count <= depth },
          "seed \(seed), depth \(depth)")
      }
    }
  }

  @Test func `levels that end early are walked as far as they go`() {
    for seed in 0..<500 as Range<UInt64> {
      for depth in 0...3 {
        let (levels, nodes) = ReferenceData(seed: seed).mine(cutSeed: seed, maximumLevels: depth)
        #expect(walk(levels) == nodes, "seed \(seed), levels \(depth)")
      }
    }
  }

  @Test func `without levels there is the root alone`() {
    let levels = ClosedLevels(
      levels: [], transactionCount: 12, minimumSupport: 3, completeLength: nil)
    #expect(
      walk(levels) == [
        ReferenceNode(core: [], count: 12, ownExtensions: [], pathExtensions: [])
      ])
  }
}
