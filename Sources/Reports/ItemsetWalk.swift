import Apriori

/// Nodes of closed levels that follow each other, for a writer to make text of.
///
/// Holds places in the levels, not their contents: good while the ``ItemsetText`` it comes from lives.
public struct ItemsetPiece: @unchecked Sendable {
  struct Node {
    let depth: Int
    /// The last rank of the core.
    let rank: UInt32
    let count: UInt64
    let perfectExtensions: UnsafeBufferPointer<UInt32>
  }

  fileprivate(set) var nodes: [Node] = []
  /// The nodes on the path to the first of ``nodes``, from the root on, that other pieces hold.
  fileprivate(set) var above: [Node] = []

  /// A piece without nodes.
  public init() {}
}

/// A walk over all nodes of closed levels, taken in pieces; see ``ItemsetText``.
public struct ItemsetWalk: ~Copyable {
  /// Of so many lines a node is large enough to end any piece.
  private static let largestExponent = 24

  /// The nodes, the root included, of all pieces taken.
  public private(set) var nodeCount = 0
  /// Whether all nodes have been taken.
  public private(set) var isAtEnd = false
  private var walker: LevelWalker
  private let linesPerPiece: Int
  /// The last node of each depth, and the perfect extensions on the path to it.
  private var path: [ItemsetPiece.Node]
  private var extensionCounts: [Int]

  init(_ levels: ClosedLevels, linesPerPiece: Int) {
    walker = LevelWalker(levels)
    self.linesPerPiece = linesPerPiece
    let none = ItemsetPiece.Node(
      depth: 0, rank: 0, count: 0, perfectExtensions: UnsafeBufferPointer(start: nil, count: 0))
    path = Array(repeating: none, count: levels.levels.count + 1)
    extensionCounts = Array(repeating: 0, count: levels.levels.count + 1)
  }

  /// Replaces `piece` with the next one; false, and no nodes, behind the last.
  public mutating func next(into piece: inout ItemsetPiece) -> Bool {
    piece.nodes.removeAll(keepingCapacity: true)
    piece.above.removeAll(keepingCapacity: true)
    var lines = 0
    if isAtEnd { return false }
    while lines < linesPerPiece {
      guard walker.next() else {
        isAtEnd = true
        break
      }
      let depth = walker.depth
      if piece.nodes.isEmpty { piece.above.append(contentsOf: path[..<depth]) }
      let node = ItemsetPiece.Node(
        depth: depth, rank: walker.rank, count: walker.count,
        perfectExtensions: walker.perfectExtensions)
      path[depth] = node
      extensionCounts[depth] =
        node.perfectExtensions.count + (depth > 0 ? extensionCounts[depth - 1] : 0)
      lines += 1 << min(extensionCounts[depth], Self.largestExponent)
      piece.nodes.append(node)
    }
    nodeCount += piece.nodes.count
    return !piece.nodes.isEmpty
  }
}
