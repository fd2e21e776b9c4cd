// What came of counting: parts, answers, and when they are sent.

import Apriori
import Messages

extension Worker {
  mutating func counted(_ run: CellRun, _ outcome: WorkerOutcome) {
    guard let cell = cell(of: run) else { return }
    let range = run.cell.range
    assignments.byNumber[run.assignment]?.cells[range]?.microseconds =
      cell.microseconds + (now - run.begunAt) * 1_000
    switch outcome {
    case .counted(let part): partCounted(part, run)
    case .answered(let counted): answered(counted, cell, run)
    case .failed(let text): failCells([range], of: run.assignment, .failed(text))
    default: failCells([range], of: run.assignment, .failed("the range could not be counted"))
    }
    stopIfReleased()
  }

  /// Parts of a cell that are added up before the others are there: they take memory.
  private static var partLimit: Int { 8 }

  private mutating func partCounted(_ part: CountReport, _ run: CellRun) {
    let (number, range) = (run.assignment, run.cell.range)
    assignments.byNumber[number]?.cells[range]?.parts.append(part)
    assignments.byNumber[number]?.cells[range]?.partPieceCount += run.pieceCount
    guard let pieceCount = assignments.byNumber[number]?.pieces.count,
      let key = assignments.byNumber[number]?.key,
      let cell = assignments.byNumber[number]?.cells[range],
      case .ready(let level) = jobs[key.job]?.levels[key.level]
    else { return }
    let isWhole = cell.partPieceCount == pieceCount
    guard isWhole || cell.parts.count >= Self.partLimit else { return }
    assignments.byNumber[number]?.cells[range]?.parts = []
    assignments.byNumber[number]?.cells[range]?.partPieceCount = 0
    let work = MergingWork(
      parts: cell.parts, range: level.ranges[Int(range)], rule: cell.rule,
      form: isWhole ? answerForm(key.job, keepsReport: cell.keepsReport) : nil)
    let sum = CellRun(
      assignment: number, cell: run.cell, begunAt: now, pieceCount: cell.partPieceCount)
    performBusy(.merge(work), for: .count(sum))
  }

  /// How the next report is sent.
  mutating func answerForm(_ job: JobID, keepsReport: Bool = false) -> AnswerForm {
    assignments.lastReport += 1
    let limit = configuration.inlineLimit
    return AnswerForm(
      passesValues: configuration.passesValues,
      inlineLimit: keepsReport ? min(limit, configuration.keptReportLimit) : limit,
      object: ObjectID(owner: .job(job), kind: .report, number: assignments.lastReport))
  }

  private mutating func answered(_ counted: CountedRange, _ cell: Cell, _ run: CellRun) {
    let range = run.cell.range
    if case .published(let descriptor) = counted.content, let bytes = counted.published {
      effects.append(.publish(descriptor, bytes))
    }
    assignments.byNumber[run.assignment]?.cells[range]?.answer = RangeAnswer(
      range: range, digest: counted.digest, report: counted.content)
    assignments.byNumber[run.assignment]?.cells[range]?.answerByteCount = counted.byteCount
    if assignments.leases[cell.lease]?.unsent.isEmpty == true {
      assignments.leases[cell.lease]?.unsentSince = now
      assignments.leases[cell.lease]?.unsentByteCount = 0
      assignments.unsent.append(cell.lease)
    }
    assignments.leases[cell.lease]?.unsent.append(range)
    assignments.leases[cell.lease]?.unsentByteCount += counted.byteCount
    changeOpenCount(of: cell.lease, by: -1)
    settle(cell.lease)
  }

  /// Bytes of answers in one message, beyond which it is sent.
  private var answerByteLimit: Int { 4 * configuration.inlineLimit }

  /// Sends what a lease has waited for, or what is enough for a message.
  mutating func settle(_ id: UInt64) {
    guard let lease = assignments.leases[id] else { return }
    if !lease.unsent.isEmpty,
      lease.openCount == 0 || lease.unsentByteCount >= answerByteLimit
    {
      sendAnswers(of: id)
    }
    dropIfDone(id)
  }

  /// Forgets a lease that has no cells any more.
  mutating func dropIfDone(_ id: UInt64) {
    guard let lease = assignments.leases[id], lease.ranges.isEmpty, lease.openCount == 0 else {
      return
    }
    assignments.leases[id] = nil
    assignments.unsent.removeAll { $0 == id }
  }

  mutating func sendAnswers(of id: UInt64) {
    guard let lease = assignments.leases[id] else { return }
    assignments.unsent.removeAll { $0 == id }
    assignments.leases[id]?.unsent = []
    assignments.leases[id]?.unsentByteCount = 0
    sendAgain(lease.unsent, of: lease.assignment, lease: id)
    // Between parts of one process nothing is lost, so nothing is asked for again.
    if configuration.passesValues {
      for range in lease.unsent { removeCell(range, of: lease.assignment) }
    }
  }

  /// Sends the kept answers of some ranges, in as many messages as they need.
  mutating func sendAgain(_ ranges: [UInt32], of number: Int, lease: UInt64) {
    guard let assignment = assignments.byNumber[number] else { return }
    var answers: [RangeAnswer] = []
    var microseconds: UInt64 = 0
    var byteCount = 0
    for range in ranges.sorted() {
      guard let cell = assignment.cells[range], let answer = cell.answer else { continue }
      if !answers.isEmpty, byteCount + cell.answerByteCount > answerByteLimit {
        send(
          .counted(
            CountingAnswer(
              lease: lease, key: assignment.key, answers: answers, microseconds: microseconds)))
        answers = []
        microseconds = 0
        byteCount = 0
      }
      answers.append(answer)
      microseconds += cell.microseconds
      byteCount += cell.answerByteCount
    }
    if answers.isEmpty { return }
    send(
      .counted(
        CountingAnswer(
          lease: lease, key: assignment.key, answers: answers, microseconds: microseconds)))
  }
}
