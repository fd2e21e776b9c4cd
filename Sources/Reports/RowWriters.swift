import Itemsets

/// The writer of the chosen format: exactly one of these is there.
struct RowWriters: ~Copyable {
  private var table: TableWriter?
  private var csv: CSVWriter?
  private var json: JSONWriter?
  private var fimi: FIMIWriter?
  private var spmf: SPMFWriter?

  init(_ items: RankedItems, _ options: ReportOptions) throws(OutputError) {
    switch options.format {
    case .table: table = TableWriter(items, options: options)
    case .csv: csv = CSVWriter(items, measures: options.measures(beyond: RuleColumns.measures))
    case .json: json = JSONWriter(items, measures: options.measures(beyond: RuleColumns.measures))
    case .fimi: fimi = try FIMIWriter(items)
    case .spmf: spmf = try SPMFWriter(items)
    }
  }

  mutating func startItemsets(to output: inout OutputBuffer) throws(OutputError) {
    table?.startItemsets()
    try csv?.writeItemsetHeading(to: &output)
    try spmf?.writeHeading(to: &output)
  }

  mutating func startRules(to output: inout OutputBuffer) throws(OutputError) {
    table?.startRules()
    try csv?.writeRuleHeading(to: &output)
    try spmf?.writeHeading(to: &output)
  }

  mutating func write<Sink: TextSink & ~Copyable>(
    _ batch: ItemsetBatch, _ rows: Range<Int>, of transactions: UInt64,
    to output: inout Sink
  ) throws(OutputError) {
    try csv?.write(batch, rows, of: transactions, to: &output)
    try json?.write(batch, rows, of: transactions, to: &output)
    try fimi?.write(batch, rows, to: &output)
    try spmf?.write(batch, rows, to: &output)
    try table?.write(batch, rows, of: transactions, to: &output)
  }

  mutating func write<Sink: TextSink & ~Copyable>(
    _ batch: RuleBatch, _ rows: Range<Int>, to output: inout Sink
  ) throws(OutputError) {
    try csv?.write(batch, rows, to: &output)
    try json?.write(batch, rows, to: &output)
    try spmf?.write(batch, rows, to: &output)
    try table?.write(batch, rows, to: &output)
  }

  mutating func finish(to output: inout OutputBuffer) throws(OutputError) {
    try table?.finish(to: &output)
  }
}

/// How many rows came and went, and how many still may go.
struct RowCounter {
  private(set) var seen: UInt64 = 0
  private(set) var written: UInt64 = 0
  private let limit: UInt64?

  init(limit: UInt64?) { self.limit = limit }

  /// Whether no more rows may be written.
  var isFull: Bool { limit.map { written >= $0 } ?? false }

  /// Notes rows that were given to the report.
  mutating func see(_ rows: Int) { seen += UInt64(rows) }

  /// The first so many of these rows may be written; they count as written.
  mutating func admit(_ rows: Int) -> Int {
    let admitted = limit.map { min(UInt64(rows), $0 - min(written, $0)) } ?? UInt64(rows)
    written += admitted
    return Int(admitted)
  }
}
