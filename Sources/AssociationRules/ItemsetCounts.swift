public import Apriori

/// How many itemsets closed levels stand for, by length, counted without expanding them.
///
/// A node of d ranks with p perfect extensions on its path stands for p choose j itemsets of d + j
/// items each.
public struct ItemsetCounts: Sendable, Equatable {
  /// The number of itemsets of each length, from 0 to the greatest that occurs.
  ///
  /// Entry 0 is the empty set, which is never counted.
  public let byLength: [UInt64]
  /// The number of itemsets of all lengths.
  public let total: UInt64

  /// Counts the itemsets within `lengths`.
  ///
  /// - Throws: ``ExpansionError/tooManyItemsets(length:)`` beyond 2^64 - 1, and
  ///   ``ExpansionError/incompleteLevels(requested:complete:)``.
  /// - Complexity: linear in the nodes, and in the greatest number of perfect extensions on a path
  ///   times that of lengths.
  public init(of levels: ClosedLevels, lengths: LengthLimits) throws(ExpansionError) {
    let range = try lengths.resolved(for: levels, margin: 0)
    let nodes = NodeTally(levels, maximumDepth: range.maximum)
    var byLength: [UInt64] = [0]
    for depth in 0..<nodes.depthCount {
      for extensionCount in 0..<nodes.extensionCountEnd {
        let nodeCount = nodes.count(depth: depth, extensionCount: extensionCount)
        if nodeCount == 0 { continue }
        let first = max(range.minimum - depth, 0)
        let last = min(range.maximum - depth, extensionCount)
        if first > last { continue }
        if byLength.count <= depth + last {
          byLength += Array(repeating: 0, count: depth + last + 1 - byLength.count)
        }
        let choices = binomials(of: extensionCount, through: last)
        for chosen in first...last {
          let mirrored = min(chosen, extensionCount - chosen)
          let length = depth + chosen
          guard mirrored < choices.count else { throw .tooManyItemsets(length: length) }
          let (product, overflow) = choices[mirrored].multipliedReportingOverflow(by: nodeCount)
          let (sum, carry) = byLength[length].addingReportingOverflow(product)
          if overflow || carry { throw .tooManyItemsets(length: length) }
          byLength[length] = sum
        }
      }
    }
    var total: UInt64 = 0
    for count in byLength {
      let (sum, carry) = total.addingReportingOverflow(count)
      if carry { throw .tooManyItemsets(length: nil) }
      total = sum
    }
    self.byLength = byLength
    self.total = total
  }
}

/// How many nodes there are of each depth and number of perfect extensions on the path.
private struct NodeTally {
  let depthCount: Int
  private(set) var extensionCountEnd = 0
  /// Row by row of `depthCount` entries, one row a number of extensions.
  private var counts: [UInt64] = []

  init(_ levels: ClosedLevels, maximumDepth: Int) {
    depthCount = levels.levels.count + 1
    var walker = LevelWalker(levels, maximumDepth: maximumDepth)
    var extensions = PathExtensions()
    while walker.next() {
      extensions.enter(depth: walker.depth, own: walker.perfectExtensions)
      if extensions.count >= extensionCountEnd {
        extensionCountEnd = extensions.count + 1
        counts += Array(repeating: 0, count: extensionCountEnd * depthCount - counts.count)
      }
      counts[extensions.count * depthCount + walker.depth] += 1
    }
  }

  func count(depth: Int, extensionCount: Int) -> UInt64 {
    counts[extensionCount * depthCount + depth]
  }
}

/// The numbers of ways to choose none, one, two and so on through `last` of `total`.
///
/// They end at the middle, for the other half mirrors this one, and early where one does not fit 64
/// bits.
private func binomials(of total: Int, through last: Int) -> [UInt64] {
  var result: [UInt64] = [1]
  while result.count <= min(total / 2, last) {
    let chosen = UInt64(result.count)
    let next =
      UInt128(result[result.count - 1]) * UInt128(UInt64(total) - chosen + 1) / UInt128(chosen)
    guard let fitting = UInt64(exactly: next) else { break }
    result.append(fitting)
  }
  return result
}
