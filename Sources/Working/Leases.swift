// Taking leases, keeping their cells, cancelling and failing them.

import Messages

extension Worker {
  /// Whether a key can be counted.
  private enum Readiness {
    case ready(LevelAtWork)
    case opening
    case missing(level: Int?)
    case wrong(CountingFailure)
    case superseded
  }

  private func readiness(of key: CountingKey) -> Readiness {
    guard let job = jobs[key.job] else { return .missing(level: nil) }
    if key.level < job.currentLevel { return .superseded }
    switch job.ranks {
    case .unknown: return .missing(level: nil)
    case .opening: return .opening
    case .ready: break
    }
    guard key.shards.allSatisfy({ job.shards[$0] != nil }) else { return .missing(level: nil) }
    switch job.levels[key.level] {
    case nil: return .missing(level: key.level)
    case .waiting, .opening: return .opening
    case .ready(let level):
      return level.digest == key.levelDigest ? .ready(level) : .missing(level: key.level)
    case .wrong(let digest, let failure):
      return digest == key.levelDigest ? .wrong(failure) : .missing(level: key.level)
    }
  }

  mutating func take(_ lease: CountingLease) { take(lease, since: now) }

  private mutating func take(_ lease: CountingLease, since: UInt64) {
    if membership.phase == .leaving { return giveBack(lease.id) }
    jobs[lease.key.job]?.lastUsed = now
    switch readiness(of: lease.key) {
    case .ready(let level): accept(lease, level: level)
    case .superseded: break
    case .wrong(let failure):
      fail(lease.id, lease.key, lease.ranges.map(\.range), failure)
    case .opening: keepEarly(lease, since: since)
    case .missing(let level):
      keepEarly(lease, since: since)
      ask(lease.key.job, level: level)
    }
  }

  private mutating func keepEarly(_ lease: CountingLease, since: UInt64) {
    if assignments.early.contains(where: { $0.lease.id == lease.id }) { return }
    if assignments.early.count < Assignments.earlyLimit {
      assignments.early.append((lease, since))
    }
  }

  /// Looks again at leases that came before their job or level.
  mutating func takeEarlyLeases() {
    let early = assignments.early
    assignments.early = []
    for (lease, since) in early { take(lease, since: since) }
  }

  mutating func tickLeases() {
    let early = assignments.early
    assignments.early = []
    for (lease, since) in early {
      if now - since < Assignments.earlyMilliseconds {
        take(lease, since: since)
      } else if case .ready(let level) = jobs[lease.key.job]?.levels[lease.key.level],
        level.digest != lease.key.levelDigest
      {
        fail(
          lease.id, lease.key, lease.ranges.map(\.range),
          .levelMismatch(expected: lease.key.levelDigest, found: level.digest))
      }
    }
    for id in assignments.unsent {
      if let lease = assignments.leases[id],
        now - lease.unsentSince >= Assignments.answerMilliseconds
      {
        sendAnswers(of: id)
      }
    }
  }

  // MARK: Cells

  private mutating func accept(_ lease: CountingLease, level: LevelAtWork) {
    guard let number = assignmentNumber(for: lease.key) else {
      return fail(
        lease.id, lease.key, lease.ranges.map(\.range), .failed("the lease names no shard"))
    }
    if let known = assignments.leases[lease.id], known.assignment != number {
      cancel([lease.id])
    }
    if assignments.leases[lease.id] == nil {
      assignments.leases[lease.id] = LeaseAtWork(assignment: number)
    }
    var answered: [UInt32] = []
    var strange: [UInt32] = []
    for (range, rule) in lease.ranges {
      if Int(range) >= level.ranges.count {
        strange.append(range)
      } else if let cell = assignments.byNumber[number]?.cells[range], cell.rule.isSame(as: rule) {
        if cell.answer != nil { answered.append(range) }
        move(cell, range: range, of: number, to: lease.id)
      } else {
        removeCell(range, of: number)
        // With its last cell the lease was forgotten.
        if assignments.leases[lease.id] == nil {
          assignments.leases[lease.id] = LeaseAtWork(assignment: number)
        }
        addCell(range, rule, to: number, lease)
      }
    }
    if !strange.isEmpty {
      fail(
        lease.id, lease.key, strange,
        .failed("level \(lease.key.level) is cut into \(level.ranges.count) ranges"))
    }
    sendAgain(answered, of: number, lease: lease.id)
    dropIfDone(lease.id)
  }

