import TestSupport
import Testing

@testable import TransactionReaders

@Suite struct GroupingTests {
  /// Rows of many transactions in random order, and what they mean.
  private func rows(_ count: Int, seed: UInt64) -> (text: String, expected: [[String]]) {
    var generator = SeededGenerator(seed: seed)
    var text = "id,time,item,customer\n"
    var groups: [String: [String]] = [:]
    for _ in 0..<count {
      let id = "t" + String(Int.random(in: 0..<count / 4, using: &generator))
      let item = Int.random(in: 0..<50, using: &generator)
      let time = Int.random(in: -1000...1000, using: &generator)
      text += "\(id),\(time),\(item == 0 ? "" : String(item)),c\(item % 5)\n"
      groups[id, default: []] += item == 0 ? [] : [String(item)]
    }
    let keys = groups.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return (text, keys.map { groups[$0] ?? [] })
  }

  @Test(arguments: [0, 1000, 5000, 100_000])
  func theBudgetDoesNotShow(_ budget: Int) {
    let folder = Folder()
    let temporary = Folder()
    let (text, expected) = rows(4000, seed: 11)
    let path = folder.write(text, as: "x.csv")
    var options = ReadingOptions.long(["id"], "item", time: "time", customer: "customer")
    options.temporaryDirectory = temporary.path
    let inMemory = read([path], options)
    options.memoryBudget = budget
    let onDisk = read([path], options)
    #expect(inMemory.error == nil)
    #expect(!inMemory.hasSpilled)
    #expect(inMemory.transactions == expected)
    #expect(inMemory.times.count == expected.count)
    #expect(onDisk.error == nil)
    #expect(onDisk.hasSpilled)
    #expect(onDisk.transactions == inMemory.transactions)
    #expect(onDisk.times == inMemory.times)
    #expect(onDisk.customers == inMemory.customers)
    #expect(temporary.fileCount == 0)
  }

  @Test func theOrderOfRowsDoesNotShowInTheOrderOfTransactions() {
    var generator = SeededGenerator(seed: 5)
    let lines = (0..<300).map { "k\($0 % 90),i\($0 % 40)" }
    let first = read(
      Array((["id,item"] + lines).joined(separator: "\n").utf8), as: "x.csv",
      .long(["id"], "item"), chunks: [])
    let second = read(
      Array((["id,item"] + lines.shuffled(using: &generator)).joined(separator: "\n").utf8),
      as: "x.csv", .long(["id"], "item"), chunks: [])
    #expect(first.transactions.count == 90)
    #expect(first.transactions.map { $0.sorted() } == second.transactions.map { $0.sorted() })
  }

  @Test func aFolderThatCannotHoldFilesIsNamed() {
    let folder = Folder()
    let path = folder.write(rows(400, seed: 1).text, as: "x.csv")
    var options = ReadingOptions.long(["id"], "item")
    options.memoryBudget = 1000
    options.temporaryDirectory = folder.path + "/missing"
    let outcome = read([path], options)
    #expect(outcome.kind == .temporary)
    #expect(outcome.error?.file == folder.path + "/missing")
    #expect(outcome.error?.message.contains("--temp") == true)
  }
}
