import Apriori
import Blocks
import Itemsets
import Messages
import TestSupport

/// Random transactions in shards, with the exact levels of a job and brute-force counts.
struct Fixture {
  let job = JobID(7)
  let rows: [Set<UInt32>]
  /// The rows of each shard.
  let shardRows: [[Set<UInt32>]]
  let shards: [ShardDescription]
  let bytes: [ObjectID: [UInt8]]
  let blocks: [ObjectID: Block]
  /// Ids of the items that are counted, by rank.
  let ranked: [UInt32]
  let target: Int
  private(set) var levels: [Level] = []
  private(set) var ranges: [[CandidateRange]] = []
  /// Of the ranges of each level.
  private(set) var survivors: [[Survivors]] = []

  init(seed: UInt64, rowCount: Int = 120, shardCount: Int = 6, itemCount: Int = 9) throws {
    var random = SeededGenerator(seed: seed)
    var rows: [Set<UInt32>] = []
    for _ in 0..<rowCount {
      var row: Set<UInt32> = [UInt32(itemCount)]
      for item in 0..<itemCount where Int.random(in: 0..<10, using: &random) < 4 + item % 4 {
        row.insert(UInt32(item))
      }
      if row.contains(1) { row.insert(2) }
      rows.append(row)
    }
    self.rows = rows
    target = Int.random(in: 2...12, using: &random)
    var shardRows: [[Set<UInt32>]] = []
    var shards: [ShardDescription] = []
    var bytes: [ObjectID: [UInt8]] = [:]
    var blocks: [ObjectID: Block] = [:]
    let dataSet = DataSetID(high: 1, low: seed)
    var builder = BlockBuilder(transactionsPerBlock: 8, dataSet: dataSet)
    for shard in 0..<shardCount {
      let part = Array(
        rows[(rowCount * shard / shardCount)..<(rowCount * (shard + 1) / shardCount)])
      shardRows.append(part)
      var batch = TransactionBatch()
      for row in part {
        batch.items += row.sorted()
        batch.ends.append(batch.items.count)
      }
      var next = 0
      var descriptors: [ObjectDescriptor] = []
      while next < batch.count {
        next = try builder.append(batch, from: next)
        guard let block = builder.finish() else { continue }
        let id = ObjectID(owner: .dataSet(dataSet), kind: .block, number: block.sequenceNumber)
        let encoded = BlockFormat.encode(block)
        bytes[id] = encoded
        blocks[id] = block
        descriptors.append(ObjectDescriptor(id: id, bytes: encoded))
      }
      shards.append(ShardDescription(number: UInt32(shard), blocks: descriptors))
    }
    self.shardRows = shardRows
    self.shards = shards
    self.bytes = bytes
    self.blocks = blocks
    let support = UInt64(rowCount / 5)
    let counts = (0...UInt32(itemCount)).map { item in
      UInt64(rows.count { $0.contains(item) })
    }
    let ids = counts.indices.filter { counts[$0] >= support }
      .sorted { (counts[$0], $0) < (counts[$1], $1) }
    let items = RankedItems(
      ids: ids.map(UInt32.init), counts: ids.map { counts[$0] },
      places: ids.map { _ in 0 }, names: [], nameEnds: ids.map { _ in 0 })
    ranked = ids.filter { counts[$0] < UInt64(rowCount) }.map(UInt32.init)
    var level = Level(
      items: items, itemCount: itemCount + 1, transactionCount: UInt64(rowCount))
    let scratch = CountingScratch()
    while level.nodeCount > 0 {
      let ranges = candidateRanges(of: level, targetCandidateCount: target)
      levels.append(level)
      self.ranges.append(ranges)
      let candidates = self.candidates(of: level)
      var closed: [ReducedRange] = []
      var first = 0
      for range in ranges {
        let counts = candidates[first..<(first + range.candidateCount)].map {
          count($0, in: rows)
        }
        first += range.candidateCount
        let plan = try nominations(
          reports: [.all(counts)], range: range, minimumSupport: support)
        closed.append(
          try closeRange(
            range, of: level, plan: plan, polls: [], minimumSupport: support, scratch: scratch))
      }
      survivors.append(closed.map(\.survivors))
      level = Level(
        after: level, segments: closed.map(\.segment),
        candidateCount: UInt64(candidates.count))
    }
  }