  private mutating func assignmentNumber(for key: CountingKey) -> Int? {
    if let number = assignments.numberOf[key] { return number }
    guard let job = jobs[key.job], let ranks = job.readyRanks else { return nil }
    let pieces = pieces(of: key, shards: job.shards, rankCount: ranks.rankCount)
    if pieces.isEmpty { return nil }
    assignments.lastNumber += 1
    assignments.numberOf[key] = assignments.lastNumber
    assignments.byNumber[assignments.lastNumber] = Assignment(key: key, pieces: pieces)
    return assignments.lastNumber
  }

  private mutating func addCell(
    _ range: UInt32, _ rule: CountingRule, to number: Int, _ lease: CountingLease
  ) {
    guard assignments.cellCount < Assignments.cellLimit else { return }
    assignments.lastTicket += 1
    let name = CellName(range: range, ticket: assignments.lastTicket)
    assignments.byNumber[number]?.cells[range] = Cell(
      ticket: name.ticket, lease: lease.id, rule: rule, keepsReport: lease.keepsReports)
    assignments.cellCount += 1
    assignments.leases[lease.id]?.ranges.insert(range)
    changeOpenCount(of: lease.id, by: 1)
    if case .listed(.published(let descriptor)) = rule {
      let run = CellRun(assignment: number, cell: name, begunAt: now)
      effects.append(
        .fetch(token(for: .listFetch(run)), descriptor, sources: [membership.dataEndpoint]))
    } else {
      enqueue(name, of: number)
    }
  }

  private mutating func enqueue(_ cell: CellName, of number: Int) {
    if let job = assignments.byNumber[number]?.idleJob { jobs[job]?.active.append(number) }
    assignments.byNumber[number]?.waiting.append(cell)
  }

  mutating func listFetched(_ run: CellRun, _ bytes: [UInt8]) {
    guard cell(of: run) != nil else { return }
    assignments.byNumber[run.assignment]?.cells[run.cell.range]?.fetchedList = bytes
    enqueue(run.cell, of: run.assignment)
  }

  mutating func listLost(_ run: CellRun) {
    guard cell(of: run) != nil else { return }
    failCells([run.cell.range], of: run.assignment, .failed("the list of a poll was not found"))
  }

  /// The cell that `run` works on, unless it is no longer wanted.
  func cell(of run: CellRun) -> Cell? {
    guard let cell = assignments.byNumber[run.assignment]?.cells[run.cell.range],
      cell.ticket == run.cell.ticket
    else { return nil }
    return cell
  }

  /// A later lease asks for the cell: the answer goes to it.
  private mutating func move(_ cell: Cell, range: UInt32, of number: Int, to lease: UInt64) {
    if cell.lease == lease { return }
    assignments.byNumber[number]?.cells[range]?.lease = lease
    assignments.leases[lease]?.ranges.insert(range)
    assignments.leases[cell.lease]?.ranges.remove(range)
    if cell.answer == nil {
      changeOpenCount(of: lease, by: 1)
      changeOpenCount(of: cell.lease, by: -1)
    }
    settle(cell.lease)
  }

  mutating func removeCell(_ range: UInt32, of number: Int) {
    guard let cell = assignments.byNumber[number]?.cells.removeValue(forKey: range) else { return }
    assignments.cellCount -= 1
    withdraw(cell)
    assignments.leases[cell.lease]?.ranges.remove(range)
    assignments.leases[cell.lease]?.unsent.removeAll { $0 == range }
    if cell.answer == nil { changeOpenCount(of: cell.lease, by: -1) }
    settle(cell.lease)
  }

