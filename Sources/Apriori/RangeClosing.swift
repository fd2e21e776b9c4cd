/// The piece of the next level that one range makes.
public struct ReducedRange: Sendable, Equatable {
  /// The groups with their counts.
  public let segment: LevelSegment
  /// The frequent candidates: what those who know no counts need to build the same groups.
  public let survivors: Survivors

  /// A range closed here or elsewhere.
  public init(segment: LevelSegment, survivors: Survivors) {
    self.segment = segment
    self.survivors = survivors
  }
}

/// Closes a range: adds the answers to polls to what was reported and keeps what is frequent.
///
/// - Parameters:
///   - level: the closed level that the range was cut from.
///   - plan: what the reports left open, see ``nominations(reports:range:minimumSupport:)``.
///   - polls: the answers, each with the place of the report whose list it answers. The answers to
///     one list come from parts that together make the block set of the report, see ``RangeLedger``.
///   - scratch: memory of the calling thread, reused from task to task.
/// - Throws: ``CountingError`` where an answer does not fit its list, or counts contradict each
///   other: a block set answers more than its silence stood for, or a candidate is in more
///   transactions than the itemset it extends.
/// - Complexity: linear in the nodes of the range, the candidates of the plan and the answers.
public func closeRange(
  _ range: CandidateRange, of level: Level, plan: PollPlan,
  polls: [(report: Int, reply: PollReply)], minimumSupport: UInt64, scratch: CountingScratch
) throws(CountingError) -> ReducedRange {
  let counts = try exactCounts(plan: plan, polls: polls, candidateCount: range.candidateCount)
  let selection = SurvivorSelection(
    range: range, level: level, minimumSupport: minimumSupport, scratch: scratch)
  return try selection.close(positions: plan.candidates, counts: counts)
}

/// The frequent candidates of a range with their counts over all transactions: what closing it comes
/// to where the counts of the level are not known.
public struct FrequentCandidates: Sendable, Equatable {
  /// Their places in the enumeration of the range, ascending.
  public let positions: [UInt32]
  /// The count of each.
  public let counts: [UInt64]

  /// Frequent candidates as they come from elsewhere; ``closeRange(_:of:frequent:minimumSupport:scratch:)``
  /// checks them.
  public init(positions: [UInt32], counts: [UInt64]) {
    self.positions = positions
    self.counts = counts
  }
}

/// Adds the answers to polls to what was reported and keeps what is frequent; the half of
/// ``closeRange(_:of:plan:polls:minimumSupport:scratch:)`` that needs no level.
///
/// - Throws: ``CountingError`` where an answer does not fit its list, or a block set answers more than
///   its silence stood for.
/// - Complexity: linear in the candidates of the plan and the answers.
public func frequentCandidates(
  plan: PollPlan, polls: [(report: Int, reply: PollReply)], candidateCount: Int,
  minimumSupport: UInt64
) throws(CountingError) -> FrequentCandidates {
  let all = try exactCounts(plan: plan, polls: polls, candidateCount: candidateCount)
  var positions: [UInt32] = []
  var counts: [UInt64] = []
  for index in all.indices where all[index] >= minimumSupport {
    positions.append(plan.candidates[index])
    counts.append(all[index])
  }
  return FrequentCandidates(positions: positions, counts: counts)
}

/// Closes a range with what somebody else has found frequent; the other half of
/// ``closeRange(_:of:plan:polls:minimumSupport:scratch:)``.
///
/// - Throws: ``CountingError`` where the candidates do not fit the range, one is infrequent, or one is
///   in more transactions than the itemset it extends.
/// - Complexity: linear in the nodes of the range and its frequent candidates.
public func closeRange(
  _ range: CandidateRange, of level: Level, frequent: FrequentCandidates, minimumSupport: UInt64,
  scratch: CountingScratch
) throws(CountingError) -> ReducedRange {
  guard frequent.positions.count == frequent.counts.count,
    isAscending(frequent.positions, below: range.candidateCount),
    frequent.counts.allSatisfy({ $0 >= minimumSupport })
  else {
    throw CountingError(
      "what was found frequent does not fit its range of \(range.candidateCount) candidates;"
        + " the range must be reduced again")
  }
  let selection = SurvivorSelection(
    range: range, level: level, minimumSupport: minimumSupport, scratch: scratch)
  return try selection.close(positions: frequent.positions, counts: frequent.counts)
}

/// The counts of all candidates of a plan over all transactions.
private func exactCounts(
  plan: PollPlan, polls: [(report: Int, reply: PollReply)], candidateCount: Int
) throws(CountingError) -> [UInt64] {
  var counts = plan.reportedCounts
  guard counts.count == plan.candidates.count,
    isAscending(plan.candidates, below: candidateCount)
  else {
    throw CountingError(
      "the plan of a poll does not fit its range of \(candidateCount) candidates;"
        + " the range must be counted again")
  }
  for (report, list) in plan.lists.enumerated() where !list.isEmpty {
    let answer = try sum(
      polls.filter { $0.report == report }.map(\.reply), of: list,
      allowance: plan.allowances[report])
    try add(answer, of: list, to: &counts, of: plan.candidates)
  }
  return counts
}

/// The exact counts of a list that a block set was silent about.
private func sum(
  _ replies: [PollReply], of list: [UInt32], allowance: UInt64
) throws(CountingError) -> [UInt64] {
  guard !replies.isEmpty else {
    throw CountingError(
      "a poll of \(list.count) candidates has no answer; the range cannot be closed yet")
  }
  var sums = [UInt64](repeating: 0, count: list.count)
  for reply in replies {
    guard reply.counts.count == list.count else {
      throw CountingError(
        "a poll of \(list.count) candidates is answered by \(reply.counts.count) counts;"
          + " it must be sent again")
    }
    for index in sums.indices {
      let (sum, overflow) = sums[index].addingReportingOverflow(reply.counts[index])
      // Whatever does not fit contradicts the silence too.
      sums[index] = overflow ? .max : sum
    }
  }
  if let index = sums.firstIndex(where: { $0 > allowance }) {
    throw CountingError(
      "a block set was silent about candidate \(list[index]), which allows \(allowance)"
        + " transactions, and now counts \(sums[index]); verify its blocks")
  }
  return sums
}

/// Adds the counts of some candidates to those of all; both lists ascend.
private func add(
  _ answer: [UInt64], of list: [UInt32], to counts: inout [UInt64], of candidates: [UInt32]
) throws(CountingError) {
  var next = 0
  var overflow = false
  for index in list.indices {
    while next < candidates.count, candidates[next] < list[index] { next &+= 1 }
    guard next < candidates.count else { break }
    let sum = counts[next].addingReportingOverflow(answer[index])
    counts[next] = sum.partialValue
    overflow = overflow || sum.overflow
  }
  if overflow {
    throw CountingError("counts of one candidate exceed 64 bits; the range must be counted again")
  }
}
