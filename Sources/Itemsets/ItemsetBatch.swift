/// A run of itemsets with their counts on its way from the closed levels to a writer, stored flat.
///
/// Itemset `i` holds the ranks `items[start..<ends[i]]`, where `start` is `ends[i - 1]`, or 0 for
/// the first; the ranks of one itemset stand in natural order (core first, then perfect
/// extensions), and name items of a ``RankedItems``.
public struct ItemsetBatch: Sendable {
  /// Ranks of all itemsets, one itemset after the other.
  public var items: [UInt32] = []
  /// Where each itemset ends in `items`.
  public var ends: [Int] = []
  /// The number of transactions that contain each itemset.
  public var counts: [UInt64] = []

  /// An empty batch.
  public init() {}

  /// The number of itemsets.
  public var count: Int { ends.count }

  /// Where itemset `index` lies in `items`.
  public func range(_ index: Int) -> Range<Int> {
    (index == 0 ? 0 : ends[index - 1])..<ends[index]
  }

  /// Forgets all itemsets but keeps the memory for the next ones.
  public mutating func removeAll() {
    items.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
  }
}
