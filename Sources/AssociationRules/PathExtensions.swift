import Apriori

/// The perfect extensions of the root and of every node down to the current one, in that order.
///
/// This order, each node's own ascending, is the order in which natural order takes them. Follows a
/// ``LevelWalker``: ``enter(depth:own:)`` is called at each of its steps.
struct PathExtensions: ~Copyable {
  private var ranks = FlatBuffer<UInt32>(capacity: 64)
  /// `ends[d]` is how many there are down to depth d.
  private var ends = FlatBuffer<Int>(capacity: 64)
  private(set) var count = 0

  init() {}

  /// The extensions; valid until the next node is entered.
  var base: UnsafePointer<UInt32> { UnsafePointer(ranks.base) }

  /// How many of the extensions belong to nodes of less than `depth`; `depth` is at most one more
  /// than the current one.
  @inline(__always)
  func countBefore(depth: Int) -> Int {
    depth == 0 ? 0 : ends.base[depth - 1]
  }

  /// Steps to a node of `depth`, one deeper than any node it is below.
  @inline(__always)
  mutating func enter(depth: Int, own: UnsafeBufferPointer<UInt32>) {
    ends.reserve(depth + 1)
    var end = depth == 0 ? 0 : ends.base[depth - 1]
    if !own.isEmpty {
      ranks.reserve(end + own.count)
      for index in 0..<own.count { ranks.base[end + index] = own[index] }
      end += own.count
    }
    ends.base[depth] = end
    count = end
  }
}
