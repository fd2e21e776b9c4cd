public import Apriori
public import Itemsets

/// Makes all frequent itemsets from closed levels, batch by batch, in natural order.
///
/// Natural order:
/// 1. nodes in the order of ``LevelWalker``: the root, then lexicographically by core, a core
///    before those it begins;
/// 2. for one node, its core joined with the subsets of the perfect extensions on its path: these
///    extensions stand in the order root's, then those of each node on the path, the node's own
///    last, each ascending; subsets go lexicographically by position, a subset before those it
///    begins.
///
/// The ranks of an itemset stand in that order: core, then perfect extensions. Each frequent itemset
/// comes exactly once. Memory does not grow with the number of itemsets.
public struct ItemsetExpansion: ~Copyable {
  private var walker: LevelWalker
  private var extensions = PathExtensions()
  private var subsets = SubsetCursor()
  private var staging = ItemsetStaging()
  private let lengths: ResolvedLengths
  private var isInsideNode = false

  /// An expansion of the itemsets within `lengths`, before its first batch.
  ///
  /// - Throws: ``ExpansionError/incompleteLevels(requested:complete:)``.
  public init(_ levels: ClosedLevels, lengths: LengthLimits) throws(ExpansionError) {
    self.lengths = try lengths.resolved(for: levels, margin: 0)
    walker = LevelWalker(levels, maximumDepth: self.lengths.maximum)
  }

  /// Replaces what `batch` holds by the next itemsets, a few thousand; false when there are none.
  public mutating func next(into batch: inout ItemsetBatch) -> Bool {
    while !staging.isFull {
      if !isInsideNode {
        guard walker.next() else { break }
        extensions.enter(depth: walker.depth, own: walker.perfectExtensions)
        guard
          subsets.start(core: walker.core, extensionCount: extensions.count, lengths: lengths)
        else { continue }
        isInsideNode = true
      }
      expandNode()
    }
    staging.move(to: &batch)
    return batch.count > 0
  }

  /// Appends the itemsets of the current node until it is done or the batch is full.
  @inline(__always)
  private mutating func expandNode() {
    let support = walker.count
    while !staging.isFull {
      if subsets.isInRange {
        staging.append(subsets.items.base, length: subsets.length, count: support)
      }
      if !subsets.step(extensions: extensions.base) {
        isInsideNode = false
        return
      }
    }
  }
}