  /// All candidates that a level makes, in order, as items.
  func candidates(of level: Level) -> [[UInt32]] {
    var result: [[UInt32]] = []
    for segment in level.segments {
      var offset = 0
      var path: [UInt32] = []
      let words = segment.words
      while offset < words.count {
        let tail = offset + 3
        let perfect = tail + level.length - 1 - Int(words[offset])
        let extensions = perfect + Int(words[offset + 1])
        let end = extensions + Int(words[offset + 2])
        path = Array(path[..<Int(words[offset])]) + words[tail..<perfect]
        for node in extensions..<end {
          for sibling in (node + 1)..<max(end, node + 1) {
            result.append((path + [words[node], words[sibling]]).map { ranked[Int($0)] })
          }
        }
        offset = end
      }
    }
    return result
  }

  func count(_ itemset: [UInt32], in rows: [Set<UInt32>]) -> UInt32 {
    UInt32(rows.count { row in itemset.allSatisfy { row.contains($0) } })
  }

  /// What brute force answers about a range.
  func expected(
    level: Int, range: Int, shards: [UInt32], rule: CountingRule
  ) -> CountReport {
    let first = ranges[level - 1][..<range].reduce(0) { $0 + $1.candidateCount }
    let all = candidates(of: levels[level - 1])
    let rows = shards.flatMap { shardRows[Int($0)] }
    let counts = all[first..<(first + ranges[level - 1][range].candidateCount)].map {
      count($0, in: rows)
    }
    switch rule {
    case .all: return .all(counts)
    case .above(let allowance):
      let positions = counts.indices.filter { counts[$0] > allowance }
      return .above(
        allowance: allowance, positions: positions.map(UInt32.init),
        counts: positions.map { counts[$0] })
    case .listed(.value(let positions)): return .all(positions.map { counts[Int($0)] })
    case .listed: return .all([])
    }
  }

  var objects: [ObjectDescriptor] {
    shards.flatMap(\.blocks).sorted { $0.id < $1.id }
  }

  func opening(shards numbers: [UInt32]? = nil) -> JobOpening {
    JobOpening(
      job: job, transactionCount: UInt64(rows.count), items: .bytes(ItemList(ranked).encoded()),
      shards: shards.filter { numbers?.contains($0.number) ?? true })
  }

  func whole(_ level: Int) -> LevelOpening {
    opening(level, .whole(.bytes(levels[level - 1].encoded())))
  }

  func bySurvivors(_ level: Int) -> LevelOpening {
    opening(level, .survivors(.bytes(SurvivorsList(survivors[level - 2]).encoded())))
  }

  func opening(_ level: Int, _ content: LevelContent) -> LevelOpening {
    LevelOpening(
      job: job, level: level, digest: levels[level - 1].structureDigest,
      targetCandidateCount: target, rangeCount: ranges[level - 1].count, content: content)
  }

  func key(_ level: Int, _ shards: [UInt32], _ phase: CountingPhase = .nominate) -> CountingKey {
    CountingKey(
      job: job, level: level, phase: phase, shards: shards,
      levelDigest: levels[level - 1].structureDigest)
  }

  /// A lease of all ranges of a level.
  func lease(
    _ id: UInt64, _ level: Int, _ shards: [UInt32], rule: CountingRule = .all
  ) -> CountingLease {
    CountingLease(
      id: id, key: key(level, shards), attempt: 0,
      ranges: ranges[level - 1].indices.map { (UInt32($0), rule) })
  }
}
