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

  /// How often each id stands among the items.
  private var counts: [UInt32] = []
  /// The items of every row, one row after the other: 16 bits each, half the memory to touch, until one
  /// of them needs more, and `wideItems` from then on.
  private var items: [UInt16] = []
  private var wideItems: [UInt32] = []
  private var isWide = false
  /// How many items there are; behind them is room.
  private var itemCount = 0
  /// Where each row ends among the items.
  private var ends: [UInt32] = []

  /// Adds these transactions as rows.
  mutating func append(_ batch: TransactionBatch, transactions: Range<Int>) {
    if transactions.isEmpty { return }
    let start = transactions.lowerBound == 0 ? 0 : batch.ends[transactions.lowerBound - 1]
    let added = start..<batch.ends[transactions.upperBound - 1]
    let used = itemCount
    var next = added.lowerBound
    while let id = keep(batch.items, from: &next, to: added.upperBound) {
      if id > UInt16.max, !isWide { widen() }
      counts.append(
        contentsOf: repeatElement(0, count: max(id + 1 - counts.count, counts.count, 1024)))
      // Ids beyond 16 bits have no count before they are wide.
      if !isWide { counts.removeLast(max(counts.count - Self.narrowIDs, 0)) }
    }
    if ends.isEmpty { ends.reserveCapacity(BlockLimits.transactions) }
    let first = ends.count
    ends.append(contentsOf: repeatElement(0, count: transactions.count))
    let ascend = copyEnds(batch.ends, transactions, less: start, plus: used, to: &ends, at: first)
    invariant(ascend, "The ends of a batch ascend.")
  }

  private static let narrowIDs = Int(UInt16.max) + 1

  /// Counts and keeps items up to one that has no count, which it returns.
  private mutating func keep(_ batch: [UInt32], from next: inout Int, to end: Int) -> Int? {
    let wanted = itemCount + end - next
    let before = next
    let id: Int?
    if isWide {
      makeRoom(in: &wideItems, for: wanted)
      id = count(batch, from: &next, to: end, &counts, keeping: &wideItems, at: itemCount)
    } else {
      makeRoom(in: &items, for: wanted)
      id = count(batch, from: &next, to: end, &counts, keeping: &items, at: itemCount)
    }
    itemCount += next - before
    return id
  }

  private func makeRoom<Item: BitwiseCopyable>(in kept: inout [Item], for wanted: Int) {
    if wanted <= kept.count { return }
    var larger = [Item](unwritten: max(wanted, 2 * kept.count, Self.itemsInRoom))
    for index in 0..<itemCount { larger[index] = kept[index] }
    kept = larger
  }

  /// Gives every item 32 bits, in this block and those after it.
  private mutating func widen() {
    isWide = true
    wideItems = [UInt32](unwritten: items.count)
    for index in 0..<itemCount { wideItems[index] = UInt32(items[index]) }
    items = []
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
    invariant(end == itemCount, "Every item is counted.")
    var rows = [UInt16](unwritten: end)
    unsafe rows.withUnsafeMutableBytes { unsafe makePages(of: $0) }
    if isWide {
      unsafe layOut(wideItems, ends, places: &counts, to: &rows, by: lode_lay_out_rows32)
    } else {
      unsafe layOut(items, ends, places: &counts, to: &rows, by: lode_lay_out_rows16)
    }
    for id in itemIDs { counts[Int(id)] = 0 }
    itemCount = 0
    ends.removeAll(keepingCapacity: true)
    return rows
  }
}

/// Counts items and keeps them from `offset` on, up to one that has no count, which it returns.
///
/// `next` is how far it came. Every id that has a count fits an `Item`.
private func count<Item: FixedWidthInteger & BitwiseCopyable>(
  _ items: [UInt32], from next: inout Int, to end: Int, _ counts: inout [UInt32],
  keeping kept: inout [Item], at offset: Int
) -> Int? {
  invariant(0 <= next && next <= end && end <= items.count, "Transactions lie in their batch.")
  invariant(0 <= offset && offset + end - next <= kept.count, "There is room for all items.")
  let items = items.span
  var counts = counts.mutableSpan
  var kept = kept.mutableSpan
  let idCount = counts.count
  let shift = offset &- next
  for index in next..<end {
    // Bounds: index < end <= items.count, and the items from `next` to `end` have room behind `offset`.
    let item = unsafe items[unchecked: index]
    let id = Int(item)
    if id >= idCount {
      next = index
      return id
    }
    unsafe counts[unchecked: id] &+= 1
    unsafe kept[unchecked: index &+ shift] = Item(truncatingIfNeeded: item)
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
private func layOut<Item>(
  _ items: [Item], _ ends: [UInt32], places: inout [UInt32], to rows: inout [UInt16],
  by write: (
    UnsafePointer<Item>?, UnsafePointer<UInt32>?, Int, UnsafeMutablePointer<UInt32>?, Int,
    UnsafeMutablePointer<UInt16>?
  ) -> Void
) {
  unsafe items.withUnsafeBufferPointer { items in
    unsafe ends.withUnsafeBufferPointer { ends in
      unsafe places.withUnsafeMutableBufferPointer { places in
        unsafe rows.withUnsafeMutableBufferPointer { rows in
          unsafe write(
            items.baseAddress, ends.baseAddress, ends.count, places.baseAddress, places.count,
            rows.baseAddress)
        }
      }
    }
  }
}
