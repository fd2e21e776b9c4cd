// What of a class is kept where memory is short: the items that candidates of the next level are
// likely to have, over the rows that hold enough of them. A twentieth of the bitmaps of level 3 may
// be all that the levels after it need.

/// The items of the class being counted that candidates of the next level are likely to have.
///
/// A guess from the counts of one projection. Where it is wrong the bitmaps turn out to lack an item,
/// and are built anew from rows.
struct PromisingItems {
  private let count: UInt32
  private let flags: UnsafeMutablePointer<Bool>
  private var itemCount = 0

  /// - Parameter count: transactions of a projection from which an itemset is likely to be frequent.
  init(count: UInt32, rankCount: Int, scratch: CountingScratch) {
    self.count = count
    flags = scratch.itemFlags.reserve(rankCount)
  }

  /// Begins with a class of `itemCount` items, the first `keptCount` of which are to be kept anyway.
  mutating func begin(itemCount: Int, keptCount: Int) {
    self.itemCount = itemCount
    flags.update(repeating: true, count: keptCount)
    (flags + keptCount).update(repeating: false, count: itemCount - keptCount)
  }

  /// Looks at the counts of one group.
  ///
  /// The siblings that make frequent candidates with a node are a group of the next level, which makes
  /// candidates of its own if it has two of them.
  mutating func note(
    _ group: RangeCursor, pathLength: Int, places: UnsafePointer<UInt32>,
    extensionPlaces: UnsafePointer<UInt32>, counts: UnsafePointer<UInt32>
  ) {
    var counts = counts
    var hasAny = false
    for node in group.nodes {
      let siblingCount = group.extensionCount - node - 1
      var promisingCount = 0
      for sibling in 0..<siblingCount where counts[sibling] >= count { promisingCount += 1 }
      if promisingCount >= 2 {
        flags[Int(extensionPlaces[node])] = true
        for sibling in 0..<siblingCount where counts[sibling] >= count {
          flags[Int(extensionPlaces[node + 1 + sibling])] = true
        }
        hasAny = true
      }
      counts += siblingCount
    }
    if !hasAny { return }
    for depth in 1..<max(pathLength, 1) { flags[Int(places[Int(group.path[depth])])] = true }
  }

  /// Their places in the class.
  var places: [Int] { (0..<itemCount).filter { flags[$0] } }
}

extension ClassBitmaps {
  /// Rows are told apart by up to so many items: each takes a step a word, and few rows have more.
  private static let itemsNeededLimit = 8

  /// The bitmaps of some items over the rows that hold enough of them.
  ///
  /// - Parameters:
  ///   - places: which items, ascending.
  ///   - itemsNeeded: how many of them a candidate has.
  func narrowed(to places: [Int], itemsNeeded: Int, scratch: CountingScratch) -> ClassBitmaps {
    let itemsNeeded = min(itemsNeeded, Self.itemsNeededLimit)
    let rows = scratch.keptRows.reserve(wordCount * 64)
    let rowCount = findRows(
      holding: itemsNeeded, of: places, rungs: scratch.prefixes.reserve(itemsNeeded), rows)
    let narrowCount = (rowCount + 63) / 64
    let narrow = AlignedWords(count: places.count * narrowCount)
    for (index, place) in places.enumerated() {
      gather(
        words.base + place * wordCount, rows, count: rowCount, narrow.base + index * narrowCount)
    }
    return ClassBitmaps(
      ranks: places.map { ranks[$0] }, itemsNeeded: itemsNeeded, words: narrow,
      wordCount: narrowCount)
  }

  /// Writes the rows with so many of the items, ascending.
  ///
  /// - Parameter rungs: room for a word an item needed: bit r of rung n says that row r holds more
  ///   than n of the items seen so far.
  /// - Returns: how many rows these are.
  private func findRows(
    holding itemsNeeded: Int, of places: [Int], rungs: UnsafeMutablePointer<UInt64>,
    _ rows: UnsafeMutablePointer<UInt32>
  ) -> Int {
    var rowCount = 0
    places.withUnsafeBufferPointer { places in
      for word in 0..<wordCount {
        rungs.update(repeating: 0, count: itemsNeeded)
        for place in places {
          let bits = words.base[place &* wordCount &+ word]
          var rung = itemsNeeded - 1
          while rung > 0 {
            rungs[rung] |= rungs[rung - 1] & bits
            rung -= 1
          }
          rungs[0] |= bits
        }
        var found = rungs[itemsNeeded - 1]
        while found != 0 {
          rows[rowCount] = UInt32(truncatingIfNeeded: word &* 64 &+ found.trailingZeroBitCount)
          rowCount += 1
          found &= found &- 1
        }
      }
    }
    return rowCount
  }
}

/// Writes the bits of some rows one after the other.
private func gather(
  _ bitmap: UnsafePointer<UInt64>, _ rows: UnsafePointer<UInt32>, count: Int,
  _ target: UnsafeMutablePointer<UInt64>
) {
  for index in 0..<count {
    let row = Int(rows[index])
    let bit = bitmap[row >> 6] &>> UInt64(row & 63) & 1
    target[index >> 6] |= bit &<< UInt64(index & 63)
  }
}
