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
/// - Returns: the groups of the next level in lexicographic order.
/// - Throws: ``CountingError`` where reports do not fit the range or cannot give exact counts.
/// - Complexity: linear in the nodes of the range plus the length of the reports.
public func reduce(
  _ range: CandidateRange, of level: Level, reports: [CountReport], minimumSupport: UInt64
) throws(CountingError) -> LevelSegment {
  let merged = try merge(reports, range: range, minimumSupport: minimumSupport)
  var builder = SurvivorBuilder(level: level, range: range, minimumSupport: minimumSupport)
  switch merged {
  case .all(let counts): builder.take(all: counts)
  case .listed(let positions, let counts): builder.take(positions: positions, counts: counts)
  }
  return builder.segment
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
      guard counts.count == range.candidateCount else {
        throw CountingError(
          "a report holds \(counts.count) counts for a range of \(range.candidateCount) candidates;"
            + " the block set must be counted again")
      }
      if var sum = sums.take() {
        for index in counts.indices { sum[index] += UInt64(counts[index]) }
        sums = consume sum
      } else {
        sums = counts.map(UInt64.init)
      }
    case .above(let allowance, let positions, let counts):
      guard positions.count == counts.count, isAscending(positions, below: range.candidateCount)
      else {
        throw CountingError(
          "a report lists candidates out of order or outside its range of"
            + " \(range.candidateCount); the block set must be counted again")
      }
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

private func isAscending(_ positions: [UInt32], below limit: Int) -> Bool {
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

/// Walks the candidates of a range beside their counts and collects the groups of the next level.
private struct SurvivorBuilder {
  private(set) var segment: LevelSegment
  private let level: Level
  private let range: CandidateRange
  private let minimumSupport: UInt64

  init(level: Level, range: CandidateRange, minimumSupport: UInt64) {
    self.level = level
    self.range = range
    self.minimumSupport = minimumSupport
    segment = LevelSegment(length: level.length + 1)
  }

  mutating func take(all counts: [UInt64]) {
    counts.withUnsafeBufferPointer { counts in
      guard let base = counts.baseAddress else { return }
      var position = 0
      walk { siblings, siblingCount, nodeCount, group in
        for sibling in 0..<siblingCount {
          group.add(siblings[sibling], count: base[position + sibling], nodeCount: nodeCount)
        }
        position += siblingCount
      }
    }
  }

  mutating func take(positions: [UInt32], counts: [UInt64]) {
    positions.withUnsafeBufferPointer { positions in
      counts.withUnsafeBufferPointer { counts in
        var next = 0
        var nodeStart = 0
        walk { siblings, siblingCount, nodeCount, group in
          let nodeEnd = nodeStart + siblingCount
          while next < positions.count, Int(positions[next]) < nodeEnd {
            group.add(
              siblings[Int(positions[next]) - nodeStart], count: counts[next], nodeCount: nodeCount)
            next += 1
          }
          nodeStart = nodeEnd
        }
      }
    }
  }

  /// Calls `body` for each node of the range with its later siblings and its count, and appends the
  /// group it fills.
  private mutating func walk(
    _ body: (UnsafePointer<UInt32>, Int, UInt64, inout GroupBuilder) -> Void
  ) {
    let pathLength = level.length - 1
    var group = GroupBuilder(
      capacity: level.segments[range.segment].counts.count, minimumSupport: minimumSupport)
    var path = [UInt32](repeating: 0, count: pathLength + 1)
    path.withUnsafeMutableBufferPointer { path in
      guard let pathBase = path.baseAddress else { return }
      level.segments[range.segment].words.withUnsafeBufferPointer { words in
        level.segments[range.segment].counts.withUnsafeBufferPointer { nodeCounts in
          guard let wordsBase = words.baseAddress else { return }
          var cursor = RangeCursor(range, words: wordsBase, pathLength: pathLength, path: pathBase)
          while cursor.next() {
            for node in cursor.nodes {
              group.removeAll()
              body(
                cursor.extensions + (node + 1), cursor.extensionCount - node - 1,
                nodeCounts[cursor.firstNode + node], &group)
              if group.isEmpty { continue }
              pathBase[pathLength] = cursor.extensions[node]
              group.append(to: &segment, path: UnsafeBufferPointer(path))
            }
          }
        }
      }
    }
  }
}

/// The extensions of one node while they are being decided.
private struct GroupBuilder {
  private var perfect: [UInt32] = []
  private var extensions: [UInt32] = []
  private var counts: [UInt64] = []
  private let minimumSupport: UInt64

  init(capacity: Int, minimumSupport: UInt64) {
    self.minimumSupport = minimumSupport
    extensions.reserveCapacity(min(capacity, 4096))
    counts.reserveCapacity(min(capacity, 4096))
  }

  var isEmpty: Bool { perfect.isEmpty && extensions.isEmpty }

  @inline(__always)
  mutating func add(_ rank: UInt32, count: UInt64, nodeCount: UInt64) {
    if count < minimumSupport { return }
    if count == nodeCount {
      perfect.append(rank)
    } else {
      extensions.append(rank)
      counts.append(count)
    }
  }

  mutating func removeAll() {
    perfect.removeAll(keepingCapacity: true)
    extensions.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
  }

  func append(to segment: inout LevelSegment, path: UnsafeBufferPointer<UInt32>) {
    perfect.withUnsafeBufferPointer { perfect in
      extensions.withUnsafeBufferPointer { extensions in
        counts.withUnsafeBufferPointer { counts in
          segment.append(
            path: path, perfectExtensions: perfect, extensions: extensions, counts: counts)
        }
      }
    }
  }
}
