/// A run of neighbouring candidates of the next level: what one counting task looks at.
///
/// The candidates of level k + 1 are never stored. They are enumerated from the closed level k: each
/// node joins with every later node of its group. A range is a run of nodes of one segment, so a
/// candidate is named by its position in the enumeration of its range, which fits 32 bits.
public struct CandidateRange: Sendable, Equatable {
  /// The segment of the closed level.
  public let segment: Int
  /// Where the first group begins in the words of the segment.
  public let groupOffset: Int
  /// The path of the first group.
  public let path: [UInt32]
  /// The first node's place among the extensions of the first group.
  public let firstExtension: Int
  /// The first node's place among the counts of the segment.
  public let firstNode: Int
  /// How many nodes the range spans.
  public internal(set) var nodeCount: Int
  /// How many candidates those nodes make.
  public internal(set) var candidateCount: Int
}

/// Cuts the candidates of the next level into ranges of about `targetCandidateCount` each.
///
/// A range is closed as soon as it reaches the target, so it exceeds the target by less than the
/// candidates of one node; no range reaches into another segment.
/// Positions have 32 bits, so a target beyond 2^31 is taken as 2^31, and one below 1 as 1.
/// - Complexity: linear in the number of groups plus the number of ranges.
public func candidateRanges(of level: Level, targetCandidateCount: Int) -> [CandidateRange] {
  candidateRanges(of: level, targetCandidateCount: targetCandidateCount, prefersClasses: false)
}

/// Cuts the candidates of the next level.
///
/// - Parameter prefersClasses: whether a range of half the target is closed where the first item
///   changes, so that few classes are divided.
func candidateRanges(
  of level: Level, targetCandidateCount: Int, prefersClasses: Bool
) -> [CandidateRange] {
  var cutter = RangeCutter(
    pathLength: level.length - 1,
    // The last node of a range may add as many candidates as there are items.
    targetCandidateCount: min(max(targetCandidateCount, 1), 1 << 31),
    prefersClasses: prefersClasses)
  for (index, segment) in level.segments.enumerated() { cutter.cut(segment, index: index) }
  return cutter.ranges
}

/// Collects ranges over the segments of a level.
private struct RangeCutter {
  let pathLength: Int
  let targetCandidateCount: Int
  let prefersClasses: Bool
  private(set) var ranges: [CandidateRange] = []

  init(pathLength: Int, targetCandidateCount: Int, prefersClasses: Bool) {
    self.pathLength = pathLength
    self.targetCandidateCount = targetCandidateCount
    self.prefersClasses = prefersClasses
  }

  mutating func cut(_ segment: LevelSegment, index: Int) {
    if segment.candidateCount == 0 { return }
    var path = [UInt32](repeating: 0, count: pathLength)
    segment.words.withUnsafeBufferPointer { words in
      path.withUnsafeMutableBufferPointer { path in
        guard let words = words.baseAddress else { return }
        if segment.candidateCount <= targetCandidateCount {
          takeWhole(segment, words: words, index: index)
        } else {
          cut(segment, words: words, index: index, path: path)
        }
      }
    }
  }

  /// Makes one range of all nodes of a segment, without a look at each.
  private mutating func takeWhole(
    _ segment: LevelSegment, words: UnsafePointer<UInt32>, index: Int
  ) {
    let first = GroupHeader(words: words, offset: 0, pathLength: pathLength)
    let path = UnsafeBufferPointer(start: words + first.tailOffset, count: pathLength)
    ranges.append(
      CandidateRange(
        segment: index, groupOffset: 0, path: Array(path), firstExtension: 0, firstNode: 0,
        nodeCount: segment.counts.count, candidateCount: segment.candidateCount))
  }

  private mutating func cut(
    _ segment: LevelSegment, words: UnsafePointer<UInt32>, index: Int,
    path: UnsafeMutableBufferPointer<UInt32>
  ) {
    var open: CandidateRange?
    // What the open range has taken, kept apart: most groups change nothing else. Even to ask an optional
    // range whether it is there costs copies, five times as much as all the rest.
    var isOpen = false
    var nodesEnd = 0
    var candidateCount = 0
    var offset = 0
    var node = 0
    for _ in 0..<segment.groupCount {
      let group = GroupHeader(words: words, offset: offset, pathLength: pathLength)
      var place = group.shared
      while place < pathLength {
        path[place] = words[group.tailOffset &+ place &- group.shared]
        place += 1
      }
      if prefersClasses, group.shared == 0, isOpen, candidateCount >= targetCandidateCount / 2 {
        append(open, nodesEnd: nodesEnd, candidateCount: candidateCount)
        isOpen = false
      }
      var first = 0
      while first + 1 < group.extensionCount {
        if !isOpen {
          isOpen = true
          open = CandidateRange(
            segment: index, groupOffset: offset, path: Array(path), firstExtension: first,
            firstNode: node + first, nodeCount: 0, candidateCount: 0)
          candidateCount = 0
        }
        let rest = group.extensionCount - first
        let taken = nodesReaching(targetCandidateCount - candidateCount, of: rest)
        candidateCount += candidates(ofFirst: taken, of: rest)
        first += taken
        nodesEnd = node + first
        if candidateCount >= targetCandidateCount {
          append(open, nodesEnd: nodesEnd, candidateCount: candidateCount)
          isOpen = false
        }
      }
      node += group.extensionCount
      offset = group.end
    }
    if isOpen { append(open, nodesEnd: nodesEnd, candidateCount: candidateCount) }
  }

