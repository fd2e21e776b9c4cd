import Blocks
import CBitmapKernels

/// Picks the frequent candidates of a range and writes the groups they make.
///
/// Writes to memory that holds the greatest possible answer, without a test for room and, where all
/// counts are given, without a branch a candidate.
struct SurvivorSelection {
  let range: CandidateRange
  let level: Level
  let minimumSupport: UInt64
  let scratch: CountingScratch

  /// Selects by the counts of all candidates.
  func select(all counts: [UInt64]) -> LevelSegment {
    counts.withUnsafeBufferPointer { counts in
      guard var next = counts.baseAddress else { return LevelSegment(length: level.length + 1) }
      return build(candidateLimit: range.candidateCount) {
        siblings, siblingCount, nodeCount, group in
        group.add(
          siblings, next, count: siblingCount, nodeCount: nodeCount, minimumSupport: minimumSupport)
        next += siblingCount
      }
    }
  }

  /// Selects by the counts of all candidates in one block set.
  func select(all counts: [UInt32]) -> LevelSegment {
    guard let minimum = UInt32(exactly: minimumSupport) else {
      return select(all: counts.map(UInt64.init))
    }
    return counts.withUnsafeBufferPointer { counts in
      guard var next = counts.baseAddress else { return LevelSegment(length: level.length + 1) }
      return build(candidateLimit: range.candidateCount) {
        siblings, siblingCount, nodeCount, group in
        let selected = lode_select_frequent(
          siblings, next, siblingCount, minimum, nodeCount, group.extensions, group.counts,
          group.perfect)
        group.extensionCount = Int(selected.extensions)
        group.perfectCount = Int(selected.perfect)
        next += siblingCount
      }
    }
  }

  /// Selects by the counts of some candidates; the others are infrequent.
  ///
  /// - Parameter positions: ascending, all below the candidate count of the range.
  func select<Count: FixedWidthInteger & UnsignedInteger>(
    positions: [UInt32], counts: [Count]
  ) -> LevelSegment {
    let listCount = min(positions.count, counts.count)
    return positions.withUnsafeBufferPointer { positions in
      counts.withUnsafeBufferPointer { counts in
        guard let positions = positions.baseAddress, let counts = counts.baseAddress else {
          return LevelSegment(length: level.length + 1)
        }
        var next = 0
        var nodeStart = 0
        return build(candidateLimit: listCount) { siblings, siblingCount, nodeCount, group in
          let nodeEnd = nodeStart &+ siblingCount
          while next < listCount, Int(positions[next]) < nodeEnd {
            let place = Int(positions[next]) &- nodeStart
            group.add(
              siblings + place, counts + next, count: 1, nodeCount: nodeCount,
              minimumSupport: minimumSupport)
            next &+= 1
          }
          nodeStart = nodeEnd
        }
      }
    }
  }

  /// Selects by the exact counts of some candidates and notes which they were.
  ///
  /// - Parameter positions: ascending, all below the candidate count of the range.
  /// - Throws: ``CountingError`` where a count exceeds that of the node.
  func close(positions: [UInt32], counts: [UInt64]) throws(CountingError) -> ReducedRange {
    var survivors: [UInt32] = []
    var isPerfect: [Bool] = []
    survivors.reserveCapacity(positions.count)
    isPerfect.reserveCapacity(positions.count)
    var contradiction: (position: UInt32, count: UInt64, nodeCount: UInt64)?
    let segment = selectListed(positions) { entry, sibling, nodeCount, group in
      let count = counts[entry]
      if count > nodeCount { contradiction = (positions[entry], count, nodeCount) }
      if count < minimumSupport { return }
      survivors.append(positions[entry])
      isPerfect.append(count == nodeCount)
      group.add(sibling, count: count, isPerfect: count == nodeCount)
    }
    if let contradiction {
      throw CountingError(
        "candidate \(contradiction.position) of a range is in \(contradiction.count) transactions,"
          + " the itemset it extends in \(contradiction.nodeCount); verify the blocks")
    }
    return ReducedRange(
      segment: segment, survivors: Survivors(positions: survivors, isPerfect: isPerfect))
  }

  /// Writes the groups of survivors without counts.
  func expand(_ survivors: Survivors) -> LevelSegment {
    selectListed(survivors.positions) { entry, sibling, _, group in
      group.add(sibling, count: 0, isPerfect: survivors.isPerfect[entry])
    }
  }

  /// Calls `body` for each listed candidate with its place in the list, its sibling, the count of its
  /// node and the group of the node.
  @inline(__always)
  private func selectListed(
    _ positions: [UInt32],
    _ body: (_ entry: Int, _ sibling: UInt32, _ nodeCount: UInt64, inout OpenGroup) -> Void
  ) -> LevelSegment {
    var next = 0
    var nodeStart = 0
    return build(candidateLimit: positions.count) { siblings, siblingCount, nodeCount, group in
      let nodeEnd = nodeStart + siblingCount
      while next < positions.count, Int(positions[next]) < nodeEnd {
        body(next, siblings[Int(positions[next]) - nodeStart], nodeCount, &group)
        next += 1
      }
      nodeStart = nodeEnd
    }
  }

