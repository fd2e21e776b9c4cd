import Apriori
import Messages

// What the ledgers of ranges say to answers, in place: copies of levels and ledgers were over half of what
// taking an answer cost.

extension OpenLevel {
  /// Offers an answer to the ledger of its range, and holds it where it is accepted.
  ///
  /// - Parameter incarnation: the worker's life, where it is known.
  /// - Throws: ``CountingError`` where it contradicts an answer that was accepted before.
  mutating func accept(
    _ answer: RangeAnswer, content: Content<CountReport>, key: CountingKey, from worker: Name,
    _ incarnation: Incarnation?
  ) throws(CountingError) -> RangeLedger.Acceptance {
    switch key.phase {
    case .nominate:
      try accept(
        report: answer, content: content, shards: key.shards, from: worker, incarnation)
    case .poll:
      try accept(poll: answer, content: content, shards: key.shards, from: worker, incarnation)
    }
  }

  private mutating func accept(
    report answer: RangeAnswer, content: Content<CountReport>, shards: [UInt32],
    from worker: Name, _ incarnation: Incarnation?
  ) throws(CountingError) -> RangeLedger.Acceptance {
    let range = Int(answer.range)
    let numbers = shards.map { Int($0) }
    if ranges[range].ledger == nil { ranges[range].ledger = newLedger(range) }
    // Bytes are what they are announced as; the pool finds out when the range is complete.
    var mode: ReportMode?
    if case .value(let report) = content { mode = report.mode }
    let acceptance =
      try ranges[range].ledger?.accept(reportOf: numbers, mode: mode, digest: answer.digest)
      ?? .dropped
    if acceptance == .accepted {
      let known: ReportMode
      if let mode {
        known = mode
      } else {
        known = try rule.mode(of: numbers, allowances: allowances)
      }
      ranges[range].reports.append(
        HeldAnswer(
          shards: shards, worker: worker, incarnation: incarnation, digest: answer.digest,
          mode: known, report: 0,
          content: content))
      bytesHeld += content.byteCount
      reports.count += 1
      reports.bytes += content.byteCount
    }
    return acceptance
  }

  private mutating func accept(
    poll answer: RangeAnswer, content: Content<CountReport>, shards: [UInt32],
    from worker: Name, _ incarnation: Incarnation?
  ) throws(CountingError) -> RangeLedger.Acceptance {
    let range = Int(answer.range)
    guard let report = report(of: shards, in: range),
      ranges[range].listCounts.indices.contains(report)
    else { return .dropped }
    var count = ranges[range].listCounts[report]
    if case .value(let reply) = content {
      guard case .all(let counts) = reply else { return .dropped }
      count = counts.count
    }
    let acceptance =
      try ranges[range].ledger?.accept(
        pollOf: report, shards: shards.map { Int($0) }, count: count, digest: answer.digest)
      ?? .dropped
    if acceptance == .accepted {
      ranges[range].polls.append(
        HeldAnswer(
          shards: shards, worker: worker, incarnation: incarnation, digest: answer.digest,
          mode: .all, report: report, content: content))
      bytesHeld += content.byteCount
    }
    return acceptance
  }
}
