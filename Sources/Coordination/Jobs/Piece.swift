import Apriori
import Messages

/// A block set that is to be counted for some ranges of the open level.
///
/// Pieces are made when a level opens and when one has to be divided because nobody holds all of
/// its shards any more; the divided piece keeps nothing to do, so every open cell waits in one piece.
struct Piece: Sendable {
  /// How often a cell has come back, by why.
  struct Attempts: Sendable {
    var failures = 0
    var crashes = 0
    var speculations = 0
    var all: Int { failures + crashes + speculations }
  }

  let phase: CountingPhase
  /// The shards, ascending.
  let shards: [UInt32]
  /// How the first round is answered.
  let mode: ReportMode
  /// Transactions of all shards.
  let transactionCount: UInt64
  /// Who is to count it; nil while nobody can.
  var home: Name?
  /// Whether all who hold its shards take of it as of their own.
  var isShared = false
  /// Ranges that have never been given out.
  var fresh: Range<Int> = 0..<0
  /// Ranges that wait beside those, ascending.
  var returned: [UInt32] = []
  /// Ranges that have come back; looked up only.
  var attempts: [UInt32: Attempts] = [:]

  var waitingCount: Int { fresh.count + returned.count }

  /// Cells of the first round that wait, times transactions: polls are short.
  var waiting: UInt64 { phase == .nominate ? UInt64(waitingCount) * transactionCount : 0 }

  /// The range that goes next.
  var next: Int? {
    guard let first = returned.first else { return fresh.first }
    guard let fresh = fresh.first else { return Int(first) }
    return min(Int(first), fresh)
  }

  /// Takes the range that goes next out; whether it had been given out before.
  mutating func takeNext() -> (range: Int, isReturned: Bool)? {
    guard let next else { return nil }
    if let first = returned.first, Int(first) == next {
      returned.removeFirst()
      return (next, true)
    }
    fresh = (next + 1)..<fresh.upperBound
    return (next, false)
  }

  /// Gives everything that waits to the pieces that this one is divided into.
  func divided(shards: [UInt32], mode: ReportMode, transactionCount: UInt64, home: Name?) -> Piece {
    Piece(
      phase: phase, shards: shards, mode: mode, transactionCount: transactionCount, home: home,
      fresh: fresh, returned: returned, attempts: attempts)
  }
}

/// What pieces are looked up by.
struct PieceKey: Hashable, Sendable {
  let phase: CountingPhase
  let shards: [UInt32]
}
