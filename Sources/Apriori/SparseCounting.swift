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
  fileprivate func withHolders(
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

/// Adds 1 for each rank that follows one of the positions in its row.
///
/// - Returns: how many were added.
@inline(__always)
private func countFollowers<Rank: FixedWidthInteger & UnsignedInteger>(
  _ rows: UnsafePointer<Rank>, _ holders: UnsafePointer<UInt32>, count: Int,
  _ rankCounts: UnsafeMutablePointer<UInt32>
) -> Int {
  var met = 0
  for index in 0..<count {
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
/// class's items over the rows that hold the first item are built from the rows ahead of its
/// positions; rows with too few of the class's items to hold a candidate are left out.
func countClasses<Rank>(
  _ start: RangeCursor, ahead startAhead: RangeCursor, pathLength: Int,
  sparse: SparseProjection<Rank>, _ scratch: CountingScratch,
  _ counts: UnsafeMutablePointer<UInt32>
) {
  let places = scratch.places.reserve(sparse.rankCount)
  places.update(repeating: absent, count: sparse.rankCount)
  var cursor = start
  var ahead = startAhead
  var aheadHasGroup = ahead.next()
  var hasGroup = cursor.next()
  var counts = counts
  while hasGroup {
    let first = cursor.path[0]
    let classRanks = scratch.classRanks.reserve(sparse.rankCount)
    var itemCount = 0
    while aheadHasGroup, ahead.path[0] == first {
      collectItems(
        ahead, pathLength: pathLength, places: places, classRanks: classRanks, &itemCount)
      aheadHasGroup = ahead.next()
    }
    let bitmaps = ClassBitmaps(
      first: Int(first), itemCount: itemCount, itemsNeeded: pathLength + 1, sparse: sparse,
      places: places, scratch: scratch)
    let prefixes = scratch.prefixes.reserve((pathLength + 1) * max(bitmaps.wordCount, 1))
    let extensionPlaces = scratch.extensionPlaces.reserve(sparse.rankCount)
    repeat {
      counts = countGroup(
        cursor, pathLength: pathLength, bitmaps: bitmaps, places: places,
        extensionPlaces: extensionPlaces, prefixes: prefixes, counts)
      hasGroup = cursor.next()
    } while hasGroup && cursor.path[0] == first
    for index in 0..<itemCount { places[Int(classRanks[index])] = absent }
  }
}

/// The place of a rank that is no item of the current class.
private let absent = UInt32.max

/// Gives each item of a group, the first of its path aside, a place among the items of its class.
@inline(__always)
private func collectItems(
  _ cursor: RangeCursor, pathLength: Int, places: UnsafeMutablePointer<UInt32>,
  classRanks: UnsafeMutablePointer<UInt32>, _ itemCount: inout Int
) {
  func collect(_ rank: UInt32) {
    if places[Int(rank)] == absent {
      places[Int(rank)] = UInt32(truncatingIfNeeded: itemCount)
      classRanks[itemCount] = rank
      itemCount += 1
    }
  }
  var depth = max(cursor.shared, 1)
  while depth < pathLength {
    collect(cursor.path[depth])
    depth += 1
  }
  for index in cursor.nodes.lowerBound..<cursor.extensionCount {
    collect(cursor.extensions[index])
  }
}

/// Bitmaps of the items of one class over the rows that hold its first item.
private struct ClassBitmaps {
  let bitmaps: UnsafePointer<UInt64>
  /// Distance between bitmaps.
  let stride: Int
  /// Words in use of each bitmap.
  let wordCount: Int

  init<Rank>(
    first: Int, itemCount: Int, itemsNeeded: Int, sparse: SparseProjection<Rank>,
    places: UnsafePointer<UInt32>, scratch: CountingScratch
  ) {
    let holderCount = sparse.starts[first + 1] - sparse.starts[first]
    stride = (holderCount + 63) / 64
    let words = scratch.classBitmaps.reserve(itemCount * stride)
    words.update(repeating: 0, count: itemCount * stride)
    bitmaps = UnsafePointer(words)
    let rowPlaces = scratch.rowPlaces.reserve(sparse.longestRow + 1)
    var rowCount = 0
    let stride = stride
    sparse.withHolders(of: first) { rows, holders, holderCount in
      for index in 0..<holderCount {
        var next = rows + Int(holders[index]) + 1
        var found = 0
        while next.pointee != Rank.max {
          let place = places[Int(next.pointee)]
          rowPlaces[found] = place
          found &+= place == absent ? 0 : 1
          next += 1
        }
        if found < itemsNeeded { continue }
        let word = words + rowCount >> 6
        let bit: UInt64 = 1 << UInt64(rowCount & 63)
        for item in 0..<found { word[Int(rowPlaces[item]) &* stride] |= bit }
        rowCount += 1
      }
    }
    wordCount = (rowCount + 63) / 64
  }
}

/// Counts the candidates of one group over the bitmaps of its class.
///
/// - Returns: where the counts of the next group go.
@inline(__always)
private func countGroup(
  _ cursor: RangeCursor, pathLength: Int, bitmaps: ClassBitmaps, places: UnsafePointer<UInt32>,
  extensionPlaces: UnsafeMutablePointer<UInt32>, prefixes: UnsafeMutablePointer<UInt64>,
  _ counts: UnsafeMutablePointer<UInt32>
) -> UnsafeMutablePointer<UInt32> {
  let wordCount = bitmaps.wordCount
  var prefix: UnsafePointer<UInt64>?
  var depth = 1
  while depth < pathLength {
    let bitmap = bitmaps.bitmaps + Int(places[Int(cursor.path[depth])]) * bitmaps.stride
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
  var counts = counts
  for node in cursor.nodes {
    var bitmap = bitmaps.bitmaps + Int(extensionPlaces[node]) * bitmaps.stride
    if let prefix {
      lode_bitmap_and(nodeBitmap, prefix, bitmap, wordCount)
      bitmap = UnsafePointer(nodeBitmap)
    }
    let siblingCount = cursor.extensionCount - node - 1
    lode_bitmap_count_each(
      bitmap, bitmaps.bitmaps, bitmaps.stride, extensionPlaces + node + 1, siblingCount, wordCount,
      0, counts)
    counts += siblingCount
  }
  return counts
}
