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
///
/// All of it is behind one pointer: borrowed as it is, some 150 bytes would be copied at every node.
struct NodePath: ~Copyable {
  private let state: UnsafeMutablePointer<PathState>

  init(_ index: ItemsetIndex) {
    state = .allocate(capacity: 1)
    state.initialize(to: PathState(index))
  }

  deinit {
    state.deinitialize(count: 1)
    state.deallocate()
  }

  /// The perfect extensions of the path, the root's first; valid until the next node is entered.
  @inline(__always)
  var extensions: UnsafePointer<UInt32> { state.pointee.extensions.base }

  /// The number of ``extensions``.
  @inline(__always)
  var extensionCount: Int { state.pointee.extensions.count }

  /// How many of the extensions belong to nodes of less than `depth`, at most one more than the
  /// current node's.
  @inline(__always)
  func extensionCount(beforeDepth depth: Int) -> Int {
    state.pointee.extensions.countBefore(depth: depth)
  }

  /// The number of ranks of the current core.
  @inline(__always)
  var depth: Int { state.pointee.depth }

  /// Whether no perfect extension is on the path but those of the root, which follow from everything:
  /// then the items are those of the core, and need not be listed.
  @inline(__always)
  var isPlain: Bool {
    depth == 0 || extensionCount == state.pointee.extensions.countBefore(depth: 1)
  }

  /// The items of the current node, ascending: its core and the perfect extensions of its path.
  ///
  /// The root's are left out, for they follow from everything. Valid after ``listItems()`` until the
  /// next node is entered.
  @inline(__always)
  var items: UnsafePointer<PathItem> { state.pointee.items }

  /// The number of ``items``.
  @inline(__always)
  var itemCount: Int { state.pointee.itemCount }

  /// The place in ``items`` of each item of the core.
  @inline(__always)
  var corePlace: UnsafePointer<Int> { UnsafePointer(state.pointee.corePlaces.base) }

  /// The node of the given depth on the path.
  @inline(__always)
  func node(atDepth depth: Int) -> Int { state.pointee.nodes.base[depth] }

  /// The last rank of the core of the path's node of the given depth, which is at least 1.
  @inline(__always)
  func rank(atDepth depth: Int) -> UInt32 { state.pointee.ranks.base[depth] }

  /// The current node.
  @inline(__always)
  var node: Int { state.pointee.nodes.base[depth] }

  /// The ranks of the current core, ascending; valid until the next node is entered.
  @inline(__always)
  var core: UnsafeBufferPointer<UInt32> {
    UnsafeBufferPointer(start: state.pointee.ranks.base + 1, count: depth)
  }

  /// Steps to the node where `walker` stands; called at every step of the walk, and ``step()`` never.
  @inline(__always)
  mutating func enter(_ walker: borrowing LevelWalker) { state.pointee.enter(walker) }

  /// Steps to the root, then to the next node of the index in the order of a ``LevelWalker``; false
  /// after the last.
  ///
  /// The nodes of the greatest depth have no perfect extensions here.
  @inline(__always)
  mutating func step() -> Bool { state.pointee.step() }

  /// Lists the items of the current node, and before them those of the nodes above it.
  mutating func listItems() { state.pointee.listItems() }
}

/// What a ``NodePath`` holds.
private struct PathState: ~Copyable {
  private(set) var extensions = PathExtensions()
  /// The index's numbers of the root and of each node down to the current one.
  private(set) var nodes = FlatBuffer<Int>(capacity: 64)
  /// For each depth, the items of that node in ascending order; one stack, each above its parent's.
  private var stack = FlatBuffer<PathItem>(capacity: 256)
  private var ends = FlatBuffer<Int>(capacity: 64)
  /// The node of each depth whose items are listed, of which there is no other in a walk; 0 for none.
  private var listed = FlatBuffer<Int>(capacity: 64)
  /// The last rank of the node of each depth.
  private(set) var ranks = FlatBuffer<UInt32>(capacity: 64)
  private(set) var corePlaces = FlatBuffer<Int>(capacity: 64)
  private(set) var depth = 0
  private let levelStarts: [Int]
  private let tree: ItemsetTree
  private var progress = Progress.beforeRoot

  private enum Progress {
    case beforeRoot
    case onNode
    case atEnd
  }

  init(_ index: ItemsetIndex) {
    levelStarts = index.levelStarts
    tree = index.tree
  }

  @inline(__always)
  var items: UnsafePointer<PathItem> {
    UnsafePointer(stack.base + (depth == 0 ? 0 : ends.base[depth - 1]))
  }

  @inline(__always)
  var itemCount: Int { ends.base[depth] - (depth == 0 ? 0 : ends.base[depth - 1]) }

  /// Steps to the node where `walker` stands; called at every step of the walk.
  @inline(__always)
  mutating func enter(_ walker: borrowing LevelWalker) {
    enter(
      levelStarts[walker.depth] + walker.ordinal, depth: walker.depth, rank: walker.rank,
      own: walker.perfectExtensions)
  }

  /// Steps to the root, then to the next node, depth first.
  @inline(__always)
  mutating func step() -> Bool {
    guard progress == .onNode else {
      if progress == .atEnd { return false }
      progress = .onNode
      enter(ItemsetTree.root, depth: 0, rank: 0, own: tree.ownExtensions(ItemsetTree.root))
      return true
    }
    let firstChild = tree.firstChild
    let current = nodes.base[depth]
    var next = Int(firstChild[current])
    var nextDepth = depth + 1
    if next == Int(firstChild[current + 1]) {
      // Without a child: to the next sibling, or the parent's.
      repeat {
        nextDepth -= 1
        if nextDepth == 0 {
          progress = .atEnd
          return false
        }
        next = nodes.base[nextDepth] + 1
      } while next == Int(firstChild[nodes.base[nextDepth - 1] + 1])
    }
    enter(next, depth: nextDepth, rank: tree.ranks[next], own: tree.ownExtensions(next))
    return true
  }

  @inline(__always)
  private mutating func enter(
    _ node: Int, depth newDepth: Int, rank: UInt32, own: UnsafeBufferPointer<UInt32>
  ) {
    depth = newDepth
    extensions.enter(depth: depth, own: own)
    nodes.reserve(depth + 1)
    ranks.reserve(depth + 1)
    nodes.base[depth] = node
    ranks.base[depth] = rank
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
