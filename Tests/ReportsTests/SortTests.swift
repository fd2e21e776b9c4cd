import AssociationRules
import Itemsets
import TestSupport
import Testing

@testable import Reports

@Suite struct SortTests {
  let items = rankedItems(["7", "10", "3", "25", "1", "2", "40", "9"])

  func randomRules(_ count: Int, seed: UInt64) -> [RuleBatch] {
    var random = SeededGenerator(seed: seed)
    var batches: [RuleBatch] = []
    var batch = RuleBatch()
    for row in 0..<count {
      let ranks = (0..<8 as Range<UInt32>).shuffled(using: &random)
      let antecedent = Int.random(in: 1...4, using: &random)
      let consequent = Int.random(in: 1...3, using: &random)
      let both = UInt64.random(in: 1...20, using: &random)
      batch.add(
        Array(ranks[..<antecedent]), Array(ranks[antecedent..<(antecedent + consequent)]),
        RuleCounts(
          both, both + UInt64.random(in: 0...20, using: &random),
          both + UInt64.random(in: 0...20, using: &random), 60))
      if batch.count == 37 || row == count - 1 {
        batches.append(batch)
        batch = RuleBatch()
      }
    }
    return batches
  }

  func options(
    _ order: RowOrder, limit: RowLimit = .all, memory: Int = 1 << 24
  ) -> ReportOptions {
    var options = ReportOptions(format: .spmf)
    options.order = order
    options.limit = limit
    options.memory = memory
    return options
  }

  /// Lines of the natural order, sorted by the standard library with ties as they came.
  func oracle(_ batches: [RuleBatch], _ precedes: (RuleCounts, RuleCounts) -> Bool) throws -> String
  {
    let natural = try written(batches, items, options(.natural)).text.split(separator: "\n")
    let counts = batches.flatMap(\.counts)
    let order = counts.indices.sorted { left, right in
      if precedes(counts[left], counts[right]) { return true }
      return precedes(counts[right], counts[left]) ? false : left < right
    }
    return order.map { natural[$0] + "\n" }.joined()
  }

  @Test(arguments: InterestMeasure.allCases)
  func everyMeasureWithAnyMemory(measure: InterestMeasure) throws {
    let batches = randomRules(900, seed: 4)
    let expected = try oracle(batches) { measure.compare($0, $1) > 0 }
    for memory in [1 << 24, 60_000, 1] {
      let sorted = try written(batches, items, options(.measure(measure), memory: memory))
      #expect(sorted.text == expected)
      #expect(sorted.summary.rowsWritten == 900)
      #expect(sorted.summary.rowsSeen == 900)
    }
  }

  @Test func countColumnsWithAnyMemory() throws {
    let batches = randomRules(1500, seed: 5)
    let columns: [(RowOrder, (RuleCounts) -> UInt64)] = [
      (.count, { $0.both }), (.antecedentSupport, { $0.antecedent }),
      (.consequentSupport, { $0.consequent }),
    ]
    for (order, column) in columns {
      let expected = try oracle(batches) { column($0) > column($1) }
      for memory in [1 << 24, 9000] {
        #expect(try written(batches, items, options(order, memory: memory)).text == expected)
      }
    }
  }

  @Test func canonicalIsByLengthThenItems() throws {
    let batches = randomRules(1500, seed: 6)
    func key(_ batch: RuleBatch, _ row: Int) -> (Int, [Int], [Int]) {
      let names = batch.items.map { Int(items.name(Int($0))) ?? -1 }
      let antecedent = names[batch.antecedent(row)].sorted()
      let consequent = names[batch.consequent(row)].sorted()
      return (antecedent.count + consequent.count, antecedent, consequent)
    }
    let keys = batches.flatMap { batch in (0..<batch.count).map { key(batch, $0) } }
    let natural = try written(batches, items, options(.natural)).text.split(separator: "\n")
    let order = keys.indices.sorted { left, right in
      let (l, r) = (keys[left], keys[right])
      if l.0 != r.0 { return l.0 < r.0 }
      if l.1 != r.1 { return l.1.lexicographicallyPrecedes(r.1) }
      if l.2 != r.2 { return l.2.lexicographicallyPrecedes(r.2) }
      return left < right
    }
    let expected = order.map { natural[$0] + "\n" }.joined()
    for memory in [1 << 24, 9000, 1] {
      #expect(try written(batches, items, options(.canonical, memory: memory)).text == expected)
    }
  }

