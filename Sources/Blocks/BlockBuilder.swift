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
/// Appending counts items and keeps them; finishing turns the items of rows into rows of items, and
/// those of each item into the smallest container. Its memory, reused from block to block, is 4 bytes
/// for every id up to the highest (ids of a dictionary are dense) and 2 bytes for every item of a row, 4
/// once an id needs more than 16 bits.
public struct BlockBuilder: Sendable {
  private let transactionsPerBlock: Int
  private let occurrencesPerBlock: Int
  private let dataSet: DataSetID
  private var sequenceNumber: UInt64

  private var rows = RowLists()
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
    rows.append(batch, transactions: first..<end)
    transactionCount += end - first
    itemsTaken += items.count
    if !batch.times.isEmpty { times.append(contentsOf: batch.times[first..<end]) }
    if !batch.customers.isEmpty { customers.append(contentsOf: batch.customers[first..<end]) }
    return end
  }

  /// Makes a block of the transactions taken since the last one; nil where there are none.
  ///
  /// - Parameter dictionaryDigest: The digest of the dictionary that gave the ids, 0 where unknown.
  /// - Complexity: O(items taken + highest id).
  public mutating func finish(dictionaryDigest: UInt64 = 0) -> Block? {
    if transactionCount == 0 { return nil }
    let (itemIDs, containers, payload) = layOutContainers()
    let block = Block(
      dataSet: dataSet, sequenceNumber: sequenceNumber, dictionaryDigest: dictionaryDigest,
      transactionCount: transactionCount, itemIDs: itemIDs, containers: containers,
      payload: payload, times: times, customers: customers)
    transactionCount = 0
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

  /// Writes the containers of all items present, and forgets their rows.
  private mutating func layOutContainers() -> (
    itemIDs: [UInt32], containers: [Container], payload: [UInt16]
  ) {
    var itemIDs: [UInt32] = []
    var ends: [Int] = []
    // Nobody else may hold the rows, or they would be copied where the first of them are moved.
    var writer = ContainerWriter(
      transactionCount: transactionCount, rows: rows.takeRows(itemIDs: &itemIDs, ends: &ends))
    var start = 0
    for end in ends {
      writer.append(start..<end)
      start = end
    }
    let payload = writer.takePayload()
    return (itemIDs, writer.containers, payload)
  }
}
