public import Itemsets

/// Reads transactions from files and standard input, streaming: the front of this module.
///
/// Several inputs are read one after the other as one data set. Memory is bounded by the limits
/// (``ReadingLimits``), the dictionary and, for long rows, the budget of the options.
///
///     var dictionary = ItemDictionary()
///     var batch = TransactionBatch()
///     var reader = try TransactionReader(paths: ["retail.dat"], options: ReadingOptions())
///     while try reader.read(into: &batch, dictionary: &dictionary) {
///       // ... take the transactions of `batch` ...
///       batch.removeAll()
///     }
public struct TransactionReader: ~Copyable, Sendable {
  /// The inputs opened so far and what was found out about each, in order.
  public private(set) var inputs: [InputDescription] = []

  private let paths: [String]
  private var nextPath = 0
  private var stream: ByteStream?
  private var parser: Parser
  private var state: ReadingState
  /// Bytes of the inputs that have ended, and of the current one.
  private var bytesOfEnded = 0
  private var bytesOfCurrent = 0
  private var isEmitting = false
  private var isFinished = false
  private var bytesTotal: Int?

  private enum Parser: Sendable {
    /// Nothing is open, or the parser is at work.
    case none
    case basket(BasketParser)
    case delimited(DelimitedParser)
    case ndjson(NDJSONParser)
    case spmf(SPMFParser)
  }

  /// Checks that all inputs can be read, opens the first and recognises its format.
  ///
  /// `-` is standard input. Throws ``ReadError`` for options that contradict each other (`usage`),
  /// for an input that is missing, a directory or without permission, and for what the first lines
  /// of the first input show.
  public init(paths: [String], options: ReadingOptions) throws(ReadError) {
    self.paths = paths
    state = ReadingState(options)
    parser = .none
    try options.validate()
    if paths.isEmpty {
      throw .usage("no input; give the names of files, or - for standard input")
    }
    if paths.count(where: { $0 == "-" }) > 1 {
      throw .usage("standard input (-) is given twice, but can be read only once")
    }
    var total: Int? = 0
    for path in paths {
      if let size = try ByteSource.check(path) {
        if let sum = total { total = sum + size }
      } else {
        total = nil
      }
    }
    bytesTotal = total
    try openNext()
  }

  /// What was read so far, and how much there is; cheap, for progress.
  public var summary: ReadingSummary {
    var summary = state.summary
    summary.bytesConsumed = bytesOfEnded + bytesOfCurrent
    summary.bytesTotal = bytesTotal
    return summary
  }

  /// The customers by id, where the inputs have a customer column; `""` where a cell is empty.
  public var customers: ItemDictionary { state.customers }

  /// Whether rows of long inputs did not fit their memory budget and went to disk.
  public var hasSpilled: Bool { state.grouping.hasSpilled }

  /// Appends a bounded run of transactions to `batch` and their new items to `dictionary`.
  ///
  /// Returns false at the end, having appended nothing. A call that returns true may have appended
  /// nothing, too: it has grouped some rows. Transactions come in the order of the inputs, those of
  /// long inputs in ascending order of their keys. After an error nothing more is read.
  public mutating func read(
    into batch: inout TransactionBatch, dictionary: inout ItemDictionary
  ) throws(ReadError) -> Bool {
    let before = batch.count
    while !isFinished {
      if stream == nil {
        if state.options.isLong { break }
        isFinished = true
        try checkNotEmpty(batch.count - before)
        return false
      }
      let more = try readInput(&batch, &dictionary)
      state.summary.transactions += batch.count - before
      if more { return true }
      do throws(ReadError) {
        try openNext()
      } catch {
        isFinished = true
        throw error
      }
      if batch.count > before || state.options.isLong { return true }
    }
    if isFinished { return false }
    if try !emitGroups(&batch) { isFinished = true }
    let count = batch.count - before
    state.summary.transactions += count
    if isFinished { try checkNotEmpty(count) }
    return count > 0
  }