  private mutating func append(_ open: CandidateRange?, nodesEnd: Int, candidateCount: Int) {
    guard var range = open else { return }
    range.nodeCount = nodesEnd - range.firstNode
    range.candidateCount = candidateCount
    ranges.append(range)
  }
}

/// How many candidates the first `taken` of `count` sibling nodes make.
private func candidates(ofFirst taken: Int, of count: Int) -> Int {
  taken * (count - 1) - taken * (taken - 1) / 2
}

/// The smallest number of the first of `count` sibling nodes that make `wanted` candidates, or all.
private func nodesReaching(_ wanted: Int, of count: Int) -> Int {
  if candidates(ofFirst: count, of: count) <= wanted { return count }
  var low = 1
  var high = count
  while low < high {
    let middle = (low + high) / 2
    if candidates(ofFirst: middle, of: count) >= wanted {
      high = middle
    } else {
      low = middle + 1
    }
  }
  return low
}

/// The first words of a group and where its parts lie.
struct GroupHeader {
  let shared: Int
  let perfectExtensionCount: Int
  let extensionCount: Int
  /// Where the path without its shared part begins.
  let tailOffset: Int
  let perfectExtensionOffset: Int
  let extensionOffset: Int
  /// Where the next group begins.
  let end: Int

  @inline(__always)
  init(words: UnsafePointer<UInt32>, offset: Int, pathLength: Int) {
    shared = Int(words[offset])
    perfectExtensionCount = Int(words[offset + 1])
    extensionCount = Int(words[offset + 2])
    tailOffset = offset + LevelSegment.headerLength
    perfectExtensionOffset = tailOffset + pathLength - shared
    extensionOffset = perfectExtensionOffset + perfectExtensionCount
    end = extensionOffset + extensionCount
  }
}

/// Walks the groups of one candidate range, front to back.
///
/// `next()` moves to the following group that makes candidates in the range. What counting and
/// reducing share: they must enumerate the same candidates in the same order.
struct RangeCursor {
  private let words: UnsafePointer<UInt32>
  private let pathLength: Int
  private var offset: Int
  private var nodesLeft: Int
  private var firstExtension: Int
  /// The path of the current group.
  let path: UnsafeMutablePointer<UInt32>
  /// How much of the path is as it was when `next()` returned last.
  private(set) var shared = 0
  /// The extensions of the current group, those before and after the range included.
  private(set) var extensions: UnsafePointer<UInt32>
  private(set) var extensionCount = 0
  /// The nodes of the range among the extensions.
  private(set) var nodes = 0..<0
  /// The place of the group's first extension among the counts of the segment.
  private(set) var firstNode: Int

  /// - Parameters:
  ///   - words: the words of the range's segment.
  ///   - path: room for `pathLength` ranks, owned by the caller.
  init(
    _ range: CandidateRange, words: UnsafePointer<UInt32>, pathLength: Int,
    path: UnsafeMutablePointer<UInt32>
  ) {
    self.words = words
    self.pathLength = pathLength
    self.path = path
    offset = range.groupOffset
    nodesLeft = range.nodeCount
    firstExtension = range.firstExtension
    firstNode = range.firstNode - range.firstExtension
    extensions = words
    for index in 0..<min(pathLength, range.path.count) { path[index] = range.path[index] }
  }

  /// Whether `next()` has been called: the first group shares nothing.
  private var started = false

  /// How many candidates the nodes of the current group make.
  @inline(__always)
  var candidateCount: Int {
    candidates(ofFirst: nodes.count, of: extensionCount - nodes.lowerBound)
  }

  @inline(__always)
  mutating func next() -> Bool {
    var common = started ? pathLength : 0
    while nodesLeft > 0 {
      let group = GroupHeader(words: words, offset: offset, pathLength: pathLength)
      if started {
        common = min(common, group.shared)
        firstNode += extensionCount
        var index = group.shared
        while index < pathLength {
          path[index] = words[group.tailOffset + index - group.shared]
          index += 1
        }
      }
      started = true
      offset = group.end
      extensions = words + group.extensionOffset
      extensionCount = group.extensionCount
      let first = firstExtension
      firstExtension = 0
      let end = min(extensionCount, first + nodesLeft)
      nodesLeft -= end - first
      if first + 1 < extensionCount {
        nodes = first..<min(end, extensionCount - 1)
        shared = common
        return true
      }
    }
    return false
  }
}
