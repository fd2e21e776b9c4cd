import Apriori
import Blocks
import Itemsets
import Runtime
import TestSupport
import Testing

@Suite struct LocalMinerTests {
  private func mine(
    _ transactions: [[Int]], itemCount: Int, minimumSupport: UInt64, transactionsPerBlock: Int,
    options: LocalMiner.Options, maximumLength: Int? = nil
  ) throws -> (levels: ClosedLevels, items: RankedItems) {
    let blocks = try blocks(of: transactions, transactionsPerBlock: transactionsPerBlock)
    let items = try rankedItems(blocks, itemCount: itemCount, minimumSupport: minimumSupport)
    let miner = LocalMiner(
      blocks: blocks, items: items, transactionCount: UInt64(transactions.count), options: options)
    return (
      try miner.mine(minimumSupport: minimumSupport, maximumLength: maximumLength), items
    )
  }

  /// Random transactions, some of them with correlated, equal and everywhere present items.
  private func transactions(seed: UInt64) -> (rows: [[Int]], itemCount: Int, support: UInt64) {
    var random = SeededGenerator(seed: seed)
    let itemCount = Int.random(in: 1...9, using: &random)
    let count = Int.random(in: 1...60, using: &random)
    let density = Double.random(in: 0.05...0.95, using: &random)
    let everywhere = Int.random(in: 0..<6, using: &random) == 0
    let twins = Bool.random(using: &random)
    var rows = (0..<count).map { _ in
      (0..<itemCount).filter { item in
        (everywhere && item == 0) || Double.random(in: 0..<1, using: &random) < density
      }
    }
    if twins && itemCount > 2 {
      rows = rows.map { row in
        row.filter { $0 != itemCount - 1 } + (row.contains(1) ? [itemCount - 1] : [])
      }
    }
    return (rows, itemCount, UInt64(Int.random(in: 1...max(1, count / 2), using: &random)))
  }

  @Test func equalsBruteForceForEveryLayoutAndCut() throws {
    for seed in 0..<600 as Range<UInt64> {
      let data = transactions(seed: seed)
      let expected = bruteForce(
        data.rows, itemCount: data.itemCount, minimumSupport: data.support)
      var reference: [[String]]?
      for (layout, perBlock, perSet, threads) in [
        (.automatic, 65_536, 1 << 18, 1), (.denseSeparate, 65_536, 1 << 18, 1),
        (.sparse, 65_536, 1 << 18, 2), (.denseMerged, 7, 20, 2), (.sparse, 3, 10, 1),
        (.sparse, 1, 1, 1), (.dense, 2, 2, 3),
      ] as [(Projection.Layout, Int, Int, Int)] {
        let mined = try mine(
          data.rows, itemCount: data.itemCount, minimumSupport: data.support,
          transactionsPerBlock: perBlock,
          options: .init(threadCount: threads, transactionsPerBlockSet: perSet, layout: layout))
        let found = expanded(mined.levels, items: mined.items)
        #expect(found == expected, "seed \(seed), \(layout), \(perBlock) a block")
        let groups = flattened(mined.levels)
        #expect(groups == reference ?? groups, "seed \(seed), \(layout), \(perBlock) a block")
        reference = groups
      }
    }
  }

  @Test func orderOfTransactionsDoesNotShow() throws {
    for seed in 1000..<1040 as Range<UInt64> {
      var data = transactions(seed: seed)
      let first = try mine(
        data.rows, itemCount: data.itemCount, minimumSupport: data.support,
        transactionsPerBlock: 16, options: .init(threadCount: 1))
      var random = SeededGenerator(seed: seed)
      data.rows.shuffle(using: &random)
      let second = try mine(
        data.rows, itemCount: data.itemCount, minimumSupport: data.support,
        transactionsPerBlock: 5, options: .init(threadCount: 2, transactionsPerBlockSet: 9))
      #expect(flattened(first.levels) == flattened(second.levels), "seed \(seed)")
    }
  }

