public import Apriori

/// A walk over all nodes of closed levels, taken in pieces; see ``ItemsetText``.
public struct ItemsetWalk: ~Copyable {
  /// The nodes, the root included, of all pieces taken.
  public private(set) var nodeCount = 0
  private var walker: LevelWalker
  private let linesPerPiece: Int

  init(_ levels: ClosedLevels, linesPerPiece: Int) {
    walker = LevelWalker(levels)
    self.linesPerPiece = linesPerPiece
  }

  /// Whether all nodes have been taken.
  public var isAtEnd: Bool { walker.isAtEnd }

  /// Replaces `piece` with the next one; false, and no nodes, behind the last.
  public mutating func next(into piece: inout WalkedNodes) -> Bool {
    let isThere = walker.next(into: &piece, itemsets: linesPerPiece)
    nodeCount += piece.count
    return isThere
  }
}
