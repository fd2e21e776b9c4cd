/// What the reports about one range leave open: the candidates that can still be frequent, and who has
/// to be asked about which of them.
///
/// It holds all that closing the range needs, so the reports can go.
public struct PollPlan: Sendable, Equatable {
  /// The candidates that can be frequent, ascending places in the enumeration of the range.
  public let candidates: [UInt32]
  /// The sum of the reported counts of each.
  public let reportedCounts: [UInt64]
  /// For each report the candidates it was silent about, ascending; empty where nobody is asked.
  ///
  /// Whoever answers for the report's block set, or for a part of it, counts exactly these.
  public let lists: [[UInt32]]
  /// For each report the most transactions that its silence stands for.
  let allowances: [UInt64]

  /// Whether there is nobody to ask.
  public var isExact: Bool { lists.allSatisfy(\.isEmpty) }
}

/// Exact counts in answer to a poll.
public struct PollReply: Sendable, Equatable {
  /// One count for each candidate of the list, in order.
  public let counts: [UInt64]

  /// A reply of one count a listed candidate.
  public init(counts: [UInt64]) {
    self.counts = counts
  }
}

/// Adds up the counts of the parts of a block set.
///
/// - Throws: ``CountingError`` where the parts answer different numbers of candidates.
public func pollReply(summing parts: [[UInt32]]) throws(CountingError) -> PollReply {
  var sums = [UInt64](repeating: 0, count: parts.first?.count ?? 0)
  for part in parts {
    guard part.count == sums.count else {
      throw CountingError(
        "parts of a block set answer a poll with \(sums.count) and \(part.count) counts;"
          + " it must be counted again")
    }
    for index in part.indices { sums[index] &+= UInt64(part[index]) }
  }
  return PollReply(counts: sums)
}

/// Finds the candidates that can be frequent after all block sets have reported on a range.
///
/// A candidate that nobody names has at most the sum of all allowances, which is below the minimum
/// support. One that somebody names can be frequent if the reported counts and the allowances of the
/// silent block sets together reach it.
///
/// - Parameters:
///   - reports: one for each block set, in any order; together they cover all transactions.
/// - Returns: what is open; nothing where all reports are complete, or one block set is all.
/// - Throws: ``CountingError`` where reports do not fit the range, or their allowances together reach
///   the minimum support.
/// - Complexity: linear in the entries of the reports, plus reports times the candidates found.
public func nominations(
  reports: [CountReport], range: CandidateRange, minimumSupport: UInt64
) throws(CountingError) -> PollPlan {
  var allowances: [UInt64] = []
  var silent: UInt64 = 0
  for report in reports {
    try report.check(candidateCount: range.candidateCount)
    var own: UInt64 = 0
    if case .above(let allowance, _, _) = report { own = allowance }
    let (total, overflow) = silent.addingReportingOverflow(own)
    guard !overflow, total < minimumSupport || total == 0 else {
      throw CountingError(
        "reports keep silent about \(total) transactions and more of a candidate, and"
          + " \(minimumSupport) make it frequent: itemsets would be lost; the range must be counted"
          + " again with the allowances of the job")
    }
    silent = total
    allowances.append(own)
  }
  let sums = sum(reports, candidateCount: range.candidateCount)
  if silent == 0 || reports.count == 1 {
    let found = frequent(sums, minimumSupport: minimumSupport)
    return PollPlan(
      candidates: found.positions, reportedCounts: found.counts,
      lists: Array(repeating: [], count: reports.count), allowances: allowances)
  }
  let possible = candidates(
    sums, reports: reports, allowances: allowances, silent: silent, minimumSupport: minimumSupport)
  return PollPlan(
    candidates: possible.positions, reportedCounts: possible.counts,
    lists: zip(reports, allowances).map { report, allowance in
      guard allowance > 0, case .above(_, let positions, _) = report else { return [] }
      return subtract(positions, from: possible.positions)
    },
    allowances: allowances)
}

private func frequent(
  _ sums: CountSums, minimumSupport: UInt64
) -> (positions: [UInt32], counts: [UInt64]) {
  var positions: [UInt32] = []
  var counts: [UInt64] = []
  switch sums {
  case .all(let all):
    for index in all.indices where all[index] >= minimumSupport {
      positions.append(UInt32(truncatingIfNeeded: index))
      counts.append(all[index])
    }
  case .listed(let listed, let sums):
    for index in sums.indices where sums[index] >= minimumSupport {
      positions.append(listed[index])
      counts.append(sums[index])
    }
  }
  return (positions, counts)
}

/// The candidates that are named and whose reported counts reach the minimum support together with the
/// allowances of the reports that do not name them.
private func candidates(
  _ sums: CountSums, reports: [CountReport], allowances: [UInt64], silent: UInt64,
  minimumSupport: UInt64
) -> (positions: [UInt32], counts: [UInt64]) {
  // With a report of all counts among the others every candidate is looked at.
  let named: PositionUnion
  let counts: [UInt64]
  let lists = reports.map { report -> [UInt32] in
    if case .above(_, let positions, _) = report { return positions }
    return []
  }
  switch sums {
  case .all(let all):
    let everything = Array(0..<UInt32(truncatingIfNeeded: all.count))
    named = PositionUnion([everything], candidateCount: all.count)
    counts = all
  case .listed(let positions, let sums):
    named = PositionUnion(lists, candidateCount: positions.last.map { Int($0) + 1 } ?? 0)
    counts = sums
  }
  // What the reports that name a candidate could have kept silent about.
  var spoken = [UInt64](repeating: 0, count: counts.count)
  for (list, allowance) in zip(lists, allowances) where allowance > 0 {
    named.forEach(list) { _, place in spoken[place] &+= allowance }
  }
  var found: (positions: [UInt32], counts: [UInt64]) = ([], [])
  for index in counts.indices where counts[index] > 0 {
    // Silence stands for less than the minimum support: no difference below 0.
    if counts[index] >= minimumSupport &- (silent &- spoken[index]) {
      found.positions.append(named.positions[index])
      found.counts.append(counts[index])
    }
  }
  return found
}

/// The entries of an ascending list that another one lacks.
private func subtract(_ removed: [UInt32], from list: [UInt32]) -> [UInt32] {
  var rest: [UInt32] = []
  var next = 0
  for position in list {
    while next < removed.count, removed[next] < position { next += 1 }
    if next < removed.count, removed[next] == position { continue }
    rest.append(position)
  }
  return rest
}
