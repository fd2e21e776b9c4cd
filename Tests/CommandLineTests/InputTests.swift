import CommandRunner
import Testing

/// Every way in.
@Suite struct InputTests {
  static let itemsets = "--target itemsets --min-support 1 --sort canonical -q"

  private func names(_ arguments: String, in folder: TemporaryFolder) throws -> [String] {
    try answer("mine \(arguments) \(Self.itemsets) -o csv", in: folder).dropFirst()
      .map { $0.split(separator: ",").dropLast().joined(separator: ",") }
  }

  /// A format with an input of the two transactions {a, b} and {b}.
  static let forms: [(String, String, String)] = [
    ("x.basket", "a,b\nb\n", ""), ("x.dat", "a b\nb\n", ""), ("x.csv", "a,b\nb\n", ""),
    ("x.tsv", "a\tb\nb\n", ""), ("x.csv", "one,two\r\na,b\r\n\"b\",\r\n", "--header"),
    ("x.csv", "\u{FEFF}id,item\n1,a\n2,b\n1,b\n", "--transaction id --item item"),
    ("x.csv", "1,a\n2,b\n1,b\n", "--transaction 1 --item 2"),
    (
      "x.csv", "k;l;item\n1;1;a\n1;2;b\n1;1;b\n",
      "--transaction k --transaction l --item item --separator semicolon"
    ),
    ("x.ndjson", "[\"a\",\"b\"]\n[\"b\"]\n", ""),
    (
      "x.ndjson",
      "{\"id\":1,\"item\":\"a\"}\n{\"id\":2,\"item\":\"b\"}\n{\"id\":1,\"item\":\"b\"}\n",
      "--transaction id --item item"
    ),
    ("x.spmf", "@CONVERTED_FROM_TEXT\n@ITEM=1=a\n@ITEM=2=b\n1 2\n2\n", ""),
    ("x.txt", "a|b\nb\n", "--separator pipe"), ("x.txt", "a, b\nb\n", "--trim"),
    ("x.txt", "a b\n\nb\nb a a\n\n", "--top 3 --block-transactions 1"),
  ]

