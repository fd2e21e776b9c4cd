import Blocks
import Itemsets
import TestSupport
import Testing

@Suite("Block builder") struct BlockBuilderTests {
  /// Seeded transactions with dense, sparse, sorted and repeated items.
  static func random(_ count: Int, seed: UInt64) -> Transactions {
    var generator = SeededGenerator(seed: seed)
    let items = (0..<count).map { row in
      var items: [UInt32] = []
      for item in 0..<20 where Int.random(in: 0..<20, using: &generator) < item {
        items.append(UInt32(item))
      }
      for _ in 0..<Int.random(in: 0..<8, using: &generator) {
        items.append(UInt32.random(in: 20..<3000, using: &generator))
      }
      // Runs of rows of random length, and one item far beyond the others.
      items.append(UInt32(4000 + row / 37))
      if row % 1000 < 300 { items.append(100_000) }
      items += items.filter { _ in Int.random(in: 0..<10, using: &generator) == 0 }
      return row % 53 == 0 ? [] : items.shuffled(using: &generator)
    }
    return Transactions(items: items)
  }

  @Test(arguments: [(1, 50), (7, 300), (64, 1000), (1000, 5003), (65_536, 5000)])
  func agreesWithANaiveModel(perBlock: Int, count: Int) throws {
    let transactions = Self.random(count, seed: UInt64(count))
    let blocks = try makeBlocks(
      transactions.batches(of: count), BlockBuilder(transactionsPerBlock: perBlock))
    #expect(blocks.count == (count + perBlock - 1) / perBlock)
    for (index, block) in blocks.enumerated() {
      let range = index * perBlock..<min(count, (index + 1) * perBlock)
      #expect(block.sequenceNumber == UInt64(index))
      #expect(block.transactionCount == range.count)
      #expect(naiveRows(of: block) == naiveRows(transactions.items[range]))
      try expectValid(block)
    }
  }

  @Test func usesEveryKindOfContainer() throws {
    let transactions = Self.random(5000, seed: 5)
    let blocks = try makeBlocks(transactions.batches(of: 5000), BlockBuilder())
    #expect(Set(blocks[0].containers.map(\.kind)) == [.array, .bitmap, .runs])
  }

  @Test(arguments: [1, 2, 99, 100, 101, 333, 5000])
  func blocksDoNotDependOnTheBordersOfBatches(batchSize: Int) throws {
    var transactions = Self.random(1500, seed: 9)
    transactions.times = (0..<1500).map { Int64($0) * -1_000_000 }
    transactions.customers = (0..<1500).map { UInt32($0 / 3) }
    let builder = BlockBuilder(transactionsPerBlock: 100, occurrencesPerBlock: 1600)
    let expected = try makeBlocks(transactions.batches(of: 1500), builder)
    #expect(expected.contains { $0.transactionCount < 100 && $0 != expected.last })
    #expect(expected.contains { $0.transactionCount == 100 })
    #expect(try makeBlocks(transactions.batches(of: batchSize), builder) == expected)
  }

  @Test func repeatedIDsCountOnce() throws {
    let block = try makeBlock([[5, 5, 5], [2, 5, 2], [], [5]])
    #expect(block.itemIDs == [2, 5])
    #expect(block.containers.map(\.cardinality) == [1, 3])
    #expect(naiveRows(of: block) == [2: [1], 5: [0, 1, 3]])
  }

  /// Rows of one item are looked at in pieces of 16,384, and asked for 24 items ahead.
  @Test(arguments: [1, 2, 7, 8, 9, 23, 24, 25, 26, 50, 16_384, 16_385, 16_386, 33_000])
  func agreesWithANaiveModelWhereverRowsEnd(count: Int) throws {
    let items = (0..<count).map { row -> [UInt32] in
      var items: [UInt32] = [0]
      if row % 2 == 0 { items += [1, 1] }
      if row % 5 != 0 { items.append(2) }
      if row % 16_384 < 2 { items += [3, 3, 3] }
      if row == count - 1 { items += [5, 4, 5] }
      return items
    }
    let block = try makeBlock(items)
    #expect(naiveRows(of: block) == naiveRows(items[...]))
    try expectValid(block)
  }

  /// Items have 16 bits until one needs more: in the middle of a block or a batch, or in a later block.
  @Test(arguments: [0, 1, 99, 100, 101, 250, 399], [65_534, 65_535, 65_536, 65_537, 200_000])
  func agreesWithANaiveModelWhereverIDsGrowLong(row: Int, id: UInt32) throws {
    var items = (0..<400).map { row in [UInt32(row % 3), 65_533, UInt32(100 + row)] }
    items[row].insert(id, at: 1)
    let blocks = try makeBlocks(
      Transactions(items: items).batches(of: 60), BlockBuilder(transactionsPerBlock: 200))
    #expect(blocks.count == 2)
    for (block, start) in zip(blocks, [0, 200]) {
      #expect(naiveRows(of: block) == naiveRows(items[start..<start + 200]))
    }
  }

