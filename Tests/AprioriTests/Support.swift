import Apriori
import Blocks
import Itemsets
import TestSupport

/// Random transactions cut into shards of one block each, with what counting them needs.
final class ShardedData {
  let rows: [[Int]]
  let itemCount: Int
  let support: UInt64
  let shards: [[Block]]
  let items: RankedItems
  let allowances: Allowances
  private var projections: [String: Projection] = [:]

  var transactionCount: UInt64 { UInt64(rows.count) }

  /// Correlated, equal and everywhere present items are common, so there are perfect extensions.
  convenience init(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let itemCount = Int.random(in: 2...7, using: &random)
    let count = Int.random(in: 1...48, using: &random)
    let density = Double.random(in: 0.2...0.95, using: &random)
    let everywhere = Int.random(in: 0..<6, using: &random) == 0
    let twins = Bool.random(using: &random)
    let rows = (0..<count).map { _ in
      var row = (0..<itemCount).filter { item in
        (everywhere && item == 0) || Double.random(in: 0..<1, using: &random) < density
      }
      if twins {
        row = row.filter { $0 != itemCount - 1 } + (row.contains(0) ? [itemCount - 1] : [])
      }
      return row
    }
    try self.init(
      rows: rows, itemCount: itemCount,
      support: UInt64(Int.random(in: 1...max(1, count / 2), using: &random)),
      shardCount: Int.random(in: 1...min(8, count), using: &random))
  }

  init(rows: [[Int]], itemCount: Int, support: UInt64, shardCount: Int) throws {
    self.rows = rows
    self.itemCount = itemCount
    self.support = support
    shards = try (0..<shardCount).map { shard in
      let part = rows[(rows.count * shard / shardCount)..<(rows.count * (shard + 1) / shardCount)]
      return try blocks(of: Array(part))
    }
    var counts = [UInt64](repeating: 0, count: itemCount)
    for block in shards.joined() { try block.addCounts(into: &counts) }
    let ids = counts.indices.filter { counts[$0] >= max(support, 1) }
      .sorted { (counts[$0], $0) < (counts[$1], $1) }
    items = RankedItems(
      ids: ids.map(UInt32.init), counts: ids.map { counts[$0] },
      places: ids.map { id in UInt32(ids.count { $0 < id }) },
      names: Array(ids.map(String.init).joined().utf8),
      nameEnds: ids.reduce(into: []) { $0.append(($0.last ?? 0) + String($1).count) })
    allowances = try Allowances(
      minimumSupport: support,
      transactionCounts: shards.map { $0.reduce(0) { $0 + UInt64($1.transactionCount) } })
  }

  /// A block set made ready; kept, as a worker keeps it from level to level.
  func projection(of set: [Int], layout: Projection.Layout) throws -> Projection {
    let key = "\(layout) \(set)"
    if let known = projections[key] { return known }
    let projection = try newProjection(of: set, layout: layout)
    projections[key] = projection
    return projection
  }

  /// A block set made ready anew.
  func newProjection(
    of set: [Int], layout: Projection.Layout, frequentShare: Double? = nil
  ) throws -> Projection {
    var rankOf = [UInt32](repeating: .max, count: itemCount)
    var rankCount = 0
    for (rank, id) in items.ids.enumerated() where items.counts[rank] < transactionCount {
      rankOf[Int(id)] = UInt32(rank)
      rankCount += 1
    }
    return try Projection(
      blocks: set.flatMap { shards[$0] }, rankOf: rankOf, rankCount: rankCount, layout: layout,
      cacheLimit: 1 << 16, frequentShare: frequentShare)
  }

  /// The first level.
  var firstLevel: Level {
    Level(items: items, itemCount: itemCount, transactionCount: transactionCount)
  }

  /// Closed levels by counting all data at once.
  func levels() throws -> [Level] {
    let all = try projection(of: Array(shards.indices), layout: .dense)
    let scratch = CountingScratch()
    var levels = [firstLevel]
    while let level = levels.last, level.nodeCount > 0 {
      let cut = LevelCut(of: level, parallelism: 1, targets: 4...4)
      let segments = try cut.ranges.map { range in
        try reduce(
          range, of: level,
          reports: [count(range, of: level, in: all, mode: .all, scratch: scratch)],
          minimumSupport: max(support, 1), scratch: scratch)
      }
      levels.append(Level(after: level, segments: segments, candidateCount: cut.candidateCount))
    }
    return levels
  }

  /// All frequent itemsets, by counting every subset of the items.
  func bruteForce() -> [[Int]: UInt64] {
    let masks = rows.map { $0.reduce(0) { $0 | 1 << $1 } }
    var result: [[Int]: UInt64] = [:]
    for set in 1..<(1 << itemCount) {
      var count: UInt64 = 0
      for mask in masks where mask & set == set { count += 1 }
      if count >= max(support, 1) { result[(0..<itemCount).filter { set >> $0 & 1 == 1 }] = count }
    }
    return result
  }

  /// All itemsets that closed levels stand for.
  func expanded(_ levels: [Level]) -> [[Int]: UInt64] {
    var walker = LevelWalker(
      ClosedLevels(
        levels: levels, transactionCount: transactionCount, minimumSupport: support,
        completeLength: nil))
    var perfectByDepth: [[UInt32]] = []
    var result: [[Int]: UInt64] = [:]
    while walker.next() {
      perfectByDepth =
        Array(perfectByDepth.prefix(walker.depth)) + [Array(walker.perfectExtensions)]
      let optional = perfectByDepth.flatMap { $0 }
      for subset in 0..<(1 << optional.count) {
        let chosen = optional.indices.filter { subset >> $0 & 1 == 1 }.map { optional[$0] }
        let itemset = (Array(walker.core) + chosen).map { Int(items.ids[Int($0)]) }.sorted()
        if !itemset.isEmpty { result[itemset] = walker.count }
      }
    }
    return result
  }
}

private func blocks(of rows: [[Int]]) throws -> [Block] {
  var batch = TransactionBatch()
  for row in rows {
    batch.items += row.map(UInt32.init)
    batch.ends.append(batch.items.count)
  }
  var builder = BlockBuilder(transactionsPerBlock: 65_536)
  var blocks: [Block] = []
  var next = 0
  while next < batch.count {
    next = try builder.append(batch, from: next)
    if let block = builder.finish() { blocks.append(block) }
  }
  return blocks
}

extension SeededGenerator {
  /// `set` in random parts, each ascending, in random order.
  mutating func parts(of set: [Int]) -> [[Int]] {
    let count = Int.random(in: 1...set.count, using: &self)
    var parts = [[Int]](repeating: [], count: count)
    for member in set { parts[Int.random(in: 0..<count, using: &self)].append(member) }
    return parts.filter { !$0.isEmpty }.shuffled(using: &self)
  }

  /// True once in `count` times.
  mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
}
