// What the threads of the compute pool do next: jobs take turns, the oldest assignment of a job comes
// first, and an assignment is counted piece by piece, all its waiting ranges in one piece before the
// next, so that a block set larger than memory is read once for all of them. Ranges that come later
// join where the others are, and are done when it comes round to there again.

import Apriori
import Blocks
import Messages

extension Worker {
  /// Keeps as many threads busy as there are.
  mutating func schedule() {
    guard !hasStopped, membership.phase != .leaving else { return }
    while busyCount < max(configuration.threads, 1), beginNext() {}
  }

  /// Begins one piece of work of the job whose turn it is; false where there is none.
  private mutating func beginNext() -> Bool {
    let jobCount = jobOrder.count
    for step in 0..<jobCount {
      let place = (nextJob + step) % jobCount
      for number in jobs[jobOrder[place]]?.active ?? [] where beginNext(of: number) {
        nextJob = (place + 1) % jobCount
        return true
      }
    }
    return false
  }

  /// Begins one piece of work of an assignment; false where it has none, or waits for its pieces.
  private mutating func beginNext(of number: Int) -> Bool {
    while formBatch(of: number) {
      var isExhausted = true
      // Once one piece finds no room, to ask for each of the others would take long.
      var hasRoom = true
      guard let pieceCount = assignments.byNumber[number]?.batch?.order.count,
        let first = assignments.byNumber[number]?.batch?.current
      else { return false }
      for step in 0..<pieceCount {
        let slot = (first + step) % pieceCount
        guard let cell = nextCell(slot, of: number),
          let piece = assignments.byNumber[number]?.batch?.order[slot],
          let key = assignments.byNumber[number]?.pieces[piece].key
        else { continue }
        if isExhausted { assignments.byNumber[number]?.batch?.current = slot }
        isExhausted = false
        if let projection = projection(of: key, for: cell, of: number) {
          assignments.byNumber[number]?.batch?.begun[slot] += 1
          return count(cell, in: projection, of: number)
        }
        if hasRoom, projections.entries[key] == nil {
          let before = busyCount
          hasRoom = beginPiece(piece, of: number)
          if busyCount > before { return true }
          // Failing for want of a block ends the assignment.
          if assignments.byNumber[number]?.batch == nil { return false }
        }
      }
      if !isExhausted { return false }
      assignments.byNumber[number]?.batch = nil
    }
    return false
  }

  /// The projection of a piece, if a cell can be counted in what there is of it; one that has lost
  /// too much is given up.
  private mutating func projection(
    of key: PieceKey, for cell: CellName, of number: Int
  ) -> Projection? {
    guard let projection = projections.use(key) else { return nil }
    if projection.hasRows { return projection }
    guard let counting = assignments.byNumber[number]?.key,
      let rule = assignments.byNumber[number]?.cells[cell.range]?.rule,
      case .ready(let level) = jobs[counting.job]?.levels[counting.level]
    else { return nil }
    // Candidates of a poll are looked for in rows.
    if !rule.isListed, projection.canCount(level.ranges[Int(cell.range)], of: level.level) {
      return projection
    }
    projections.giveUp(key)
    return nil
  }

  /// Makes sure there is a batch, and that all that waits is in it; false, and the assignment rests,
  /// where there is none.
  private mutating func formBatch(of number: Int) -> Bool {
    guard let assignment = assignments.byNumber[number] else { return false }
    if assignment.batch != nil, assignment.waiting.isEmpty { return true }
    let cells = assignment.waiting.filter { assignment.cells[$0.range]?.ticket == $0.ticket }
    assignments.byNumber[number]?.waiting = []
    if assignment.batch != nil {
      assignments.byNumber[number]?.batch?.cells += cells
      return true
    }
    if cells.isEmpty {
      jobs[assignment.key.job]?.active.removeAll { $0 == number }
      return false
    }
    // What is in memory already comes first, before it makes room for the others.
    let ready = assignment.pieces.indices.filter { projections.isReady(assignment.pieces[$0].key) }
    let others = assignment.pieces.indices.filter {
      !projections.isReady(assignment.pieces[$0].key)
    }
    assignments.byNumber[number]?.batch = Batch(
      cells: cells, order: ready + others,
      begun: Array(repeating: 0, count: assignment.pieces.count))
    return true
  }

  /// The next cell of a batch to be counted in the piece at `slot`; cells no longer wanted are
  /// passed over.
  private mutating func nextCell(_ slot: Int, of number: Int) -> CellName? {
    while let begun = assignments.byNumber[number]?.batch?.begun[slot],
      let count = assignments.byNumber[number]?.batch?.cells.count, begun < count,
      let cell = assignments.byNumber[number]?.batch?.cells[begun]
    {
      if assignments.byNumber[number]?.cells[cell.range]?.ticket == cell.ticket { return cell }
      assignments.byNumber[number]?.batch?.begun[slot] += 1
    }
    return nil
  }

  private mutating func count(
    _ name: CellName, in projection: Projection, of number: Int
  ) -> Bool {
    guard let key = assignments.byNumber[number]?.key,
      let pieceCount = assignments.byNumber[number]?.pieces.count,
      let cell = assignments.byNumber[number]?.cells[name.range],
      case .ready(let level) = jobs[key.job]?.levels[key.level]
    else { return false }
    assignments.byNumber[number]?.cells[name.range]?.begunCount += 1
    let work = CountingWork(
      level: level.level, range: level.ranges[Int(name.range)], projection: projection,
      rule: cell.readyRule,
      form: pieceCount == 1 ? answerForm(key.job, keepsReport: cell.keepsReport) : nil)
    performBusy(
      .count(work), for: .count(CellRun(assignment: number, cell: name, begunAt: now)))
    return true
  }
}
