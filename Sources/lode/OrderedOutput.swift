import Reports
import Runtime

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
