public import Apriori
public import Itemsets

/// The smaller collections from which all frequent itemsets can be told again.
public enum CondensedKind: Sendable {
  /// Itemsets of which no proper superset has the same support.
  case closed
  /// Itemsets of which no proper superset is frequent.
  case maximal
}

/// Makes the closed or the maximal itemsets from closed levels, batch by batch, each once.
///
/// Let Q(X) be the core of node X with all perfect extensions on its path, and rep(S) the node
/// reached by walking the itemset S. Every closed or maximal itemset is Q(X) of exactly one node.
/// For every node X and item c of its core let r = rep(Q(X) without c): then r is not maximal, and
/// not closed if its count is that of X. All nodes that this does not mark are what is sought.
///
/// Itemsets stand in the order of their nodes (see ``LevelWalker``); the ranks of one in that of
/// ``ItemsetExpansion``: core, then perfect extensions of the path.
///
/// Whether an itemset is closed or maximal depends on itemsets one item longer, whether these are
/// reported or not. So levels that are not complete must go one level beyond the greatest length
/// reported.
public struct CondensedExpansion: ~Copyable {
  private var walker: LevelWalker
  private var extensions = PathExtensions()
  private var staging = ItemsetStaging()
  private var itemset = FlatBuffer<UInt32>(capacity: 64)
  private let lengths: ResolvedLengths
  private let levelStarts: [Int]
  /// A bit for each node that is not sought.
  private let isExcluded: BitSet

  /// Finds the nodes; nothing is expanded yet.
  ///
  /// - Parameters:
  ///   - levels: all levels, or at least those through one length beyond the greatest reported.
  ///   - kind: which itemsets.
  ///   - lengths: the lengths reported; other itemsets still exclude their subsets.
  ///   - memoryLimit: bytes for the index, needed only inside this initializer, and a bit a node.
  /// - Throws: ``ExpansionError``, all cases but `tooManyItemsets`.
  /// - Complexity: nodes times the length of their cores times one more than the perfect extensions
  ///   on their paths, in binary searches.
  public init(
    _ levels: ClosedLevels, kind: CondensedKind, lengths: LengthLimits, memoryLimit: Int
  ) throws(ExpansionError) {
    let range = try lengths.resolved(for: levels, margin: 1)
    let depthLimit = range.maximum == Int.max ? nil : range.maximum + 1
    let index = try ItemsetIndex(levels, maximumDepth: depthLimit, memoryLimit: memoryLimit)
    self.lengths = range
    levelStarts = index.levelStarts
    isExcluded = markExcluded(levels, index: index, kind: kind, maximumDepth: depthLimit)
    walker = LevelWalker(levels, maximumDepth: range.maximum)
  }

  /// Replaces what `batch` holds by the next itemsets, a few thousand; false when there are none.
  public mutating func next(into batch: inout ItemsetBatch) -> Bool {
    while !staging.isFull, walker.next() {
      let depth = walker.depth
      extensions.enter(depth: depth, own: walker.perfectExtensions)
      let length = depth + extensions.count
      guard length >= lengths.minimum, length <= lengths.maximum,
        !isExcluded.contains(levelStarts[depth] + walker.ordinal)
      else { continue }
      itemset.reserve(length)
      let core = walker.core
      for index in 0..<depth { itemset.base[index] = core[index] }
      for index in 0..<extensions.count { itemset.base[depth + index] = extensions.base[index] }
      staging.append(itemset.base, length: length, count: walker.count)
    }
    staging.move(to: &batch)
    return batch.count > 0
  }
}

/// The nodes whose itemsets are not closed, or not maximal.
private func markExcluded(
  _ levels: ClosedLevels, index: ItemsetIndex, kind: CondensedKind, maximumDepth: Int?
) -> BitSet {
  var excluded = BitSet(count: index.nodeCount)
  let tree = index.tree
  var walker = LevelWalker(levels, maximumDepth: maximumDepth)
  var path = NodePath(index)
  var reduced = ReducedNodes(tree)
  while walker.next() {
    path.enter(walker)
    path.listItems()
    reduced.enter(path)
    let depth = walker.depth
    if depth == 0 { continue }
    let items = path.items
    let itemCount = path.itemCount
    let firstGreater = path.corePlace[depth - 1] + 1
    for removed in 0..<depth {
      var node = reduced.node(without: removed)
      for place in firstGreater..<itemCount where items[place].depth > removed {
        node = tree.descend(from: node, by: items[place].rank)
      }
      if kind == .maximal || tree.counts[node] == walker.count { excluded.insert(node) }
    }
  }
  withExtendedLifetime(index) {}
  return excluded
}
