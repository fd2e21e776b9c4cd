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
/// and size; finishing lays the containers out and writes the rows into them. Its memory, reused
/// from block to block, is 16 bytes for every id up to the highest (ids of a dictionary are dense)
/// and 4 bytes an occurrence, with room for 4 Mi of them.
public struct BlockBuilder: Sendable {
  /// Occurrences that a block finds room for without growing: growing copies and touches new memory,
  /// which took a quarter of reading, while room that stays unused is only addresses.
  private static let occurrencesInRoom = 1 << 22

  private let transactionsPerBlock: Int
  private let occurrencesPerBlock: Int
  private let dataSet: DataSetID
  private var sequenceNumber: UInt64

  private var tallies: [ItemTally] = []
  /// Of the ids present while a block is finished; the others are stale.
  private var places: [ItemPlace] = []
  /// Bit `id` is set for the ids present in the block.
  private var present: [UInt64] = []
  /// The distinct items of every row, one row after the other.
  private var ids: [UInt32] = []
  /// Where each row ends in `ids`.
  private var rowEnds: [UInt32] = []
  /// Room for the distinct items of the rows being noted.
  private var noted: [UInt32] = []
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
    self.init(
      transactionsPerBlock: transactionsPerBlock, occurrencesPerBlock: BlockLimits.occurrences,
      dataSet: dataSet, firstSequenceNumber: firstSequenceNumber)
  }

  /// A builder with a lower limit of occurrences, so that tests can reach it.
  package init(
    transactionsPerBlock: Int, occurrencesPerBlock: Int, dataSet: DataSetID = .none,
    firstSequenceNumber: UInt64 = 0
  ) {
    invariant(
      (1...BlockLimits.transactions).contains(transactionsPerBlock),
      "A block has 1 to 65,536 transactions, not \(transactionsPerBlock).")
    self.transactionsPerBlock = transactionsPerBlock
    self.occurrencesPerBlock = occurrencesPerBlock
    self.dataSet = dataSet
    self.sequenceNumber = firstSequenceNumber
  }

  /// The number of transactions in the block so far.
  public private(set) var transactionCount = 0

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
    let count = noteOccurrences(
      batch, transactions: first..<end, firstRow: transactionCount, used: ids.count,
      tallies: &tallies, present: &present, ids: &noted, ends: &rowEnds)
    ids.append(contentsOf: noted[..<count])
    transactionCount += end - first
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
    if transactionCount == 0 { return nil }
    let layout = layOutContainers()
    var payload = [UInt16](repeating: 0, count: layout.payloadLength)
    fillContainers(ids: ids, ends: rowEnds, places: &places, payload: &payload)
    let block = Block(
      dataSet: dataSet, sequenceNumber: sequenceNumber, dictionaryDigest: dictionaryDigest,
      transactionCount: transactionCount, itemIDs: layout.itemIDs, containers: layout.containers,
      payload: payload, times: times, customers: customers)
    transactionCount = 0
    ids.removeAll(keepingCapacity: true)
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
      transactionCount == 0
      || times.isEmpty == batch.times.isEmpty && customers.isEmpty == batch.customers.isEmpty
    if !alike { return first }
    let last = min(batch.count, first + transactionsPerBlock - transactionCount)
    let start = first == 0 ? 0 : batch.ends[first - 1]
    let room = occurrencesPerBlock - itemsTaken
    if last == first || batch.ends[last - 1] - start <= room { return last }
    var end = first
    while batch.ends[end] - start <= room { end += 1 }
    guard end > first || transactionCount > 0 else {
      throw .transactionTooLong(items: batch.ends[end] - start, limit: occurrencesPerBlock)
    }
    return end
  }

  /// Grows the arrays so that noting these items needs no check for room.
  private mutating func makeRoom(forItems items: ArraySlice<UInt32>) {
    var highest: UInt32 = 0
    for id in items { highest = max(highest, id) }
    let idCount = Int(highest) + 1
    if idCount > tallies.count {
      let count = max(idCount, 2 * tallies.count)
      tallies.append(contentsOf: repeatElement(ItemTally(), count: count - tallies.count))
      places.append(contentsOf: repeatElement(ItemPlace(), count: count - places.count))
      present.append(contentsOf: repeatElement(0, count: (count + 63) / 64 - present.count))
    }
    if items.count > noted.count {
      noted.append(contentsOf: repeatElement(0, count: items.count - noted.count))
    }
    if ids.capacity < Self.occurrencesInRoom { ids.reserveCapacity(Self.occurrencesInRoom) }
  }

  /// Decides each item's container, leaves its place in `places`, and forgets the tallies.
  private mutating func layOutContainers() -> (
    itemIDs: [UInt32], containers: [Container], payloadLength: Int
  ) {
    var itemIDs: [UInt32] = []
    var containers: [Container] = []
    let count = present.reduce(0) { $0 + $1.nonzeroBitCount }
    itemIDs.reserveCapacity(count)
    containers.reserveCapacity(count)
    var offset = 0
    for word in present.indices where present[word] != 0 {
      var bits = present[word]
      present[word] = 0
      while bits != 0 {
        let id = 64 * word + bits.trailingZeroBitCount
        bits &= bits &- 1
        let tally = tallies[id]
        tallies[id] = ItemTally()
        let (kind, length) = Container.smallest(
          cardinality: tally.cardinality, runs: tally.runs, transactionCount: transactionCount)
        itemIDs.append(UInt32(truncatingIfNeeded: id))
        containers.append(
          Container(
            kind: kind, cardinality: UInt32(truncatingIfNeeded: tally.cardinality),
            offset: UInt32(truncatingIfNeeded: offset),
            length: UInt32(truncatingIfNeeded: length)))
        places[id] = ItemPlace(offset: offset, kind: kind)
        offset += length
      }
    }
    return (itemIDs, containers, offset)
  }
}
