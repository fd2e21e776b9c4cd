// The two passes over all occurrences of a block, and what they keep per item. They are free
// functions over flat arrays because nothing else in building a block takes time.

/// What the builder knows of one item in the block being built.
struct ItemState {
  /// The mark (see `mark(ofRow:)`) of the last row with the item; 0 before the first.
  var lastMark: UInt32 = 0
  /// The rows with the item.
  var cardinality: UInt32 = 0
  /// Where the next word goes in the payload; for a bitmap, where its words begin.
  var cursor: UInt32 = 0
  /// Maximal runs of rows with the item, at most 32,768.
  var runs: UInt16 = 0
  /// How the rows are written.
  var kind: Container.Kind = .array

  /// A row as a number that follows on that of the row before, but never on the 0 of "none".
  @inline(__always)
  static func mark(ofRow row: Int) -> UInt32 { UInt32(truncatingIfNeeded: row + 2) }
}

/// Appends the distinct ids of each transaction to `occurrences` as a row, and notes them in `states`.
///
/// `states`, `present` and `occurrences` must have room for all of the ids.
func noteOccurrences(
  items: [UInt32], ends: [Int], transactions: Range<Int>, states: inout [ItemState],
  present: inout [UInt64], presentCount: inout Int, occurrences: inout [UInt32],
  rowEnds: inout [Int]
) {
  let items = items.span
  var states = states.mutableSpan
  var occurrences = occurrences.mutableSpan
  var start = transactions.lowerBound == 0 ? 0 : ends[transactions.lowerBound - 1]
  var next = rowEnds.last ?? 0
  for transaction in transactions {
    let mark = ItemState.mark(ofRow: rowEnds.count)
    let end = ends[transaction]
    for index in start..<end {
      let id = items[index]
      let lastMark = states[Int(id)].lastMark
      if lastMark == mark { continue }
      if lastMark == 0 {
        present[Int(id >> 6)] |= 1 << UInt64(id & 63)
        presentCount += 1
      }
      states[Int(id)].lastMark = mark
      states[Int(id)].cardinality &+= 1
      states[Int(id)].runs &+= lastMark &+ 1 == mark ? 0 : 1
      occurrences[next] = id
      next &+= 1
    }
    rowEnds.append(next)
    start = end
  }
}

/// Writes every row of every item into the item's container.
///
/// `payload` is zero, `lastMark` too, and `cursor` is where each item's container begins.
func scatterOccurrences(
  _ occurrences: [UInt32], rowEnds: [Int], states: inout [ItemState], into payload: inout [UInt16]
) {
  let occurrences = occurrences.span
  var states = states.mutableSpan
  var payload = payload.mutableSpan
  var start = 0
  for row in rowEnds.indices {
    let end = rowEnds[row]
    let mark = ItemState.mark(ofRow: row)
    let word = UInt16(truncatingIfNeeded: row)
    for index in start..<end {
      let id = Int(occurrences[index])
      let cursor = Int(states[id].cursor)
      switch states[id].kind {
      case .array:
        payload[cursor] = word
        states[id].cursor &+= 1
      case .bitmap:
        payload[cursor + row >> 4] |= 1 << (word & 15)
      case .runs:
        if states[id].lastMark &+ 1 == mark {
          payload[cursor - 1] &+= 1
        } else {
          payload[cursor] = word
          states[id].cursor &+= 2
        }
        states[id].lastMark = mark
      }
    }
    start = end
  }
}
