public import Itemsets

/// Turns a stream of transactions into blocks, the same ones however the stream is cut into batches.
///
/// ```swift
/// var next = 0
/// while true {
///   next = try builder.append(batch, from: next)
///   if next == batch.count { break }  // the last block may go on with another batch
///   if let block = builder.finish() { store(block) }
/// }
/// if let block = builder.finish() { store(block) }  // at the end of the stream
/// ```
///
/// Appending notes the distinct items of each row and, per item, what decides its container's kind
/// and size; finishing lays the containers out and scatters the rows into them. Its memory, reused
/// from block to block, is 16 bytes for every id up to the highest (ids of a dictionary are dense)
/// and 4 bytes an occurrence.
public struct BlockBuilder: Sendable {
  private let transactionsPerBlock: Int
  private let dataSet: DataSetID
  private var sequenceNumber: UInt64

  private var states: [ItemState] = []
  /// Bit `id` is set for the ids present in the block.
  private var present: [UInt64] = []
  private var presentCount = 0
  /// The distinct ids of each row, one row after the other; entries from the last row's end on are
  /// spare room.
  private var occurrences: [UInt32] = []
  /// Where each row ends in `occurrences`.
  private var rowEnds: [Int] = []
  /// Items in the transactions taken, repeated ids included.
  private var itemsTaken = 0
  private var times: [Int64] = []
  private var customers: [UInt32] = []

  /// A builder of blocks of `transactionsPerBlock` transactions (1 to 65,536), the last one shorter.
  ///
  /// A block ends early before the transaction whose items would make it pass
  /// ``BlockLimits/occurrences``, and where the stream begins or ceases to have times or customers.
  /// Blocks are numbered from `firstSequenceNumber` on.
  public init(
    transactionsPerBlock: Int = BlockLimits.transactions, dataSet: DataSetID = .none,
    firstSequenceNumber: UInt64 = 0
  ) {
    invariant(
      (1...BlockLimits.transactions).contains(transactionsPerBlock),
      "A block has 1 to 65,536 transactions, not \(transactionsPerBlock).")
    self.transactionsPerBlock = transactionsPerBlock
    self.dataSet = dataSet
    self.sequenceNumber = firstSequenceNumber
    rowEnds.reserveCapacity(transactionsPerBlock)
  }

  /// The number of transactions in the block so far.
  public var transactionCount: Int { rowEnds.count }

  /// Takes the transactions of `batch` from number `first` on, until the block is full.
  ///
  /// - Returns: The number of the first transaction not taken. Where it is not `batch.count`, the
  ///   block is full: call ``finish(dictionaryDigest:)``, then append the rest.
  /// - Throws: ``BlockError/transactionTooLong(items:limit:)`` when the next transaction alone is over
  ///   ``BlockLimits/occurrences``; what was taken before remains.
  /// - Complexity: O(items taken).
  public mutating func append(
    _ batch: TransactionBatch, from first: Int = 0
  ) throws(BlockError) -> Int {
    let end = try endOfRoom(for: batch, from: first)
    if first == end { return first }
    let start = first == 0 ? 0 : batch.ends[first - 1]
    let items = start..<batch.ends[end - 1]
    makeRoom(forItems: batch.items[items])
    noteOccurrences(
      items: batch.items, ends: batch.ends, transactions: first..<end, states: &states,
      present: &present, presentCount: &presentCount, occurrences: &occurrences, rowEnds: &rowEnds)
    itemsTaken += items.count
    if !batch.times.isEmpty { times.append(contentsOf: batch.times[first..<end]) }
    if !batch.customers.isEmpty { customers.append(contentsOf: batch.customers[first..<end]) }
    return end
  }

