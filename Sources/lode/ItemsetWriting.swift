import Reports
import Runtime

/// Writes all itemsets as text that several threads make at once.
///
/// Each takes the next piece of the walk, makes its text, and hands that to the one output, which
/// writes all in order.
final class ItemsetWriting: Sendable {
  private final class Walk {
    var nodes: ItemsetWalk
    var pieceCount = 0

    init(_ nodes: consuming ItemsetWalk) { self.nodes = nodes }
  }

  private struct Taken {
    var piece = ItemsetPiece()
    var number = 0
    var isLast = true
  }

  private let text: ItemsetText
  private let walk: Monitor<Walk>
  private let output: OrderedOutput
  private let progress: @Sendable (Int) -> Void

  /// - Parameter progress: told how many nodes, the root included, have been taken.
  init(
    _ text: ItemsetText, to output: consuming OutputBuffer,
    progress: @escaping @Sendable (Int) -> Void
  ) {
    self.text = text
    self.progress = progress
    walk = Monitor(Walk(text.walk()))
    self.output = OrderedOutput(output)
  }

  /// Writes everything and completes the output; once.
  func run(threadCount: Int) throws(OutputError) {
    var first = Taken()
    guard take(&first) else { return try output.complete() }
    // A text of one piece is made before a thread would have started.
    let threads = (1..<max(first.isLast ? 1 : threadCount, 1)).map { _ in
      Thread { [self] in
        var taken = Taken()
        if take(&taken) { write(from: taken) }
      }
    }
    write(from: first)
    for thread in threads where thread.isRunning { thread.join() }
    try output.complete()
  }

  /// Takes the next piece of the walk; false behind the last.
  private func take(_ taken: inout Taken) -> Bool {
    walk.update { walk in
      guard walk.nodes.next(into: &taken.piece) else { return false }
      taken.number = walk.pieceCount
      taken.isLast = walk.nodes.isAtEnd
      walk.pieceCount += 1
      progress(walk.nodes.nodeCount)
      return true
    }
  }

  /// Makes the text of a piece and of those after it that nobody else takes.
  private func write(from first: Taken) {
    var taken = first
    var writer = ItemsetTextWriter(text)
    var part = TextPiece { [output] number, bytes throws(OutputError) in
      try output.write(bytes, of: number)
    }
    repeat {
      part.number = taken.number
      do throws(OutputError) {
        try writer.write(taken.piece, to: &part)
        try output.finish(&part)
      } catch {
        return output.fail(error)
      }
    } while take(&taken)
  }
}
