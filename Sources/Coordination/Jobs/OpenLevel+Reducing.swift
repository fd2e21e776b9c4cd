import Apriori
import Messages

extension OpenLevel {
  /// Takes answers about a range back, so that their shards are open again in its ledger.
  ///
  /// Without a report there is no plan, and the answers to polls are worth nothing.
  ///
  /// - Parameter answers: places of reports, or of answers to polls.
  /// - Returns: the answers.
  mutating func takeBack(
    _ answers: [Int], _ phase: CountingPhase, of range: Int
  ) throws(CountingError) -> [HeldAnswer] {
    var state = ranges[range]
    var bad: [HeldAnswer] = []
    var good: [HeldAnswer] = []
    for (index, answer) in (phase == .nominate ? state.reports : state.polls).enumerated() {
      if answers.contains(index) { bad.append(answer) } else { good.append(answer) }
    }
    for answer in bad { bytesHeld -= answer.content?.byteCount ?? 0 }
    if phase == .nominate {
      for poll in state.polls { bytesHeld -= poll.content?.byteCount ?? 0 }
      state.reports = good
      state.polls = []
      state.plan = nil
      state.listCounts = []
      state.lists = []
      state.isPlannedElsewhere = false
      state.planner = nil
    } else {
      state.polls = good
    }
    var ledger = newLedger(range)
    for report in state.reports {
      _ = try ledger.accept(
        reportOf: report.shards.map { Int($0) }, mode: report.mode, digest: report.digest)
    }
    if phase == .poll {
      _ = try ledger.beginPolling(listCounts: state.listCounts)
      for poll in state.polls {
        _ = try ledger.accept(
          pollOf: poll.report, shards: poll.shards.map { Int($0) },
          count: state.listCounts[poll.report], digest: poll.digest)
      }
    }
    state.ledger = ledger
    state.phase = phase == .nominate ? .counting : .polling
    state.reducer = .pool
    unordered.removeSorted(UInt32(truncatingIfNeeded: range))
    ranges[range] = state
    return bad
  }

  /// Whether the worker that keeps a report has died since, or may have where others can count it
  /// again.
  func isLost(_ held: HeldAnswer, _ cluster: Cluster) -> Bool {
    guard held.isElsewhere else { return false }
    guard let member = cluster.members.worker(held.worker),
      member.incarnation == held.incarnation
    else { return true }
    switch member.liveness {
    case .alive: return false
    case .suspect:
      return held.shards.allSatisfy { shard in
        holders[Int(shard)].contains { $0 != held.worker }
      }
    case .dead: return true
    }
  }

  /// What to say to the worker that is to reduce a range.
  func order(
    _ id: UInt64, toReduce range: Int, of job: JobID, minimumSupport: UInt64,
    endpoint: (Name) -> String
  ) -> ReducingOrder {
    let state = ranges[range]
    func source(_ answer: HeldAnswer) -> ReportSource {
      ReportSource(
        digest: answer.digest, report: answer.content ?? .bytes([]),
        endpoint: answer.isElsewhere ? endpoint(answer.worker) : "")
    }
    return ReducingOrder(
      id: id, job: job, level: length, levelDigest: prepared.digest,
      range: UInt32(truncatingIfNeeded: range),
      candidateCount: prepared.cut.ranges[range].candidateCount, minimumSupport: minimumSupport,
      reports: state.reports.map { ($0.mode, source($0)) },
      polls: state.polls.map { ($0.report, source($0)) })
  }
}
