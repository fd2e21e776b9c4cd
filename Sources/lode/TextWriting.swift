import Reports
import Runtime

/// What text is made of, piece by piece.
protocol PieceSource: AnyObject, SendableMetatype {
  associatedtype Piece: Sendable

  /// An empty piece.
  var noPiece: Piece { get }
  /// Whether no piece follows, as far as is known: then further threads are not worth their start.
  var isAtEnd: Bool { get }
  /// Replaces `piece` with the next one; false behind the last.
  func next(into piece: inout Piece) throws -> Bool
}

/// Makes the text of pieces, on one thread.
protocol PieceWriter<Piece>: AnyObject {
  associatedtype Piece

  func write(_ piece: Piece, to output: inout TextPiece) throws
}

/// Writes text that several threads make at once.
///
/// Each takes the next piece from the source, makes its text, and hands that to the one output, which
/// writes all in order.
final class TextWriting<Source: PieceSource>: Sendable {
  private struct Pieces {
    let source: Source
    var count = 0
    /// Why the source, or a writer, could not go on.
    var failure: (any Error)?
  }

  private struct Taken {
    var piece: Source.Piece
    var number = 0
    var isLast = true
  }

  private let pieces: Monitor<Pieces>
  private let output: OrderedOutput
  private let makeWriter: @Sendable () throws(OutputError) -> any PieceWriter<Source.Piece>

  /// - Parameters:
  ///   - source: used by one thread at a time.
  ///   - makeWriter: called once by every thread.
  init(
    _ source: Source, to output: consuming OutputBuffer,
    makeWriter: @escaping @Sendable () throws(OutputError) -> any PieceWriter<Source.Piece>
  ) {
    self.makeWriter = makeWriter
    pieces = Monitor(Pieces(source: source))
    self.output = OrderedOutput(output)
  }

  /// Writes everything and completes the output; once.
  ///
  /// - Throws: what the source or a writer throws, or ``OutputError``; the output is not completed then.
  func run(threadCount: Int) throws {
    var first = noneTaken
    if take(&first) {
      // A text of one piece is made before a thread would have started.
      let threads = (1..<max(first.isLast ? 1 : threadCount, 1)).map { _ in
        Thread { [self] in
          var taken = noneTaken
          if take(&taken) { write(from: &taken) }
        }
      }
      write(from: &first)
      for thread in threads where thread.isRunning { thread.join() }
    }
    if let failure = pieces.update({ $0.failure }) { throw failure }
    try output.complete()
  }

  private var noneTaken: Taken { Taken(piece: pieces.update { $0.source.noPiece }) }

  /// Takes the next piece; false behind the last.
  private func take(_ taken: inout Taken) -> Bool {
    pieces.update { pieces in
      do {
        guard pieces.failure == nil, try pieces.source.next(into: &taken.piece) else {
          return false
        }
      } catch {
        pieces.failure = error
        return false
      }
      taken.number = pieces.count
      taken.isLast = pieces.source.isAtEnd
      pieces.count += 1
      return true
    }
  }

  /// Makes the text of a piece and of those after it that nobody else takes.
  private func write(from taken: inout Taken) {
    do {
      let writer = try makeWriter()
      var part = TextPiece { [output] number, bytes throws(OutputError) in
        try output.write(bytes, of: number)
      }
      repeat {
        part.number = taken.number
        try writer.write(taken.piece, to: &part)
        try output.finish(&part)
      } while take(&taken)
    } catch let error as OutputError {
      output.fail(error)
    } catch {
      pieces.update { if $0.failure == nil { $0.failure = error } }
      // Ends the waiting of other threads for this part; the reason stands above.
      output.fail(.unsuitable("a part of the text could not be made: \(error)"))
    }
  }
}
