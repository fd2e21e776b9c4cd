internal import Itemsets

/// Csv and tsv: long (a row is an item of a transaction), wide (a row is a basket) or a table.
struct DelimitedParser: Sendable {
  /// What a row is.
  enum Layout: Sendable {
    case wide
    case long(Columns)
    /// The names of the columns, each with `=` behind.
    case table([[UInt8]])
  }

  /// Where a long row holds what, from 0.
  struct Columns: Sendable {
    var transaction: [Int]
    var item: Int
    var time: Int?
    var customer: Int?
  }

  let layout: Layout
  /// Whether the first row was taken as a header.
  let hasHeader: Bool
  private let trim: Bool
  private var rows: RowScanner
  private var scratch: [UInt8] = []

  /// Reads the header, where there is one, and finds the columns in it.
  init(
    _ stream: inout ByteStream, separator: UInt8, options: ReadingOptions
  ) throws(ReadError) {
    trim = options.trim
    rows = RowScanner(separator: separator)
    let asked =
      options.transactionColumns
      + [options.itemColumn, options.timeColumn, options.customerColumn].compactMap { $0 }
    let byName = asked.contains { Int($0) == nil }
    hasHeader = options.header || options.table || byName
    var header: Header?
    if hasHeader {
      header = Header(file: stream.name, separator: separator)
      if try rows.next(&stream) { try header?.read(rows, stream, trim: options.trim) }
    }
    if options.table {
      layout = .table((header?.names ?? []).map { Array(($0 + "=").utf8) })
    } else if options.isLong, let item = options.itemColumn {
      let finder = header ?? Header(file: stream.name, separator: separator)
      var transaction: [Int] = []
      for column in options.transactionColumns { transaction.append(try finder.find(column)) }
      var columns = Columns(transaction: transaction, item: try finder.find(item))
      if let column = options.timeColumn { columns.time = try finder.find(column) }
      if let column = options.customerColumn { columns.customer = try finder.find(column) }
      layout = .long(columns)
    } else {
      layout = .wide
    }
  }

  /// Appends transactions until the batch has enough, or groups as many rows; false at the end.
  mutating func read(
    _ stream: inout ByteStream, _ state: inout ReadingState, _ batch: inout TransactionBatch,
    _ dictionary: inout ItemDictionary
  ) throws(ReadError) -> Bool {
    let room = BatchRoom(after: batch)
    var rowsLeft = BatchRoom.rows
    while !room.isFull(batch), rowsLeft > 0 {
      guard try rows.next(&stream) else { return false }
      rowsLeft -= 1
      if isBlankRow(stream) {
        // In the long form a blank row names no transaction that could be kept.
        if case .long = layout { state.summary.blankLines += 1 } else { state.blankLine(&batch) }
        continue
      }
      state.summary.rows += 1
      switch layout {
      case .wide: try appendWide(stream, &batch, &dictionary)
      case .long(let columns): try group(columns, stream, &state, &dictionary)
      case .table(let names): try appendTable(names, stream, &batch, &dictionary)
      }
    }
    return true
  }

  private func cell(_ index: Int, _ stream: borrowing ByteStream) -> Range<Int> {
    trim ? stream.trimmed(rows.cells[index]) : rows.cells[index]
  }

  /// Whether all cells are empty, or the only one is blank.
  private func isBlankRow(_ stream: borrowing ByteStream) -> Bool {
    if rows.cells.count == 1 { return stream.trimmed(rows.cells[0]).isEmpty }
    return rows.cells.indices.allSatisfy { cell($0, stream).isEmpty }
  }

  private func appendWide(
    _ stream: borrowing ByteStream, _ batch: inout TransactionBatch,
    _ dictionary: inout ItemDictionary
  ) throws(ReadError) {
    if rows.cells.count > ReadingLimits.transactionItems {
      throw .manyItems(stream.name, line: rows.line)
    }
    for index in rows.cells.indices {
      let item = cell(index, stream)
      if item.isEmpty { continue }
      batch.items.append(try stream.id(of: item, line: rows.line, in: &dictionary))
    }
    batch.ends.append(batch.items.count)
  }

