/// For each perfect extension e on the path and each core item c that e may need in order to follow,
/// the node reached by walking the core without c and with e.
///
/// Items are walked ascending. So where a child's last rank is greater than e, the search goes on from
/// where its parent's ended; else e comes last, behind the core without c. Either is one step.
struct ExtendedNodes: ~Copyable {
  private let tree: ItemsetTree
  /// For each depth the nodes of all extensions in order, above those of less depth.
  ///
  /// An extension of the node of depth d, which follows from d core items, has d nodes.
  private var nodes = FlatBuffer<UInt32>(capacity: 256)
  /// Where the nodes of each depth begin, and where those of the last one end.
  private var starts = FlatBuffer<Int>(capacity: 64)
  /// The node of each depth whose nodes are there, of which there is no other in a walk; 0 for none.
  private var owners = FlatBuffer<Int>(capacity: 64)
  /// Where the nodes of each extension begin among those of a depth; the root's have none.
  private var offsets = FlatBuffer<Int>(capacity: 64)
  private var start = 0

  /// `tree` must outlive this value.
  init(_ tree: ItemsetTree) { self.tree = tree }

  /// The node of the core without the item at `removed` and with the extension at `position`.
  @inline(__always)
  func node(with position: Int, without removed: Int) -> Int {
    Int(nodes.base[start + offsets.base[position] + removed])
  }

  /// Turns to the node where `path` and `reduced` stand; nodes may be left out.
  mutating func enter(_ path: borrowing NodePath, _ reduced: borrowing SiblingSearch) {
    let pathDepth = path.depth
    owners.reserve(pathDepth + 1)
    starts.reserve(pathDepth + 2)
    offsets.reserve(path.extensionCount)
    var depth = pathDepth
    while depth > 0, owners.base[depth] != path.node(atDepth: depth) { depth -= 1 }
    while depth < pathDepth {
      depth += 1
      search(path, reduced, depth: depth)
    }
    start = starts.base[pathDepth]
  }

  private mutating func search(
    _ path: borrowing NodePath, _ reduced: borrowing SiblingSearch, depth: Int
  ) {
    let extensions = path.extensions
    let rank = path.rank(atDepth: depth)
    let row = reduced.row(path, depth: depth)
    let start = depth == 1 ? 0 : starts.base[depth]
    let parentStart = depth == 1 ? 0 : starts.base[depth - 1]
    var offset = 0
    var first = path.extensionCount(beforeDepth: 1)
    for extensionDepth in 1...depth {
      let end = path.extensionCount(beforeDepth: extensionDepth + 1)
      nodes.reserve(start + offset + (end - first) * extensionDepth)
      for position in first..<end {
        let extensionRank = extensions[position]
        let parents = nodes.base + (parentStart + offset)
        let target = nodes.base + (start + offset)
        let goesOn = rank > extensionRank && extensionDepth < depth
        for removed in 0..<extensionDepth {
          let node =
            goesOn
            ? tree.descend(from: Int(parents[removed]), by: rank)
            : tree.descend(from: Int(row[removed]), by: extensionRank)
          target[removed] = UInt32(truncatingIfNeeded: node)
        }
        offsets.base[position] = offset
        offset += extensionDepth
      }
      first = end
    }
    starts.base[depth] = start
    starts.base[depth + 1] = start + offset
    owners.base[depth] = path.node(atDepth: depth)
  }
}
