import AssociationRules
public import Itemsets

/// Writes association rules in any format but `fimi`: batches in, text out.
///
/// In natural order every batch is written as it comes. A sort holds rows back, see
/// ``ReportOptions/memory``, and writes them in ``finish()``; by support, confidence and lift it
/// compares fractions exactly, by other measures their double. After an error the report is of no
/// use; dropping it removes what was written of a file.
public struct RuleReport: ~Copyable {
  private let items: RankedItems
  private let format: ReportFormat
  private let order: RowOrder
  private var writers: RowWriters
  private var output: OutputBuffer
  private var rows: RowCounter
  private let sorter: RecordSorter?

  /// A report on rules between `items`.
  ///
  /// Throws ``OutputError/unsuitable(_:)`` for `fimi`, for an order that rules do not have and for
  /// names that the format cannot hold, before anything is written.
  public init(
    items: RankedItems, options: ReportOptions, output: consuming OutputBuffer
  ) throws(OutputError) {
    guard options.format != .fimi else {
      throw OutputError.unsuitable(
        "fimi has no form for rules; use --output csv, json or spmf, or --target itemsets")
    }
    let order = options.order ?? (options.format == .table ? .measure(.lift) : .natural)
    let rule: TieRule
    switch order {
    case .measure(.confidence): rule = .measure(.confidence)
    case .measure(.lift): rule = .measure(.lift)
    case .canonical: rule = .trailingWords(1)
    case .length:
      throw OutputError.unsuitable(
        "rules have no column length to sort by; use --sort "
          + RowOrder.namesForRules.joined(separator: ", "))
    default: rule = .none
    }
    var writers = try RowWriters(items, options)
    try writers.startRules(to: &output)
    self.items = items
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
  public mutating func append(_ batch: RuleBatch) throws(OutputError) {
    rows.see(batch.count)
    if let sorter {
      try hold(batch, sorter)
    } else {
      let admitted = rows.admit(batch.count)
      if admitted > 0 { try writers.write(batch, 0..<admitted, to: &output) }
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

  private func hold(_ batch: RuleBatch, _ sorter: RecordSorter) throws(OutputError) {
    let ranks = batch.items.span
    let allCounts = batch.counts.span
    let places = items.places.span
    let isCanonical = order == .canonical
    for row in 0..<batch.count {
      let counts = allCounts[row]
      let antecedent = batch.antecedent(row)
      let consequent = batch.consequent(row)
      let length = antecedent.count + consequent.count
      let key = sortKey(counts, length)
      guard sorter.accepts(key) else { continue }
      let words = RuleRecord.fixedWords + length + (isCanonical ? length + 1 : 0)
      let record = try sorter.add(key: key, words: words)
      RuleRecord.store(counts, in: record)
      record[RuleRecord.fixedWords - 2] = UInt32(truncatingIfNeeded: antecedent.count)
      record[RuleRecord.fixedWords - 1] = UInt32(truncatingIfNeeded: consequent.count)
      var end = record + RuleRecord.fixedWords
      for position in antecedent.lowerBound..<consequent.upperBound {
        end[0] = ranks[position]
        end += 1
      }
      if isCanonical { storeSides(ranks, antecedent, consequent, places, in: end) }
    }
  }

  private func sortKey(_ counts: RuleCounts, _ length: Int) -> UInt64 {
    switch order {
    case .natural, .length, .canonical: UInt64(length)
    case .count, .measure(.support): SortKey.descending(counts.both)
    case .antecedentSupport: SortKey.descending(counts.antecedent)
    case .consequentSupport: SortKey.descending(counts.consequent)
    case .measure(let measure): SortKey.descending(measure.value(counts))
    }
  }

  /// Puts the places of both sides from 1, a 0 between them, so that of two antecedents of which one
  /// starts with the other the shorter comes first.
  private func storeSides(
    _ ranks: Span<UInt32>, _ antecedent: Range<Int>, _ consequent: Range<Int>,
    _ places: Span<UInt32>, in start: UnsafeMutablePointer<UInt32>
  ) {
    storePlaces(ranks, antecedent, places, in: start)
    start[antecedent.count] = 0
    storePlaces(ranks, consequent, places, in: start + antecedent.count + 1)
    for index in 0...(antecedent.count + consequent.count) where index != antecedent.count {
      start[index] &+= 1
    }
  }

  private mutating func writeSorted(_ sorter: RecordSorter) throws(OutputError) {
    var batch = RuleBatch()
    while let record = try sorter.next() {
      let antecedent = Int(record[RuleRecord.fixedWords - 2])
      let length = antecedent + Int(record[RuleRecord.fixedWords - 1])
      let start = record + RuleRecord.fixedWords
      batch.antecedentEnds.append(batch.items.count + antecedent)
      batch.items.append(contentsOf: UnsafeBufferPointer(start: start, count: length))
      batch.ends.append(batch.items.count)
      batch.counts.append(RuleRecord.counts(record))
      if batch.count == sortedBatchRows { try writeAdmitted(&batch) }
    }
    try writeAdmitted(&batch)
  }

  private mutating func writeAdmitted(_ batch: inout RuleBatch) throws(OutputError) {
    let admitted = rows.admit(batch.count)
    try writers.write(batch, 0..<admitted, to: &output)
    batch.removeAll()
  }
}