  mutating func changeOpenCount(of lease: UInt64, by difference: Int) {
    guard let before = assignments.leases[lease]?.openCount else { return }
    assignments.leases[lease]?.openCount = before + difference
    if before == 0, difference > 0 { assignments.openLeaseCount += 1 }
    if before > 0, before + difference == 0 { assignments.openLeaseCount -= 1 }
  }

  private mutating func withdraw(_ cell: Cell) {
    if case .published(let descriptor) = cell.answer?.report {
      effects.append(.withdraw(descriptor.id))
    }
  }

  // MARK: Ends

  mutating func cancel(_ leases: [UInt64]) {
    for id in leases {
      forgetOrder(id)
      assignments.early.removeAll { $0.lease.id == id }
      guard let lease = assignments.leases[id] else { continue }
      assignments.leases[id]?.unsent = []
      assignments.unsent.removeAll { $0 == id }
      for range in lease.ranges.sorted() where !isKept(range, of: lease.assignment) {
        removeCell(range, of: lease.assignment)
      }
      dropIfDone(id)
    }
    beginReductions()
  }

  /// Whether another worker may be about to fetch the answer about a range.
  private func isKept(_ range: UInt32, of number: Int) -> Bool {
    guard let cell = assignments.byNumber[number]?.cells[range], cell.keepsReport else {
      return false
    }
    return cell.answer != nil
  }

  /// Gives back what has not begun in every piece; what has is finished.
  /// - Returns: the leases with such cells, ascending.
  mutating func giveBackLeases() -> [UInt64] {
    var leases = Set(assignments.early.map(\.lease.id))
    assignments.early = []
    for number in assignments.byNumber.keys.sorted() {
      guard let assignment = assignments.byNumber[number] else { continue }
      for (range, cell) in assignment.cells.sorted(by: { $0.key < $1.key })
      where cell.answer == nil && cell.begunCount < assignment.pieces.count {
        leases.insert(cell.lease)
        removeCell(range, of: number)
      }
    }
    return leases.sorted()
  }

  /// Says that cells without an answer will not get one, and forgets them.
  mutating func failCells(_ ranges: [UInt32]?, of number: Int, _ failure: CountingFailure) {
    guard let assignment = assignments.byNumber[number] else { return }
    var failed: [UInt64: [UInt32]] = [:]
    for range in ranges ?? assignment.cells.keys.sorted() {
      if let cell = assignment.cells[range], cell.answer == nil {
        failed[cell.lease, default: []].append(range)
      }
    }
    for (lease, ranges) in failed.sorted(by: { $0.key < $1.key }) {
      fail(lease, assignment.key, ranges, failure)
      for range in ranges { removeCell(range, of: number) }
    }
  }

  private mutating func fail(
    _ lease: UInt64, _ key: CountingKey, _ ranges: [UInt32], _ failure: CountingFailure
  ) {
    send(.countingFailed(lease: lease, key: key, ranges: ranges, failure))
  }

  /// Forgets assignments with all their answers.
  mutating func forgetAssignments(where isForgotten: (CountingKey) -> Bool) {
    for number in assignments.byNumber.keys.sorted() {
      guard let assignment = assignments.byNumber[number], isForgotten(assignment.key) else {
        continue
      }
      for (_, cell) in assignment.cells.sorted(by: { $0.key < $1.key }) { withdraw(cell) }
      assignments.cellCount -= assignment.cells.count
      assignments.byNumber[number] = nil
      assignments.numberOf[assignment.key] = nil
      jobs[assignment.key.job]?.active.removeAll { $0 == number }
    }
    let forgotten = assignments.leases.filter { assignments.byNumber[$0.value.assignment] == nil }
    for (id, lease) in forgotten {
      assignments.leases[id] = nil
      if lease.openCount > 0 { assignments.openLeaseCount -= 1 }
    }
    assignments.unsent.removeAll { forgotten[$0] != nil }
  }
}
