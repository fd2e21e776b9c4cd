/// Cuts the candidates of pairs and triples into ranges of about equal estimated cost.
///
/// To count pairs is to walk the rows of each first item, and to count triples begins with such a
/// walk for each class: of few candidates where items are frequent, and then most of the work. Longer
/// candidates are counted in what is left of those walks, and cost alike.
struct CostCutter {
  /// Ranks met on a walk that cost as much as a candidate.
  private static let ranksPerCandidate = 16.0
  /// Ranks that cost as much to meet as to come to the next row.
  private static let ranksPerRow = 6.0

  private let pathLength: Int
  private let transactionCount: Int
  private let target: Int
  private(set) var ranges: [CandidateRange] = []

  /// - Parameter target: the estimated cost of a range, in candidates.
  init(pathLength: Int, transactionCount: Int, target: Int) {
    self.pathLength = pathLength
    self.transactionCount = transactionCount
    self.target = target
  }

  /// The estimated cost of all walks for the candidates of a level, in candidates.
  static func walkCost(of level: Level, transactionCount: Int) -> Int {
    level.segments.reduce(0) { sum, segment in
      level.length == 1
        ? pairWalks(segment.counts, transactionCount: transactionCount).reduce(sum, +)
        : sum + classWalk(segment.counts[...])
    }
  }

  /// For each item the ranks met behind it in the rows that hold it, if items are independent.
  private static func pairWalks(_ counts: [UInt64], transactionCount: Int) -> [Int] {
    var behind = 0.0
    var walks: [Int] = []
    for count in counts.reversed() {
      let ranksOfRow = behind / Double(max(transactionCount, 1))
      walks.append(Int(Double(count) * (ranksOfRow + ranksPerRow) / ranksPerCandidate))
      behind += Double(count)
    }
    return walks.reversed()
  }

  /// The ranks met in the rows of the first item are the sum of the counts of a group; its rows are at
  /// least as many as the greatest of them.
  private static func classWalk(_ counts: ArraySlice<UInt64>) -> Int {
    let ranks = counts.reduce(0.0) { $0 + Double($1) }
    let rows = Double(counts.max() ?? 0)
    return Int((ranks + rows * ranksPerRow) / ranksPerCandidate)
  }

  mutating func cut(_ segment: LevelSegment, index: Int) {
    let pairWalks =
      pathLength == 0
      ? Self.pairWalks(segment.counts, transactionCount: transactionCount) : []
    segment.words.withUnsafeBufferPointer { words in
      guard let words = words.baseAddress else { return }
      var open: CandidateRange?
      // What a range has taken; walks of classes apart, since to divide a class is to walk it twice.
      var cost = 0
      var classWalks = 0
      var offset = 0
      var node = 0
      for _ in 0..<segment.groupCount {
        // The path of a pair is one rank, which no group shares with the one before.
        let group = GroupHeader(words: words, offset: offset, pathLength: pathLength)
        let nodes = node..<node + group.extensionCount
        let walk = pathLength == 1 ? Self.classWalk(segment.counts[nodes]) : 0
        classWalks += walk
        for first in 0..<max(group.extensionCount - 1, 0) {
          var range =
            open
            ?? CandidateRange(
              segment: index, groupOffset: offset,
              path: Array(UnsafeBufferPointer(start: words + group.tailOffset, count: pathLength)),
              firstExtension: first, firstNode: node + first, nodeCount: 0, candidateCount: 0)
          let candidates = group.extensionCount - 1 - first
          range.nodeCount = node + first + 1 - range.firstNode
          range.candidateCount += candidates
          cost += candidates + (pathLength == 0 ? pairWalks[first] : 0)
          let isLast = candidates == 1
          if cost >= target || isLast && cost + classWalks >= target {
            ranges.append(range)
            open = nil
            cost = 0
            classWalks = isLast ? 0 : walk
          } else {
            open = range
          }
        }
        node = nodes.upperBound
        offset = group.end
      }
      if let open { ranges.append(open) }
    }
  }
}
