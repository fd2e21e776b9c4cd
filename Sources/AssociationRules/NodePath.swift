import Apriori

/// One item of a node's core or of the perfect extensions on its path.
struct PathItem {
  var rank: UInt32
  /// The least depth of a node on the path from which the item is in the core or follows from it.
  var depth: UInt32
  /// The item's position among the perfect extensions of the path; -1 for one of the core.
  var position: Int
}

/// The current node of a walk with what is needed to look up itemsets that lack some of its items.
///
/// An itemset without the core item at position i agrees with the node's own path before i: its
/// search starts at the node of depth i, and perfect extensions found above that node do not matter.
struct NodePath: ~Copyable {
  private(set) var extensions = PathExtensions()
  /// The index's numbers of the root and of each node down to the current one.
  private var nodes = FlatBuffer<Int>(capacity: 64)
  /// For each depth, the items of that node in ascending order; one stack, each above its parent's.
  private var stack = FlatBuffer<PathItem>(capacity: 256)
  private var ends = FlatBuffer<Int>(capacity: 64)
  /// The node of each depth whose items are listed, of which there is no other in a walk; 0 for none.
  private var listed = FlatBuffer<Int>(capacity: 64)
  /// The last rank of the node of each depth.
  private var ranks = FlatBuffer<UInt32>(capacity: 64)
  private var corePlaces = FlatBuffer<Int>(capacity: 64)
  private(set) var depth = 0
  private let levelStarts: [Int]

  init(_ index: ItemsetIndex) {
    levelStarts = index.levelStarts
  }

  /// Whether no perfect extension is on the path but those of the root, which follow from everything:
  /// then the items are those of the core, and need not be listed.
  var isPlain: Bool { depth == 0 || extensions.count == extensions.countBefore(depth: 1) }

  /// The items of the current node, ascending: its core and the perfect extensions of its path.
  ///
  /// The root's are left out, for they follow from everything. Valid after ``listItems()`` until the
  /// next node is entered.
  var items: UnsafePointer<PathItem> {
    UnsafePointer(stack.base + (depth == 0 ? 0 : ends.base[depth - 1]))
  }

  /// The number of ``items``.
  var itemCount: Int { ends.base[depth] - (depth == 0 ? 0 : ends.base[depth - 1]) }

  /// The place in ``items`` of each item of the core.
  var corePlace: UnsafePointer<Int> { UnsafePointer(corePlaces.base) }

  /// The node of the given depth on the path.
  @inline(__always)
  func node(atDepth depth: Int) -> Int { nodes.base[depth] }

  /// The last rank of the core of the path's node of the given depth, which is at least 1.
  @inline(__always)
  func rank(atDepth depth: Int) -> UInt32 { ranks.base[depth] }

  /// Steps to the node where `walker` stands; called at every step of the walk.
  @inline(__always)
  mutating func enter(_ walker: borrowing LevelWalker) {
    depth = walker.depth
    extensions.enter(depth: depth, own: walker.perfectExtensions)
    nodes.reserve(depth + 1)
    ranks.reserve(depth + 1)
    nodes.base[depth] = levelStarts[depth] + walker.ordinal
    ranks.base[depth] = walker.rank
  }

  /// Lists the items of the current node, and before them those of the nodes above it.
  mutating func listItems() {
    ends.reserve(depth + 1)
    corePlaces.reserve(depth + 1)
    listed.reserve(depth + 1)
    ends.base[0] = 0
    var listedDepth = depth
    while listedDepth > 0, listed.base[listedDepth] != nodes.base[listedDepth] { listedDepth -= 1 }
    while listedDepth < depth {
      listedDepth += 1
      mergeItems(depth: listedDepth)
      listed.base[listedDepth] = nodes.base[listedDepth]
    }
  }

  /// Writes the items of the node of the given depth: its parent's, its last rank and its own
  /// extensions, which are all greater than that rank.
  @inline(__always)
  private mutating func mergeItems(depth: Int) {
    let rank = ranks.base[depth]
    let firstPosition = extensions.countBefore(depth: depth)
    let own = extensions.base + firstPosition
    let ownCount = extensions.countBefore(depth: depth + 1) - firstPosition
    let parentEnd = ends.base[depth - 1]
    var read = depth == 1 ? 0 : ends.base[depth - 2]
    stack.reserve(parentEnd + (parentEnd - read) + 1 + ownCount)
    let base = stack.base
    let level = UInt32(truncatingIfNeeded: depth)
    var write = parentEnd
    var place = 0
    var added = -1
    while added < ownCount {
      let addedRank = added < 0 ? rank : own[added]
      while read < parentEnd, base[read].rank < addedRank {
        if base[read].position < 0 {
          corePlaces.base[place] = write - parentEnd
          place += 1
        }
        base[write] = base[read]
        write += 1
        read += 1
      }
      if added < 0 { corePlaces.base[place] = write - parentEnd }
      base[write] = PathItem(
        rank: addedRank, depth: level, position: added < 0 ? -1 : firstPosition + added)
      write += 1
      added += 1
    }
    while read < parentEnd {
      base[write] = base[read]
      write += 1
      read += 1
    }
    ends.base[depth] = write
  }
}