  /// Reads from the current input; false at its end.
  private mutating func readInput(
    _ batch: inout TransactionBatch, _ dictionary: inout ItemDictionary
  ) throws(ReadError) -> Bool {
    // Taken out while in use: after an error there is no stream, and nothing more is read.
    guard var current = stream.take() else { return false }
    let working = parser
    parser = .none  // else each call would copy the scratch memory of the parser
    let more: Bool
    do throws(ReadError) {
      switch consume working {
      case .none: more = false
      case .basket(var basket):
        more = try basket.read(&current, &state, &batch, &dictionary)
        parser = .basket(basket)
      case .delimited(var delimited):
        more = try delimited.read(&current, &state, &batch, &dictionary)
        parser = .delimited(delimited)
      case .ndjson(var ndjson):
        more = try ndjson.read(&current, &state, &batch, &dictionary)
        parser = .ndjson(ndjson)
      case .spmf(var spmf):
        more = try spmf.read(&current, &state, &batch, &dictionary)
        parser = .spmf(spmf)
      }
    } catch {
      isFinished = true
      throw error
    }
    if !inputs.isEmpty { inputs[inputs.count - 1].timeForm = state.timeForm }
    bytesOfCurrent = current.bytesConsumed
    if more {
      stream = consume current
    } else {
      bytesOfEnded += bytesOfCurrent
      bytesOfCurrent = 0
    }
    return more
  }

  private mutating func emitGroups(_ batch: inout TransactionBatch) throws(ReadError) -> Bool {
    do throws(ReadError) {
      if !isEmitting {
        isEmitting = true
        try state.grouping.finish()
      }
      return try state.grouping.emit(into: &batch)
    } catch {
      isFinished = true
      throw error
    }
  }

  private func checkNotEmpty(_ justRead: Int) throws(ReadError) {
    if state.summary.transactions > 0 { return }
    let blank = state.summary.blankLines
    let remedy = state.summary.emptyBaskets > 0 ? "; see --keep-empty" : ""
    let skipped = blank > 0 ? " (only \(grouped(blank)) blank lines\(remedy))" : ""
    throw ReadError(
      .noTransactions, paths[0] == "-" ? "standard input" : paths[0],
      "\(paths.count > 1 ? "the inputs hold" : "holds") no transactions\(skipped); check the file")
  }

  /// Opens the next input, if there is one, and prepares its parser.
  private mutating func openNext() throws(ReadError) {
    guard nextPath < paths.count else { return }
    let path = paths[nextPath]
    nextPath += 1
    let options = state.options
    var next = ByteStream(
      try ByteSource(path, chunkBytes: options.chunkBytes), chunkBytes: options.chunkBytes,
      lineLimit: options.lineBytes)
    try next.skipByteOrderMark()
    let format = try recogniseFormat(&next, path: path, options: options)
    if options.format == nil { try check(format, next.name) }
    var separator: Separator?
    var hasHeader = false
    var layout = options.isLong ? InputDescription.Layout.long : .wide
    switch format {
    case .basket:
      let comma = UInt8(ascii: ",")
      let chosen: Separator
      if let given = options.separator {
        chosen = given
      } else {
        chosen = try next.sampleHolds(comma) ? .byte(comma) : .blanks
      }
      separator = chosen
      parser = .basket(BasketParser(separator: chosen, trim: options.trim))
    case .csv, .tsv:
      var byte = UInt8(ascii: format == .csv ? "," : "\t")
      if case .byte(let given) = options.separator { byte = given }
      let delimited = try DelimitedParser(&next, separator: byte, options: options)
      separator = .byte(byte)
      hasHeader = delimited.hasHeader
      if options.table { layout = .table }
      parser = .delimited(delimited)
    case .ndjson: parser = .ndjson(NDJSONParser(options))
    case .spmf: parser = .spmf(SPMFParser())
    }
    state.timeForm = nil
    inputs.append(
      InputDescription(
        name: next.name, format: format, separator: separator, hasHeader: hasHeader,
        layout: layout, isCompressed: next.isCompressed))
    stream = consume next
  }

  /// Checks the options against a format that was recognised, not given.
  private func check(_ format: TransactionFormat, _ name: String) throws(ReadError) {
    var options = state.options
    options.format = format
    do throws(ReadError) {
      try options.validate()
    } catch {
      throw ReadError(
        .usage, name, error.message + " (\(format.rawValue) was recognised; see --format)")
    }
  }
}
