internal import Itemsets

/// Brings rows of one transaction together, however far apart they stand.
///
/// Rows are held by transaction in memory. When they fill their budget they go to disk as a run
/// sorted by key, and in the end the runs are merged. Transactions come out in ascending order of
/// the bytes of their keys, so that neither the budget nor the order of rows shows; their items keep
/// the order of rows. A transaction has the earliest time of its rows and the customer of its first.
struct TransactionGrouping: ~Copyable {
  /// Appends one part of a key; parts of a composite key carry their length, so that ("a", "bc")
  /// and ("ab", "c") differ.
  static func appendKey(_ part: Span<UInt8>, of parts: Int, to key: inout [UInt8]) {
    if parts > 1 {
      let length = UInt32(clamping: part.count)
      for shift in [24, 16, 8, 0] { key.append(UInt8(truncatingIfNeeded: length >> shift)) }
    }
    part.withUnsafeBufferPointer { key.append(contentsOf: $0) }
  }

  private let memoryBudget: Int
  private let directory: String?
  private let hasTimes: Bool
  private let hasCustomers: Bool

  /// The keys of the transactions in memory; their ids number the transactions there.
  private var keys = ItemDictionary()
  private var times: [Int64] = []
  private var customers: [UInt32] = []
  /// The rows in memory that hold an item: which transaction, which item.
  private var rowTransactions: [UInt32] = []
  private var rowItems: [UInt32] = []
  private var current: UInt32 = 0

  private var runs: SortedRuns?
  /// The transactions in memory in order of output, and the next of them; set by `finish`.
  private var sorted: SortedTransactions?
  private var nextSorted = 0
  private var group = TransactionGroup()

  init(memoryBudget: Int, directory: String?, hasTimes: Bool, hasCustomers: Bool) {
    self.memoryBudget = memoryBudget
    self.directory = directory
    self.hasTimes = hasTimes
    self.hasCustomers = hasCustomers
  }

  /// Whether rows had to go to disk.
  var hasSpilled: Bool { runs != nil }

  /// Begins a row of the transaction with this key; items appended next belong to it.
  mutating func begin(
    _ key: Span<UInt8>, time: Int64, customer: UInt32, file: String, line: Int
  ) throws(ReadError) {
    if isFull { try spill() }
    current = try identify(key, file: file, line: line, in: &keys)
    if Int(current) == times.count {
      times.append(time)
      customers.append(customer)
    } else {
      times[Int(current)] = min(times[Int(current)], time)
    }
  }

  /// Adds an item to the transaction of the current row.
  mutating func append(_ item: UInt32) {
    rowTransactions.append(current)
    rowItems.append(item)
  }

  /// Says that no row follows; `emit` hands out the transactions then.
  mutating func finish() throws(ReadError) {
    if runs == nil {
      sorted = sortTransactions()
      return
    }
    if keys.count > 0 { try spill() }
    releaseMemory()
    try runs?.startMerge()
  }

  /// Appends transactions until the batch has enough; false when there are no more.
  mutating func emit(into batch: inout TransactionBatch) throws(ReadError) -> Bool {
    let room = BatchRoom(after: batch)
    while !room.isFull(batch) {
      if hasSpilled {
        guard try runs?.next(&group) == true else { return false }
        append(group, to: &batch)
      } else {
        guard let order = sorted?.order, nextSorted < order.count else { return false }
        try load(order[nextSorted])
        append(group, to: &batch)
        nextSorted += 1
      }
    }
    return true
  }

  private func append(_ group: borrowing TransactionGroup, to batch: inout TransactionBatch) {
    batch.items.append(contentsOf: group.items)
    batch.ends.append(batch.items.count)
    if hasTimes { batch.times.append(group.time) }
    if hasCustomers { batch.customers.append(group.customer) }
  }

  // MARK: Memory

  /// Sorting takes half as much again, and growing arrays are copied: half the budget is for rows.
  private var isFull: Bool {
    let rows = 4 * (rowTransactions.count + rowItems.count)
    return keys.count > 0 && 2 * (rows + 12 * keys.count + keys.memoryBytes) > memoryBudget
  }

  private mutating func releaseMemory() {
    keys = ItemDictionary()
    times = []
    customers = []
    rowTransactions = []
    rowItems = []
  }

  /// Orders the transactions in memory by key, and their items by transaction.
  private func sortTransactions() -> SortedTransactions {
    var ends = [Int](repeating: 0, count: keys.count + 1)
    for transaction in rowTransactions { ends[Int(transaction) + 1] += 1 }
    for transaction in 0..<keys.count { ends[transaction + 1] += ends[transaction] }
    // Here each entry is the start of its transaction, then the place of its next item.
    var items = [UInt32](repeating: 0, count: rowItems.count)
    for row in rowItems.indices {
      let transaction = Int(rowTransactions[row])
      items[ends[transaction]] = rowItems[row]
      ends[transaction] += 1
    }
    ends.removeLast()
    let order = keys.ascendingByBytes((0..<keys.count).map { UInt32($0) })
    return SortedTransactions(order: order, items: items, ends: ends)
  }

  /// Makes a sorted transaction of those in memory the current group.
  private mutating func load(_ transaction: UInt32) throws(ReadError) {
    guard let sorted else { return }
    let id = Int(transaction)
    let start = id == 0 ? 0 : sorted.ends[id - 1]
    if sorted.ends[id] - start > ReadingLimits.transactionItems {
      throw .manyItems("", line: nil, transaction: keys.name(id))
    }
    group.items.removeAll(keepingCapacity: true)
    group.items.append(contentsOf: sorted.items[start..<sorted.ends[id]])
    group.key.removeAll(keepingCapacity: true)
    group.key.append(contentsOf: keys.nameBytes[keys.nameRange(id)])
    group.time = times[id]
    group.customer = customers[id]
  }

  /// Writes the transactions in memory as a run and forgets them.
  private mutating func spill() throws(ReadError) {
    if runs == nil { runs = try SortedRuns(in: directory) }
    let sorting = sortTransactions()
    sorted = sorting
    try runs?.beginRun()
    for transaction in sorting.order {
      try load(transaction)
      try runs?.append(group)
    }
    try runs?.endRun()
    sorted = nil
    keys.removeAll()
    times.removeAll(keepingCapacity: true)
    customers.removeAll(keepingCapacity: true)
    rowTransactions.removeAll(keepingCapacity: true)
    rowItems.removeAll(keepingCapacity: true)
  }
}

/// The order in which transactions in memory come out, and the items of each by its number.
struct SortedTransactions: Sendable {
  var order: [UInt32]
  var items: [UInt32]
  var ends: [Int]
}

/// One transaction with its key, on its way to or from disk.
struct TransactionGroup: Sendable {
  var key: [UInt8] = []
  var time: Int64 = 0
  var customer: UInt32 = 0
  var items: [UInt32] = []
}
