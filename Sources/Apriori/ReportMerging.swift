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
  switch (sum(reports, candidateCount: range.candidateCount), mode) {
  case (.all(let sums), .all):
    return .all(try narrowed(sums))
  case (.listed(let positions, let sums), .all):
    var counts = [UInt32](repeating: 0, count: range.candidateCount)
    for (position, count) in zip(positions, try narrowed(sums)) { counts[Int(position)] = count }
    return .all(counts)
  case (.all(let sums), .above(let allowance)):
    let positions = sums.indices.filter { sums[$0] > allowance }
    return .above(
      allowance: allowance, positions: positions.map { UInt32(truncatingIfNeeded: $0) },
      counts: try narrowed(positions.map { sums[$0] }))
  case (.listed(let positions, let sums), .above(let allowance)):
    let places = sums.indices.filter { sums[$0] > allowance }
    return .above(
      allowance: allowance, positions: places.map { positions[$0] },
      counts: try narrowed(places.map { sums[$0] }))
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
        counts.allSatisfy({ $0 > allowance })
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

private func narrowed(_ sums: [UInt64]) throws(CountingError) -> [UInt32] {
  if let large = sums.first(where: { $0 > UInt32.max }) {
    throw CountingError(
      "a block set counts \(large) transactions of one candidate, more than 32 bits hold;"
        + " hand out smaller block sets")
  }
  return sums.map { UInt32(truncatingIfNeeded: $0) }
}

/// Counts of a range added up.
enum CountSums {
  case all([UInt64])
  case listed(positions: [UInt32], sums: [UInt64])
}

/// Adds up checked reports; what a report leaves out adds nothing.
///
/// Counts have 32 bits and there are fewer than 2^32 reports, so the sums fit.
func sum(_ reports: [CountReport], candidateCount: Int) -> CountSums {
  var all: [UInt64]?
  var lists: [(positions: [UInt32], counts: [UInt32])] = []
  for report in reports {
    switch report {
    case .all(let counts):
      var sums = all.take() ?? [UInt64](repeating: 0, count: candidateCount)
      for index in 0..<min(sums.count, counts.count) { sums[index] &+= UInt64(counts[index]) }
      all = consume sums
    case .above(_, let positions, let counts): lists.append((positions, counts))
    }
  }
  if var sums = all.take() {
    for list in lists {
      for (position, count) in zip(list.positions, list.counts) {
        sums[Int(position)] &+= UInt64(count)
      }
    }
    return .all(sums)
  }
  if lists.count == 1 {
    return .listed(positions: lists[0].positions, sums: lists[0].counts.map(UInt64.init))
  }
  let union = PositionUnion(lists.map(\.positions), candidateCount: candidateCount)
  var sums = [UInt64](repeating: 0, count: union.positions.count)
  for list in lists {
    union.forEach(list.positions) { entry, place in
      sums[place] &+= UInt64(list.counts[entry])
    }
  }
  return .listed(positions: union.positions, sums: sums)
}

/// The candidates that at least one of several lists names, and the place of each among them.
///
/// A bit a candidate and a number a word: for ranges of the usual size it stays in the first two
/// caches, and a place costs one population count, however many lists there are.
struct PositionUnion {
  /// The candidates, ascending.
  let positions: [UInt32]
  private let bits: [UInt64]
  /// How many candidates precede each word.
  private let before: [UInt32]

  /// - Parameter lists: positions below `candidateCount`.
  init(_ lists: [[UInt32]], candidateCount: Int) {
    var bits = [UInt64](repeating: 0, count: (candidateCount + 63) / 64)
    bits.withUnsafeMutableBufferPointer { bits in
      guard let bits = bits.baseAddress else { return }
      for list in lists {
        for position in list { bits[Int(position >> 6)] |= 1 << UInt64(position & 63) }
      }
    }
    var before: [UInt32] = []
    before.reserveCapacity(bits.count)
    var count: UInt32 = 0
    for word in bits {
      before.append(count)
      count &+= UInt32(truncatingIfNeeded: word.nonzeroBitCount)
    }
    positions = [UInt32](unsafeUninitializedCapacity: Int(count)) { positions, written in
      for (index, word) in bits.enumerated() {
        var rest = word
        while rest != 0 {
          positions[written] = UInt32(truncatingIfNeeded: index << 6 + rest.trailingZeroBitCount)
          written += 1
          rest &= rest - 1
        }
      }
    }
    self.bits = bits
    self.before = before
  }

  /// Calls `body` for each entry of one of the lists with the entry's place in the list and in the
  /// union.
  @inline(__always)
  func forEach(_ list: [UInt32], _ body: (_ entry: Int, _ place: Int) -> Void) {
    bits.withUnsafeBufferPointer { bits in
      before.withUnsafeBufferPointer { before in
        guard let bits = bits.baseAddress, let before = before.baseAddress else { return }
        for entry in list.indices {
          let word = Int(list[entry] >> 6)
          let below = bits[word] & ((1 << UInt64(list[entry] & 63)) &- 1)
          body(entry, Int(before[word]) &+ below.nonzeroBitCount)
        }
      }
    }
  }
}