  @Test(arguments: forms)
  func readsTheForm(name: String, text: String, options: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(name, text)
    let expected =
      options.hasPrefix("--top") ? ["a,1,2", "b,1,3", "a;b,2,2"] : ["a,1,1", "b,1,2", "a;b,2,1"]
    #expect(try names("\(name) \(options)", in: folder) == expected)
    let piped = try CommandRunner.shell(
      "gzip -k \(name) && $lode mine \(name).gz \(options) \(Self.itemsets)", in: folder)
    #expect(
      piped.lines.dropFirst().dropLast().map {
        $0.split(separator: ",").dropLast().joined(separator: ",")
      } == expected)
  }

  @Test func readsATable() throws {
    let folder = try TemporaryFolder()
    try folder.write("x.csv", "colour,size\nred,1\nblue,1\nred,\n")
    #expect(
      try names("x.csv --table", in: folder) == [
        "colour=blue,1,1", "colour=red,1,2", "size=1,1,2", "colour=blue;size=1,2,1",
        "colour=red;size=1,2,1",
      ])
  }

  @Test func readsStandardInputAndSeveralFiles() throws {
    let folder = try TemporaryFolder()
    try folder.write("one.basket", "a,b\n")
    try folder.write("two.dat", "b c\nb\n")
    let piped = try answer(
      "mine - \(Self.itemsets)", in: folder, input: "\(folder.path)/two.dat")
    #expect(piped[1...].map { $0.prefix(5) } == ["b,1,2", "c,1,1", "b;c,2"])
    let both = try names("one.basket two.dat", in: folder)
    #expect(both == ["a,1,1", "b,1,3", "c,1,1", "a;b,2,1", "b;c,2,1"])
    let mixed = try lode(
      "mine one.basket - --min-support 1", in: folder, input: "\(folder.path)/two.dat")
    #expect(mixed.messages.contains("one.basket + standard input: 3 transactions, 3 items"))
    #expect(mixed.messages.contains("one.basket: basket, separated by commas"))
    #expect(mixed.messages.contains("standard input: basket, separated by blanks"))
  }

  @Test func readsTimesAndCustomers() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "long.csv",
      """
      day,who,item,when
      1,a,x,2024-01-01
      1,b,x,2024-01-01
      1,a,y,2024-01-01
      ,,z,2024-01-02

      """)
    let options =
      "mine long.csv --transaction day --transaction who --item item --customer who --time when"
    let outcome = try lode("\(options) --target maximal --min-support 1", in: folder)
    #expect(outcome.lines == [Substring(itemsetHeader), "x;y,2,1,0.5", ""])
    #expect(outcome.messages.contains("long.csv: csv, long, separated by commas, with header"))
    #expect(outcome.messages.contains("long.csv: 2 transactions, 2 items, 1 block"))
    #expect(outcome.messages.contains("1 row without a transaction skipped"))
  }

  @Test func rowsOfATransactionNeedNotBeAdjacent() throws {
    let folder = try TemporaryFolder()
    // Far more than fits the memory for grouping, in two orders.
    let rows = (0..<120_000).map { "t\($0 % 40_000),i\($0 / 40_000)\n" }
    try folder.write("near.csv", (0..<40_000).map { "t\($0),i0\nt\($0),i1\nt\($0),i2\n" }.joined())
    try folder.write("far.csv", rows.joined())
    let options = "--transaction 1 --item 2 --target itemsets --min-support 1.0 -q"
    let far = try answer("mine far.csv \(options) --memory 3MiB", in: folder)
    #expect(far.count == 1 + 7)
    #expect(try answer("mine near.csv \(options)", in: folder) == far)
  }

  @Test func blankLinesAreSkippedOrKept() throws {
    let folder = try TemporaryFolder()
    try folder.write("data.basket", "a,b\n\n\na\n")
    let skipped = try lode("mine data.basket --target itemsets --sort canonical", in: folder)
    #expect(skipped.messages.contains("2 blank lines skipped; --keep-empty counts them"))
    #expect(skipped.lines[1] == "a,1,2,1")
    let kept = try lode(
      "mine data.basket --target itemsets --sort canonical --keep-empty", in: folder)
    #expect(kept.messages.contains("data.basket: 4 transactions"))
    #expect(!kept.messages.contains("skipped"))
    #expect(kept.lines[1] == "a,1,2,0.5")
  }

  /// A blank line between long rows or values of ndjson is no transaction, so none is announced.
  @Test func blankLinesThatAreNoTransactionsAreNotCountedAsSuch() throws {
    let folder = try TemporaryFolder()
    try folder.write("long.csv", "1,a\n\n2,b\n,\n")
    try folder.write("data.ndjson", "[\"a\"]\n\n[\"b\"]\n")
    for (input, blank) in [
      ("long.csv --transaction 1 --item 2", "2 blank lines"), ("data.ndjson", "1 blank line"),
    ] {
      for keep in ["", " --keep-empty"] {
        let outcome = try lode("mine \(input)\(keep)", in: folder)
        #expect(outcome.status == 0)
        #expect(outcome.messages.contains(": 2 transactions"))
        #expect(outcome.messages.contains("\(blank) skipped\n"), "\(outcome.messages)")
        #expect(!outcome.messages.contains("counted as transactions"))
        #expect(!outcome.messages.contains("--keep-empty"))
      }
    }
    // Where both stand in one data set, each is counted as what it is.
    try folder.write("one.basket", "a\n\n\n")
    let both = try lode("mine one.basket data.ndjson --keep-empty", in: folder)
    #expect(both.messages.contains(": 5 transactions"))
    #expect(both.messages.contains("2 blank lines counted as transactions\n"))
    #expect(both.messages.contains("1 blank line skipped\n"))
  }

  @Test func aHeaderIsSkippedForColumnsGivenByNumber() throws {
    let folder = try TemporaryFolder()
    try folder.write("long.csv", "id,item\n1,a\n2,a\n")
    let options = "mine long.csv --transaction 1 --item 2 --target itemsets -q"
    #expect(try answer("\(options) --header", in: folder).dropFirst() == ["a,1,2,1"])
    #expect(try answer(options, in: folder).contains { $0.hasPrefix("item,1,1,") })
  }

  @Test func itemsAreTheirExactBytes() throws {
    let folder = try TemporaryFolder()
    try folder.write("data.basket", "007,7,a\na ,A\n\u{e9},e\u{301}\n")
    let singles = try names("data.basket --max-length 1", in: folder)
    #expect(Set(singles) == ["007,1,1", "7,1,1", "a,1,1", "\"a \",1,1", "A,1,1", "\u{e9},1,1"])
    #expect(singles.count == 7)
  }
}
