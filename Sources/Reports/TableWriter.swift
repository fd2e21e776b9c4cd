import AssociationRules
import Itemsets

/// Writes itemsets and rules as aligned columns with rounded numbers.
///
/// The widths of the columns come from the first thousand rows, which are held until then; later
/// rows that need more stand out of line.
struct TableWriter {
  private static let rowsHeld = 1000
  private static let gap = "  "
  /// A first column narrower than this is not shortened further, whatever the terminal.
  private static let narrowestFirstColumn = 16

  private struct Row {
    let antecedent: [String]
    let consequent: [String]
    let cells: [String]
  }

  private let items: RankedItems
  private let measures: [InterestMeasure]
  private let width: Int?
  private let colour: Bool
  private var titles: [String] = []
  private var held: [Row] = []
  /// The width of each column, the first included; empty until the first rows are written.
  private var widths: [Int] = []

  init(_ items: RankedItems, options: ReportOptions) {
    self.items = items
    measures = options.measures(beyond: [.support, .confidence, .lift])
    width = options.width
    colour = options.colour
  }

  mutating func startItemsets() {
    titles = ["itemset", "length", "support", "count"]
  }

  mutating func startRules() {
    titles = ["rule", "antecedent support", "support", "confidence", "lift", "count"]
    titles += measures.map { $0.rawValue.replacingUnderscores() }
  }

  mutating func write<Sink: TextSink & ~Copyable>(
    _ batch: ItemsetBatch, _ rows: Range<Int>, of transactions: UInt64,
    to output: inout Sink
  ) throws(OutputError) {
    for row in rows {
      let range = batch.range(row)
      let cells = [
        grouped(range.count), percent(batch.counts[row], of: transactions),
        grouped(batch.counts[row]),
      ]
      try add(Row(antecedent: [], consequent: names(batch.items[range]), cells: cells), to: &output)
    }
  }

  mutating func write<Sink: TextSink & ~Copyable>(
    _ batch: RuleBatch, _ rows: Range<Int>, to output: inout Sink
  ) throws(OutputError) {
    for row in rows {
      let counts = batch.counts[row]
      var cells = [
        percent(counts.antecedent, of: counts.transactions),
        percent(counts.both, of: counts.transactions),
        percent(counts.both, of: counts.antecedent),
        rounded(InterestMeasures.lift(counts)), grouped(counts.both),
      ]
      cells += measures.map { rounded($0.value(counts)) }
      let antecedent = names(batch.items[batch.antecedent(row)])
      let consequent = names(batch.items[batch.consequent(row)])
      try add(Row(antecedent: antecedent, consequent: consequent, cells: cells), to: &output)
    }
  }

  /// Writes what is held; without any row the heading alone.
  mutating func finish(to output: inout OutputBuffer) throws(OutputError) {
    if widths.isEmpty { try writeHeld(to: &output) }
  }

  private mutating func add<Sink: TextSink & ~Copyable>(_ row: Row, to output: inout Sink)
    throws(OutputError)
  {
    guard widths.isEmpty else { return try output.write(line(row)) }
    held.append(row)
    if held.count == Self.rowsHeld { try writeHeld(to: &output) }
  }

  private mutating func writeHeld<Sink: TextSink & ~Copyable>(to output: inout Sink)
    throws(OutputError)
  {
    let headings = titles.map { $0.split(separator: " ").map(String.init) }
    widths = headings.map { $0.map(displayWidth).max() ?? 0 }
    for row in held {
      widths[0] = max(widths[0], displayWidth(firstCell(row, width: nil)))
      for (column, cell) in row.cells.enumerated() {
        widths[column + 1] = max(widths[column + 1], displayWidth(cell))
      }
    }
    if let width {
      let others = widths.dropFirst().reduce(0) { $0 + $1 + Self.gap.count }
      widths[0] = min(widths[0], max(width - others, Self.narrowestFirstColumn))
    }
    let height = headings.map(\.count).max() ?? 0
    for level in 0..<height {
      let cells = headings.map { words in
        let missing = height - words.count
        return level < missing ? "" : words[level - missing]
      }
      let text = aligned(cells)
      try output.write(colour ? "\u{1B}[1m\(text)\u{1B}[0m\n" : text + "\n")
    }
    for row in held { try output.write(line(row)) }
    held = []
  }

  private func line(_ row: Row) -> String {
    aligned([firstCell(row, width: width == nil ? nil : widths[0])] + row.cells) + "\n"
  }

  /// The first cell to the left, the others to the right.
  private func aligned(_ cells: [String]) -> String {
    var text = ""
    for (column, cell) in cells.enumerated() {
      let missing = max(widths[column] - displayWidth(cell), 0)
      let padding = String(repeating: " ", count: missing)
      text += column == 0 ? cell + padding : Self.gap + padding + cell
    }
    return text.withoutTrailingBlanks()
  }

  /// The names of the row, shortened to a width: of a rule each side gets at least half of it.
  private func firstCell(_ row: Row, width: Int?) -> String {
    if row.antecedent.isEmpty { return joined(row.consequent, within: width ?? .max) }
    let arrow = " => "
    let full = joined(row.antecedent, within: .max)
    let consequent = joined(row.consequent, within: .max)
    guard let width, displayWidth(full) + arrow.count + displayWidth(consequent) > width else {
      return full + arrow + consequent
    }
    let room = width - arrow.count
    let shortConsequent = joined(
      row.consequent, within: max(room / 2, room - displayWidth(full)))
    let shortAntecedent = joined(row.antecedent, within: room - displayWidth(shortConsequent))
    return shortAntecedent + arrow + shortConsequent
  }

  /// Names in ascending order of items.
  private func names(_ ranks: ArraySlice<UInt32>) -> [String] {
    let sorted = ranks.map { Int($0) }.sorted { items.places[$0] < items.places[$1] }
    return sorted.map { visible(items.name($0)) }
  }
}

extension String {
  fileprivate func replacingUnderscores() -> String {
    String(map { $0 == "_" ? " " : $0 })
  }

  fileprivate func withoutTrailingBlanks() -> String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
