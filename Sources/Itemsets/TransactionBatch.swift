/// A run of transactions on its way from a reader to a block builder, stored flat.
///
/// Transaction `t` holds the item ids `items[start..<ends[t]]`, where `start` is `ends[t - 1]`, or 0
/// for the first. Ids may repeat inside a transaction; the block builder counts them once.
public struct TransactionBatch: Sendable {
  /// Dictionary ids of all transactions, one transaction after the other.
  public var items: [UInt32] = []
  /// Where each transaction ends in `items`; ascending, one entry a transaction.
  public var ends: [Int] = []
  /// Microseconds since 1970 (UTC), one a transaction; empty where the input has no time column.
  public var times: [Int64] = []
  /// Ids in the customer dictionary, one a transaction; empty where there is no customer column.
  public var customers: [UInt32] = []

  /// An empty batch.
  public init() {}

  /// The number of transactions.
  public var count: Int { ends.count }

  /// Forgets all transactions but keeps the memory for the next ones.
  public mutating func removeAll() {
    items.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    times.removeAll(keepingCapacity: true)
    customers.removeAll(keepingCapacity: true)
  }
}
