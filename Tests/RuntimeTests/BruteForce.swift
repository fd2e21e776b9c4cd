import Apriori
import Blocks
import Itemsets
import Runtime

/// All frequent itemsets of a few transactions, by counting every subset of the items.
func bruteForce(_ transactions: [[Int]], itemCount: Int, minimumSupport: UInt64) -> [[Int]: UInt64]
{
  let masks = transactions.map { $0.reduce(0) { $0 | 1 << $1 } }
  var result: [[Int]: UInt64] = [:]
  for set in 1..<(1 << itemCount) {
    let count = UInt64(masks.count { $0 & set == set })
    if count >= minimumSupport { result[(0..<itemCount).filter { set >> $0 & 1 == 1 }] = count }
  }
  return result
}

func blocks(of transactions: [[Int]], transactionsPerBlock: Int) throws -> [Block] {
  var batch = TransactionBatch()
  for transaction in transactions {
    batch.items += transaction.map(UInt32.init)
    batch.ends.append(batch.items.count)
  }
  var builder = BlockBuilder(transactionsPerBlock: transactionsPerBlock)
  var blocks: [Block] = []
  var next = 0
  while next < batch.count {
    next = try builder.append(batch, from: next)
    if let block = builder.finish() { blocks.append(block) }
  }
  return blocks
}

/// The frequent items of blocks whose item ids are the items themselves.
func rankedItems(_ blocks: [Block], itemCount: Int, minimumSupport: UInt64) throws -> RankedItems {
  var counts = [UInt64](repeating: 0, count: itemCount)
  for block in blocks { try block.addCounts(into: &counts) }
  let ids = counts.indices.filter { counts[$0] >= max(minimumSupport, 1) }
    .sorted { (counts[$0], $0) < (counts[$1], $1) }
  let places = ids.map { id in UInt32(ids.count { $0 < id }) }
  return RankedItems(
    ids: ids.map(UInt32.init), counts: ids.map { counts[$0] }, places: places,
    names: Array(ids.map(String.init).joined().utf8),
    nameEnds: ids.reduce(into: []) { $0.append(($0.last ?? 0) + String($1).count) })
}

/// The nodes and groups of levels, in order, however they are cut into segments.
func flattened(_ closed: ClosedLevels) -> [[String]] {
  closed.levels.map { level in
    level.segments.flatMap { segment -> [String] in
      var lines: [String] = []
      var offset = 0
      var node = 0
      var path: [UInt32] = []
      for _ in 0..<segment.groupCount {
        let words = segment.words
        let shared = Int(words[offset])
        let perfectCount = Int(words[offset + 1])
        let extensionCount = Int(words[offset + 2])
        let tail = offset + 3
        let perfect = tail + level.length - 1 - shared
        let extensions = perfect + perfectCount
        path = Array(path[..<shared]) + words[tail..<perfect]
        lines.append(
          "\(path) perfect \(words[perfect..<extensions].map { $0 })"
            + " extensions \(words[extensions..<(extensions + extensionCount)].map { $0 })"
            + " \(segment.counts[node..<(node + extensionCount)].map { $0 })")
        offset = extensions + extensionCount
        node += extensionCount
      }
      precondition(offset == segment.words.count && node == segment.counts.count)
      return lines
    }
  }
}

/// All itemsets that closed levels stand for, by items.
func expanded(_ closed: ClosedLevels, items: RankedItems) -> [[Int]: UInt64] {
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
      let itemset = (core + chosen).map { Int(items.ids[Int($0)]) }.sorted()
      if itemset.isEmpty { continue }
      precondition(result[itemset] == nil, "\(itemset) stands twice")
      result[itemset] = count
    }
  }
  return result
}
