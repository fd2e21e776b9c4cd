import TestSupport
import Testing

@testable import TransactionReaders

/// Random baskets written in every format must be read back as they were.
@Suite struct RandomTests {
  private static let plain = ["milk", "7", "007", "-3", "café", "🍞", "a=b", "x:y", "123456789"]
  private static let wild = plain + ["a, b", "q\"q", "line\nbreak", " padded ", "tab\t", "back\\"]

  private func baskets(_ names: [String], _ generator: inout SeededGenerator) -> [[String]] {
    (0..<40).map { _ in
      (0..<Int.random(in: 1...6, using: &generator)).map { _ in
        Bool.random(using: &generator)
          ? names.randomElement(using: &generator) ?? ""
          : String(Int.random(in: 0..<2000, using: &generator))
      }
    }
  }

  private func quoted(_ text: String) -> String {
    let doubled = text.flatMap { $0 == "\"" ? "\"\"" : String($0) }
    return "\"" + String(doubled) + "\""
  }

  private func json(_ text: String) -> String {
    var result = "\""
    for unit in text.utf16 {
      let digits = String(unit, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    return result + "\""
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func roundTrips(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let end = Bool.random(using: &generator) ? "\n" : "\r\n"
    func lines(_ baskets: [[String]], _ line: ([String]) -> String) -> [UInt8] {
      Array(baskets.map { line($0) + end }.joined().utf8)
    }
    let plain = baskets(Self.plain, &generator)
    let wild = baskets(Self.wild, &generator)
    let chunks = [1, 7, 50]
    #expect(
      read(lines(plain) { $0.joined(separator: " ") }, as: "x.dat", chunks: chunks).transactions
        == plain)
    #expect(
      read(lines(plain + [["a", "b"]]) { $0.joined(separator: ",") }, chunks: chunks).transactions
        == plain + [["a", "b"]])
    #expect(
      read(lines(wild) { $0.map(quoted).joined(separator: ",") }, as: "x.csv", chunks: chunks)
        .transactions == wild)
    #expect(
      read(lines(wild) { $0.map(quoted).joined(separator: "\t") }, as: "x.tsv", chunks: chunks)
        .transactions == wild)
    #expect(
      read(
        lines(wild) { "[" + $0.map(json).joined(separator: ", ") + "]" }, as: "x.ndjson",
        chunks: chunks
      ).transactions == wild)

    var rows = "key,name\n"
    for (index, basket) in wild.enumerated() {
      for item in basket { rows += "\(100 + index),\(quoted(item))\n" }
    }
    #expect(
      read(Array(rows.utf8), as: "x.csv", .long(["key"], "name"), chunks: chunks).transactions
        == wild)

    let names = Array(Set(plain.joined())).sorted()
    var spmf = names.enumerated().map { "@ITEM=\($0)=\($1)\n" }.joined()
    for basket in plain {
      spmf += basket.map { String(names.firstIndex(of: $0) ?? -1) }.joined(separator: " ") + "\n"
    }
    #expect(read(Array(spmf.utf8), as: "x.spmf", chunks: chunks).transactions == plain)
  }

  @Test func flippedBytesGiveTransactionsOrAnError() {
    let samples: [(String, String, ReadingOptions)] = [
      ("x.dat", "1 2 3\n22 1\r\n3 2 1\n\n7 22", ReadingOptions()),
      ("x.txt", "milk,bread\nbeer\ncafé,milk\n", ReadingOptions()),
      ("x.csv", "a,\"b \"\"c\"\"\",d\r\n\"x\ny\",z\n", ReadingOptions()),
      (
        "x.csv", "id,item,t,c\n1,a,2010-12-01,x\n2,b,2010-12-02 01:02:03,y\n",
        .long(["id", "c"], "item", time: "t", customer: "c")
      ),
      ("x.csv", "a,b\n1,2\n3,\n", .with { $0.table = true }),
      ("x.ndjson", "[\"a\", 1.5e3, \"\\ud83c\\udf5e\"]\n[]\n[null]\n", ReadingOptions()),
      ("x.ndjson", "{\"i\": [1, \"b\"], \"k\": \"x\", \"z\": {\"y\": [1]}}\n", .long(["k"], "i")),
      ("x.spmf", "@ITEM=1=a\n# c\n1 2\n2 3 4\n", ReadingOptions()),
    ]
    let folder = Folder()
    var generator = SeededGenerator(seed: 2024)
    var errors = 0
    var results = 0
    for (name, text, options) in samples {
      let bytes = Array(text.utf8)
      for round in 0..<400 {
        var damaged = bytes
        for _ in 0...(round % 3) where !damaged.isEmpty {
          let index = Int.random(in: 0..<damaged.count, using: &generator)
          switch Int.random(in: 0..<4, using: &generator) {
          case 0: damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
          case 1: damaged[index] = UInt8.random(in: 0...255, using: &generator)
          case 2: damaged.remove(at: index)
          default: damaged.insert(damaged[index], at: index)
          }
        }
        if round % 4 == 0 { damaged = gzip(damaged) }
        let path = folder.write(damaged, as: name)
        var changed = options
        changed.chunkBytes = [1, 5, 1 << 12][round % 3]
        changed.memoryBudget = round % 2 == 0 ? 1 << 20 : 0
        let outcome = read([path], changed)
        if outcome.error == nil { results += 1 } else { errors += 1 }
        if outcome.error == nil { #expect(!outcome.transactions.isEmpty) }
      }
    }
    // Both must happen, else the loop tests nothing.
    #expect(errors > 200)
    #expect(results > 200)
  }
}
