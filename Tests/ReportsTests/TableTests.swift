import AssociationRules
import Itemsets
import Testing

@testable import Reports

@Suite struct TableTests {
  let items = rankedItems([
    "whole milk", "other vegetables", "yogurt", "root vegetables", "rice", "\u{1B}[31mred",
  ])

  func rules() -> RuleBatch {
    var batch = RuleBatch()
    batch.add([0], [1], RuleCounts(736, 2513, 1903, 9835))
    batch.add([4, 3], [1], RuleCounts(22, 31, 1903, 9835))
    batch.add([5], [2], RuleCounts(1, 1, 1372, 9835))
    batch.add([2, 3, 0, 4], [1, 5], RuleCounts(2, 4, 2, 9835))
    return batch
  }

  @Test func rulesByLift() throws {
    let table = try written([rules()], items, ReportOptions(format: .table))
    #expect(table.summary.note == nil)
    #expect(
      table.text == #"""
                                                                                    \#
          antecedent
        rule                                                                        \#
             support   support  confidence   lift  count
        rice, root vegetables, whole milk, yogurt => \u{1b}[31mred, other vegetables\#
            0.0407 %  0.0203 %      50.0 %  2,459      2
        \u{1b}[31mred => yogurt                                                     \#
            0.0102 %  0.0102 %       100 %   7.17      1
        rice, root vegetables => other vegetables                                   \#
             0.315 %   0.224 %      71.0 %   3.67     22
        whole milk => other vegetables                                              \#
              25.6 %    7.48 %      29.3 %   1.51    736

        """#)
  }

  @Test func fitsTheTerminal() throws {
    for width in [72, 80, 100] {
      var options = ReportOptions(format: .table)
      options.width = width
      let lines = try written([rules()], items, options).text.split(separator: "\n")
      #expect(lines.allSatisfy { displayWidth(String($0)) <= width })
      #expect(lines[2].contains(", +"))
    }
  }

  @Test func furtherMeasuresAndColours() throws {
    var options = ReportOptions(format: .table)
    options.measures = [.conviction, .allConfidence]
    options.colour = true
    let lines = try written([rules()], items, options).text.split(separator: "\n")
    #expect(lines[0].hasPrefix("\u{1B}[1m"))
    #expect(lines[1].contains("count  conviction  confidence\u{1B}[0m"))
    #expect(lines[3].hasSuffix("inf    0.000729"))
  }

  @Test func theFirstTwentyAndWhatIsMissing() throws {
    var batch = RuleBatch()
    for row in 0..<5731 { batch.add([0], [1], RuleCounts(1, UInt64(row + 1), 10, 10_000)) }
    let table = try written([batch], items, ReportOptions(format: .table))
    #expect(table.text.split(separator: "\n").count == 22)
    #expect(table.summary.rowsWritten == 20)
    #expect(table.summary.note == "20 of 5,731; --top none for all")
    var options = ReportOptions(format: .table)
    options.limit = .all
    let all = try written([batch], items, options)
    #expect(all.text.split(separator: "\n").count == 5733)
    #expect(all.summary.note == nil)
  }

  @Test func itemsetsInNaturalOrder() throws {
    var batch = ItemsetBatch()
    batch.add([4], 3)
    batch.add([1, 0], 736)
    batch.add([2], 9835)
    #expect(
      try written([batch], items, of: 9835, ReportOptions(format: .table)).text == """
        itemset                       length   support  count
        rice                               1  0.0305 %      3
        other vegetables, whole milk       2    7.48 %    736
        yogurt                             1     100 %  9,835

        """)
  }

  @Test func shortenedNames() {
    #expect(joined(["a", "b"], within: 4) == "a, b")
    #expect(joined(["milk", "bread", "beer"], within: 17) == "milk, bread, beer")
    #expect(joined(["milk", "bread", "beer"], within: 16) == "milk, bread, +1")
    #expect(joined(["milk", "bread", "beer", "tea"], within: 14) == "milk, +3")
    #expect(joined(["a very long name", "b"], within: 8) == "a v…, +1")
    #expect(joined(["a very long name"], within: 6) == "a ver…")
    #expect(joined(["名前名前"], within: 6) == "名前…")
    #expect(joined([], within: 6) == "")
    #expect(displayWidth("größe") == 5)
    #expect(displayWidth("e\u{301}") == 1)
    #expect(displayWidth("名前") == 4)
  }
}
