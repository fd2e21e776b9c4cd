// Segments made longer. Each range leaves a segment, and no range reaches beyond one: toward the end
// of a job, levels of few candidates would be cut into as many ranges as the large ones before them.

extension Level {
  /// The same level in fewer segments.
  ///
  /// Neighbours become one where together they make no more candidates than the limit. Nothing is done
  /// where that would not halve their number, nor in a large level: one thread joins while the others
  /// wait, which takes longer than to hand out a few more ranges.
  /// - Complexity: linear in the words of the segments that are joined.
  public func joiningSegments(upTo limit: Int) -> Level {
    let all = segments.reduce(0) { $0 + $1.candidateCount }
    if all / 4 > limit || segments.count <= 2 * (all / max(limit, 1) + 1) { return self }
    var joined: [LevelSegment] = []
    var run: [LevelSegment] = []
    var candidates = 0
    for segment in segments {
      if !run.isEmpty, candidates + segment.candidateCount > limit {
        joined.append(LevelSegment(joining: run))
        run = []
        candidates = 0
      }
      run.append(segment)
      candidates += segment.candidateCount
    }
    if !run.isEmpty { joined.append(LevelSegment(joining: run)) }
    return Level(length: length, segments: joined, candidateCount: candidateCount)
  }
}

extension LevelSegment {
  /// One segment of the groups of several that follow each other, none of them empty.
  fileprivate init(joining segments: [LevelSegment]) {
    guard segments.count > 1, let first = segments.first else {
      self = segments.first ?? LevelSegment(length: 1)
      return
    }
    let pathLength = first.length - 1
    var words: [UInt32] = []
    var counts: [UInt64] = []
    words.reserveCapacity(segments.reduce(0) { $0 + $1.words.count })
    counts.reserveCapacity(segments.reduce(0) { $0 + $1.counts.count })
    /// The path of the last group; nothing before the first.
    var path: [UInt32] = []
    for segment in segments {
      // The first group of a segment tells its whole path, of which now the shared part goes.
      let ownPath = segment.words[Self.headerLength..<Self.headerLength + pathLength]
      let shared = zip(path, ownPath).prefix { $0 == $1 }.count
      words.append(UInt32(truncatingIfNeeded: shared))
      words.append(contentsOf: segment.words[1..<Self.headerLength])
      words.append(contentsOf: segment.words[(Self.headerLength + shared)...])
      counts.append(contentsOf: segment.counts)
      path = segment.lastGroupPath
    }
    self.init(
      length: first.length, words: words, counts: counts,
      groupCount: segments.reduce(0) { $0 + $1.groupCount },
      perfectExtensionCount: segments.reduce(0) { $0 + $1.perfectExtensionCount },
      candidateCount: segments.reduce(0) { $0 + $1.candidateCount })
  }

  /// The path of the last group, found by going through all.
  private var lastGroupPath: [UInt32] {
    let pathLength = length - 1
    var path = [UInt32](repeating: 0, count: pathLength)
    words.withUnsafeBufferPointer { words in
      path.withUnsafeMutableBufferPointer { path in
        guard let words = words.baseAddress else { return }
        var offset = 0
        for _ in 0..<groupCount {
          let group = GroupHeader(words: words, offset: offset, pathLength: pathLength)
          for place in group.shared..<pathLength {
            path[place] = words[group.tailOffset &+ place &- group.shared]
          }
          offset = group.end
        }
      }
    }
    return path
  }
}