  @Test func equalRowsFillABlockWithSingleRuns() throws {
    let row: [UInt32] = [9, 0, 4]
    let block = try makeBlock([[UInt32]](repeating: row, count: 65_536))
    #expect(block.itemIDs == [0, 4, 9])
    #expect(block.containers.allSatisfy { $0.kind == .runs && $0.cardinality == 65_536 })
    #expect(block.payload == [0, 65_535, 0, 65_535, 0, 65_535])
    #expect(try BlockFormat.decode(BlockFormat.encode(block)) == block)
  }

  @Test func transactionsWithoutItemsCount() throws {
    let block = try makeBlock([[], [], []])
    #expect(block.transactionCount == 3)
    #expect(block.itemIDs.isEmpty && block.payload.isEmpty)
    #expect(try BlockFormat.decode(BlockFormat.encode(block)) == block)
  }

  @Test func nothingAppendedMakesNoBlock() throws {
    var builder = BlockBuilder()
    let none6 = builder.finish()
    #expect(none6 == nil)
    let taken1 = try builder.append(TransactionBatch())
    #expect(taken1 == 0)
    let none7 = builder.finish()
    #expect(none7 == nil)
  }

  @Test func aFullBlockTakesNoMore() throws {
    let batch = Transactions(items: [[1], [2], [3]]).batch(0..<3)
    var builder = BlockBuilder(transactionsPerBlock: 2, firstSequenceNumber: 7)
    let taken2 = try builder.append(batch)
    #expect(taken2 == 2)
    let taken3 = try builder.append(batch, from: 2)
    #expect(taken3 == 2)
    let firstFinished = builder.finish(dictionaryDigest: 77)
    let first = try #require(firstFinished)
    #expect(first.sequenceNumber == 7 && first.dictionaryDigest == 77)
    #expect(first.itemIDs == [1, 2])
    #expect(builder.transactionCount == 0)
    let taken4 = try builder.append(batch, from: 2)
    #expect(taken4 == 3)
    let secondFinished = builder.finish()
    let second = try #require(secondFinished)
    #expect(second.sequenceNumber == 8 && second.itemIDs == [3])
  }

  @Test func aBlockEndsBeforeTheLimitOfOccurrences() throws {
    let batch = Transactions(items: [[1, 1], [2, 3], [4], [5, 6, 7, 8], [9]]).batch(0..<5)
    let builder = BlockBuilder(transactionsPerBlock: 10, occurrencesPerBlock: 4)
    let counts = try makeBlocks([batch], builder).map(\.transactionCount)
    #expect(counts == [2, 1, 1, 1])
  }

  @Test func aTransactionOverTheLimitIsRefused() throws {
    let batch = Transactions(items: [[1], [1, 2, 3, 4, 5]]).batch(0..<2)
    var builder = BlockBuilder(transactionsPerBlock: 10, occurrencesPerBlock: 4)
    let taken5 = try builder.append(batch)
    #expect(taken5 == 1)
    let block = builder.finish()
    #expect(block?.itemIDs == [1])
    #expect(throws: BlockError.transactionTooLong(items: 5, limit: 4)) {
      try builder.append(batch, from: 1)
    }
    let none8 = builder.finish()
    #expect(none8 == nil)
  }

  @Test func aBlockEndsWhereTimesOrCustomersBeginOrCease() throws {
    let plain = Transactions(items: [[1], [2]]).batch(0..<2)
    let dated = Transactions(items: [[3]], times: [-5]).batch(0..<1)
    let known = Transactions(items: [[4]], times: [6], customers: [8]).batch(0..<1)
    let blocks = try makeBlocks([plain, dated, dated, known, plain], BlockBuilder())
    #expect(blocks.map(\.transactionCount) == [2, 2, 1, 2])
    #expect(blocks.map(\.times) == [[], [-5, -5], [6], []])
    #expect(blocks.map(\.customers) == [[], [], [8], []])
    for block in blocks {
      #expect(try BlockFormat.decode(BlockFormat.encode(block)) == block)
    }
  }

  @Test func countsAreAddedByID() throws {
    let block = try makeBlock([[3, 1], [3], [3, 0]])
    var counts: [UInt64] = [10, 10, 10, 10, 10]
    try block.addCounts(into: &counts)
    #expect(counts == [11, 11, 10, 13, 10])
    var tooFew: [UInt64] = [0, 0, 0]
    #expect(throws: BlockError.itemBeyondDictionary(item: 3, dictionaryCount: 3)) {
      try block.addCounts(into: &tooFew)
    }
    #expect(tooFew == [0, 0, 0])
  }
}
