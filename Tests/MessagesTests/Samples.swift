import Apriori
import Blocks
import Itemsets
import Messages
import TestSupport

/// Random values of everything that has a payload.
struct Samples {
  var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }

  /// A number that is small more often than large.
  mutating func skewed(below limit: UInt64) -> UInt64 {
    let word = generator.next() >> generator.next() % 64
    return word % limit
  }

  /// Ascending numbers below `limit`, each taken with `density`.
  mutating func positions(below limit: Int, density: Double) -> [UInt32] {
    (0..<limit).filter { _ in Double.random(in: 0..<1, using: &generator) < density }
      .map { UInt32($0) }
  }

  mutating func counts(_ count: Int, density: Double, most: UInt32) -> [UInt32] {
    (0..<count).map { _ in
      let isPresent = Double.random(in: 0..<1, using: &generator) < density
      return isPresent ? UInt32.random(in: 0...most, using: &generator) : 0
    }
  }

  mutating func report(candidates: Int, density: Double, allowance: UInt64) -> CountReport {
    let positions = positions(below: candidates, density: density)
    return .above(
      allowance: allowance, positions: positions,
      counts: positions.map { _ in
        let room = UInt64(UInt32.max) - allowance
        return UInt32(allowance + 1 + skewed(below: room))
      })
  }

  mutating func survivors(ranges: Int) -> SurvivorsList {
    SurvivorsList(
      (0..<ranges).map { range in
        let positions = positions(below: 60, density: range % 3 == 0 ? 0 : 0.2)
        return Survivors(
          positions: positions, isPerfect: positions.map { _ in number(0...5) == range % 6 })
      })
  }

  /// Lists of candidates, or frequent candidates whose counts lie up to `spread` apart.
  mutating func reduction(isClosed: Bool, candidates: Int, spread: UInt64) -> RangeReduction {
    if !isClosed {
      return .open((0..<number(0...4)).map { _ in self.positions(below: candidates, density: 0.2) })
    }
    let positions = self.positions(below: candidates, density: 0.2)
    let least = skewed(below: .max - spread)
    return .closed(
      FrequentCandidates(
        positions: positions, counts: positions.map { _ in least + skewed(below: spread) }))
  }

  /// A level of cores of `length` of `rankCount` ranks in segments of about `groups` groups.
  mutating func level(length: Int, rankCount: Int, segments: Int, groups: Int) -> Level {
    guard length > 1 else {
      var segment = LevelSegment(length: 1)
      let ranks = (0..<UInt32(rankCount)).map { $0 }
      let nodes = Array(ranks.dropLast(rankCount / 5))
      segment.append(
        path: [], perfectExtensions: Array(ranks.suffix(rankCount / 5)), extensions: nodes,
        counts: nodes.map { _ in skewed(below: .max) })
      return Level(length: 1, segments: [segment], candidateCount: 0)
    }
    var paths: Set<[UInt32]> = []
    for _ in 0..<segments * groups {
      let ranks = (0..<UInt32(rankCount - 2)).shuffled(using: &generator).prefix(length - 1)
      paths.insert(ranks.sorted())
    }
    let ordered = paths.sorted { $0.lexicographicallyPrecedes($1) }
    var made: [LevelSegment] = []
    for start in stride(from: 0, to: ordered.count, by: groups) {
      var segment = LevelSegment(length: length)
      for path in ordered[start..<min(start + groups, ordered.count)] {
        let behind = ((path.last ?? 0) + 1)..<UInt32(rankCount)
        let perfect = behind.filter { _ in number(0...9) == 0 }
        let rest = behind.filter { !perfect.contains($0) && number(0...2) > 0 }
        let extensions = perfect.isEmpty && rest.isEmpty ? [behind.lowerBound] : rest
        segment.append(
          path: path, perfectExtensions: perfect, extensions: extensions,
          counts: extensions.map { _ in skewed(below: 1000) })
      }
      made.append(segment)
    }
    return Level(length: length, segments: made, candidateCount: skewed(below: .max))
  }

  mutating func names(_ count: Int) -> (bytes: [UInt8], ends: [Int]) {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    for index in 0..<count {
      // The index makes each name distinct; other bytes are whatever they are.
      bytes += Array("\(index)|".utf8)
      for _ in 0..<number(0...6) { bytes.append(UInt8.random(in: 0...255, using: &generator)) }
      ends.append(bytes.count)
    }
    return (bytes, ends)
  }

  mutating func rankedItems(_ count: Int) -> RankedItems {
    let (names, ends) = names(count)
    return RankedItems(
      ids: Array((0..<UInt32(3 * count)).shuffled(using: &generator).prefix(count)),
      counts: (0..<count).map { _ in skewed(below: 1 << 40) }.sorted(),
      places: (0..<UInt32(count)).shuffled(using: &generator), names: names, nameEnds: ends)
  }

  mutating func chunk(rows: Int, hasTimes: Bool, hasCustomers: Bool) -> TransactionChunk {
    var batch = TransactionBatch()
    for _ in 0..<rows {
      for _ in 0..<number(0...7) { batch.items.append(UInt32(skewed(below: 1 << 32))) }
      batch.ends.append(batch.items.count)
      if hasTimes { batch.times.append(Int64(bitPattern: generator.next() >> 3) - (1 << 59)) }
      if hasCustomers { batch.customers.append(UInt32(skewed(below: 1 << 32))) }
    }
    let (names, ends) = names(number(0...9))
    return TransactionChunk(names: names, nameEnds: ends, batch: batch)
  }

  mutating func dictionary(_ count: Int) throws -> ItemDictionary {
    var dictionary = ItemDictionary()
    let (bytes, ends) = names(count)
    var start = 0
    for end in ends {
      _ = try dictionary.id(of: bytes.span.extracting(start..<end))
      start = end
    }
    return dictionary
  }

  mutating func blocks(_ count: Int) throws -> [Block] {
    var blocks: [Block] = []
    for _ in 0..<count {
      var builder = BlockBuilder()
      var batch = TransactionBatch()
      for _ in 0..<number(1...40) {
        batch.items += positions(below: 12, density: 0.3)
        batch.ends.append(batch.items.count)
      }
      _ = try builder.append(batch)
      if let block = builder.finish() { blocks.append(block) }
    }
    return blocks
  }
}
