import Itemsets
import TestSupport
import Testing

@testable import Reports

/// Text made batch by batch, by several writers, is the text of the report.
@Suite struct RuleTextTests {
  private static let formats: [ReportFormat] = [.csv, .json, .spmf]

  @Test(arguments: formats, 0..<12 as Range<UInt64>)
  func batchesAreTheReport(format: ReportFormat, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let items = rankedItems((0..<12).map { format == .spmf ? "\($0 + 1)" : "a;\"b\($0)" })
    let batches = (0..<Int.random(in: 0...5, using: &random)).map { _ in batch(&random) }
    var options = ReportOptions(format: format)
    if seed.isMultiple(of: 2) { options.measures = [.zhang, .lift] }
    let (expected, _) = try written(batches, items, options)
    let (text, _) = try captured { output in
      var output = output
      let text = try RuleText(items: items, options: options, to: &output)
      var first = try text.writer()
      var second = try text.writer()
      // What does not fit in a part is written before the part is full.
      var overflowing: [UInt8] = []
      var part = TextPiece(capacity: seed < 6 ? 0 : 1 << 20) { overflowing += Array($1) }
      for (number, batch) in batches.enumerated() {
        if number.isMultiple(of: 2) {
          try first.write(batch, to: &part)
        } else {
          try second.write(batch, to: &part)
        }
        try overflowing.withUnsafeBytes { bytes in try output.write(bytes) }
        overflowing = []
        try part.empty { bytes throws(OutputError) in try output.write(bytes) }
      }
      try output.finish()
      return ReportSummary(rowsWritten: 0, rowsSeen: 0, format: format)
    }
    #expect(text == expected)
  }

  /// Anything that holds rows back, or leaves some out, is for the report.
  @Test func onlyLinesInNaturalOrder() {
    for format in ReportFormat.allCases {
      var options = ReportOptions(format: format)
      #expect(options.areRulesWrittenAsTheyCome == Self.formats.contains(format))
      options.order = .measure(.lift)
      #expect(!options.areRulesWrittenAsTheyCome)
      options.order = .natural
      options.limit = .first(5)
      #expect(!options.areRulesWrittenAsTheyCome)
    }
  }

  private func batch(_ random: inout SeededGenerator) -> RuleBatch {
    var batch = RuleBatch()
    for _ in 0..<Int.random(in: 1...40, using: &random) {
      let ranks = (0..<12 as Range<UInt32>).shuffled(using: &random)
        .prefix(Int.random(in: 2...6, using: &random)).sorted()
      let cut = Int.random(in: 1..<ranks.count, using: &random)
      let both = UInt64.random(in: 1...50, using: &random)
      batch.add(
        Array(ranks[..<cut]), Array(ranks[cut...]),
        RuleCounts(both, both + UInt64.random(in: 0...50, using: &random), both + 3, 200))
    }
    return batch
  }
}
