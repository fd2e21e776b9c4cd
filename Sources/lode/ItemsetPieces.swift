import Apriori
import Reports

/// The nodes of a walk over all itemsets, to be written as text.
final class ItemsetPieces: PieceSource {
  private var walk: ItemsetWalk
  private let progress: (Int) -> Void

  /// - Parameter progress: told how many nodes, the root included, have been taken.
  init(_ text: ItemsetText, progress: @escaping (Int) -> Void) {
    walk = text.walk()
    self.progress = progress
  }

  var noPiece: WalkedNodes { WalkedNodes() }

  var isAtEnd: Bool { walk.isAtEnd }

  func next(into piece: inout WalkedNodes) -> Bool {
    guard walk.next(into: &piece) else { return false }
    progress(walk.nodeCount)
    return true
  }
}

/// Makes the text of itemsets, on one thread.
final class ItemsetPieceWriter: PieceWriter {
  private var writer: ItemsetTextWriter

  init(_ text: ItemsetText) { writer = ItemsetTextWriter(text) }

  func write(_ piece: WalkedNodes, to output: inout TextPiece) throws(OutputError) {
    try writer.write(piece, to: &output)
  }
}
