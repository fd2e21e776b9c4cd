import AssociationRules
import Itemsets
import Reports
import Runtime

/// The nodes whose rules are to be written as text.
final class RulePieces: PieceSource {
  private var walk: RuleWalk

  init(_ rules: RuleSource) { walk = rules.walk() }

  var noPiece: RulePiece { RulePiece() }

  var isAtEnd: Bool { walk.isAtEnd }

  func next(into piece: inout RulePiece) -> Bool {
    guard let next = walk.next() else { return false }
    piece = next
    return true
  }
}

/// How many rules all threads have made.
final class RuleCount: Sendable {
  private let made = Monitor<UInt64>(0)
  private let progress: @Sendable (UInt64) -> Void

  /// - Parameter progress: told how many rules have been made, by one thread at a time.
  init(progress: @escaping @Sendable (UInt64) -> Void) { self.progress = progress }

  var value: UInt64 { made.update { $0 } }

  func add(_ rules: Int) {
    made.update { made in
      made += UInt64(rules)
      progress(made)
    }
  }
}

/// Makes rules and their text, on one thread.
final class RulePieceWriter: PieceWriter {
  private var rules: RuleGenerator
  private var batch = RuleBatch()
  private var writer: RuleTextWriter
  private let count: RuleCount

  init(_ rules: RuleSource, _ text: RuleText, _ count: RuleCount) throws(OutputError) {
    self.rules = rules.generator()
    self.count = count
    writer = try text.writer()
  }

  func write(_ piece: RulePiece, to output: inout TextPiece) throws {
    rules.turn(to: piece)
    while try rules.next(into: &batch) {
      try writer.write(batch, to: &output)
      count.add(batch.count)
    }
  }
}
