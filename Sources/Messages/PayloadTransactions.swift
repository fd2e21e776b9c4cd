import Itemsets

extension TransactionChunk: PayloadCoding {
  /// The chunk as bytes, compressed: names, lengths of the transactions, ids, times, customers.
  public func encoded() -> [UInt8] {
    var section = PayloadWriter()
    section.append(names: names, ends: nameEnds)
    section.append(count: batch.count)
    var start = 0
    for end in batch.ends {
      invariant(end >= start, "The ends of transactions do not ascend.")
      section.append(count: end - start)
      start = end
    }
    invariant(start == batch.items.count, "Items go on after the last transaction.")
    for id in batch.items { section.append(varint: UInt64(id)) }
    section.append(byte: (batch.times.isEmpty ? 0 : 1) | (batch.customers.isEmpty ? 0 : 2))
    var last: Int64 = 0
    for time in batch.times {
      let step = time &- last
      // Zigzag: small steps back are small numbers too.
      section.append(varint: UInt64(bitPattern: step << 1 ^ step >> 63))
      last = time
    }
    for customer in batch.customers { section.append(varint: UInt64(customer)) }
    var writer = PayloadWriter(.transactionChunk)
    writer.append(section: section)
    return writer.bytes
  }

  /// Reads a chunk; ends ascend, and times and customers are there for all transactions or none.
  ///
  /// Whether ids are below the number of names sent so far is checked where that is known.
  public init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, as: .transactionChunk)
    var section = try reader.section()
    let (names, nameEnds) = try section.names()
    let count = try section.count(
      "the number of transactions", limit: MessageLimits.chunkTransactions)
    var batch = TransactionBatch()
    batch.ends.reserveCapacity(count)
    var end = 0
    for _ in 0..<count {
      end += try section.count(
        "the length of a transaction", limit: MessageLimits.chunkOccurrences)
      batch.ends.append(end)
    }
    guard end <= MessageLimits.chunkOccurrences, end <= section.remaining else {
      throw section.invalid("its transactions have \(end) items, more than are there")
    }
    batch.items = try section.ids(end, "an item id")
    let flags = try section.byte()
    guard flags <= 3 else { throw section.invalid("its columns are \(flags), which is unknown") }
    guard count > 0 || flags == 0 else { throw section.invalid("it has columns without rows") }
    if flags & 1 != 0 { batch.times = try section.times(count) }
    if flags & 2 != 0 { batch.customers = try section.ids(count, "a customer id") }
    try section.finish()
    try reader.finish()
    self.init(names: names, nameEnds: nameEnds, batch: batch)
  }
}

extension PayloadReader {
  fileprivate mutating func ids(
    _ count: Int, _ subject: StaticString
  ) throws(PayloadError) -> [UInt32] {
    guard count <= remaining else { throw error(.truncated) }
    var ids = [UInt32](repeating: 0, count: count)
    for index in ids.indices {
      let id = try number(subject, limit: UInt64(UInt32.max))
      ids[index] = UInt32(truncatingIfNeeded: id)
    }
    return ids
  }

  fileprivate mutating func times(_ count: Int) throws(PayloadError) -> [Int64] {
    guard count <= remaining else { throw error(.truncated) }
    var times = [Int64](repeating: 0, count: count)
    var last: Int64 = 0
    for index in times.indices {
      let zigzag = try varint()
      let step = Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1)
      last = last &+ step
      times[index] = last
    }
    return times
  }
}
