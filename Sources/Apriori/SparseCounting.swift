import CBitmapKernels

// Counting over rows. Pairs are counted by walking the rows of each first item; longer candidates by
// bitmaps over only the rows that hold the first item, so that the rarer the item the shorter they
// are. Both rest on ranks ascending by count: the rows of a rare item are few.

/// Counts the pairs of a range, every one of them.
func countPairs<Rank>(
  _ start: RangeCursor, sparse: SparseProjection<Rank>, _ scratch: CountingScratch,
  _ counts: UnsafeMutablePointer<UInt32>
) {
  let rankCounts = scratch.zeroedRankCounts(sparse.rankCount)
  var cursor = start
  var counts = counts
  while cursor.next() {
    for node in cursor.nodes {
      let rank = Int(cursor.extensions[node])
      sparse.withHolders(of: rank) { rows, holders, holderCount in
        _ = countFollowers(rows, holders, count: holderCount, rankCounts)
      }
      let siblings = cursor.extensions + (node + 1)
      let siblingCount = cursor.extensionCount - node - 1
      for sibling in 0..<siblingCount { counts[sibling] = rankCounts[Int(siblings[sibling])] }
      counts += siblingCount
      (rankCounts + rank).update(repeating: 0, count: sparse.rankCount - rank)
    }
  }
}

/// Lists the pairs of a range above the allowance.
///
/// Where few rows hold the first item, only the ranks met are looked at again: with 70,000 items
/// there are 2.4 billion pairs, nearly all of which never occur.
func listPairs<Rank>(
  _ start: RangeCursor, sparse: SparseProjection<Rank>, _ scratch: CountingScratch,
  _ list: inout CandidateList
) {
  let rankCounts = scratch.zeroedRankCounts(sparse.rankCount)
  var cursor = start
  var firstPosition = 0
  while cursor.next() {
    for node in cursor.nodes {
      let rank = Int(cursor.extensions[node])
      let siblingCount = cursor.extensionCount - node - 1
      // The ranks of level 1 are consecutive: only items contained in every transaction are missing
      // from it, and those come last. So the place of a sibling follows from its rank.
      sparse.withHolders(of: rank) { rows, holders, holderCount in
        let met = countFollowers(rows, holders, count: holderCount, rankCounts)
        if met * 4 < siblingCount {
          list.appendFollowers(
            rows, holders, count: holderCount, rankCounts, rank: rank, siblingCount,
            firstPosition: firstPosition)
        } else {
          list.append(rankCounts + rank + 1, count: siblingCount, firstPosition: firstPosition)
          (rankCounts + rank).update(repeating: 0, count: sparse.rankCount - rank)
        }
      }
      firstPosition += siblingCount
    }
  }
}

extension SparseProjection {
  /// Calls `body` with all rows, and the positions of one rank in them.
  @inline(__always)
  func withHolders(
    of rank: Int, _ body: (UnsafePointer<Rank>, UnsafePointer<UInt32>, Int) -> Void
  ) {
    rows.withUnsafeBufferPointer { rows in
      positions.withUnsafeBufferPointer { positions in
        guard let rows = rows.baseAddress, let positions = positions.baseAddress else { return }
        body(rows, positions + starts[rank], starts[rank + 1] - starts[rank])
      }
    }
  }
}

/// How many rows ahead are asked for: the rows of one rank lie scattered, and waiting for each from
/// the third-level cache would cost more than counting it.
private let rowsAhead = 8

/// Asks for the row that will be walked `rowsAhead` rows after `index`.
@inline(__always)
func prefetchRow<Rank>(
  _ rows: UnsafePointer<Rank>, _ holders: UnsafePointer<UInt32>, after index: Int, count: Int
) {
  if index + rowsAhead < count { lode_prefetch(rows + Int(holders[index + rowsAhead])) }
}

/// Adds 1 for each rank that follows one of the positions in its row.
///
/// - Returns: how many were added.
@inline(__always)
func countFollowers<Rank: FixedWidthInteger & UnsignedInteger>(
  _ rows: UnsafePointer<Rank>, _ holders: UnsafePointer<UInt32>, count: Int,
  _ rankCounts: UnsafeMutablePointer<UInt32>
) -> Int {
  var met = 0
  for index in 0..<count {
    prefetchRow(rows, holders, after: index, count: count)
    let first = rows + Int(holders[index]) + 1
    var next = first
    while next.pointee != Rank.max {
      rankCounts[Int(next.pointee)] &+= 1
      next += 1
    }
    met &+= next - first
  }
  return met
}

extension CandidateList {
  /// Walks the rows once more, lists what exceeds the allowance and clears the counts.
  fileprivate mutating func appendFollowers<Rank: FixedWidthInteger & UnsignedInteger>(
    _ rows: UnsafePointer<Rank>, _ holders: UnsafePointer<UInt32>, count: Int,
    _ rankCounts: UnsafeMutablePointer<UInt32>, rank: Int, _ siblingCount: Int, firstPosition: Int
  ) {
    var found: [(position: UInt32, count: UInt32)] = []
    for index in 0..<count {
      var next = rows + Int(holders[index]) + 1
      while next.pointee != Rank.max {
        let follower = Int(next.pointee)
        let followerCount = rankCounts[follower]
        rankCounts[follower] = 0
        if followerCount > allowance {
          let position = UInt32(truncatingIfNeeded: firstPosition + follower - rank - 1)
          found.append((position, followerCount))
        }
        next += 1
      }
    }
    found.sort { $0.position < $1.position }
    for entry in found {
      positions.append(entry.position)
      counts.append(entry.count)
    }
  }
}

