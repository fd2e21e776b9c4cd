import Apriori
import Blocks
import Itemsets
import Messages
import TestSupport

@testable import Coordination

/// A data set as it lies in a cluster.
struct TestData {
  let rows: [[Int]]
  let itemCount: Int
  let record: DataSetRecord
  let dictionary: [UInt8]
  let counts: [UInt8]
  let blocks: [ObjectID: Block]
  let ordered: [Block]

  /// - Parameter blocksPerShard: blocks in one shard.
  init(
    rows: [[Int]], itemCount: Int, transactionsPerBlock: Int, blocksPerShard: Int = 1,
    replication: Int = 2
  ) throws {
    self.rows = rows
    self.itemCount = itemCount
    let id = DataSetID(high: 1, low: 2)
    var batch = TransactionBatch()
    for row in rows {
      batch.items += row.map { UInt32($0) }
      batch.ends.append(batch.items.count)
    }
    var builder = BlockBuilder(transactionsPerBlock: transactionsPerBlock, dataSet: id)
    var ordered: [Block] = []
    var next = 0
    while next < batch.count {
      next = try builder.append(batch, from: next)
      if let block = builder.finish() { ordered.append(block) }
    }
    var names = ItemDictionary()
    for item in 0..<itemCount {
      let name = Array("\(item)".utf8)
      _ = try names.id(of: name.span.extracting(0..<name.count))
    }
    dictionary = DictionarySegment(names).encoded()
    counts = BlockCounts(ordered).encoded()
    var blocks: [ObjectID: Block] = [:]
    var shards: [ShardRecord] = []
    for first in stride(from: 0, to: ordered.count, by: blocksPerShard) {
      let run = ordered[first..<min(first + blocksPerShard, ordered.count)]
      let descriptors = run.map { block in
        ObjectDescriptor(
          id: ObjectID(owner: .dataSet(id), kind: .block, number: block.sequenceNumber),
          length: 10, checksum: block.sequenceNumber)
      }
      for (block, descriptor) in zip(run, descriptors) { blocks[descriptor.id] = block }
      shards.append(
        ShardRecord(
          firstBlock: run[first].sequenceNumber, blocks: descriptors,
          transactionCount: run.reduce(0) { $0 + UInt64($1.transactionCount) }))
    }
    self.blocks = blocks
    self.ordered = ordered
    record = DataSetRecord(
      id: id, name: try Name("shop"), version: 1, replication: replication,
      transactionCount: UInt64(rows.count), itemCount: UInt64(itemCount), shards: shards,
      dictionary: ObjectDescriptor(
        id: ObjectID(owner: .dataSet(id), kind: .dictionary, number: 0), bytes: dictionary),
      counts: ObjectDescriptor(
        id: ObjectID(owner: .dataSet(id), kind: .counts, number: 0), bytes: counts),
      source: "test", addedAt: 0, ingest: RequestID(DataSetID(high: 9, low: 9)))
  }

  /// Random transactions in which some items go together, so that levels are deep.
  static func random(
    seed: UInt64, count: Int = 120, itemCount: Int = 12, transactionsPerBlock: Int = 10,
    blocksPerShard: Int = 1, replication: Int = 2
  ) throws -> TestData {
    var random = SeededGenerator(seed: seed)
    let density = Double.random(in: 0.25...0.6, using: &random)
    let twins = Bool.random(using: &random)
    let everywhere = Int.random(in: 0..<4, using: &random) == 0
    let rows = (0..<count).map { _ in
      let leaning = Double.random(in: 0.5...1.5, using: &random)
      var row = (0..<itemCount).filter { item in
        (everywhere && item == 0) || Double.random(in: 0..<1, using: &random) < density * leaning
      }
      if twins {
        row.removeAll { $0 == itemCount - 1 }
        if row.contains(1) { row.append(itemCount - 1) }
      }
      return row
    }
    return try TestData(
      rows: rows, itemCount: itemCount, transactionsPerBlock: transactionsPerBlock,
      blocksPerShard: blocksPerShard, replication: replication)
  }

  /// All frequent itemsets, by counting every subset of the items.
  func bruteForce(minimumSupport: UInt64, maximumLength: Int = .max) -> [[Int]: UInt64] {
    let masks = rows.map { $0.reduce(0) { $0 | 1 << $1 } }
    var result: [[Int]: UInt64] = [:]
    for set in 1..<(1 << itemCount) where set.nonzeroBitCount <= maximumLength {
      let count = UInt64(masks.count { $0 & set == set })
      if count >= minimumSupport { result[(0..<itemCount).filter { set >> $0 & 1 == 1 }] = count }
    }
    return result
  }
}

/// All itemsets that closed levels stand for, by the names of items, which are numbers.
func expanded(_ closed: ClosedLevels, items: RankedItems) throws -> [[Int]: UInt64] {
  var perfectOf: [[UInt32]: [UInt32]] = [:]
  var counts: [[UInt32]: UInt64] = [[]: closed.transactionCount]
  for level in closed.levels {
    for segment in level.segments {
      var offset = 0
      var node = 0
      var path: [UInt32] = []
      for _ in 0..<segment.groupCount {
        let words = segment.words
        let tail = offset + 3
        let perfect = tail + level.length - 1 - Int(words[offset])
        let extensions = perfect + Int(words[offset + 1])
        path = Array(path[..<Int(words[offset])]) + words[tail..<perfect]
        perfectOf[path] = Array(words[perfect..<extensions])
        let end = extensions + Int(words[offset + 2])
        for rank in words[extensions..<end] {
          counts[path + [rank]] = segment.counts[node]
          node += 1
        }
        offset = end
      }
    }
  }
  var result: [[Int]: UInt64] = [:]
  for (core, count) in counts {
    var optional: [UInt32] = []
    for length in 0...core.count { optional += perfectOf[Array(core[..<length])] ?? [] }
    for subset in 0..<(1 << optional.count) {
      let chosen = optional.indices.filter { subset >> $0 & 1 == 1 }.map { optional[$0] }
      let itemset = (core + chosen).map { Int(items.name(Int($0))) ?? -1 }.sorted()
      if itemset.isEmpty { continue }
      if result[itemset] != nil { throw TestFailure("\(itemset) stands twice") }
      result[itemset] = count
    }
  }
  return result
}
