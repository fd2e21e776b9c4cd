import Testing

@testable import TransactionReaders

@Suite struct DelimitedTests {
  @Test func wideRowsAreBaskets() {
    let outcome = read("milk,bread\r\n\r\n,,\nbeer,,\"a, b\"\n", as: "x.csv")
    #expect(outcome.transactions == [["milk", "bread"], ["beer", "a, b"]])
    #expect(outcome.summary.blankLines == 2)
    #expect(outcome.inputs.first?.layout == .wide)
    #expect(read("a\tb,c\n", as: "x.tsv").transactions == [["a", "b,c"]])
  }

  @Test func quotesFollowRFC4180() {
    let text = "\"a\"\"b\",\"line\r\nbreak\",\"\",x\"y,\"\"\"\"\r\n\"end\"\r\n\"last\""
    let outcome = read(text, as: "x.csv")
    #expect(outcome.transactions == [["a\"b", "line\r\nbreak", "x\"y", "\""], ["end"], ["last"]])
    #expect(outcome.error == nil)
  }

  @Test func aHeaderIsSkippedWhereGiven() {
    let outcome = read("\u{FEFF}h1,h2\na,b\n", as: "x.csv", .with { $0.header = true })
    #expect(outcome.transactions == [["a", "b"]])
    #expect(outcome.inputs.first?.hasHeader == true)
  }

  @Test func aTableMakesItemsOfColumnsAndValues() {
    let outcome = read(
      "sex,age\nf,\"3,0\"\n,40\nm,\n", as: "x.csv", .with { $0.table = true })
    #expect(outcome.transactions == [["sex=f", "age=3,0"], ["age=40"], ["sex=m"]])
  }

  @Test func aTableRefusesRaggedRows() {
    let options = ReadingOptions.with { $0.table = true }
    let short = read("a,b\n1,2\n1\n", as: "x.csv", options)
    #expect(short.kind == .missingColumn)
    #expect(short.line == 3)
    let long = read("a,b\n1,2,3\n", as: "x.csv", options)
    #expect(long.kind == .malformed)
    #expect(long.line == 2)
  }

  @Test func longRowsAreGrouped() {
    let text = """
      id,item,extra
      T2,milk,x
      T1,bread,
      T2,"butter, salted",x
      T1,,
      T3,,
      ,beer,
      T10,milk,
      """
    let outcome = read(text, as: "x.csv", .long(["id"], "item"))
    #expect(
      outcome.transactions == [["bread"], ["milk"], ["milk", "butter, salted"], []])
    #expect(outcome.summary.rowsWithoutTransaction == 1)
    #expect(outcome.summary.rows == 7)
    #expect(outcome.inputs.first?.hasHeader == true)
    #expect(outcome.inputs.first?.layout == .long)
  }

  @Test func columnsGivenByNumberNeedNoHeader() {
    let options = ReadingOptions.long(["2"], "1")
    #expect(read("a,1\nb,2\nc,1\n", as: "x.csv", options).transactions == [["a", "c"], ["b"]])
    var skipping = options
    skipping.header = true
    #expect(read("h,h\na,1\n", as: "x.csv", skipping).transactions == [["a"]])
  }

  @Test func compositeKeysKeepTheirParts() {
    let text = "a,b,i\nx,yz,1\nxy,z,2\nx,yz,3\n"
    let outcome = read(text, as: "x.csv", .long(["a", "b"], "i"))
    #expect(outcome.transactions == [["1", "3"], ["2"]])
  }

  /// Only a row without any part of its key names no transaction.
  @Test func anEmptyPartOfACompositeKeyIsAPartOfIt() {
    let text = "a,b,i\nx,,1\n,x,2\nx,,3\n,,4\nx,x,5\n"
    let outcome = read(text, as: "x.csv", .long(["a", "b"], "i"))
    #expect(outcome.transactions == [["2"], ["1", "3"], ["5"]])
    #expect(outcome.summary.rowsWithoutTransaction == 1)
  }

  @Test func timesAndCustomersAreKept() {
    let text = """
      who,when,what,id
      anna,1970-01-02 00:00:01,a,7
      ben,1970-01-01,b,5
      carl,1970-01-01 12:00:00,c,7
      ,1970-01-03,d,9
      """
    let outcome = read(text, as: "x.csv", .long(["id"], "what", time: "when", customer: "who"))
    #expect(outcome.transactions == [["b"], ["a", "c"], ["d"]])
    #expect(outcome.times == [0, 43_200_000_000, 172_800_000_000])
    #expect(outcome.customers == ["ben", "anna", ""])
    #expect(outcome.inputs.first?.timeForm == .iso8601)
  }

  @Test func groupsReachAcrossInputs() {
    let folder = Folder()
    let first = folder.write("id,item\n1,a\n2,b\n", as: "a.csv")
    let second = folder.write("item\tid\nc\t1\n", as: "b.tsv")
    let outcome = read([first, second], .long(["id"], "item"))
    #expect(outcome.transactions == [["a", "c"], ["b"]])
    #expect(outcome.inputs.map(\.format) == [.csv, .tsv])
  }

  @Test func trimReachesKeysAndHeaders() {
    var options = ReadingOptions.long(["id"], "item")
    options.trim = true
    let outcome = read(" id , item\n1 ,a \n1,\tb\n", as: "x.csv", options)
    #expect(outcome.transactions == [["a", "b"]])
  }

  @Test func anotherSeparator() {
    var options = ReadingOptions.long(["id"], "item")
    options.separator = .byte(UInt8(ascii: ";"))
    #expect(read("id;item\n1;a,b\n", as: "x.csv", options).transactions == [["a,b"]])
  }
}
