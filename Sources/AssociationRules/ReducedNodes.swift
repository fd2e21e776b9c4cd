/// For each item of the current core, the node reached by walking the core without that item.
///
/// A child's core is its parent's with one greater rank, so its nodes are found from its parent's by
/// one more descent each, not by walking anew.
struct ReducedNodes: ~Copyable {
  /// Which items are walked apart from the core.
  enum Walked {
    case coreOnly
    /// Also the perfect extensions on the path that are smaller than the last rank of the core.
    case smallerExtensions
  }

  private let tree: ItemsetTree
  private let walked: Walked
  /// For each depth d a row of d nodes, above the rows of the nodes it is below.
  private var rows = FlatBuffer<Int>(capacity: 256)
  private var rowStart = 0

  /// `tree` must outlive this value.
  init(_ tree: ItemsetTree, walked: Walked) {
    self.tree = tree
    self.walked = walked
  }

  /// The node reached without the core item at position `removed`.
  @inline(__always)
  func node(without removed: Int) -> Int { rows.base[rowStart + removed] }

  /// Steps to the node where `path` stands; called at every step of the walk.
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
    let firstBetween = walked == .coreOnly ? last : path.corePlace[depth - 2] + 1
    for removed in 0..<(depth - 1) {
      var node = parentRow[removed]
      for place in firstBetween..<last where items[place].depth > removed {
        node = tree.descend(from: node, by: items[place].rank)
      }
      row[removed] = tree.descend(from: node, by: rank)
    }
  }
}
