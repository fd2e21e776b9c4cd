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
  try nominations(
    reports: reports, candidateCount: range.candidateCount, minimumSupport: minimumSupport)
}

/// The same about a range of which only the number of candidates is known.
public func nominations(
  reports: [CountReport], candidateCount: Int, minimumSupport: UInt64
) throws(CountingError) -> PollPlan {
  var allowances: [UInt64] = []
  var silent: UInt64 = 0
  for report in reports {
    try report.check(candidateCount: candidateCount)
    var own: UInt64 = 0
    if case .above(let allowance, _, _) = report { own = allowance }
    let (total, overflow) = silent.addingReportingOverflow(own)
    guard !overflow, total < minimumSupport || total == 0 else {
      throw CountingError(
        "\(reports.count) reports keep silent about candidates that together can reach the minimum"
          + " support of \(minimumSupport): itemsets would be lost; the range must be counted again"
          + " with the allowances of the job")
    }
    silent = total
    allowances.append(own)
  }
  // The only report names all that can be frequent, with exact counts: there is nothing to add up.
  if reports.count == 1, case .above(_, let positions, let counts) = reports[0] {
    return plan(of: positions, counts, minimumSupport: minimumSupport, allowances: allowances)
  }
  let found = CandidateSums(reports, candidateCount: candidateCount)
    .candidates(reaching: minimumSupport, silent: silent)
  var listed = PositionSet(candidateCount: candidateCount)
  return PollPlan(
    candidates: found.positions, reportedCounts: found.counts,
    lists: reports.map { report in
      guard silent > 0, case .above(1..., let positions, _) = report else { return [] }
      listed.insert(positions)
      defer { listed.remove(positions) }
      return listed.complement(in: found.positions)
    },
    allowances: allowances)
}

/// What is open after the only report: nothing.
private func plan(
  of positions: [UInt32], _ counts: [UInt32], minimumSupport: UInt64, allowances: [UInt64]
) -> PollPlan {
  var candidates: [UInt32] = []
  var reportedCounts: [UInt64] = []
  candidates.reserveCapacity(positions.count)
  reportedCounts.reserveCapacity(positions.count)
  for (position, count) in zip(positions, counts) where count >= minimumSupport {
    candidates.append(position)
    reportedCounts.append(UInt64(count))
  }
  return PollPlan(
    candidates: candidates, reportedCounts: reportedCounts, lists: [[]], allowances: allowances)
}

/// Why the reports about a range cannot be reduced.
public enum ReducingProblem: Error, Sendable, Equatable {
  /// These, by place, do not fit the range even alone: they have to be made again.
  case unfit([Int], String)
  /// Each fits, but not with the others: counts are corrupt somewhere.
  case contradiction(String)
}

/// ``nominations(reports:candidateCount:minimumSupport:)``, telling which reports are to blame.
public func nominationsOrBlame(
  reports: [CountReport], candidateCount: Int, minimumSupport: UInt64
) throws(ReducingProblem) -> PollPlan {
  do throws(CountingError) {
    return try nominations(
      reports: reports, candidateCount: candidateCount, minimumSupport: minimumSupport)
  } catch {
    let unfit = reports.indices.filter { index in
      do throws(CountingError) {
        _ = try nominations(
          reports: [reports[index]], candidateCount: candidateCount, minimumSupport: .max)
        return false
      } catch {
        return true
      }
    }
    if unfit.isEmpty { throw .contradiction(error.description) }
    throw .unfit(unfit, error.description)
  }
}

/// A bit a candidate, to find without a branch each which candidates a report does not list.
private struct PositionSet {
  private var bits: [UInt64]

  init(candidateCount: Int) {
    bits = [UInt64](repeating: 0, count: (candidateCount + 63) / 64)
  }

  mutating func insert(_ positions: [UInt32]) {
    bits.withUnsafeMutableBufferPointer { bits in
      guard let bits = bits.baseAddress else { return }
      for position in positions { bits[Int(position >> 6)] |= 1 << UInt64(position & 63) }
    }
  }

  mutating func remove(_ positions: [UInt32]) {
    bits.withUnsafeMutableBufferPointer { bits in
      guard let bits = bits.baseAddress else { return }
      for position in positions { bits[Int(position >> 6)] = 0 }
    }
  }

  /// Those of `positions` that are not in the set.
  func complement(in positions: [UInt32]) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: positions.count + 1) { rest, count in
      bits.withUnsafeBufferPointer { bits in
        guard let bits = bits.baseAddress, let rest = rest.baseAddress else { return }
        var written = 0
        for position in positions {
          rest[written] = position
          let isListed = bits[Int(position >> 6)] >> UInt64(position & 63) & 1
          written &+= Int(truncatingIfNeeded: 1 &- isListed)
        }
        count = written
      }
    }
  }
}
