import Testing

@testable import TransactionReaders

@Suite struct DetectionTests {
  @Test(
    arguments: [
      ("x.csv", "a,b\n", .csv), ("x.CSV", "a,b\n", .csv), ("x.tsv", "a\tb\n", .tsv),
      ("x.tab", "a\n", .tsv), ("x.dat", "1 2\n", .basket), ("x.basket", "[\"a\"]\n", .basket),
      ("x.ndjson", "[1]\n", .ndjson), ("x.jsonl", "[1]\n", .ndjson), ("x.json", "\n[1]\n", .ndjson),
      ("x.spmf", "1\n", .spmf), ("x", "a,b\n", .basket), ("x", "[\"a\"]\n", .ndjson),
      ("x", "[1, 2]\r\n", .ndjson), ("x", "@CONVERTED_FROM_TEXT\n@ITEM=1=a\n1\n", .spmf),
      ("x", "[special] offer\n", .basket), ("x.txt", "-2 1\n", .basket),
    ] as [(String, String, TransactionFormat)])
  func formats(_ name: String, _ text: String, _ format: TransactionFormat) {
    let outcome = read(text, as: name)
    #expect(outcome.inputs.map(\.format) == [format])
    #expect(outcome.error == nil)
  }

  @Test func columnsMakeItCsvOrTsv() {
    let options = ReadingOptions.long(["id"], "item")
    #expect(read("id,item\n1,a\n", as: "x.txt", options).inputs.first?.format == .csv)
    #expect(read("id\titem\n1\ta\n", as: "x", options).inputs.first?.format == .tsv)
    let json = read("{\"id\":1,\"item\":2}\n", as: "x", options)
    #expect(json.inputs.first?.format == .ndjson)
    #expect(json.transactions == [["2"]])
  }

  @Test func aGivenFormatWins() {
    #expect(read("\"a,b\"\n", as: "x.dat", .with { $0.format = .csv }).transactions == [["a,b"]])
    #expect(
      read("\"a,b\"\n", as: "x.csv", .with { $0.format = .basket }).transactions == [
        ["\"a", "b\""]
      ])
  }

  @Test func whatWasChosenCanBeSaid() {
    #expect(
      read("1 2\n").inputs.first?.description.hasSuffix("basket, separated by blanks") == true)
    let long = read("id,item\n1,a\n", as: "x.csv", .long(["id"], "item")).inputs.first
    #expect(long?.description.hasSuffix("csv, long, separated by commas, with header") == true)
  }

  @Test func separatorsByName() {
    #expect(Separator("comma") == .byte(0x2C))
    #expect(Separator(",") == .byte(0x2C))
    #expect(Separator("\\t") == .byte(9))
    #expect(Separator(" ") == .blanks)
    for text in ["", "ab", "é", "\"", "\n", "\u{7F}"] { #expect(Separator(text) == nil) }
  }
}
