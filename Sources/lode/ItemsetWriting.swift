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
    /// Memory of text that was written.
    var spare: [FilledText] = []
    var failure: OutputError?
  }

  /// A place to put a part aside.
  private struct Parking {
    /// Memory for the part to go on with.
    let room: FilledText?
  }

  private static let parkedLimit = 16

  private let state = Monitor(State())
  /// Touched only by the thread whose turn it is.
  private var output: OutputBuffer

  init(_ output: consuming OutputBuffer) { self.output = output }

  deinit {
    state.update { state in
      for text in state.parked.values { text.free() }
      for text in state.spare { text.free() }
    }
  }

  /// Writes the beginning of a part, when it is its turn.
  func write(_ bytes: UnsafeRawBufferPointer, of number: Int) throws(OutputError) {
    try waitForTurn(of: number)
    try output.write(bytes)
  }

  /// Takes the last, or all, of a part's text.
  func finish(_ part: inout TextPiece) throws(OutputError) {
    let number = part.number
    let parks = state.update { state -> Parking? in
      let isEarly = state.turn != number && state.failure == nil
      guard isEarly, state.parked.count < Self.parkedLimit else { return nil }
      return Parking(room: state.spare.popLast())
    }
    if let parks {
      let text = part.take(parks.room)
      // Its turn may have come meanwhile.
      let isEarly = state.update { state in
        if state.turn == number { return false }
        state.parked[number] = text
        return true
      }
      if !isEarly { try writeParts(from: text) }
    } else {
      try waitForTurn(of: number)
      try part.empty { [self] bytes throws(OutputError) in try output.write(bytes) }
      if let next = nextPart() { try writeParts(from: next) }
    }
  }

  /// Writes a part whose turn it is, and those put aside that follow it.
  private func writeParts(from first: FilledText) throws(OutputError) {
    var next: FilledText? = first
    while let part = next.take() {
      do throws(OutputError) {
        try output.write(part.text)
      } catch {
        part.free()
        throw error
      }
      next = nextPart(sparing: part)
    }
  }

  /// Ends a turn; the next part where it was put aside.
  private func nextPart(sparing written: FilledText? = nil) -> FilledText? {
    state.update { state in
      if let written { state.spare.append(written) }
      state.turn += 1
      return state.parked.removeValue(forKey: state.turn)
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
