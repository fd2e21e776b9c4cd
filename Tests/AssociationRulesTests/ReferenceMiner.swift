import Apriori
import TestSupport

/// A node of the reference tree; the root has an empty core.
struct ReferenceNode: Equatable {
  var core: [UInt32]
  var count: UInt64
  var ownExtensions: [UInt32]
  /// The perfect extensions of the root and of all nodes down to this one.
  var pathExtensions: [UInt32]
}

/// An itemset with its count, the ranks in the order in which they were produced.
struct CountedItemset: Hashable {
  var ranks: [UInt32]
  var count: UInt64
}

/// Small data mined by definition: every support is counted anew in all transactions.
struct ReferenceData {
  /// Bit r of a transaction is set if it holds the item of rank r; ranks by ascending count.
  let transactions: [UInt64]
  let rankCount: Int
  let minimumSupport: UInt64

  /// Keeps the frequent of `itemCount` items and renames them by rank.
  init(items transactions: [UInt64], itemCount: Int, minimumSupport: UInt64) {
    let counts = (0..<itemCount).map { item in
      UInt64(transactions.filter { $0 >> UInt64(item) & 1 == 1 }.count)
    }
    let ranked = (0..<itemCount).filter { counts[$0] >= minimumSupport }
      .sorted { (counts[$0], $0) < (counts[$1], $1) }
    self.transactions = transactions.map { transaction in
      ranked.enumerated().reduce(UInt64(0)) { mask, entry in
        mask | (transaction >> UInt64(entry.element) & 1) << UInt64(entry.offset)
      }
    }
    rankCount = ranked.count
    self.minimumSupport = max(minimumSupport, 1)
  }

  /// Random data; some columns are copies of others or full, some transactions are copies or empty.
  init(seed: UInt64, maximumItems: Int = 7) {
    var generator = SeededGenerator(seed: seed)
    let itemCount = Int.random(in: 1...maximumItems, using: &generator)
    let transactionCount = Int.random(in: 1...14, using: &generator)
    let density = Double.random(in: 0.2...0.95, using: &generator)
    var transactions: [UInt64] = []
    for _ in 0..<transactionCount {
      if let copied = transactions.randomElement(using: &generator),
        Int.random(in: 0..<4, using: &generator) == 0
      {
        transactions.append(copied)
        continue
      }
      var mask: UInt64 = 0
      for item in 0..<itemCount where Double.random(in: 0..<1, using: &generator) < density {
        mask |= 1 << UInt64(item)
      }
      transactions.append(mask)
    }
    for item in 0..<itemCount {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0:
        let source = UInt64.random(in: 0..<UInt64(itemCount), using: &generator)
        transactions = transactions.map {
          $0 & ~(1 << UInt64(item)) | ($0 >> source & 1) << UInt64(item)
        }
      case 1 where Bool.random(using: &generator):
        transactions = transactions.map { $0 | 1 << UInt64(item) }
      default: break
      }
    }
    let support = UInt64.random(in: 1...UInt64(max(transactionCount / 2, 1)), using: &generator)
    self.init(items: transactions, itemCount: itemCount, minimumSupport: support)
  }

  func support(_ mask: UInt64) -> UInt64 {
    UInt64(transactions.filter { $0 & mask == mask }.count)
  }

  /// Every non-empty subset of the ranks that is frequent, with its count.
  func frequentItemsets() -> [UInt64: UInt64] {
    var result: [UInt64: UInt64] = [:]
    for mask in 1..<max(UInt64(1) << UInt64(rankCount), 2) where mask < 1 << UInt64(rankCount) {
      let count = support(mask)
      if count >= minimumSupport { result[mask] = count }
    }
    return result
  }

  /// The closed levels after the definition of `Level`, cut into segments at random, with all nodes
  /// in the order of a walk.
  func mine(cutSeed: UInt64, maximumLevels: Int? = nil) -> (ClosedLevels, [ReferenceNode]) {
    var builder = ReferenceBuilder(
      data: self, generator: SeededGenerator(seed: cutSeed),
      maximumLevels: maximumLevels ?? Int.max)
    builder.addNode(
      core: [], count: UInt64(transactions.count), inherited: [],
      candidates: (0..<UInt32(rankCount)).map { $0 })
    let levels = builder.segments.enumerated().map { index, segments in
      Level(length: index + 1, segments: segments, candidateCount: 0)
    }
    let closed = ClosedLevels(
      levels: levels, transactionCount: UInt64(transactions.count),
      minimumSupport: minimumSupport, completeLength: maximumLevels)
    return (closed, builder.nodes)
  }
}

private struct ReferenceBuilder {
  let data: ReferenceData
  var generator: SeededGenerator
  let maximumLevels: Int
  var segments: [[LevelSegment]] = []
  var nodes: [ReferenceNode] = []

  mutating func addNode(
    core: [UInt32], count: UInt64, inherited: [UInt32], candidates: [UInt32]
  ) {
    var perfect: [UInt32] = []
    var extensions: [UInt32] = []
    var counts: [UInt64] = []
    if core.count < maximumLevels {
      for candidate in candidates {
        let extended = data.support(rankMask(core + [candidate]))
        if extended == count {
          perfect.append(candidate)
        } else if extended >= data.minimumSupport {
          extensions.append(candidate)
          counts.append(extended)
        }
      }
      appendGroup(core, perfect, extensions, counts)
    }
    nodes.append(
      ReferenceNode(
        core: core, count: count, ownExtensions: perfect, pathExtensions: inherited + perfect))
    for (index, rank) in extensions.enumerated() {
      addNode(
        core: core + [rank], count: counts[index], inherited: inherited + perfect,
        candidates: Array(extensions[(index + 1)...]))
    }
  }

  private mutating func appendGroup(
    _ path: [UInt32], _ perfect: [UInt32], _ extensions: [UInt32], _ counts: [UInt64]
  ) {
    if perfect.isEmpty && extensions.isEmpty { return }
    let length = path.count + 1
    if segments.count < length { segments.append([LevelSegment(length: length)]) }
    while Int.random(in: 0..<3, using: &generator) == 0 {
      segments[length - 1].append(LevelSegment(length: length))
    }
    let last = segments[length - 1].count - 1
    segments[length - 1][last].append(
      path: path, perfectExtensions: perfect, extensions: extensions, counts: counts)
  }
}

func rankMask(_ ranks: some Sequence<UInt32>) -> UInt64 {
  ranks.reduce(0) { $0 | 1 << UInt64($1) }
}

/// All subsets of `elements` in lexicographic order of positions, a subset before those it begins.
func lexicographicSubsets(_ elements: ArraySlice<UInt32>) -> [[UInt32]] {
  var result: [[UInt32]] = [[]]
  for index in elements.indices {
    result += lexicographicSubsets(elements[(index + 1)...]).map { [elements[index]] + $0 }
  }
  return result
}

/// All itemsets of the nodes, in the natural order of the documentation.
func naturalOrder(_ nodes: [ReferenceNode]) -> [CountedItemset] {
  nodes.flatMap { node in
    lexicographicSubsets(node.pathExtensions[...]).map {
      CountedItemset(ranks: node.core + $0, count: node.count)
    }
  }
  .filter { !$0.ranks.isEmpty }
}
