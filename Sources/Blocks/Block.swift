/// At most 65,536 transactions, stored by item: which rows of the block contain it.
///
/// Counts over blocks add up, which is all that mining needs. A block is immutable; it comes from a
/// ``BlockBuilder`` or from ``BlockFormat/decode(_:)-([UInt8])``, so it is always valid.
public struct Block: Sendable, Equatable {
  /// The data set that the block belongs to.
  public let dataSet: DataSetID
  /// The block's place in its data set, from 0.
  public let sequenceNumber: UInt64
  /// The digest of the dictionary that gave the ids, 0 where unknown.
  public let dictionaryDigest: UInt64
  /// The number of transactions, 1 to 65,536, those without items included.
  public let transactionCount: Int
  /// Dictionary ids of the items present, ascending.
  public let itemIDs: [UInt32]
  /// The rows of each item, in the order of `itemIDs`; they cover `payload` without gap or overlap.
  public let containers: [Container]
  /// The words of all containers, one after the other.
  public let payload: [UInt16]
  /// Microseconds since 1970 (UTC), one a transaction; empty where the input has no time.
  public let times: [Int64]
  /// Ids in the customer dictionary, one a transaction; empty where the input has no customer.
  public let customers: [UInt32]

  init(
    dataSet: DataSetID, sequenceNumber: UInt64, dictionaryDigest: UInt64, transactionCount: Int,
    itemIDs: [UInt32], containers: [Container], payload: [UInt16], times: [Int64],
    customers: [UInt32]
  ) {
    self.dataSet = dataSet
    self.sequenceNumber = sequenceNumber
    self.dictionaryDigest = dictionaryDigest
    self.transactionCount = transactionCount
    self.itemIDs = itemIDs
    self.containers = containers
    self.payload = payload
    self.times = times
    self.customers = customers
  }

  /// Bytes held in memory.
  public var byteCount: Int {
    payload.count * 2 + containers.count * MemoryLayout<Container>.stride + itemIDs.count * 4
      + times.count * 8 + customers.count * 4
  }

  /// Adds the count of each item of the block to `counts`, which has one entry an id of the dictionary.
  ///
  /// - Throws: ``BlockError/itemBeyondDictionary(item:dictionaryCount:)`` when the block has an item
  ///   that `counts` has no entry for; nothing is added then.
  /// - Complexity: O(items of the block).
  public func addCounts(into counts: inout [UInt64]) throws(BlockError) {
    guard let highest = itemIDs.last else { return }
    guard Int(highest) < counts.count else {
      throw .itemBeyondDictionary(item: highest, dictionaryCount: counts.count)
    }
    for index in itemIDs.indices {
      counts[Int(itemIDs[index])] += UInt64(containers[index].cardinality)
    }
  }
}
