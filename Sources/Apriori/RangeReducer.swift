/// Turns the reports of all block sets about one range into the piece of the next level it makes.
///
/// A candidate `path + node + sibling` whose count equals the node's makes the sibling a perfect
/// extension of the node; one that reaches the minimum support makes it an extension; any other is
/// dropped. Knows nothing of who counted or where: (range, reports) in, segment out.
///
/// - Parameters:
///   - level: the closed level that the range was cut from.
///   - reports: one for each block set, in any order; together they cover all transactions. A
///     report that leaves candidates out must do so with an allowance of 0, or be the only one and
///     have an allowance below `minimumSupport`.
///   - scratch: memory of the calling thread, reused from task to task.
/// - Returns: the groups of the next level in lexicographic order.
/// - Throws: ``CountingError`` where reports do not fit the range or cannot give exact counts.
/// - Complexity: linear in the nodes of the range plus the length of the reports.
public func reduce(
  _ range: CandidateRange, of level: Level, reports: [CountReport], minimumSupport: UInt64,
  scratch: CountingScratch
) throws(CountingError) -> LevelSegment {
  let survivors = SurvivorSelection(
    range: range, level: level, minimumSupport: minimumSupport, scratch: scratch)
  // The common case, one block set, needs no sum.
  if reports.count == 1, case .all(let counts) = reports[0] {
    try check(counts, range: range)
    return survivors.select(all: counts)
  }
  if reports.count == 1, case .above(let allowance, let positions, let counts) = reports[0],
    allowance < minimumSupport
  {
    try check(positions, counts, range: range)
    return survivors.select(positions: positions, counts: counts)
  }
  switch try merge(reports, range: range, minimumSupport: minimumSupport) {
  case .all(let counts): return survivors.select(all: counts)
  case .listed(let positions, let counts):
    return survivors.select(positions: positions, counts: counts)
  }
}

private func check(_ counts: [UInt32], range: CandidateRange) throws(CountingError) {
  if counts.count == range.candidateCount { return }
  throw CountingError(
    "a report holds \(counts.count) counts for a range of \(range.candidateCount) candidates;"
      + " the block set must be counted again")
}

private func check(
  _ positions: [UInt32], _ counts: [UInt32], range: CandidateRange
) throws(CountingError) {
  if positions.count == counts.count, isAscending(positions, below: range.candidateCount) { return }
  throw CountingError(
    "a report lists candidates out of order or outside its range of"
      + " \(range.candidateCount); the block set must be counted again")
}

/// Counts of a range over all transactions.
private enum MergedCounts {
  case all([UInt64])
  case listed(positions: [UInt32], counts: [UInt64])
}

private func merge(
  _ reports: [CountReport], range: CandidateRange, minimumSupport: UInt64
) throws(CountingError) -> MergedCounts {
  var sums: [UInt64]?
  var lists: [(positions: [UInt32], counts: [UInt64])] = []
  for report in reports {
    switch report {
    case .all(let counts):
      try check(counts, range: range)
      if var sum = sums.take() {
        for index in counts.indices { sum[index] += UInt64(counts[index]) }
        sums = consume sum
      } else {
        sums = counts.map(UInt64.init)
      }
    case .above(let allowance, let positions, let counts):
      try check(positions, counts, range: range)
      guard allowance == 0 || (reports.count == 1 && allowance < minimumSupport) else {
        throw CountingError(
          "a report leaves out candidates with up to \(allowance) transactions among"
            + " \(reports.count) block sets: their sums would not be exact")
      }
      lists.append((positions, counts.map(UInt64.init)))
    }
  }
  guard var sum = sums.take() else {
    while lists.count > 1 {
      var halved: [(positions: [UInt32], counts: [UInt64])] = []
      for index in stride(from: 0, to: lists.count - 1, by: 2) {
        halved.append(mergeLists(lists[index], lists[index + 1]))
      }
      if lists.count % 2 == 1, let last = lists.last { halved.append(last) }
      lists = halved
    }
    let list = lists.first ?? ([], [])
    return .listed(positions: list.positions, counts: list.counts)
  }
  for list in lists {
    for (position, count) in zip(list.positions, list.counts) { sum[Int(position)] += count }
  }
  return .all(sum)
}

func isAscending(_ positions: [UInt32], below limit: Int) -> Bool {
  var previous = -1
  for position in positions {
    if Int(position) <= previous { return false }
    previous = Int(position)
  }
  return previous < limit
}

/// The union of two ascending lists; counts of equal positions add up.
private func mergeLists(
  _ left: (positions: [UInt32], counts: [UInt64]),
  _ right: (positions: [UInt32], counts: [UInt64])
) -> (positions: [UInt32], counts: [UInt64]) {
  var positions: [UInt32] = []
  var counts: [UInt64] = []
  positions.reserveCapacity(left.positions.count + right.positions.count)
  counts.reserveCapacity(left.positions.count + right.positions.count)
  var l = 0
  var r = 0
  while l < left.positions.count || r < right.positions.count {
    let fromLeft =
      l < left.positions.count
      && (r == right.positions.count || left.positions[l] <= right.positions[r])
    let fromRight =
      r < right.positions.count
      && (l == left.positions.count || right.positions[r] <= left.positions[l])
    positions.append(fromLeft ? left.positions[l] : right.positions[r])
    counts.append((fromLeft ? left.counts[l] : 0) + (fromRight ? right.counts[r] : 0))
    if fromLeft { l += 1 }
    if fromRight { r += 1 }
  }
  return (positions, counts)
}
