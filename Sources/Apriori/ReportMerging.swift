/// Adds up the reports of the parts of a block set and answers as the block set itself would.
///
/// - Parameters:
///   - reports: one for each part, complete: all counts, or a list with an allowance of 0. A single
///     report may already have the wanted allowance.
///   - mode: how the block set is to answer.
/// - Throws: ``CountingError`` where reports do not fit the range, leave candidates out, or add up to
///   more than 32 bits.
/// - Complexity: linear in the entries of the reports plus a 64th of the range's candidates; linear in
///   the candidates where all counts are given or wanted.
public func mergeReports(
  _ reports: [CountReport], range: CandidateRange, mode: ReportMode
) throws(CountingError) -> CountReport {
  for report in reports {
    try report.check(candidateCount: range.candidateCount)
    if case .above(let allowance, _, _) = report, allowance > 0 {
      if reports.count == 1, mode == .above(allowance: allowance) { return report }
      throw CountingError(
        "a part of a block set leaves out candidates with up to \(allowance) transactions: the sum"
          + " of its parts would not be exact; count the parts with an allowance of 0")
    }
  }
  let sums = CandidateSums(reports, candidateCount: range.candidateCount)
  switch mode {
  case .all:
    let counts = try narrowed(sums.reported)
    guard let positions = sums.positions else { return .all(counts) }
    var all = [UInt32](repeating: 0, count: range.candidateCount)
    for (position, count) in zip(positions, counts) { all[Int(position)] = count }
    return .all(all)
  case .above(let allowance):
    // No sum exceeds the greatest allowance there is.
    let (least, overflow) = allowance.addingReportingOverflow(1)
    let found: (positions: [UInt32], counts: [UInt64]) =
      overflow ? ([], []) : sums.candidates(reaching: least, silent: 0)
    return .above(
      allowance: allowance, positions: found.positions, counts: try narrowed(found.counts))
  }
}

extension CountReport {
  /// Whether everything fits a range of so many candidates.
  func check(candidateCount: Int) throws(CountingError) {
    switch self {
    case .all(let counts):
      if counts.count == candidateCount { return }
      throw CountingError(
        "a report holds \(counts.count) counts for a range of \(candidateCount) candidates;"
          + " the block set must be counted again")
    case .above(let allowance, let positions, let counts):
      if positions.count == counts.count, isAscending(positions, below: candidateCount),
        counts.isEmpty || UInt64(least(counts)) > allowance
      {
        return
      }
      throw CountingError(
        "a report lists candidates out of order, outside its range of \(candidateCount), or with no"
          + " more than its allowance of \(allowance) transactions; the block set must be counted"
          + " again")
    }
  }
}

/// The smallest of some numbers, without a branch for each.
private func least(_ numbers: [UInt32]) -> UInt32 {
  var least = UInt32.max
  for number in numbers { least = min(least, number) }
  return least
}

private func narrowed(_ sums: [UInt64]) throws(CountingError) -> [UInt32] {
  if let large = sums.first(where: { $0 > UInt32.max }) {
    throw CountingError(
      "a block set counts \(large) transactions of one candidate, more than 32 bits hold;"
        + " hand out smaller block sets")
  }
  return sums.map { UInt32(truncatingIfNeeded: $0) }
}