  @Test func limitedLengthIsCompleteUpToIt() throws {
    for seed in 2000..<2060 as Range<UInt64> {
      let data = transactions(seed: seed)
      let expected = bruteForce(
        data.rows, itemCount: data.itemCount, minimumSupport: data.support)
      for length in 1...4 {
        let mined = try mine(
          data.rows, itemCount: data.itemCount, minimumSupport: data.support,
          transactionsPerBlock: 65_536, options: .init(threadCount: 1), maximumLength: length)
        let found = expanded(mined.levels, items: mined.items)
        #expect(
          found.filter { $0.key.count <= length } == expected.filter { $0.key.count <= length },
          "seed \(seed), length \(length)")
      }
    }
  }

  /// Candidates enough for several ranges, and small levels after large ones, whose segments are joined.
  @Test func threadsCutOtherwiseAndFindTheSame() throws {
    var random = SeededGenerator(seed: 11)
    let rows = (0..<400).map { _ in
      (0..<24).filter { _ in Int.random(in: 0..<100, using: &random) < 45 }
    }
    let levels = try [1, 2, 5].map { threads in
      try mine(
        rows, itemCount: 24, minimumSupport: 8, transactionsPerBlock: 150,
        options: .init(threadCount: threads)
      ).levels
    }
    #expect(levels[0].levels.contains { $0.candidateCount > 30_000 })
    #expect(flattened(levels[1]) == flattened(levels[0]))
    #expect(flattened(levels[2]) == flattened(levels[0]))
  }

  /// 65,536 equal rows make one block whose every count is the greatest a block can hold.
  @Test(arguments: Projection.Layout.allCases) func equalRows(layout: Projection.Layout) throws {
    let rows = Array(repeating: [0, 1, 2], count: 65_536) + [[3]]
    let mined = try mine(
      rows, itemCount: 4, minimumSupport: 1, transactionsPerBlock: 65_536,
      options: .init(threadCount: 2, layout: layout))
    let found = expanded(mined.levels, items: mined.items)
    #expect(found.count == 8)
    #expect(found[[0, 1, 2]] == 65_536)
    #expect(found[[3]] == 1)
  }

  /// More frequent items than 16-bit ranks can name: rows turn wide, pairs are listed sparsely.
  @Test func seventyThousandFrequentItems() throws {
    let itemCount = 70_000
    var rows: [[Int]] = []
    for first in stride(from: 0, to: itemCount, by: 2) {
      rows.append([first, first + 1])
      rows.append([first, first + 1])
    }
    rows.append([0, 5, 69_999])
    rows.append([0, 5, 69_999])
    let blocks = try blocks(of: rows, transactionsPerBlock: 65_536)
    var counts = [UInt64](repeating: 0, count: itemCount)
    for block in blocks { try block.addCounts(into: &counts) }
    let ids = counts.indices.sorted { (counts[$0], $0) < (counts[$1], $1) }
    let items = RankedItems(
      ids: ids.map(UInt32.init), counts: ids.map { counts[$0] }, places: [], names: [],
      nameEnds: [])
    let miner = LocalMiner(
      blocks: blocks, items: items, transactionCount: UInt64(rows.count),
      options: .init(threadCount: 2))
    let closed = try miner.mine(minimumSupport: 2, maximumLength: nil)
    let found = expanded(closed, items: items)
    #expect(found.count == itemCount + itemCount / 2 + 4)
    #expect(found[[0, 1]] == 2)
    #expect(found[[0, 5, 69_999]] == 2)
    #expect(found[[5, 69_999]] == 2)
    #expect(found[[0]] == 4)
  }

  /// Blocks in a file, and room for a few of the projections, which take a MiB: pieces are
  /// projected again and again, or what counting left of them serves.
  @Test func dataBeyondMemoryGiveTheSameLevels() throws {
    for seed in 0..<8 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let itemCount = 24
      let rows = (0..<12_000).map { row in
        (0..<itemCount).filter { item in
          Int.random(in: 0..<100, using: &random) < (item + row / 2_000) % itemCount * 2
        }
      }
      let blocks = try blocks(of: rows, transactionsPerBlock: 100)
      let items = try rankedItems(blocks, itemCount: itemCount, minimumSupport: 300)
      func mine(
        _ pile: BlockPile, threads: Int = 2, memoryLimit: Int?
      ) throws -> ClosedLevels {
        try LocalMiner(
          blocks: pile, items: items, transactionCount: UInt64(rows.count),
          options: .init(
            threadCount: threads, transactionsPerBlockSet: 200,
            layout: seed % 4 == 0 ? .dense : .sparse, memoryLimit: memoryLimit)
        ).mine(minimumSupport: 300, maximumLength: nil)
      }
      var pile = BlockPile(memoryLimit: Int(seed) * 1_000, folder: "/tmp")
      for block in blocks { try pile.append(block) }
      #expect(pile.isSpilled && pile.count == blocks.count)
      #expect(pile.byteCount <= Int(seed) * 1_000)
      let expected = flattened(try mine(BlockPile(blocks), memoryLimit: nil))
      #expect(expected.count >= 3)
      for memoryLimit in [700_000, 1_000_000, 8 << 20] {
        for threads in [1, 2, 5] {
          #expect(
            flattened(try mine(pile, threads: threads, memoryLimit: memoryLimit)) == expected,
            "seed \(seed), \(memoryLimit) bytes, \(threads) threads")
        }
      }
    }
  }

  @Test func folderThatIsNotThereIsNamed() throws {
    let blocks = try blocks(of: [[0, 1]], transactionsPerBlock: 10)
    var pile = BlockPile(memoryLimit: 0, folder: "/nowhere")
    #expect {
      for block in blocks { try pile.append(block) }
    } throws: { error in
      "\(error)".contains("/nowhere") && "\(error)".contains("--temp")
    }
  }

  @Test func nothingFrequentIsAnEmptyAnswer() throws {
    let mined = try mine(
      [[0], [1]], itemCount: 2, minimumSupport: 2, transactionsPerBlock: 10,
      options: .init(threadCount: 2))
    #expect(mined.levels.levels.isEmpty)
  }

  @Test func memoryLimitIsANamedError() throws {
    let rows = (0..<200).map { row in (0..<12).filter { (row + $0) % 3 != 0 } }
    #expect {
      try mine(
        rows, itemCount: 12, minimumSupport: 2, transactionsPerBlock: 100,
        options: .init(threadCount: 1, memoryLimit: 1000))
    } throws: { error in
      guard case .memory(_, let needed, 1000) = error as? MiningError else { return false }
      return needed > 1000 && "\(error)".contains("--memory")
    }
  }
}
