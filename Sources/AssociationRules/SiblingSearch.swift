/// For each item of the current core, the node reached by walking the core without that item; found
/// for all children of a node at once.
///
/// Let R be the node reached by a node's core without its item c. For a child of the node, what is
/// sought is R's child of the same last rank, or R itself where it has none, for then the rank
/// follows from R. The children of both ascend and lie side by side in the tree, so that one pass
/// over both lists finds all. Searching the children one by one, as before, took a third of the
/// time of making rules with single consequents.
struct SiblingSearch: ~Copyable {
  /// Of so many children for each one sought, most are passed over: those sought are searched for.
  private static let passedLimit = 8

  private let tree: ItemsetTree
  /// For each depth d the children of one node, a row of d nodes each, above those of less depth.
  private var rows = FlatBuffer<UInt32>(capacity: 1024)
  /// The counts of those nodes: gathered here, where they lie side by side, they are at hand later.
  private var foundCounts = FlatBuffer<UInt64>(capacity: 1024)
  /// Where the rows of each depth begin.
  private var starts = FlatBuffer<Int>(capacity: 64)
  /// The node whose children the rows of each depth are, of which there is no other in a walk; 0
  /// for none, and at depth 1 for the root, whose children's rows are the root.
  private var parents = FlatBuffer<Int>(capacity: 64)
  private var rowStart = 0

  /// `tree` must outlive this value.
  init(_ tree: ItemsetTree) { self.tree = tree }

  /// The count of the node reached without the core item at position `removed`.
  @inline(__always)
  func count(without removed: Int) -> UInt64 { counts[removed] }

  /// The counts of the nodes reached without each core item; valid until the next node is entered.
  @inline(__always)
  var counts: UnsafePointer<UInt64> { UnsafePointer(foundCounts.base + rowStart) }

  /// The nodes reached by the core of the path's node of the given depth without each of its items.
  @inline(__always)
  func row(_ path: borrowing NodePath, depth: Int) -> UnsafePointer<UInt32> {
    UnsafePointer(rows.base + rowStart(path, depth: depth))
  }

  /// Turns to the node where `path` stands; nodes may be left out.
  @inline(__always)
  mutating func enter(_ path: borrowing NodePath) {
    let depth = path.depth
    if depth == 0 { return }
    parents.reserve(depth + 1)
    if depth == 1 || parents.base[depth] != path.node(atDepth: depth - 1) { search(path) }
    rowStart = rowStart(path, depth: depth)
  }

  /// Where the row of the path's node of the given depth begins.
  @inline(__always)
  private func rowStart(_ path: borrowing NodePath, depth: Int) -> Int {
    if depth == 1 { return 0 }
    let parent = path.node(atDepth: depth - 1)
    let place = path.node(atDepth: depth) - Int(tree.firstChild[parent])
    return starts.base[depth] + place * depth
  }

  /// Finds the rows of all depths on the path that are not there yet.
  @inline(never)
  private mutating func search(_ path: borrowing NodePath) {
    starts.reserve(path.depth + 1)
    // One row is that of every child of the root.
    rows.base[0] = UInt32(ItemsetTree.root)
    foundCounts.base[0] = tree.counts[ItemsetTree.root]
    var depth = path.depth
    while depth > 1, parents.base[depth] != path.node(atDepth: depth - 1) { depth -= 1 }
    while depth < path.depth {
      depth += 1
      searchChildren(path, depth: depth)
    }
  }

  /// Finds the rows of the children of the path's node above `depth`, which is at least 2.
  private mutating func searchChildren(_ path: borrowing NodePath, depth: Int) {
    let parent = path.node(atDepth: depth - 1)
    let first = Int(tree.firstChild[parent])
    let count = Int(tree.firstChild[parent + 1]) - first
    let start =
      depth == 2 ? 1 : starts.base[depth - 1] + siblingCount(path, depth - 1) * (depth - 1)
    starts.base[depth] = start
    parents.base[depth] = parent
    rows.reserve(start + count * depth)
    foundCounts.reserve(start + count * depth)
    let parentStart = rowStart(path, depth: depth - 1)
    for removed in 0..<(depth - 1) {
      find(
        tree.ranks + first, count, amongChildrenOf: Int(rows.base[parentStart + removed]),
        rows.base + start + removed, foundCounts.base + start + removed, stride: depth)
    }
    for index in 0..<count {
      let place = start + index * depth + depth - 1
      rows.base[place] = UInt32(truncatingIfNeeded: parent)
      foundCounts.base[place] = tree.counts[parent]
    }
  }

  /// How many children the parent of the path's node of the given depth has.
  private func siblingCount(_ path: borrowing NodePath, _ depth: Int) -> Int {
    let parent = path.node(atDepth: depth - 1)
    return Int(tree.firstChild[parent + 1]) - Int(tree.firstChild[parent])
  }

  /// Writes the child of `node` of each of `count` ascending ranks, or `node` where there is none, and
  /// its count.
  @inline(__always)
  private func find(
    _ ranks: UnsafePointer<UInt32>, _ count: Int, amongChildrenOf node: Int,
    _ rows: UnsafeMutablePointer<UInt32>, _ counts: UnsafeMutablePointer<UInt64>, stride: Int
  ) {
    let end = node == ItemsetTree.root ? 0 : Int(tree.firstChild[node + 1])
    var place = node == ItemsetTree.root ? 0 : Int(tree.firstChild[node])
    var target = 0
    let targetEnd = count &* stride
    if node == ItemsetTree.root || end - place > count &* Self.passedLimit {
      for index in 0..<count {
        let found = tree.descend(from: node, by: ranks[index])
        rows[target] = UInt32(truncatingIfNeeded: found)
        counts[target] = tree.counts[found]
        target &+= stride
      }
      return
    }
    let others = tree.ranks
    let missing = UInt32(truncatingIfNeeded: node)
    let missingCount = tree.counts[node]
    var index = 0
    // Which of the two goes on cannot be guessed, so it is computed.
    while target < targetEnd, place < end {
      let sought = ranks[index]
      let other = others[place]
      let otherCount = tree.counts[place]
      rows[target] = sought == other ? UInt32(truncatingIfNeeded: place) : missing
      counts[target] = sought == other ? otherCount : missingCount
      let isDone = sought <= other ? 1 : 0
      place &+= other <= sought ? 1 : 0
      index &+= isDone
      target &+= stride &* isDone
    }
    while target < targetEnd {
      rows[target] = missing
      counts[target] = missingCount
      target &+= stride
    }
  }
}
