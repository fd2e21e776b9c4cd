public import Itemsets

/// Rules as text, batch by batch, made by several writers at once.
///
/// The same bytes as ``RuleReport`` where that writes every batch as it comes: see
/// ``ReportOptions/areRulesWrittenAsTheyCome``. What writers make of the batches, in their order, is
/// the text behind the heading.
public final class RuleText: Sendable {
  fileprivate let items: RankedItems
  fileprivate let options: ReportOptions

  /// Prepares to write rules between `items` and writes the heading.
  ///
  /// - Throws: ``OutputError/unsuitable(_:)`` for names that the format cannot hold, before anything
  ///   is written.
  public init(
    items: RankedItems, options: ReportOptions, to output: inout OutputBuffer
  ) throws(OutputError) {
    self.items = items
    self.options = options
    var writers = try RowWriters(items, options)
    try writers.startRules(to: &output)
  }

  /// A writer of batches, for one thread.
  public func writer() throws(OutputError) -> RuleTextWriter { try RuleTextWriter(self) }
}

/// Makes text of batches of rules, on one thread.
public struct RuleTextWriter: ~Copyable {
  private var writers: RowWriters

  fileprivate init(_ text: RuleText) throws(OutputError) {
    writers = try RowWriters(text.items, text.options)
  }

  /// Writes every rule of a batch.
  ///
  /// - Complexity: linear in the bytes written.
  public mutating func write(
    _ batch: RuleBatch, to output: inout TextPiece
  ) throws(OutputError) {
    try writers.write(batch, 0..<batch.count, to: &output)
  }
}
