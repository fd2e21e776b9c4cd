import AssociationRules
import Itemsets
import Reports

/// The rules that a generator makes, to be written as text.
final class RulePieces: PieceSource {
  private var rules: RuleGenerator
  private let progress: (UInt64) -> Void
  /// The rules made so far.
  private(set) var count: UInt64 = 0
  private(set) var isAtEnd = false

  /// - Parameter progress: told how many rules have been made.
  init(_ rules: consuming RuleGenerator, progress: @escaping (UInt64) -> Void) {
    self.rules = rules
    self.progress = progress
  }

  var noPiece: RuleBatch { RuleBatch() }

  func next(into piece: inout RuleBatch) throws -> Bool {
    guard try rules.next(into: &piece) else { return false }
    count += UInt64(piece.count)
    isAtEnd = rules.isAtEnd
    progress(count)
    return true
  }
}

/// Makes the text of rules, on one thread.
final class RulePieceWriter: PieceWriter {
  private var writer: RuleTextWriter

  init(_ text: RuleText) throws(OutputError) { writer = try text.writer() }

  func write(_ piece: RuleBatch, to output: inout TextPiece) throws(OutputError) {
    try writer.write(piece, to: &output)
  }
}
