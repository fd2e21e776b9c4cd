// Levels that come from outside, from a checkpoint or over the wire: nothing in them is believed.

extension LevelSegment {
  /// A segment of words and counts from outside.
  ///
  /// - Parameters:
  ///   - words: the groups, as ``words`` describes them.
  ///   - counts: one for each node; zeros where none are known.
  ///   - rankCount: ranks of the job; every rank is below.
  /// - Throws: ``CountingError`` where the words are not exactly what this package would write: a
  ///   group is cut off or empty, ranks do not ascend, paths are out of order or share other than they
  ///   say, or there is not one count a node. For cores of one rank the nodes must be the ranks from 0
  ///   without a gap and the perfect extensions those that follow.
  /// - Complexity: linear in the words.
  public init(
    length: Int, words: [UInt32], counts: [UInt64], rankCount: Int
  ) throws(CountingError) {
    var reader = GroupValidator(length: length, rankCount: rankCount)
    try reader.read(words)
    guard reader.nodeCount == counts.count else {
      throw reader.error("holds \(reader.nodeCount) nodes and \(counts.count) counts")
    }
    self.init(
      length: length, words: words, counts: counts, groupCount: reader.groupCount,
      perfectExtensionCount: reader.perfectExtensionCount, candidateCount: reader.candidateCount,
      lastPath: reader.path)
  }
}

extension Level {
  /// A level of segments from outside.
  ///
  /// - Parameters:
  ///   - segments: words and counts of each, in order; each must be what
  ///     ``LevelSegment/init(length:words:counts:rankCount:)`` takes, and their paths must ascend from
  ///     one to the next.
  ///   - candidateCount: how many candidates were counted to find the level.
  ///   - rankCount: ranks of the job.
  /// - Throws: ``CountingError`` as that initializer does, and where a segment has no groups.
  /// - Complexity: linear in the words.
  public init(
    validating segments: [(words: [UInt32], counts: [UInt64])], length: Int,
    candidateCount: UInt64, rankCount: Int
  ) throws(CountingError) {
    var reader = GroupValidator(length: length, rankCount: rankCount)
    var read: [LevelSegment] = []
    read.reserveCapacity(segments.count)
    for (words, counts) in segments {
      if words.isEmpty { throw reader.error("has a segment without groups") }
      let before = reader
      try reader.read(words)
      let nodeCount = reader.nodeCount - before.nodeCount
      guard nodeCount == counts.count else {
        throw reader.error("holds \(nodeCount) nodes and \(counts.count) counts")
      }
      read.append(
        LevelSegment(
          length: length, words: words, counts: counts,
          groupCount: reader.groupCount - before.groupCount,
          perfectExtensionCount: reader.perfectExtensionCount - before.perfectExtensionCount,
          candidateCount: reader.candidateCount - before.candidateCount, lastPath: reader.path))
    }
    self.init(length: length, segments: read, candidateCount: candidateCount)
  }
}

/// Reads the groups of a level and believes nothing.
private struct GroupValidator {
  let length: Int
  let rankCount: UInt32
  /// The path of the last group read.
  private(set) var path: [UInt32] = []
  private(set) var groupCount = 0
  private(set) var nodeCount = 0
  private(set) var perfectExtensionCount = 0
  private(set) var candidateCount = 0

  init(length: Int, rankCount: Int) {
    self.length = length
    self.rankCount = UInt32(clamping: rankCount)
  }

  func error(_ fault: String) -> CountingError {
    CountingError(
      "the level of cores of \(length) ranks, after \(groupCount) groups, \(fault); read or fetch it"
        + " again")
  }

  /// Reads the groups of one segment, the first of which shares nothing.
  mutating func read(_ words: [UInt32]) throws(CountingError) {
    guard length >= 1, length <= max(Int(rankCount), 1) else {
      throw error("cannot be: there are \(rankCount) ranks")
    }
    let words = words.span
    var offset = 0
    while offset < words.count { offset = try readGroup(words, at: offset) }
  }

