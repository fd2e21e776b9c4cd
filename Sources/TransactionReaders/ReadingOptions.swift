/// How transactions are written in an input.
public enum TransactionFormat: String, Sendable, CaseIterable {
  /// One transaction a line, its items separated by blanks or one character.
  case basket
  /// Comma-separated values after RFC 4180: long, wide or table.
  case csv
  /// As csv, with tabs.
  case tsv
  /// One JSON array or object a line.
  case ndjson
  /// The SPMF library's transactions: integers, with names in `@ITEM` lines.
  case spmf
}

/// What stands between two items or cells.
public enum Separator: Sendable, Equatable {
  /// Any number of spaces and tabs.
  case blanks
  /// One ASCII character; two in a row have an empty item between them.
  case byte(UInt8)

  /// A separator as a user names it: one ASCII character, or `blanks`, `comma`, `semicolon`,
  /// `pipe`, `tab`, `\t`; nil for anything else.
  public init?(_ text: String) {
    switch text {
    case "blanks", "blank", "space", " ": self = .blanks
    case "comma": self = .byte(UInt8(ascii: ","))
    case "semicolon": self = .byte(UInt8(ascii: ";"))
    case "pipe": self = .byte(UInt8(ascii: "|"))
    case "tab", "\\t": self = .byte(UInt8(ascii: "\t"))
    default:
      let bytes = Array(text.utf8)
      guard bytes.count == 1, bytes[0] < 0x80, bytes[0] == 0x09 || bytes[0] > 0x20,
        bytes[0] != UInt8(ascii: "\""), bytes[0] != 0x7F
      else { return nil }
      self = .byte(bytes[0])
    }
  }
}

extension Separator: CustomStringConvertible {
  /// The separator in words, for messages.
  public var description: String {
    switch self {
    case .blanks: "blanks"
    case .byte(UInt8(ascii: ",")): "commas"
    case .byte(UInt8(ascii: "\t")): "tabs"
    case .byte(let byte): "'\(Character(UnicodeScalar(byte)))'"
    }
  }
}

/// What a user says about the inputs; everything else is recognised from them.
public struct ReadingOptions: Sendable {
  /// The format of all inputs; nil recognises it for each by file name and first lines.
  public var format: TransactionFormat?
  /// What separates items or cells; nil chooses it once per input.
  public var separator: Separator?
  /// Columns (ndjson: members) that name the transaction of a row; several form a composite key.
  ///
  /// A row whose key cells are all empty (ndjson: or null) belongs to no transaction and is skipped.
  /// An empty part beside one that is not is a part of the key like any other.
  public var transactionColumns: [String] = []
  /// The column (ndjson: member) that holds the item of a row.
  public var itemColumn: String?
  /// The column (ndjson: member) that holds a transaction's time.
  public var timeColumn: String?
  /// The column (ndjson: member) that holds a transaction's customer.
  public var customerColumn: String?
  /// Whether the first row of csv or tsv is no data, also where columns are given by number; columns
  /// given by name imply it.
  public var header = false
  /// Whether each row of csv or tsv is a transaction of items `column=value`.
  public var table = false
  /// Whether blanks around items, cells and keys are removed.
  public var trim = false
  /// Whether blank lines of baskets are transactions without items; in long rows and in ndjson a
  /// blank line is none.
  public var keepEmpty = false
  /// Bytes that the grouping of long rows may occupy before it goes to disk.
  public var memoryBudget = 1 << 30
  /// Where rows go that do not fit; nil is `TMPDIR`, else `/tmp`.
  public var temporaryDirectory: String?
  /// Bytes asked of the system at once.
  package var chunkBytes = 1 << 16
  /// The limit on lines; tests lower it.
  package var lineBytes = ReadingLimits.lineBytes

  /// Options that leave everything to recognition.
  public init() {}

  /// Whether rows of one transaction may stand apart and have to be grouped.
  var isLong: Bool { !transactionColumns.isEmpty }

  /// Refuses options that contradict each other, whatever the inputs hold.
  public func validate() throws(ReadError) {
    let long = isLong || itemColumn != nil || timeColumn != nil || customerColumn != nil
    if table, long {
      throw .usage("--table makes each row a transaction; leave out --transaction and --item")
    }
    if isLong, itemColumn == nil {
      throw .usage("--transaction needs --item COLUMN, the column that holds the items")
    }
    if itemColumn == nil, timeColumn != nil || customerColumn != nil {
      throw .usage("--time and --customer need --transaction COLUMN and --item COLUMN")
    }
    guard let format else { return }
    switch format {
    case .basket, .spmf:
      if long || table || header {
        throw .usage("--format \(format) has no columns; --format csv, tsv or ndjson has")
      }
      if format == .spmf, separator != nil {
        throw .usage("--format spmf is always separated by spaces; leave out --separator")
      }
    case .csv, .tsv:
      if long, !isLong {
        throw .usage("--item needs --transaction COLUMN, the column that names the transaction")
      }
      if separator == .blanks {
        throw .usage("--separator blanks is for --format basket; cells need one character")
      }
    case .ndjson:
      if table || header || separator != nil {
        throw .usage("--format ndjson takes no --table, --header or --separator")
      }
    }
  }
}
