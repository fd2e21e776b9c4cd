import Itemsets

// The two passes over all occurrences of a block, and what they keep per item. They are free
// functions over flat arrays of packed words because nothing else in building a block takes time:
// one load and one store an occurrence.

/// What noting the occurrences of a block counts of one item; all zero before its first row.
struct ItemTally {
  /// From the lowest bit: 24 bits of mark, 20 bits of cardinality, 20 bits of runs.
  private var bits: UInt64 = 0

  /// The mark of the last row with the item; 0 where there is none.
  var lastMark: UInt64 { bits & 0xFF_FFFF }
  /// The rows with the item.
  var cardinality: Int { Int(bits >> 24 & 0xF_FFFF) }
  /// The maximal runs of rows with the item.
  var runs: Int { Int(bits >> 44) }

  /// A row as a number that follows on that of the row before, but never on the 0 of "none".
  @inline(__always)
  static func mark(ofRow row: Int) -> UInt64 { UInt64(truncatingIfNeeded: row) &+ 2 }

  /// Counts the row of `mark`, which is later than the last.
  @inline(__always)
  mutating func count(_ mark: UInt64) {
    let step = mark &- lastMark
    let newRun: UInt64 = step == 1 ? 0 : 1
    bits = bits &+ step &+ 1 << 24 &+ newRun << 44
  }
}

/// Where the next row of an item goes when the containers are filled.
struct ItemPlace {
  /// From the lowest bit: 32 bits of cursor, 8 bits of kind, 24 bits of mark.
  private var bits: UInt64 = 0

  init() {}

  /// The start of a container.
  init(offset: Int, kind: Container.Kind) {
    bits = UInt64(offset) | UInt64(kind.rawValue) << 32
  }

  /// The next word to write; for a bitmap always its first.
  var cursor: Int { Int(bits & 0xFFFF_FFFF) }
  /// How the container is written.
  var kind: Container.Kind {
    Container.Kind(rawValue: UInt8(truncatingIfNeeded: bits >> 32)) ?? .array
  }
  /// The mark of the last row written, for runs.
  var lastMark: UInt64 { bits >> 40 }

  /// Moves on past `words` words.
  @inline(__always)
  mutating func advance(by words: UInt64) { bits &+= words }

  /// Notes the mark of the row just written.
  @inline(__always)
  mutating func remember(_ mark: UInt64) { bits = bits & 0xFF_FFFF_FFFF | mark << 40 }
}

/// Writes the distinct ids of each transaction to `ids`, appends where it ends to `ends`, and tallies
/// them.
///
/// `ids` must have room for all items, `tallies` and `present` for their ids, which is not checked
/// again: the checks took a third of the instructions. Ends count from the
/// first row of the block, whose rows before the first have `used` ids. Returns the number of ids
/// written.
func noteOccurrences(
  _ batch: TransactionBatch, transactions: Range<Int>, firstRow: Int, used: Int,
  tallies: inout [ItemTally], present: inout [UInt64], ids: inout [UInt32],
  ends rowEnds: inout [UInt32]
) -> Int {
  let items = batch.items.span
  let ends = batch.ends.span
  var tallies = tallies.mutableSpan
  var present = present.mutableSpan
  var ids = ids.mutableSpan
  var start = transactions.lowerBound == 0 ? 0 : ends[transactions.lowerBound - 1]
  var row = firstRow
  var next = 0
  for transaction in transactions {
    let mark = ItemTally.mark(ofRow: row)
    let end = ends[transaction]
    invariant(
      start <= end && end <= items.count && next &+ (end - start) <= ids.count,
      "The ends of a batch ascend within its items.")
    for index in start..<end {
      let id = unsafe items[unchecked: index]
      let place = Int(id)
      var tally = unsafe tallies[unchecked: place]
      if tally.lastMark == mark { continue }
      if tally.lastMark == 0 { present[place >> 6] |= 1 << UInt64(id & 63) }
      tally.count(mark)
      unsafe tallies[unchecked: place] = tally
      unsafe ids[unchecked: next] = id
      next &+= 1
    }
    rowEnds.append(UInt32(truncatingIfNeeded: used &+ next))
    row += 1
    start = end
  }
  return next
}

/// Writes every occurrence into the container of its item.
///
/// `payload` is zero, and `places` holds the start of the container of every id, which is not checked.
func fillContainers(
  ids: [UInt32], ends: [UInt32], places: inout [ItemPlace], payload: inout [UInt16]
) {
  let ids = ids.span
  let ends = ends.span
  var places = places.mutableSpan
  var payload = payload.mutableSpan
  var start = 0
  for rowIndex in ends.indices {
    let row = UInt16(truncatingIfNeeded: rowIndex)
    let end = Int(ends[rowIndex])
    for index in start..<end {
      let id = Int(ids[index])
      var place = unsafe places[unchecked: id]
      let cursor = place.cursor
      switch place.kind {
      case .array:
        payload[cursor] = row
        place.advance(by: 1)
        unsafe places[unchecked: id] = place
      case .bitmap:
        payload[cursor + Int(row >> 4)] |= 1 << (row & 15)
      case .runs:
        let mark = ItemTally.mark(ofRow: rowIndex)
        if place.lastMark &+ 1 == mark {
          payload[cursor - 1] &+= 1
        } else {
          payload[cursor] = row
          place.advance(by: 2)
        }
        place.remember(mark)
        unsafe places[unchecked: id] = place
      }
    }
    start = end
  }
}
