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

/// One output for text that several threads make: parts are written in the order of their numbers.
///
/// A part that comes early is put aside, and its thread goes on. Only when much has been put aside,
/// or a part is too large to be held, does a thread wait for its turn.
final class OrderedOutput: @unchecked Sendable {
  private struct State {
    /// The number of the part whose turn it is.
    var turn = 0
    var parked: [Int: FilledText] = [:]
    var failure: OutputError?
  }

  private static let parkedLimit = 16

  private let state = Monitor(State())
  /// Touched only by the thread whose turn it is.
  private var output: OutputBuffer

  init(_ output: consuming OutputBuffer) { self.output = output }

  deinit { state.update { $0.parked.values.forEach { $0.free() } } }

  /// Writes the beginning of a part, when it is its turn.
  func write(_ bytes: UnsafeRawBufferPointer, of number: Int) throws(OutputError) {
    try waitForTurn(of: number)
    try output.write(bytes)
  }

  /// Takes the last, or all, of a part's text.
  func finish(_ part: inout TextPiece) throws(OutputError) {
    let number = part.number
    let text = part.take()
    let isParked = state.update { state in
      let parks =
        state.turn != number && state.failure == nil && state.parked.count < Self.parkedLimit
      if parks { state.parked[number] = text }
      return parks
    }
    if isParked { return }
    do throws(OutputError) {
      try waitForTurn(of: number)
    } catch {
      text.free()
      throw error
    }
    try writeParts(from: text)
  }

  /// Writes a part whose turn it is, and those put aside that follow it.
  private func writeParts(from first: FilledText) throws(OutputError) {
    var next: FilledText? = first
    while let part = next.take() {
      defer { part.free() }
      try output.write(part.text)
      next = state.update { state in
        state.turn += 1
        return state.parked.removeValue(forKey: state.turn)
      }
    }
  }

  private func waitForTurn(of number: Int) throws(OutputError) {
    let failure: OutputError? = state.wait { state -> OutputError?? in
      if let failure = state.failure { return .some(failure) }
      return state.turn == number ? .some(nil) : nil
    }
    if let failure { throw failure }
  }

  /// Ends the writing for all; the first reason stays.
  func fail(_ error: OutputError) {
    state.update { if $0.failure == nil { $0.failure = error } }
  }

  /// Completes the output when all parts have been given; once.
  func complete() throws(OutputError) {
    if let failure = state.update({ $0.failure }) { throw failure }
    try output.finish()
  }
}