  @Test func itemsetsCanonicalAndByColumn() throws {
    var batch = ItemsetBatch()
    // Natural order by rank; the names are 7 10 3 25 1 2 40 9.
    batch.add([0, 1], 4)
    batch.add([1], 9)
    batch.add([0], 9)
    batch.add([2, 3, 4], 4)
    batch.add([2, 6], 5)
    batch.add([4, 3], 4)
    func sorted(_ order: RowOrder, _ limit: RowLimit = .all) throws -> String {
      var options = options(order, limit: limit)
      options.format = .fimi
      return try written([batch], items, of: 10, options).text
    }
    #expect(
      try sorted(.canonical) == "7 (9)\n10 (9)\n1 25 (4)\n3 40 (5)\n7 10 (4)\n3 25 1 (4)\n")
    #expect(try sorted(.count) == "10 (9)\n7 (9)\n3 40 (5)\n7 10 (4)\n3 25 1 (4)\n1 25 (4)\n")
    #expect(try sorted(.measure(.support)) == sorted(.count))
    #expect(try sorted(.length) == "3 25 1 (4)\n7 10 (4)\n3 40 (5)\n1 25 (4)\n10 (9)\n7 (9)\n")
    #expect(try sorted(.canonical, .first(2)) == "7 (9)\n10 (9)\n")
    #expect(try sorted(.natural, .first(2)) == "7 10 (4)\n10 (9)\n")
    #expect(try sorted(.natural, .first(0)) == "")
    #expect(try sorted(.count, .first(0)) == "")
    for order in [RowOrder.antecedentSupport, .measure(.lift)] {
      #expect(throws: OutputError.self) { try sorted(order) }
    }
    #expect(throws: OutputError.self) { try written([], items, options(.length)) }
  }

  @Test(arguments: [1, 100, 5000] as [UInt64])
  func topIsThePrefixOfTheWholeOrder(limit: UInt64) throws {
    let batches = randomRules(1500, seed: 8) + randomRules(4500, seed: 9)
    for order in [RowOrder.measure(.confidence), .measure(.zhang), .canonical, .natural] {
      let all = try written(batches, items, options(order)).text
      let prefix = all.split(separator: "\n").prefix(Int(limit)).map { $0 + "\n" }.joined()
      for memory in [1 << 24, 60_000, 5000] {
        let top = try written(batches, items, options(order, limit: .first(limit), memory: memory))
        #expect(top.text == prefix)
        #expect(top.summary.rowsWritten == limit)
        #expect(top.summary.rowsSeen == 6000)
      }
    }
  }

  /// Fractions that are one double but not one fraction, and equal fractions of different counts.
  @Test func exactBeyondDoubles() throws {
    let large: UInt64 = 1 << 60
    var batch = RuleBatch()
    batch.add([0], [1], RuleCounts(large, large * 3 + 1, large * 4, large * 8))
    batch.add([1], [2], RuleCounts(large, large * 3, large * 4, large * 8))
    batch.add([2], [3], RuleCounts(large / 2, large * 3 / 2, large * 4, large * 8))
    batch.add([3], [4], RuleCounts(large, large * 3 - 1, large * 4, large * 8))
    let values = batch.counts.map { InterestMeasures.confidence($0) }
    #expect(Set(values).count == 1)
    for measure in [InterestMeasure.confidence, .lift] {
      let text = try written([batch], items, options(.measure(measure))).text
      let first = text.split(separator: "\n").map { $0.prefix { $0 != " " } }
      #expect(first == ["25", "10", "3", "7"])
    }
  }

  @Test func oneRecordLargerThanTheBudget() throws {
    let names = (0..<3000).map { String($0) }
    let many = rankedItems(names)
    var batch = ItemsetBatch()
    batch.add([5], 3)
    batch.add((0..<3000).map { UInt32($0) }, 7)
    batch.add([6], 9)
    batch.add((0..<2999).map { UInt32($0) }, 8)
    var options = options(.count, memory: 1)
    options.format = .fimi
    let lines = try written([batch], many, of: 9, options).text.split(separator: "\n")
    #expect(lines.map { $0.suffix(3) } == ["(9)", "(8)", "(7)", "(3)"])
    #expect(lines[2] == names.joined(separator: " ") + " (7)")
  }

  @Test func aMissingTemporaryFolderIsNamed() throws {
    var options = options(.count, memory: 1)
    options.temporaryDirectory = "/nowhere/at/all"
    do {
      _ = try written(randomRules(1500, seed: 1), items, options)
      Issue.record("sorted in a folder that does not exist")
    } catch let error as OutputError {
      #expect(error.description.contains("/nowhere/at/all"))
      #expect(error.description.contains("--temp"))
    }
  }

  @Test func keysOfDoubles() {
    let ascending: [Double] = [.infinity, 5, 1, 1e-300, 0, -1e-300, -1, -.infinity, .nan]
    let keys = ascending.map { SortKey.descending($0) }
    #expect(keys == keys.sorted())
    #expect(Set(keys).count == keys.count)
    #expect(SortKey.descending(-0.0) == SortKey.descending(0.0))
  }
}
