import CBitmapKernels

/// Counts listed candidates of one range in one block set: the answer to a poll.
///
/// - Parameters:
///   - range: cut from `level` by ``candidateRanges(of:targetCandidateCount:)``.
///   - positions: the candidates, ascending places in the enumeration of the range.
///   - projection: the block set, or a part of it, projected onto the ranks of the job.
///   - scratch: memory of the calling thread, reused from task to task.
/// - Returns: the exact count of each listed candidate, in order; ``pollReply(summing:)`` adds up
///   the parts of a block set.
/// - Throws: ``CountingError`` where the positions are out of order or outside the range.
/// - Complexity: groups without a listed candidate are passed over without looking at transactions.
public func count(
  _ range: CandidateRange, of level: Level, in projection: Projection, positions: [UInt32],
  scratch: CountingScratch
) throws(CountingError) -> [UInt32] {
  guard isAscending(positions, below: range.candidateCount) else {
    throw CountingError(
      "a poll lists candidates out of order or outside its range of \(range.candidateCount);"
        + " it must be sent again")
  }
  let listed = ListedCandidates(positions, of: range, level: level, scratch: scratch)
  return [UInt32](unsafeUninitializedCapacity: positions.count) { counts, count in
    if let base = counts.baseAddress, !listed.nodes.isEmpty {
      base.initialize(repeating: 0, count: positions.count)
      switch projection.form {
      case .dense(let dense): countListed(listed, dense: dense, scratch, base)
      case .sparse(let sparse): countListed(listed, sparse: sparse, scratch, base)
      case .sparseWide(let sparse): countListed(listed, sparse: sparse, scratch, base)
      }
    }
    count = positions.count
  }
}

/// Some candidates of a range with what counting them takes.
struct ListedCandidates {
  /// Nodes of one group that make listed candidates.
  struct Group {
    /// How much of the path is as in the group before.
    let shared: Int
    let firstNode: Int
    var nodeCount: Int
  }

  /// A node that makes listed candidates.
  struct Node {
    let rank: UInt32
    let firstCandidate: Int
    let candidateCount: Int
  }

  let pathLength: Int
  /// `pathLength` ranks a group.
  private(set) var paths: [UInt32] = []
  private(set) var groups: [Group] = []
  private(set) var nodes: [Node] = []
  /// The sibling of each candidate.
  private(set) var siblings: [UInt32] = []

  init(_ positions: [UInt32], of range: CandidateRange, level: Level, scratch: CountingScratch) {
    pathLength = level.length - 1
    siblings.reserveCapacity(positions.count)
    let path = scratch.path.reserve(pathLength + 1)
    level.segments[range.segment].words.withUnsafeBufferPointer { words in
      guard let words = words.baseAddress else { return }
      var cursor = RangeCursor(range, words: words, pathLength: pathLength, path: path)
      var next = 0
      var groupStart = 0
      var shared = pathLength
      while next < positions.count, cursor.next() {
        shared = min(shared, cursor.shared)
        let groupEnd = groupStart + cursor.candidateCount
        if Int(positions[next]) < groupEnd {
          let firstNode = nodes.count
          add(cursor, groupStart: groupStart, positions, from: &next)
          groups.append(
            Group(shared: shared, firstNode: firstNode, nodeCount: nodes.count - firstNode))
          paths.append(contentsOf: UnsafeBufferPointer(start: path, count: pathLength))
          shared = pathLength
        }
        groupStart = groupEnd
      }
    }
  }

  /// Adds the listed candidates of the cursor's group.
  private mutating func add(
    _ cursor: RangeCursor, groupStart: Int, _ positions: [UInt32], from next: inout Int
  ) {
    var nodeStart = groupStart
    for node in cursor.nodes {
      let siblingCount = cursor.extensionCount - node - 1
      let first = next
      while next < positions.count, Int(positions[next]) < nodeStart + siblingCount {
        siblings.append(cursor.extensions[node + 1 + Int(positions[next]) - nodeStart])
        next += 1
      }
      if next > first {
        nodes.append(
          Node(
            rank: cursor.extensions[node], firstCandidate: first, candidateCount: next - first))
      }
      nodeStart += siblingCount
    }
  }
}

/// Counts over bitmaps, strip by strip.
private func countListed(
  _ listed: ListedCandidates, dense: DenseProjection, _ scratch: CountingScratch,
  _ counts: UnsafeMutablePointer<UInt32>
) {
  let pathLength = listed.pathLength
  let prefixes = scratch.prefixes.reserve((pathLength + 1) * stripWordCount)
  let nodeBitmap = prefixes + pathLength * stripWordCount
  let noPath = UnsafePointer(scratch.path.reserve(1))
  listed.paths.withUnsafeBufferPointer { paths in
    listed.siblings.withUnsafeBufferPointer { siblings in
      guard let siblings = siblings.baseAddress else { return }
      for firstWord in stride(from: 0, to: dense.stride, by: stripWordCount) {
        let wordCount = min(stripWordCount, dense.stride - firstWord)
        let bitmaps = StripBitmaps(of: dense, firstWord: firstWord, wordCount: wordCount)
        var path = paths.baseAddress ?? noPath
        for group in listed.groups {
          let prefix = intersectPath(
            path, shared: group.shared, pathLength: pathLength, bitmaps: bitmaps.base,
            stride: dense.stride, wordCount: wordCount, prefixes: prefixes,
            prefixStride: stripWordCount)
          path += pathLength
          for node in listed.nodes(of: group) {
            var bitmap = bitmaps.base + Int(node.rank) * dense.stride
            if let prefix {
              lode_bitmap_and(nodeBitmap, prefix, bitmap, wordCount)
              bitmap = UnsafePointer(nodeBitmap)
            }
            bitmaps.countEach(
              bitmap, siblings + node.firstCandidate, node.candidateCount,
              counts + node.firstCandidate)
          }
        }
      }
    }
  }
}