  private mutating func appendTable(
    _ names: [[UInt8]], _ stream: borrowing ByteStream, _ batch: inout TransactionBatch,
    _ dictionary: inout ItemDictionary
  ) throws(ReadError) {
    if rows.cells.count != names.count {
      throw ReadError(
        rows.cells.count < names.count ? .missingColumn : .malformed, stream.name, line: rows.line,
        """
        a row of \(rows.cells.count) cells, but the header names \(names.count) columns; complete \
        the row, or quote cells that hold a separator
        """)
    }
    for index in rows.cells.indices {
      let value = cell(index, stream)
      if value.isEmpty { continue }
      scratch.removeAll(keepingCapacity: true)
      scratch += names[index]
      scratch += stream.buffer[value]
      batch.items.append(
        try identify(scratch.span, file: stream.name, line: rows.line, in: &dictionary))
    }
    batch.ends.append(batch.items.count)
  }

  private mutating func group(
    _ columns: Columns, _ stream: borrowing ByteStream, _ state: inout ReadingState,
    _ dictionary: inout ItemDictionary
  ) throws(ReadError) {
    scratch.removeAll(keepingCapacity: true)
    var isNamed = false
    for column in columns.transaction {
      let key = try needed(column, stream)
      if !key.isEmpty { isNamed = true }
      TransactionGrouping.appendKey(
        stream.buffer.span.extracting(key), of: columns.transaction.count, to: &scratch)
    }
    if !isNamed {
      state.summary.rowsWithoutTransaction += 1
      return
    }
    let item = try needed(columns.item, stream)
    var time: Int64 = 0
    if let column = columns.time {
      let range = try needed(column, stream)
      time = try state.time(
        stream.buffer.span.extracting(range), file: stream.name, line: rows.line)
    }
    var customer: UInt32 = 0
    if let column = columns.customer {
      let range = try needed(column, stream)
      customer = try stream.id(of: range, line: rows.line, in: &state.customers)
    }
    try state.grouping.begin(
      scratch.span, time: time, customer: customer, file: stream.name, line: rows.line)
    if item.isEmpty { return }
    let id = try stream.id(of: item, line: rows.line, in: &dictionary)
    state.grouping.append(id)
  }

  /// The cell of a column that each row must have.
  private func needed(
    _ column: Int, _ stream: borrowing ByteStream
  ) throws(ReadError) -> Range<Int> {
    if column < rows.cells.count { return cell(column, stream) }
    throw ReadError(
      .missingColumn, stream.name, line: rows.line,
      """
      a row of \(rows.cells.count) cells, but column \(column + 1) is needed; complete the row, or \
      see --separator
      """)
  }
}

/// The names of the columns of a csv or tsv, where its first row holds them.
private struct Header {
  let file: String
  let separator: UInt8
  var names: [String] = []

  mutating func read(
    _ rows: RowScanner, _ stream: borrowing ByteStream, trim: Bool
  ) throws(ReadError) {
    if rows.cells.count > ReadingLimits.columns {
      throw ReadError(
        .overLimit, file, line: rows.line,
        """
        a header of more than \(grouped(ReadingLimits.columns)) columns (limit columns); leave out \
        columns, or read rows as baskets (no --table)
        """)
    }
    for cell in rows.cells {
      let range = trim ? stream.trimmed(cell) : cell
      if range.count > ReadingLimits.nameBytes { throw .longName(file, line: rows.line) }
      names.append(String(decoding: stream.buffer.span.extracting(range)))
    }
  }

  /// The place of a column given by its name or by its number from 1.
  func find(_ column: String) throws(ReadError) -> Int {
    let matches = names.indices.filter { names[$0].utf8.elementsEqual(column.utf8) }
    if matches.count > 1 {
      throw ReadError(
        .unknownColumn, file, line: 1,
        """
        \(matches.count) columns are called "\(column)"; give the number of the one you mean, such \
        as \(matches[0] + 1)
        """)
    }
    if let match = matches.first { return match }
    if let number = Int(column), number >= 1, number <= ReadingLimits.columns,
      names.isEmpty || number <= names.count
    {
      return number - 1
    }
    if names.isEmpty {
      throw ReadError(
        .unknownColumn, file, line: 1,
        "there is no column \"\(column)\"; give its name in the header, or its number from 1")
    }
    var message = "there is no column \"\(column)\"; there are: "
    message += names.prefix(40).map { "\"\($0.prefix(60))\"" }.joined(separator: ", ")
    if names.count > 40 { message += " and \(names.count - 40) more" }
    if names.count == 1, let other = [";", "\t", ",", "|"].first(where: names[0].contains) {
      message += "; cells seem to be separated by '\(other)': see --separator"
    }
    throw ReadError(.unknownColumn, file, line: 1, message)
  }
}
