import Apriori
import ArgumentParser
import AssociationRules
import Blocks
import Itemsets
import Reports
import TransactionReaders

struct LimitsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limits",
    abstract: "Show every limit by name; beyond one a command fails, it never cuts.",
    discussion: """
      Example:
        lode limits
      """)

  @Flag(name: .shortAndLong, help: "No progress and no summary; the limits are still shown.")
  var quiet = false

  func run() throws {
    let blockLimits = [
      ("blockTransactions", BlockLimits.transactions, "transactions in a block"),
      ("blockOccurrences", BlockLimits.occurrences, "item occurrences in a block"),
      ("blockSections", BlockLimits.sections, "sections of an encoded block"),
      ("blockEncodedBytes", BlockLimits.encodedBytes, "bytes of an encoded block"),
      ("blockSetPositions", Projection.positionLimit, "item occurrences counted together"),
      ("indexNodes", ItemsetIndex.nodeLimit, "unexpanded itemsets that rules are made of"),
    ]
    let rows =
      ReadingLimits.all.map { ($0.name, grouped($0.value), $0.meaning) }
      + blockLimits.map { ($0.0, grouped($0.1), $0.2) }
    let nameWidth = rows.map(\.0.count).max() ?? 0
    let valueWidth = rows.map(\.1.count).max() ?? 0
    for (name, value, meaning) in rows {
      let namePad = String(repeating: " ", count: nameWidth - name.count)
      let valuePad = String(repeating: " ", count: valueWidth - value.count)
      print("\(name)\(namePad)  \(valuePad)\(value)  \(meaning)")
    }
  }
}
