public import ArgumentParser
import AssociationRules
import Glibc
public import Reports

extension ReportFormat: ExpressibleByArgument {}

/// The measures that every listing of rules has as columns.
private let usualMeasures: [InterestMeasure] = [
  .support, .confidence, .lift, .leverage, .conviction,
]

/// The measures that are columns only where asked for.
private let furtherMeasures = InterestMeasure.allCases.filter { !usualMeasures.contains($0) }

/// The options that say how results are written.
struct OutputArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Further measures of rules, comma-separated: "
        + furtherMeasures.map(\.rawValue).joined(separator: ", ") + ".",
      valueName: "measures"))
  var measures: String?

  @Option(
    help: ArgumentHelp(
      "Order by a column, descending; or natural, canonical (by length, then items).",
      valueName: "column"))
  var sort: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Rows to write, or none for all.", valueName: "rows"))
  var top: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Format of the output (default: table on a terminal, else csv).", valueName: "format"))
  var output: ReportFormat?

  @Option(
    help: ArgumentHelp("File to write; it appears only when complete.", valueName: "file"))
  var to: String?

  mutating func validate() throws {
    try settings.validate()
  }

  var settings: OutputSettings {
    OutputSettings(measures: measures, sort: sort, top: top, output: output, to: to)
  }
}

/// How results are written.
struct OutputSettings {
  var measures: String?
  var sort: String?
  var top: String?
  var output: ReportFormat?
  var to: String?

  func validate() throws {
    _ = try report(target: nil, machine: nil)
  }

  /// Whether rows go to a terminal.
  private var isTerminal: Bool { to == nil && isatty(STDOUT_FILENO) == 1 }

  /// The options for the report.
  ///
  /// - Parameter target: what is reported; nil checks only what does not depend on it.
  func report(target: Target?, machine: MachineSettings?) throws -> ReportOptions {
    let format = output ?? (isTerminal ? .table : .csv)
    var options = ReportOptions(format: format)
    if let sort {
      guard let order = RowOrder(sort) else {
        throw ValidationError(
          "--sort \(sort): there is no such column; choose one of "
            + RowOrder.namesForRules.joined(separator: ", "))
      }
      let names = target == .rules ? RowOrder.namesForRules : RowOrder.namesForItemsets
      if target != nil, !names.contains(sort) {
        throw ValidationError(
          "--sort \(sort): --target \(target?.rawValue ?? "") has no such column; choose one of "
            + names.joined(separator: ", "))
      }
      options.order = order
    }
    if let top {
      if top == "none" {
        options.limit = .all
      } else if let rows = UInt64(top), rows >= 1 {
        options.limit = .first(rows)
      } else {
        throw ValidationError("--top \(top): give a number of at least 1, or none for all rows")
      }
    }
    if let measures {
      options.measures = try Self.parse(measures: measures)
      if let target, target != .rules {
        throw ValidationError("--measures are of rules; leave them out or use --target rules")
      }
    }
    if target == .rules, format == .fimi {
      throw ValidationError(
        "fimi has no form for rules; use -o csv, json or spmf, or --target itemsets")
    }
    if isTerminal {
      var size = winsize()
      if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
        options.width = Int(size.ws_col)
      }
      options.colour = getenv("NO_COLOR").map { $0.pointee == 0 } ?? true
    }
    if let machine {
      options.memory = max(machine.memoryBytes / 4, 1 << 20)
      options.temporaryDirectory = machine.temporaryDirectory
    }
    return options
  }

  /// The measures of a comma-separated list, each once and none that is a column anyway.
  private static func parse(measures list: String) throws -> [InterestMeasure] {
    let choice = "choose among " + furtherMeasures.map(\.rawValue).joined(separator: ", ")
    var measures: [InterestMeasure] = []
    for name in list.split(separator: ",", omittingEmptySubsequences: false) {
      if name.isEmpty {
        throw ValidationError("--measures '\(list)' has an empty name; \(choice)")
      }
      guard let measure = InterestMeasure(rawValue: String(name)) else {
        throw ValidationError("--measures: there is no measure \(name); \(choice)")
      }
      if usualMeasures.contains(measure) {
        throw ValidationError("--measures: \(name) is a column of rules already; leave it out")
      }
      if measures.contains(measure) {
        throw ValidationError("--measures names \(name) twice; name it once")
      }
      measures.append(measure)
    }
    return measures
  }

  var destination: OutputDestination { to.map { .file($0) } ?? .standardOutput }
}
