public import AssociationRules
import Itemsets

/// The forms in which itemsets and rules are written, by the names of `--output`.
public enum ReportFormat: String, CaseIterable, Sendable {
  /// Aligned columns with rounded numbers, for people.
  case table
  /// RFC 4180 with a heading; lines end with a line feed alone, as other tools of the system write.
  case csv
  /// One JSON object a line.
  case json
  /// `1 2 (4)`, what the miners of the FIMI workshops write; itemsets only.
  case fimi
  /// `1 2 #SUP: 4`, what SPMF writes.
  case spmf
}

/// The order in which rows are written; in natural order nothing is held back.
public enum RowOrder: Sendable, Equatable {
  /// As they come.
  case natural
  /// By number of items, then items ascending; of rules of one number the antecedent first.
  case canonical
  /// By a column, descending; ties in natural order, undefined values last.
  case length
  case count
  case antecedentSupport
  case consequentSupport
  case measure(InterestMeasure)

  /// The order by the name after `--sort`; nil for no such name.
  public init?(_ name: String) {
    switch name {
    case "natural": self = .natural
    case "canonical": self = .canonical
    case "length": self = .length
    case "count": self = .count
    case "antecedent_support": self = .antecedentSupport
    case "consequent_support": self = .consequentSupport
    default:
      guard let measure = InterestMeasure(rawValue: name) else { return nil }
      self = .measure(measure)
    }
  }

  /// The names after `--sort` that suit itemsets.
  public static let namesForItemsets = ["natural", "canonical", "length", "count", "support"]

  /// The names after `--sort` that suit rules.
  public static let namesForRules =
    ["natural", "canonical", "count", "antecedent_support", "consequent_support"]
    + InterestMeasure.allCases.map(\.rawValue)
}

/// How many rows are written.
public enum RowLimit: Sendable, Equatable {
  /// The first 20 of a table, all of any other format.
  case automatic
  /// All rows, `--top none`.
  case all
  /// At most so many rows.
  case first(UInt64)
}

/// What a report looks like and what it may use.
public struct ReportOptions: Sendable {
  /// The form of the output.
  public var format: ReportFormat
  /// The order of rows; nil is lift for rules in a table, else natural.
  public var order: RowOrder?
  /// How many rows are written.
  public var limit: RowLimit = .automatic
  /// Further measures of rules, as columns in this order; one that is a column already, or is named
  /// twice, does not become a second column.
  public var measures: [InterestMeasure] = []
  /// Columns of the terminal that a table must fit in; nil does not shorten anything.
  public var width: Int?
  /// Whether a table may use colours; whoever sets it has looked at the terminal and `NO_COLOR`.
  public var colour = false
  /// Bytes that sorting may hold before it goes on on disk.
  public var memory = 256 << 20
  /// The folder of what sorting puts on disk.
  public var temporaryDirectory = "/tmp"

  /// The options of a format, all else by default.
  public init(format: ReportFormat) { self.format = format }

  /// Whether itemsets go out as `fimi`, all of them in natural order, as ``ItemsetText`` writes them.
  public var isPlainFIMI: Bool {
    format == .fimi && (order ?? .natural) == .natural && rowLimit == nil
  }

  /// Whether rules are written line by line, all of them in natural order, as ``RuleText`` does.
  public var areRulesWrittenAsTheyCome: Bool {
    format != .table && format != .fimi && (order ?? .natural) == .natural && rowLimit == nil
  }

  /// The number of rows to write; nil for all.
  var rowLimit: UInt64? {
    switch limit {
    case .automatic: format == .table ? 20 : nil
    case .all: nil
    case .first(let count): count
    }
  }

  /// The asked measures that are not columns already, each once.
  func measures(beyond columns: [InterestMeasure]) -> [InterestMeasure] {
    var further: [InterestMeasure] = []
    for measure in measures where !columns.contains(measure) && !further.contains(measure) {
      further.append(measure)
    }
    return further
  }
}

/// What a report has done.
public struct ReportSummary: Sendable, Equatable {
  /// Rows that were written.
  public let rowsWritten: UInt64
  /// Rows that were given to the report.
  public let rowsSeen: UInt64
  /// What to tell on standard error about rows a table does not show, such as
  /// "20 of 5,731; --top none for all"; nil where nothing is missing or the format is not a table.
  public let note: String?

  init(rowsWritten: UInt64, rowsSeen: UInt64, format: ReportFormat) {
    self.rowsWritten = rowsWritten
    self.rowsSeen = rowsSeen
    let isCut = format == .table && rowsWritten < rowsSeen
    note = isCut ? "\(grouped(rowsWritten)) of \(grouped(rowsSeen)); --top none for all" : nil
  }
}

/// The columns that csv and json have of every rule.
enum RuleColumns {
  static let names = [
    "antecedents", "consequents", "antecedent_support", "consequent_support", "support",
    "confidence", "lift", "leverage", "conviction", "count",
  ]
  static let measures: [InterestMeasure] = [.support, .confidence, .lift, .leverage, .conviction]
}

/// The columns that csv and json have of every itemset.
enum ItemsetColumns {
  static let names = ["items", "length", "count", "support"]
}