/// Counts over rows.
private func countListed<Rank>(
  _ listed: ListedCandidates, sparse: SparseProjection<Rank>, _ scratch: CountingScratch,
  _ counts: UnsafeMutablePointer<UInt32>
) {
  if listed.pathLength == 0 {
    countListedPairs(listed, sparse: sparse, scratch, counts)
  } else {
    countListedClasses(listed, sparse: sparse, scratch, counts)
  }
}

private func countListedPairs<Rank>(
  _ listed: ListedCandidates, sparse: SparseProjection<Rank>, _ scratch: CountingScratch,
  _ counts: UnsafeMutablePointer<UInt32>
) {
  let rankCounts = scratch.zeroedRankCounts(sparse.rankCount)
  for node in listed.nodes {
    let rank = Int(node.rank)
    sparse.withHolders(of: rank) { rows, holders, holderCount in
      _ = countFollowers(rows, holders, count: holderCount, rankCounts)
    }
    for candidate in node.candidates {
      counts[candidate] = rankCounts[Int(listed.siblings[candidate])]
    }
    (rankCounts + rank).update(repeating: 0, count: sparse.rankCount - rank)
  }
}

/// Counts by class, as for whole ranges; a class needs only the items of its listed candidates.
private func countListedClasses<Rank>(
  _ listed: ListedCandidates, sparse: SparseProjection<Rank>, _ scratch: CountingScratch,
  _ counts: UnsafeMutablePointer<UInt32>
) {
  let pathLength = listed.pathLength
  var items = ClassItems(rankCount: sparse.rankCount, scratch: scratch)
  let siblingPlaces = scratch.extensionPlaces.reserve(listed.siblings.count)
  var group = 0
  while group < listed.groups.count {
    let first = listed.paths[group * pathLength]
    let known = sparse.classes[first]
    if let known { items.add(known.ranks) }
    var end = group
    while end < listed.groups.count, listed.paths[end * pathLength] == first {
      items.add(listed.paths[(end * pathLength + 1)..<((end + 1) * pathLength)])
      for node in listed.nodes(of: listed.groups[end]) {
        items.add(CollectionOfOne(node.rank))
        items.add(listed.siblings[node.candidates])
      }
      end += 1
    }
    let bitmaps = classBitmaps(
      first: first, known: known, items: items, itemsNeeded: pathLength + 1, of: sparse,
      scratch: scratch)
    let candidates = listed.candidates(ofGroups: group..<end)
    for candidate in candidates {
      siblingPlaces[candidate] = items.places[Int(listed.siblings[candidate])]
    }
    for index in group..<end {
      countGroup(
        index, of: listed, bitmaps: bitmaps, places: items.places, siblingPlaces: siblingPlaces,
        scratch, counts)
    }
    items.removeAll()
    group = end
  }
}

private func countGroup(
  _ group: Int, of listed: ListedCandidates, bitmaps: ClassBitmaps, places: UnsafePointer<UInt32>,
  siblingPlaces: UnsafePointer<UInt32>, _ scratch: CountingScratch,
  _ counts: UnsafeMutablePointer<UInt32>
) {
  let pathLength = listed.pathLength
  let wordCount = bitmaps.wordCount
  let base = UnsafePointer(bitmaps.words.base)
  let path = listed.paths[(group * pathLength)..<((group + 1) * pathLength)]
  let prefix = scratch.prefixes.reserve(2 * max(wordCount, 1))
  let nodeBitmap = prefix + wordCount
  // The bitmaps are of rows that hold the first item, which is therefore no part of the prefix.
  var prefixLength = 0
  for rank in path.dropFirst() {
    let bitmap = base + Int(places[Int(rank)]) * wordCount
    if prefixLength == 0 {
      prefix.update(from: bitmap, count: wordCount)
    } else {
      lode_bitmap_and(prefix, prefix, bitmap, wordCount)
    }
    prefixLength += 1
  }
  for node in listed.nodes(of: listed.groups[group]) {
    var bitmap = base + Int(places[Int(node.rank)]) * wordCount
    if prefixLength > 0 {
      lode_bitmap_and(nodeBitmap, prefix, bitmap, wordCount)
      bitmap = UnsafePointer(nodeBitmap)
    }
    lode_bitmap_count_each(
      bitmap, base, wordCount, siblingPlaces + node.firstCandidate, node.candidateCount, wordCount,
      0, counts + node.firstCandidate)
  }
}

extension ListedCandidates {
  fileprivate func nodes(of group: Group) -> ArraySlice<Node> {
    nodes[group.firstNode..<(group.firstNode + group.nodeCount)]
  }

  fileprivate func candidates(ofGroups range: Range<Int>) -> Range<Int> {
    guard let first = nodes(of: groups[range.lowerBound]).first,
      let last = nodes(of: groups[range.upperBound - 1]).last
    else { return 0..<0 }
    return first.firstCandidate..<last.candidates.upperBound
  }
}

extension ListedCandidates.Node {
  fileprivate var candidates: Range<Int> { firstCandidate..<(firstCandidate + candidateCount) }
}
