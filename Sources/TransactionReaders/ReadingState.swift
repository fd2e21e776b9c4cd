internal import Itemsets

/// What was read so far, for people.
public struct ReadingSummary: Sendable, Equatable {
  /// Transactions handed out.
  public var transactions = 0
  /// Lines (of csv, rows; of ndjson, values) that hold data, headers and blank ones not counted.
  public var rows = 0
  /// Blank lines, and rows of nothing but empty cells; skipped, but for ``emptyBaskets`` where
  /// `keepEmpty` counts them.
  public var blankLines = 0
  /// Those of the blank lines that stand where a transaction could: all but those of long rows and
  /// ndjson.
  ///
  /// `keepEmpty` counts them as transactions.
  public var emptyBaskets = 0
  /// Rows skipped because all cells that name their transaction are empty.
  public var rowsWithoutTransaction = 0
  /// Bytes read from files, before decompression.
  public var bytesConsumed = 0
  /// The size of all inputs; nil while one of them is no regular file.
  public var bytesTotal: Int?
}

/// What the parsers of all inputs share.
struct ReadingState: ~Copyable {
  let options: ReadingOptions
  var summary = ReadingSummary()
  var customers = ItemDictionary(limit: ReadingLimits.distinctItems)
  /// How times are written in the current input; nil before the first.
  var timeForm: TimeForm?
  /// Rows on their way to transactions, where rows of one transaction may stand apart.
  var grouping: TransactionGrouping

  init(_ options: ReadingOptions) {
    self.options = options
    grouping = TransactionGrouping(
      memoryBudget: options.memoryBudget, directory: options.temporaryDirectory,
      hasTimes: options.timeColumn != nil, hasCustomers: options.customerColumn != nil)
  }

  /// Notes a line without items and, where these count, appends it as a transaction.
  mutating func blankLine(_ batch: inout TransactionBatch) {
    summary.blankLines += 1
    summary.emptyBaskets += 1
    if options.keepEmpty { batch.ends.append(batch.items.count) }
  }

  /// Parses a time in the form of the input, which the first time chooses.
  mutating func time(
    _ bytes: Span<UInt8>, file: String, line: Int
  ) throws(ReadError) -> Int64 {
    if timeForm == nil { timeForm = TimeForm(of: bytes) }
    guard let timeForm else {
      throw ReadError(
        .time, file, line: line,
        """
        \(String(quoting: bytes)) is no time; accepted are 2010-12-01 08:26:00 (ISO 8601), \
        01-12-2010 and seconds since 1970, the same form in the whole input
        """)
    }
    guard let time = timeForm.microseconds(bytes) else {
      throw ReadError(
        .time, file, line: line,
        """
        \(String(quoting: bytes)) is no time of the form \(timeForm.rawValue), which the first row \
        has; write all times of an input in the same form
        """)
    }
    return time
  }
}

/// How much one call of `read` appends before it returns.
struct BatchRoom {
  /// No chunk has more items, which are two bytes at least.
  static let items = 32_768
  static let transactions = 8_192
  /// Rows that are grouped before the caller hears of progress.
  static let rows = 65_536

  private let itemsEnd: Int
  private let transactionsEnd: Int

  init(after batch: borrowing TransactionBatch) {
    itemsEnd = batch.items.count + Self.items
    transactionsEnd = batch.count + Self.transactions
  }

  func isFull(_ batch: borrowing TransactionBatch) -> Bool {
    batch.items.count >= itemsEnd || batch.count >= transactionsEnd
  }
}

/// Whether a byte is a space or a tab.
@inline(__always)
func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

extension ByteStream {
  /// `range` without the blanks at its start and end.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    var stop = range.upperBound
    while start < stop, isBlank(buffer[start]) { start += 1 }
    while stop > start, isBlank(buffer[stop - 1]) { stop -= 1 }
    return start..<stop
  }

  /// The dictionary id of the name in `range`.
  func id(
    of range: Range<Int>, line: Int, in dictionary: inout ItemDictionary
  ) throws(ReadError) -> UInt32 {
    try identify(buffer.span.extracting(range), file: name, line: line, in: &dictionary)
  }
}

/// The dictionary id of a name within the limits.
func identify(
  _ bytes: Span<UInt8>, file: String, line: Int, in dictionary: inout ItemDictionary
) throws(ReadError) -> UInt32 {
  if bytes.count > ReadingLimits.nameBytes { throw .longName(file, line: line) }
  do throws(DictionaryError) {
    return try dictionary.id(of: bytes)
  } catch {
    throw .dictionary(error, file, line: line)
  }
}
