internal import CBitmapKernels
import Itemsets

/// The items of the rows of a block that is being filled, to be turned into the rows of its items.
///
/// Where the rows of an item go is known once the items of all rows have been counted, so that two
/// short loops are all that there is to an occurrence. Repeated items are not looked for: they show in
/// the end as equal rows next to each other.
struct RowLists: Sendable {
  /// Items that there is room for without growing: growing copies and touches new memory, while room
  /// that stays unused is only addresses.
  private static let itemsInRoom = 1 << 21

  /// How often each id stands in `items`.
  private var counts: [UInt32] = []
  /// The items of every row, one row after the other.
  private var items: [UInt32] = []
  /// Where each row ends in `items`.
  private var ends: [UInt32] = []

  /// Adds these transactions as rows.
  mutating func append(_ batch: TransactionBatch, transactions: Range<Int>) {
    if transactions.isEmpty { return }
    let start = transactions.lowerBound == 0 ? 0 : batch.ends[transactions.lowerBound - 1]
    let added = start..<batch.ends[transactions.upperBound - 1]
    var next = added.lowerBound
    while let id = count(batch.items, from: &next, to: added.upperBound, &counts) {
      counts.append(
        contentsOf: repeatElement(0, count: max(id + 1 - counts.count, counts.count, 1024)))
    }
    if items.isEmpty {
      items.reserveCapacity(Self.itemsInRoom)
      ends.reserveCapacity(BlockLimits.transactions)
    }
    let used = items.count
    items.append(contentsOf: batch.items[added])
    let first = ends.count
    ends.append(contentsOf: repeatElement(0, count: transactions.count))
    let ascend = copyEnds(batch.ends, transactions, less: start, plus: used, to: &ends, at: first)
    invariant(ascend, "The ends of a batch ascend.")
  }

  /// Gives the rows of each item and forgets them.
  ///
  /// - Parameters:
  ///   - itemIDs: the items present are appended to it, ascending,
  ///   - rowEnds: and to this where the rows of each end.
  /// - Returns: the rows, one item after the other, each ascending, a row as often as the item stands
  ///   in it.
  mutating func takeRows(itemIDs: inout [UInt32], ends rowEnds: inout [Int]) -> [UInt16] {
    var end = 0
    for id in counts.indices where counts[id] != 0 {
      let count = Int(counts[id])
      counts[id] = UInt32(truncatingIfNeeded: end)
      end += count
      itemIDs.append(UInt32(truncatingIfNeeded: id))
      rowEnds.append(end)
    }
    invariant(end == items.count, "Every item is counted.")
    var rows = [UInt16](unwritten: end)
    makePages(of: &rows)
    layOut(items, ends, places: &counts, to: &rows)
    for id in itemIDs { counts[Int(id)] = 0 }
    items.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    return rows
  }
}

/// Counts items up to one that has no count, which it returns; `next` is how far it came.
private func count(
  _ items: [UInt32], from next: inout Int, to end: Int, _ counts: inout [UInt32]
) -> Int? {
  invariant(0 <= next && next <= end && end <= items.count, "Transactions lie in their batch.")
  let items = items.span
  var counts = counts.mutableSpan
  let idCount = counts.count
  for index in next..<end {
    // Bounds: index < end <= items.count.
    let id = Int(unsafe items[unchecked: index])
    if id >= idCount {
      next = index
      return id
    }
    unsafe counts[unchecked: id] &+= 1
  }
  next = end
  return nil
}

/// Copies the ends of these transactions, less and plus a number, to `target` from `offset` on; false
/// where they do not ascend.
private func copyEnds(
  _ ends: [Int], _ transactions: Range<Int>, less: Int, plus: Int, to target: inout [UInt32],
  at offset: Int
) -> Bool {
  // The bounds are checked once, and nothing in the loop branches, so that eight are copied at once.
  let ends = ends.span.extracting(transactions)
  invariant(0 <= offset && offset + ends.count <= target.count, "There is room for all ends.")
  var target = target.mutableSpan
  var last = less
  var steps = 0
  for index in 0..<ends.count {
    let end = unsafe ends[unchecked: index]
    steps |= end &- last
    last = end
    unsafe target[unchecked: offset &+ index] = UInt32(truncatingIfNeeded: end &- less &+ plus)
  }
  return steps >= 0
}

/// Writes the rows of every item to its place; places and rows are of exactly these items.
private func layOut(
  _ items: [UInt32], _ ends: [UInt32], places: inout [UInt32], to rows: inout [UInt16]
) {
  unsafe items.withUnsafeBufferPointer { items in
    unsafe ends.withUnsafeBufferPointer { ends in
      unsafe places.withUnsafeMutableBufferPointer { places in
        unsafe rows.withUnsafeMutableBufferPointer { rows in
          unsafe lode_lay_out_rows(
            items.baseAddress, ends.baseAddress, ends.count, places.baseAddress, rows.baseAddress)
        }
      }
    }
  }
}