  /// Makes a block of the transactions taken since the last one; nil where there are none.
  ///
  /// - Parameter dictionaryDigest: The digest of the dictionary that gave the ids, 0 where unknown.
  /// - Complexity: O(occurrences + highest id / 64).
  public mutating func finish(dictionaryDigest: UInt64 = 0) -> Block? {
    if rowEnds.isEmpty { return nil }
    let layout = layOutContainers()
    var payload = [UInt16](repeating: 0, count: layout.payloadLength)
    scatterOccurrences(occurrences, rowEnds: rowEnds, states: &states, into: &payload)
    let block = Block(
      dataSet: dataSet, sequenceNumber: sequenceNumber, dictionaryDigest: dictionaryDigest,
      transactionCount: rowEnds.count, itemIDs: layout.itemIDs, containers: layout.containers,
      payload: payload, times: times, customers: customers)
    for id in layout.itemIDs { states[Int(id)] = ItemState() }
    presentCount = 0
    rowEnds.removeAll(keepingCapacity: true)
    itemsTaken = 0
    times.removeAll(keepingCapacity: true)
    customers.removeAll(keepingCapacity: true)
    sequenceNumber &+= 1
    return block
  }

  /// The number after the last transaction of `batch` that the block has room for.
  private func endOfRoom(
    for batch: TransactionBatch, from first: Int
  ) throws(BlockError) -> Int {
    invariant(
      (0...batch.count).contains(first)
        && (batch.times.isEmpty || batch.times.count == batch.count)
        && (batch.customers.isEmpty || batch.customers.count == batch.count),
      "A batch has a time or a customer for all of its transactions or for none.")
    let alike =
      rowEnds.isEmpty
      || times.isEmpty == batch.times.isEmpty && customers.isEmpty == batch.customers.isEmpty
    if !alike { return first }
    let last = min(batch.count, first + transactionsPerBlock - rowEnds.count)
    var start = first == 0 ? 0 : batch.ends[first - 1]
    var room = BlockLimits.occurrences - itemsTaken
    for transaction in first..<last {
      let end = batch.ends[transaction]
      invariant(
        0 <= start && start <= end && end <= batch.items.count,
        "The ends of a batch ascend within its items.")
      room -= end - start
      if room < 0 {
        guard transaction > first || !rowEnds.isEmpty else {
          throw .transactionTooLong(items: end - start, limit: BlockLimits.occurrences)
        }
        return transaction
      }
      start = end
    }
    return last
  }

  /// Grows the arrays so that noting these items needs no check for room.
  private mutating func makeRoom(forItems items: ArraySlice<UInt32>) {
    var highest: UInt32 = 0
    for id in items { highest = max(highest, id) }
    let stateCount = Int(highest) + 1
    if stateCount > states.count {
      let count = max(stateCount, 2 * states.count)
      states.append(contentsOf: repeatElement(ItemState(), count: count - states.count))
      present.append(contentsOf: repeatElement(0, count: (count + 63) / 64 - present.count))
    }
    let occurrenceCount = (rowEnds.last ?? 0) + items.count
    if occurrenceCount > occurrences.count {
      let count = max(occurrenceCount, 2 * occurrences.count)
      occurrences.append(contentsOf: repeatElement(0, count: count - occurrences.count))
    }
  }

  /// Decides each item's container, leaves its place in the item's state, and forgets who is present.
  private mutating func layOutContainers() -> (
    itemIDs: [UInt32], containers: [Container], payloadLength: Int
  ) {
    var itemIDs: [UInt32] = []
    var containers: [Container] = []
    itemIDs.reserveCapacity(presentCount)
    containers.reserveCapacity(presentCount)
    var offset = 0
    for word in present.indices where present[word] != 0 {
      var bits = present[word]
      present[word] = 0
      while bits != 0 {
        let id = 64 * word + bits.trailingZeroBitCount
        bits &= bits &- 1
        let cardinality = states[id].cardinality
        let (kind, length) = Container.smallest(
          cardinality: Int(cardinality), runs: Int(states[id].runs),
          transactionCount: rowEnds.count)
        itemIDs.append(UInt32(truncatingIfNeeded: id))
        containers.append(
          Container(
            kind: kind, cardinality: cardinality, offset: UInt32(truncatingIfNeeded: offset),
            length: UInt32(truncatingIfNeeded: length)))
        states[id].kind = kind
        states[id].cursor = UInt32(truncatingIfNeeded: offset)
        states[id].lastMark = 0
        offset += length
      }
    }
    return (itemIDs, containers, offset)
  }
}
