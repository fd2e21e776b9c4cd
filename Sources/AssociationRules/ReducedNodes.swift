/// For each item of the current core, the node reached by walking without that item the core and
/// the perfect extensions on the path that are smaller than its last rank.
///
/// A child's core is its parent's with one greater rank, so its nodes are found from its parent's
/// by going on, not by walking anew.
struct ReducedNodes: ~Copyable {
  private let tree: ItemsetTree
  /// For each depth d a row of d nodes, above the rows of the nodes it is below.
  private var rows = FlatBuffer<Int>(capacity: 256)
  private var rowStart = 0

  /// `tree` must outlive this value.
  init(_ tree: ItemsetTree) { self.tree = tree }

  /// The node reached without the core item at position `removed`.
  @inline(__always)
  func node(without removed: Int) -> Int { rows.base[rowStart + removed] }

  /// Steps to the node where `path` stands, whose items are listed; called at every step of the walk.
  @inline(__always)
  mutating func enter(_ path: borrowing NodePath) {
    let depth = path.depth
    if depth == 0 { return }
    rowStart = depth * (depth - 1) / 2
    rows.reserve(rowStart + depth)
    let parentRow = rows.base + (rowStart - (depth - 1))
    let row = rows.base + rowStart
    row[depth - 1] = path.node(atDepth: depth - 1)
    if depth == 1 { return }
    let items = path.items
    let last = path.corePlace[depth - 1]
    let rank = items[last].rank
    for removed in 0..<(depth - 1) {
      var node = parentRow[removed]
      for place in (path.corePlace[depth - 2] + 1)..<last where items[place].depth > removed {
        node = tree.descend(from: node, by: items[place].rank)
      }
      row[removed] = tree.descend(from: node, by: rank)
    }
  }
}