  /// Calls `body` for each node of the range with its later siblings and its count, and keeps the
  /// group that it fills.
  @inline(__always)
  private func build(
    candidateLimit: Int,
    _ body: (UnsafePointer<UInt32>, Int, UInt64, inout OpenGroup) -> Void
  ) -> LevelSegment {
    let pathLength = level.length - 1
    let room = Int(LODE_SELECT_ROOM)
    let path = scratch.path.reserve(pathLength + 1)
    let words = scratch.groupWords.reserve(
      range.nodeCount * (LevelSegment.headerLength + pathLength + 1) + candidateLimit + room)
    let counts = scratch.groupCounts.reserve(candidateLimit + room)
    let perfect = scratch.perfectExtensions.reserve(candidateLimit + room)
    var wordCount = 0
    var countCount = 0
    var groupCount = 0
    var perfectCount = 0
    var nextCandidateCount = 0
    var shared = 0
    let segment = level.segments[range.segment]
    segment.words.withUnsafeBufferPointer { levelWords in
      segment.counts.withUnsafeBufferPointer { nodeCounts in
        guard let levelWords = levelWords.baseAddress else { return }
        var cursor = RangeCursor(range, words: levelWords, pathLength: pathLength, path: path)
        while cursor.next() {
          shared = min(shared, cursor.shared)
          for node in cursor.nodes {
            let tail = pathLength &+ 1 &- shared
            let header = words + wordCount
            let extensions = header + (LevelSegment.headerLength &+ tail)
            var group = OpenGroup(
              extensions: extensions, counts: counts + countCount, perfect: perfect)
            body(
              cursor.extensions + (node &+ 1), cursor.extensionCount &- node &- 1,
              nodeCounts[cursor.firstNode &+ node], &group)
            if group.extensionCount | group.perfectCount == 0 { continue }
            path[pathLength] = cursor.extensions[node]
            header[0] = UInt32(truncatingIfNeeded: shared)
            header[1] = UInt32(truncatingIfNeeded: group.perfectCount)
            header[2] = UInt32(truncatingIfNeeded: group.extensionCount)
            // One rank as a rule: too few for a call.
            for place in 0..<tail {
              header[LevelSegment.headerLength &+ place] = path[shared &+ place]
            }
            if group.perfectCount > 0 {
              (extensions + group.perfectCount).update(
                from: extensions, count: group.extensionCount)
              extensions.update(from: perfect, count: group.perfectCount)
            }
            // All fit: what they count has been written to memory.
            wordCount &+=
              LevelSegment.headerLength &+ tail &+ group.perfectCount &+ group.extensionCount
            countCount &+= group.extensionCount
            perfectCount &+= group.perfectCount
            nextCandidateCount &+= group.extensionCount &* (group.extensionCount &- 1) / 2
            groupCount &+= 1
            // Until the cursor moves, the next group differs from this one in its last rank only.
            shared = pathLength
          }
        }
      }
    }
    return LevelSegment(
      length: level.length + 1,
      words: copy(words, count: wordCount),
      counts: copy(counts, count: countCount),
      groupCount: groupCount, perfectExtensionCount: perfectCount,
      candidateCount: nextCandidateCount)
  }
}

/// A copy in an array of its own, the memory of which comes in one piece where it is large.
private func copy<Element: BitwiseCopyable>(
  _ source: UnsafeMutablePointer<Element>, count: Int
) -> [Element] {
  [Element](unsafeUninitializedCapacity: count) { elements, copied in
    makePages(of: UnsafeMutableRawBufferPointer(elements))
    elements.baseAddress?.initialize(from: source, count: count)
    copied = count
  }
}

/// The group of one node while its candidates are being decided, in memory with room for all of them.
private struct OpenGroup {
  let extensions: UnsafeMutablePointer<UInt32>
  let counts: UnsafeMutablePointer<UInt64>
  let perfect: UnsafeMutablePointer<UInt32>
  var extensionCount = 0
  var perfectCount = 0

  /// Appends a decided candidate.
  @inline(__always)
  mutating func add(_ sibling: UInt32, count: UInt64, isPerfect: Bool) {
    if isPerfect {
      perfect[perfectCount] = sibling
      perfectCount &+= 1
    } else {
      extensions[extensionCount] = sibling
      counts[extensionCount] = count
      extensionCount &+= 1
    }
  }

  /// Writes every candidate to both lists and moves the end of the list it belongs to.
  @inline(__always)
  mutating func add<Count: FixedWidthInteger & UnsignedInteger>(
    _ siblings: UnsafePointer<UInt32>, _ siblingCounts: UnsafePointer<Count>, count: Int,
    nodeCount: UInt64, minimumSupport: UInt64
  ) {
    // Local, so that they stay in registers whatever the stores below may overlap.
    let (extensions, counts, perfect) = (self.extensions, self.counts, self.perfect)
    var extensionCount = self.extensionCount
    var perfectCount = self.perfectCount
    for index in 0..<count {
      let sibling = siblings[index]
      let candidateCount = UInt64(truncatingIfNeeded: siblingCounts[index])
      // As numbers, since as conditions they become branches, which half of all candidates mispredict.
      let isFrequent = candidateCount >= minimumSupport ? 1 : 0
      let isPerfect = candidateCount == nodeCount ? 1 : 0
      extensions[extensionCount] = sibling
      counts[extensionCount] = candidateCount
      perfect[perfectCount] = sibling
      extensionCount &+= isFrequent & ~isPerfect
      perfectCount &+= isPerfect
    }
    self.extensionCount = extensionCount
    self.perfectCount = perfectCount
  }
}
