import Itemsets
import Testing

@testable import TransactionReaders

@Suite struct LimitTests {
  @Test func everyLimitIsListed() {
    #expect(ReadingLimits.all.count == 9)
    #expect(Set(ReadingLimits.all.map(\.name)).count == 9)
    for limit in ReadingLimits.all {
      #expect(limit.value > 0)
      #expect(!limit.meaning.isEmpty)
    }
    #expect(grouped(67_108_864) == "67,108,864")
    #expect(grouped(999) == "999")
    #expect(grouped(-1000) == "-1,000")
  }

  @Test(arguments: ["x.txt", "x.dat", "x.csv", "x.ndjson", "x.spmf"])
  func aLineMayBeAsLongAsTheLimitAndNoLonger(_ name: String) {
    let options = ReadingOptions.with { $0.lineBytes = 100 }
    let open = name == "x.ndjson" ? "[" : ""
    let close = name == "x.ndjson" ? "]" : ""
    let filler = Array(repeating: name == "x.csv" || name == "x.ndjson" ? "1,1" : "1 1", count: 200)
    func line(_ count: Int) -> String {
      let inner = count - open.utf8.count - close.utf8.count
      let text = filler.joined(separator: filler[0].contains(",") ? "," : " ").prefix(inner - 1)
      return open + (text.hasSuffix("1") ? text.dropLast() + "11" : text + "1") + close
    }
    #expect(line(100).utf8.count == 100)
    let first = open + "1" + close + "\n"
    for ending in ["\n", "\r\n", ""] {
      let fits = read(first + line(100) + ending, as: name, options)
      #expect(fits.error == nil)
      #expect(fits.transactions.count == 2)
      let tooLong = read(first + line(101) + ending, as: name, options)
      #expect(tooLong.kind == .overLimit)
      #expect(tooLong.line == 2)
    }
    let endless = read(first + String(repeating: "1", count: 5000), as: name, options)
    #expect(endless.kind == .overLimit)
    #expect(endless.error?.message.contains("lineBytes") == true)
  }

  @Test func aQuoteThatRunsOnIsUnclosed() {
    let options = ReadingOptions.with { $0.lineBytes = 100 }
    let outcome = read("a\n\"b" + String(repeating: "\n", count: 500), as: "x.csv", options)
    #expect(outcome.kind == .unclosedQuote)
    #expect(outcome.line == 2)
  }

  @Test func aNameMayBeAsLongAsTheLimitAndNoLonger() {
    let fits = String(repeating: "x", count: ReadingLimits.nameBytes)
    for (name, before, after) in [
      ("x.txt", "a\n", "\n"), ("x.csv", "a\n\"", "\"\n"), ("x.ndjson", "[1]\n[\"", "\"]\n"),
    ] {
      let good = read(Array((before + fits + after).utf8), as: name, chunks: [1000])
      #expect(good.error == nil)
      let bad = read(Array((before + fits + "x" + after).utf8), as: name, chunks: [1000])
      #expect(bad.kind == .overLimit)
      #expect(bad.line == 2)
      #expect(bad.error?.message.contains("nameBytes") == true)
    }
    let key = read(
      Array("id,item\n\(fits)x,1\n".utf8), as: "x.csv", .long(["id"], "item"), chunks: [1000])
    #expect(key.kind == .overLimit)
  }

  @Test func aTransactionOfTooManyItems() {
    let separators = [UInt8](
      repeating: UInt8(ascii: ","), count: ReadingLimits.transactionItems + 1)
    let outcome = read(Array("a\n".utf8) + separators, as: "x.csv", chunks: [])
    #expect(outcome.kind == .overLimit)
    #expect(outcome.line == 2)
    #expect(outcome.error?.message.contains("transactionItems") == true)
  }

  @Test func aHeaderOfTooManyColumns() {
    let header = (0...ReadingLimits.columns).map { "c\($0)" }.joined(separator: ",") + "\n"
    let outcome = read(Array(header.utf8), as: "x.csv", .long(["c1"], "c2"), chunks: [])
    #expect(outcome.kind == .overLimit)
    #expect(outcome.error?.message.contains("columns") == true)
  }
}
