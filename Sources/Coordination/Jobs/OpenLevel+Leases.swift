import Messages

// Which piece a worker goes on with, and how much of it.

extension OpenLevel {
  /// Whether a range may be given out: old ones go first where memory is full, their reports can go
  /// as soon as they close.
  func mayBegin(_ range: Int, _ phase: CountingPhase, isFull: Bool) -> Bool {
    !isFull || phase == .poll || range <= firstOpenRange || ranges[range].ledger != nil
  }

  /// Takes a piece for the best of a worker's if it is: polls before new counts, low ranges first.
  func choose(
    _ index: Int, isFull: Bool, over best: inout (piece: Int, isPoll: Bool, range: Int)?
  ) {
    guard let range = pieces[index].next else { return }
    let isPoll = pieces[index].phase == .poll
    guard mayBegin(range, pieces[index].phase, isFull: isFull) else { return }
    if let known = best {
      let isBetter = isPoll == known.isPoll ? range < known.range : isPoll
      if !isBetter { return }
    }
    best = (index, isPoll, range)
  }

  /// The part of the target that a piece of another worker has to be worth: about what it takes to
  /// project its block set.
  private static let leastTaken = 1.0 / 16

  /// The piece that somebody without work takes of: the one with the most that waits, of those who
  /// have more to do than a moment can, the one who has the most.
  ///
  /// - Parameters:
  ///   - rate: microseconds of a thread for a candidate and a transaction.
  ///   - target: microseconds of a thread that a lease should be worth.
  /// - Complexity: O(workers + pieces of a few).
  func piece(
    ofOthersThan worker: Name, rate: Double, target: Double, isFull: Bool
  ) -> Int? {
    let perTransaction = rate * Double(prepared.candidateCount) / Double(max(ranges.count, 1))
    var best: (piece: Int, homeWaiting: UInt64)?
    for home in homes.all
    where home.waiting > best?.homeWaiting ?? 0 && home.name != worker
      && Double(home.waiting) * perTransaction > target * 2
    {
      var most: (piece: Int, waiting: UInt64)?
      for index in home.pieces {
        let waiting = pieces[index].waiting
        if waiting > most?.waiting ?? 0,
          Double(waiting) * perTransaction > target * Self.leastTaken,
          let range = pieces[index].next, mayBegin(range, .nominate, isFull: isFull),
          canCount(worker, pieces[index].shards)
        {
          most = (index, waiting)
        }
      }
      if let most { best = (most.piece, home.waiting) }
    }
    return best?.piece
  }

  /// Cells that wait for those who take of a piece, in its transactions: all that waits for its home,
  /// or what waits in it where it is everybody's.
  func waitingWithItsOthers(of index: Int) -> Int {
    let piece = pieces[index]
    guard !piece.isShared, let home = piece.home, let waiting = homes[home]?.waiting else {
      return piece.waitingCount
    }
    return Int(clamping: waiting / max(piece.transactionCount, 1))
  }

  /// How many ranges of all block sets may be counted together: so many that their reports, as long
  /// as those that are known, take a sixteenth of the memory.
  func rangesAtOnce(memoryLimit: Int) -> Int {
    let bytes = Double(reports.bytes) / Double(max(reports.count, 1)) * Double(pieces.count)
    return Int(min(max(Double(memoryLimit) / 16 / max(bytes, 1), 1), 1e9))
  }
}
