public import Blocks

/// How often each item occurs in each block of a data set: level 1 of every job, counted at ingest.
public struct BlockCounts: PayloadCoding, Sendable, Equatable {
  /// Transactions of each block, 1 to 65,536.
  public private(set) var transactionCounts: [UInt32] = []
  /// Where the entries of each block end in ``items`` and ``counts``.
  public private(set) var ends: [Int] = []
  /// Dictionary ids, ascending within a block.
  public private(set) var items: [UInt32] = []
  /// For each entry of ``items`` its transactions in the block, 1 to 65,536.
  public private(set) var counts: [UInt32] = []

  /// The counts of no block.
  public init() {}

  /// The counts of these blocks, in this order.
  public init(_ blocks: some Sequence<Block>) {
    for block in blocks { append(block) }
  }

  /// The number of blocks.
  public var blockCount: Int { ends.count }

  /// Appends the counts of the next block.
  /// - Complexity: O(items of the block).
  public mutating func append(_ block: Block) {
    transactionCounts.append(UInt32(block.transactionCount))
    items.append(contentsOf: block.itemIDs)
    for container in block.containers { counts.append(container.cardinality) }
    ends.append(items.count)
  }

  /// Transactions of all blocks.
  public var transactionCount: UInt64 {
    transactionCounts.reduce(0) { $0 + UInt64($1) }
  }

  /// The transactions of each item in all blocks, by id.
  ///
  /// - Throws: ``PayloadError`` where an id is `itemCount` or beyond.
  /// - Complexity: O(entries).
  public func totals(itemCount: Int) throws(PayloadError) -> [UInt64] {
    var totals = [UInt64](repeating: 0, count: itemCount)
    for index in items.indices {
      let item = Int(items[index])
      guard item < itemCount else {
        throw PayloadError(
          .blockCounts, at: 0,
          .invalid("item \(item) is counted, but the dictionary has \(itemCount) items"))
      }
      // No overflow: fewer than 2^32 blocks of at most 2^16 transactions.
      totals[item] += UInt64(counts[index])
    }
    return totals
  }

  /// The counts as bytes, compressed: of each block its transactions, entries, gaps, counts less 1.
  public func encoded() -> [UInt8] {
    var section = PayloadWriter()
    var start = 0
    for block in ends.indices {
      section.append(varint: UInt64(transactionCounts[block]))
      section.append(count: ends[block] - start)
      var next: UInt32 = 0
      for item in items[start..<ends[block]] {
        section.append(varint: UInt64(item &- next))
        next = item &+ 1
      }
      for count in counts[start..<ends[block]] { section.append(varint: UInt64(count) - 1) }
      start = ends[block]
    }
    var writer = PayloadWriter(.blockCounts)
    writer.append(count: ends.count)
    writer.append(section: section)
    return writer.bytes
  }

  /// Reads counts; items ascend within a block, and none has more transactions than the block.
  public init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, as: .blockCounts)
    let blockCount = try reader.count(
      "the number of blocks", limit: MessageLimits.blocks, perByte: MessageLimits.expansion)
    var section = try reader.section()
    for _ in 0..<blockCount { try readBlock(from: &section) }
    try section.finish()
    try reader.finish()
  }

  private mutating func readBlock(from section: inout PayloadReader) throws(PayloadError) {
    let limit = UInt64(BlockLimits.transactions)
    let transactions = try section.number("the transactions of a block", limit: limit)
    guard transactions > 0 else { throw section.invalid("a block has no transactions") }
    let count = try section.count("the items of a block", limit: MessageLimits.items)
    var next: UInt64 = 0
    for _ in 0..<count {
      let item = next + (try section.number("an item id", limit: UInt64(UInt32.max)))
      guard let id = UInt32(exactly: item) else {
        throw section.invalid("item ids go beyond 4,294,967,295")
      }
      items.append(id)
      next = item + 1
    }
    for _ in 0..<count {
      let less = try section.number("the count of an item less 1", limit: transactions - 1)
      counts.append(UInt32(truncatingIfNeeded: less) + 1)
    }
    transactionCounts.append(UInt32(truncatingIfNeeded: transactions))
    ends.append(items.count)
  }
}
