import Testing

@testable import TransactionReaders

@Suite struct NDJSONTests {
  @Test func arraysAreTransactions() {
    let text = """
      ["milk", "bread", 7, -1.50e3]
      []
       [ "a" , null,"" ]\u{20}

      ["caf\\u00e9", "\\ud83c\\udf5e", "q\\"\\\\\\/\\b\\f\\n\\r\\t"]\r
      """
    let outcome = read(text, as: "x.ndjson")
    #expect(outcome.error == nil)
    #expect(
      outcome.transactions == [
        ["milk", "bread", "7", "-1.50e3"], [], ["a"],
        ["café", "🍞", "q\"\\/\u{8}\u{C}\n\r\t"],
      ])
    #expect(outcome.summary.blankLines == 1)
  }

  @Test func objectsAreGrouped() {
    let text = """
      {"id": 2, "item": "milk", "more": {"deep": [1, [true, {"x": null}]], "e": {}}}
      {"item": ["bread", 7], "id": "1"}
      {"id": "2", "item": "beer", "empty": []}
      {"id": null, "item": "lost"}
      """
    let outcome = read(text, as: "x.jsonl", .long(["id"], "item"))
    #expect(outcome.error == nil)
    #expect(outcome.transactions == [["bread", "7"], ["milk", "beer"]])
    #expect(outcome.summary.rowsWithoutTransaction == 1)
  }

  /// Only an object without any part of its key names no transaction.
  @Test func anEmptyPartOfACompositeKeyIsAPartOfIt() {
    let text = """
      {"a": "x", "b": null, "i": 1}
      {"a": "", "b": "x", "i": 2}
      {"a": "x", "b": "", "i": 3}
      {"a": null, "b": "", "i": 4}
      """
    let outcome = read(text, as: "x.jsonl", .long(["a", "b"], "i"))
    #expect(outcome.transactions == [["2"], ["1", "3"]])
    #expect(outcome.summary.rowsWithoutTransaction == 1)
  }

  @Test func objectsWithoutKeyAreTransactionsEach() {
    let text = """
      {"basket": ["a", "b"], "at": "01-02-1970", "who": "anna"}
      {"at": "02-02-1970", "who": 5, "basket": "c"}
      """
    let options = ReadingOptions.with {
      $0.itemColumn = "basket"
      $0.timeColumn = "at"
      $0.customerColumn = "who"
    }
    let outcome = read(text, as: "x.ndjson", options)
    #expect(outcome.error == nil)
    #expect(outcome.transactions == [["a", "b"], ["c"]])
    #expect(outcome.times == [31 * 86_400_000_000, 32 * 86_400_000_000])
    #expect(outcome.customers == ["anna", "5"])
    #expect(outcome.inputs.first?.timeForm == .dayMonthYear)
  }

  @Test(arguments: [
    "[\"a\"", "[\"a\",]", "[\"a\" \"b\"]", "[a]", "[01]", "[1.]", "[1e]", "[-]", "[\"a\"] x",
    "[\"a\n\"]", "[\"\\x\"]", "[\"\\u12g4\"]", "[\"\\ud800\"]", "[\"\\ud800\\u0041\"]",
    "[\"\\udc00\"]", "[\"\\u0000\"]", "[true]", "[[1]]", "[{}]", "{\"a\":1}", "\"a\"", "[nul]",
    "[\"a\u{1}\"]", "[\"\\", "[", "]", "tru",
  ])
  func damageIsNamedWithItsLine(_ text: String) {
    let outcome = read("[\"fine\"]\n" + text + "\n", as: "x.ndjson")
    #expect(outcome.kind == .malformed)
    #expect(outcome.line == 2)
    #expect(outcome.transactions.isEmpty || outcome.transactions == [["fine"]])
  }

  @Test func skippedMembersMustBeJSONAndNotTooDeep() {
    func line(_ depth: Int) -> String {
      "{\"item\": 1, \"x\": " + String(repeating: "[", count: depth)
        + String(repeating: "]", count: depth) + "}\n"
    }
    let options = ReadingOptions.with { $0.itemColumn = "item" }
    #expect(read(line(64), as: "x.ndjson", options).error == nil)
    let deep = read(line(65), as: "x.ndjson", options)
    #expect(deep.kind == .malformed)
    #expect(deep.error?.message.contains("jsonDepth") == true)
    for damage in [
      "{\"x\": [1,], \"item\": 1}", "{\"x\": {\"a\" 1}}", "{\"x\": {1: 2}}", "{\"x\"}",
    ] {
      #expect(read(damage, as: "x.ndjson", options).kind == .malformed)
    }
  }

  @Test func missingMembersAreNamed() {
    let noItem = read("{\"id\": 1}\n", as: "x.ndjson", .long(["id"], "item"))
    #expect(noItem.kind == .missingColumn)
    #expect(noItem.line == 1)
    #expect(noItem.error?.message.contains("\"item\"") == true)
    let noKey = read("{\"item\": 1}\n", as: "x.ndjson", .long(["id"], "item"))
    #expect(noKey.kind == .missingColumn)
  }
}