  private mutating func readGroup(
    _ words: Span<UInt32>, at offset: Int
  ) throws(CountingError) -> Int {
    guard words.count - offset >= LevelSegment.headerLength else {
      throw error("ends inside a group")
    }
    let shared = Int(words[offset])
    let perfectCount = Int(words[offset + 1])
    let extensionCount = Int(words[offset + 2])
    guard shared < max(length - 1, 1), offset > 0 || shared == 0 else {
      throw error("has a group that shares \(shared) ranks with the one before")
    }
    // Each number is below 2^32, so the sum fits; the words that are there bound it then.
    let tailOffset = offset + LevelSegment.headerLength
    let perfectOffset = tailOffset + length - 1 - shared
    let extensionOffset = perfectOffset + perfectCount
    let end = extensionOffset + extensionCount
    guard end <= words.count else { throw error("has a group longer than its segment") }
    guard perfectCount + extensionCount > 0 else { throw error("has a group of no ranks") }
    try readPath(
      words.extracting(tailOffset..<perfectOffset), shared: shared, startsSegment: offset == 0)
    let perfect = words.extracting(perfectOffset..<extensionOffset)
    let extensions = words.extracting(extensionOffset..<end)
    guard ascendsBehindPath(perfect), ascendsBehindPath(extensions),
      areDisjoint(perfect, extensions)
    else {
      throw error("has a group whose ranks are out of order, given twice or not below \(rankCount)")
    }
    if length == 1 { try checkRoot(perfect: perfect, extensions: extensions) }
    let (pairs, overflow) = extensionCount.multipliedReportingOverflow(
      by: max(extensionCount - 1, 0))
    let (sum, sumOverflow) = candidateCount.addingReportingOverflow(pairs / 2)
    if overflow || sumOverflow { throw error("makes more candidates than can be counted") }
    candidateCount = sum
    groupCount += 1
    nodeCount += extensionCount
    perfectExtensionCount += perfectCount
    return end
  }

  /// Takes the path of a group, which must come after the one before.
  private mutating func readPath(
    _ tail: Span<UInt32>, shared: Int, startsSegment: Bool
  ) throws(CountingError) {
    if groupCount == 0 {
      path = [UInt32](repeating: 0, count: tail.count)
    } else if startsSegment {
      guard precedes(tail) else {
        throw error("has a segment that does not follow the one before")
      }
    } else {
      // What is shared is all that is equal, so the first rank of its own must be greater.
      guard !tail.isEmpty, path[shared] < tail[0] else {
        throw error("has a group that does not follow the one before")
      }
    }
    // What comes before was checked with the path before, where it is shared.
    var previous = shared > 0 ? Int(path[shared - 1]) : -1
    for index in tail.indices {
      let rank = tail[index]
      path[shared + index] = rank
      guard Int(rank) > previous, rank < rankCount else {
        throw error("has a path whose ranks do not ascend below \(rankCount)")
      }
      previous = Int(rank)
    }
  }

  /// Whether the path comes before another one of the same length.
  private func precedes(_ other: Span<UInt32>) -> Bool {
    for index in path.indices where path[index] != other[index] {
      return path[index] < other[index]
    }
    return false
  }

  private func ascendsBehindPath(_ ranks: Span<UInt32>) -> Bool {
    var previous = path.last.map { Int($0) } ?? -1
    for index in ranks.indices {
      let rank = Int(ranks[index])
      if rank <= previous { return false }
      previous = rank
    }
    return ranks.isEmpty || previous < Int(rankCount)
  }

  private func areDisjoint(_ left: Span<UInt32>, _ right: Span<UInt32>) -> Bool {
    var next = 0
    for index in left.indices {
      while next < right.count, right[next] < left[index] { next += 1 }
      if next < right.count, right[next] == left[index] { return false }
    }
    return true
  }

  private func checkRoot(
    perfect: Span<UInt32>, extensions: Span<UInt32>
  ) throws(CountingError) {
    for index in extensions.indices where Int(extensions[index]) != index {
      throw error("leaves out rank \(index) among its nodes")
    }
    for index in perfect.indices where Int(perfect[index]) != extensions.count + index {
      throw error("leaves out rank \(extensions.count + index) among the items of all transactions")
    }
  }
}
