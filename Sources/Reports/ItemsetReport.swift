public import Itemsets

/// Writes itemsets in any format: batches in, text out.
///
/// In natural order every batch is written as it comes. A sort holds rows back, see
/// ``ReportOptions/memory``, and writes them in ``finish()``. After an error the report is of no use;
/// dropping it removes what was written of a file.
public struct ItemsetReport: ~Copyable {
  private let items: RankedItems
  private let transactions: UInt64
  private let format: ReportFormat
  private let order: RowOrder
  private var writers: RowWriters
  private var output: OutputBuffer
  private var rows: RowCounter
  private let sorter: RecordSorter?

  /// A report on itemsets of `items` among so many transactions.
  ///
  /// Throws ``OutputError/unsuitable(_:)`` for an order that itemsets do not have and for names that
  /// the format cannot hold, before anything is written.
  public init(
    items: RankedItems, transactions: UInt64, options: ReportOptions,
    output: consuming OutputBuffer
  ) throws(OutputError) {
    let order = options.order ?? .natural
    let rule: TieRule
    switch order {
    case .natural, .length, .count, .measure(.support): rule = .none
    case .canonical: rule = .trailingWords(0)
    default:
      throw OutputError.unsuitable(
        "itemsets have no such column to sort by; use --sort "
          + RowOrder.namesForItemsets.joined(separator: ", "))
    }
    var writers = try RowWriters(items, options)
    try writers.startItemsets(to: &output)
    self.items = items
    self.transactions = transactions
    self.order = order
    self.writers = writers
    self.output = output
    format = options.format
    rows = RowCounter(limit: options.rowLimit)
    sorter = order == .natural ? nil : RecordSorter(rule: rule, options)
  }

  /// Whether further rows can still change what is written; if not, they need only be counted.
  public var needsRows: Bool { sorter != nil || !rows.isFull }

  /// Counts rows without looking at them, where ``needsRows`` is false.
  public mutating func skip(_ count: Int) { rows.see(count) }

  /// Writes a batch, or holds it for sorting.
  public mutating func append(_ batch: ItemsetBatch) throws(OutputError) {
    rows.see(batch.count)
    if let sorter {
      try hold(batch, sorter)
    } else {
      let admitted = rows.admit(batch.count)
      if admitted > 0 {
        try writers.write(batch, 0..<admitted, of: transactions, to: &output)
      }
    }
  }

  /// Writes what is held and completes the output; a file appears under its name.
  public mutating func finish() throws(OutputError) -> ReportSummary {
    if let sorter {
      try sorter.finish()
      try writeSorted(sorter)
    }
    try writers.finish(to: &output)
    try output.finish()
    return ReportSummary(rowsWritten: rows.written, rowsSeen: rows.seen, format: format)
  }

  private func hold(_ batch: ItemsetBatch, _ sorter: RecordSorter) throws(OutputError) {
    let ranks = batch.items.span
    let counts = batch.counts.span
    let places = items.places.span
    let isCanonical = order == .canonical
    for row in 0..<batch.count {
      let range = batch.range(row)
      let key: UInt64
      switch order {
      case .canonical: key = UInt64(range.count)
      case .length: key = SortKey.descending(UInt64(range.count))
      default: key = SortKey.descending(counts[row])
      }
      guard sorter.accepts(key) else { continue }
      let words = ItemsetRecord.fixedWords + range.count * (isCanonical ? 2 : 1)
      let record = try sorter.add(key: key, words: words)
      store64(counts[row], record, recordHeaderWords)
      record[recordHeaderWords + 2] = UInt32(truncatingIfNeeded: range.count)
      let start = record + ItemsetRecord.fixedWords
      for (index, position) in range.enumerated() { start[index] = ranks[position] }
      if isCanonical { storePlaces(ranks, range, places, in: start + range.count) }
    }
  }

  private mutating func writeSorted(_ sorter: RecordSorter) throws(OutputError) {
    var batch = ItemsetBatch()
    while let record = try sorter.next() {
      let start = record + ItemsetRecord.fixedWords
      let length = Int(record[recordHeaderWords + 2])
      batch.items.append(contentsOf: UnsafeBufferPointer(start: start, count: length))
      batch.ends.append(batch.items.count)
      batch.counts.append(word64(record, recordHeaderWords))
      if batch.count == sortedBatchRows { try writeAdmitted(&batch) }
    }
    try writeAdmitted(&batch)
  }

  private mutating func writeAdmitted(_ batch: inout ItemsetBatch) throws(OutputError) {
    let admitted = rows.admit(batch.count)
    try writers.write(batch, 0..<admitted, of: transactions, to: &output)
    batch.removeAll()
  }
}

/// Rows that are written at once after sorting.
let sortedBatchRows = 1024

/// Puts the places of ranks into a record, ascending.
@inline(__always)
func storePlaces(
  _ ranks: Span<UInt32>, _ range: Range<Int>, _ places: Span<UInt32>,
  in start: UnsafeMutablePointer<UInt32>
) {
  for (index, position) in range.enumerated() { start[index] = places[Int(ranks[position])] }
  var stored = UnsafeMutableBufferPointer(start: start, count: range.count)
  stored.sort()
}