/// Counts candidates of three and more items.
///
/// The groups of a range that share their first item make a class. For each class, bitmaps of the
/// class's items over the rows that hold the first item are built, or found where an earlier level
/// left them.
///
/// - Parameter allowance: counts up to this one do not matter, nil where all do; candidates are left
///   uncounted where their node has no more transactions.
func countClasses<Rank>(
  _ start: RangeCursor, ahead startAhead: RangeCursor, pathLength: Int,
  sparse: SparseProjection<Rank>, allowance: UInt32?, _ scratch: CountingScratch,
  _ counts: UnsafeMutablePointer<UInt32>
) {
  var items = ClassItems(rankCount: sparse.rankCount, scratch: scratch)
  let extensionPlaces = scratch.extensionPlaces.reserve(sparse.rankCount)
  let promisingCount = sparse.classes.promisingCount
  var promising = PromisingItems(
    count: promisingCount ?? .max, rankCount: sparse.rankCount, scratch: scratch)
  var silence = Silence(allowance: allowance)
  var cursor = start
  var ahead = startAhead
  var aheadHasGroup = ahead.next()
  var hasGroup = cursor.next()
  var counts = counts
  while hasGroup {
    let first = cursor.path[0]
    let known = sparse.classes[first]
    if let known { items.add(known.ranks) }
    while aheadHasGroup, ahead.path[0] == first {
      items.add(ahead, pathLength: pathLength)
      aheadHasGroup = ahead.next()
    }
    let bitmaps = classBitmaps(
      first: first, known: known, items: items, itemsNeeded: pathLength + 1, of: sparse,
      scratch: scratch)
    let isNarrowed = promisingCount != nil && bitmaps !== known
    if isNarrowed {
      promising.begin(itemCount: items.count, keptCount: known?.ranks.count ?? 0)
    }
    let prefixes = scratch.prefixes.reserve((pathLength + 1) * max(bitmaps.wordCount, 1))
    // Looked up here, since in the loop each look would hold and let go of what it passes.
    let base = UnsafePointer(bitmaps.words.base)
    let wordCount = bitmaps.wordCount
    repeat {
      let groupCounts = counts
      counts = countGroup(
        cursor, pathLength: pathLength, &silence, bitmaps: base, wordCount: wordCount,
        places: items.places, extensionPlaces: extensionPlaces, prefixes: prefixes, counts)
      if isNarrowed {
        promising.note(
          cursor, pathLength: pathLength, places: items.places, extensionPlaces: extensionPlaces,
          counts: groupCounts)
      }
      hasGroup = cursor.next()
    } while hasGroup && cursor.path[0] == first
    withExtendedLifetime(bitmaps) {}
    if isNarrowed {
      let places = promising.places
      sparse.classes.keep(
        bitmaps.narrowed(to: places, itemsNeeded: pathLength + 2, scratch: scratch), of: first)
    }
    items.removeAll()
  }
}

/// Counts the candidates of one group over the bitmaps of its class.
///
/// - Returns: where the counts of the next group go.
@inline(__always)
func countGroup(
  _ cursor: RangeCursor, pathLength: Int, _ silence: inout Silence,
  bitmaps: UnsafePointer<UInt64>, wordCount: Int,
  places: UnsafePointer<UInt32>, extensionPlaces: UnsafeMutablePointer<UInt32>,
  prefixes: UnsafeMutablePointer<UInt64>, _ counts: UnsafeMutablePointer<UInt32>
) -> UnsafeMutablePointer<UInt32> {
  var prefix: UnsafePointer<UInt64>?
  var depth = 1
  while depth < pathLength {
    let bitmap = bitmaps + Int(places[Int(cursor.path[depth])]) * wordCount
    if let above = prefix {
      let target = prefixes + depth * wordCount
      if depth >= cursor.shared { lode_bitmap_and(target, above, bitmap, wordCount) }
      prefix = UnsafePointer(target)
    } else {
      prefix = bitmap
    }
    depth += 1
  }
  for index in cursor.nodes.lowerBound..<cursor.extensionCount {
    extensionPlaces[index] = places[Int(cursor.extensions[index])]
  }
  let nodeBitmap = prefixes + pathLength * wordCount
  let mostSiblings = cursor.extensionCount - cursor.nodes.lowerBound - 1
  if !silence.isWorthAsking(candidateCount: mostSiblings) {
    lode_bitmap_count_pairs(
      prefix, bitmaps, wordCount, extensionPlaces, cursor.extensionCount, cursor.nodes.lowerBound,
      cursor.nodes.upperBound, wordCount, nodeBitmap, counts)
    return counts + cursor.candidateCount
  }
  var counts = counts
  for node in cursor.nodes {
    var bitmap = bitmaps + Int(extensionPlaces[node]) * wordCount
    if let prefix {
      lode_bitmap_and(nodeBitmap, prefix, bitmap, wordCount)
      bitmap = UnsafePointer(nodeBitmap)
    }
    let siblingCount = cursor.extensionCount - node - 1
    if silence.isWorthAsking(candidateCount: siblingCount) {
      var itself: UInt32 = 0
      var count: UInt32 = 0
      lode_bitmap_count_each(bitmap, bitmap, 0, &itself, 1, wordCount, 0, &count)
      if silence.covers(count) {
        counts += siblingCount
        continue
      }
    }
    lode_bitmap_count_each(
      bitmap, bitmaps, wordCount, extensionPlaces + node + 1, siblingCount, wordCount, 0, counts)
    counts += siblingCount
  }
  return counts
}
