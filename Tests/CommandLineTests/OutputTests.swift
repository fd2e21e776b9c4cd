import CommandRunner
import Testing

/// The forms of what is written, and what is said beside it.
@Suite struct OutputTests {
  static let itemsets = "mine nine.basket --min-support 2 --target itemsets"
  static let rules = "mine nine.basket --min-support 2 --min-confidence 40%"

  /// Each format of itemsets and of rules, in full.
  static let forms: [(String, [String])] = [
    (
      "\(itemsets) -o csv",
      [
        itemsetHeader, "biscuit,1,4,0.4444444444444444", "biscuit;milk,2,2,0.2222222222222222",
        "bread,1,4,0.4444444444444444", "bread;milk,2,2,0.2222222222222222",
        "drink,1,4,0.4444444444444444", "drink;milk,2,2,0.2222222222222222",
        "milk,1,6,0.6666666666666666",
      ]
    ),
    (
      "\(itemsets) -o fimi",
      [
        "biscuit (4)", "biscuit milk (2)", "bread (4)", "bread milk (2)", "drink (4)",
        "drink milk (2)", "milk (6)",
      ]
    ),
    (
      "\(itemsets) -o spmf",
      [
        "@CONVERTED_FROM_TEXT", "@ITEM=1=biscuit", "@ITEM=2=bread", "@ITEM=3=drink", "@ITEM=4=milk",
        "1 #SUP: 4", "1 4 #SUP: 2", "2 #SUP: 4", "2 4 #SUP: 2", "3 #SUP: 4", "3 4 #SUP: 2",
        "4 #SUP: 6",
      ]
    ),
    (
      "\(itemsets) -o json --min-length 2 --top 1",
      [#"{"items":["biscuit","milk"],"length":2,"count":2,"support":0.2222222222222222}"#]
    ),
    (
      "\(rules) -o csv",
      [ruleHeader]
        + ["biscuit", "bread", "drink"].map {
          "\($0),milk,0.4444444444444444,0.6666666666666666,0.2222222222222222,0.5,0.75,"
            + "-0.07407407407407407,0.6666666666666666,2"
        }
    ),
    (
      "\(rules) -o spmf",
      [
        "@CONVERTED_FROM_TEXT", "@ITEM=1=biscuit", "@ITEM=2=bread", "@ITEM=3=drink", "@ITEM=4=milk",
        "1 ==> 4 #SUP: 2 #CONF: 0.5", "2 ==> 4 #SUP: 2 #CONF: 0.5", "3 ==> 4 #SUP: 2 #CONF: 0.5",
      ]
    ),
    (
      "\(rules) -o json --top 1 --measures jaccard",
      [
        #"{"antecedents":["biscuit"],"consequents":["milk"],"antecedent_support":"#
          + #"0.4444444444444444,"consequent_support":0.6666666666666666,"support":"#
          + #"0.2222222222222222,"confidence":0.5,"lift":0.75,"leverage":-0.07407407407407407,"#
          + #""conviction":0.6666666666666666,"count":2,"jaccard":0.25}"#
      ]
    ),
  ]

  @Test(arguments: forms)
  func writesTheForm(arguments: String, expected: [String]) throws {
    let folder = try folderWithNineBaskets()
    #expect(try answer(arguments, in: folder) == expected)
    let toFile = try answer("\(arguments) --to out", in: folder)
    #expect(toFile == [])
    #expect(try folder.read("out") == Array((expected.joined(separator: "\n") + "\n").utf8))
    #expect(folder.names == ["nine.basket", "out"])
  }

  @Test func csvIsTheFormWhereNoTerminalIs() throws {
    let folder = try folderWithNineBaskets()
    for arguments in [Self.itemsets, Self.rules] {
      #expect(try answer(arguments, in: folder) == answer("\(arguments) -o csv", in: folder))
    }
  }

  /// The papers print 0.4 and 0.67, wrongly.
  @Test func nineBaskets() throws {
    let rules = try answer(
      "mine nine.basket --min-support 1 --min-confidence 0", in: folderWithNineBaskets())
    let milkBread = try #require(rules.first { $0.hasPrefix("milk,bread,") }).split(separator: ",")
    #expect(Double(milkBread[2]) == 6.0 / 9)
    #expect(Double(milkBread[3]) == 4.0 / 9)
    #expect(Double(milkBread[4]) == 2.0 / 9)
    #expect(Double(milkBread[5]) == 1.0 / 3)
    #expect(Double(milkBread[6]) == 0.75)
    #expect(milkBread[9] == "2")
    #expect(rules.count == 1 + 12)
  }

  @Test func infiniteIsInfAndUndefinedIsEmpty() throws {
    let folder = try TemporaryFolder()
    try folder.write("data", "a b\nb\na b\n")
    let csv = try answer("mine data -q --min-confidence 100%", in: folder)
    #expect(csv[1].split(separator: ",", omittingEmptySubsequences: false)[8] == "")
    try folder.write("other", "a b\nc\n")
    let other = try answer("mine other -q --min-confidence 100%", in: folder)
    #expect(other[1].split(separator: ",")[8] == "inf")
    let json = try answer("mine data -q --min-confidence 100% -o json", in: folder)
    #expect(json[0].contains(#""conviction":null"#))
  }

  @Test func escapesNames() throws {
    let folder = try TemporaryFolder()
    try folder.write("odd.basket", #"a;b,c\d"# + "\n" + #"x y,"q""# + "\n")
    let csv = try answer("mine odd.basket -q --target maximal", in: folder)
    #expect(csv == [itemsetHeader, #""""q"";x y",2,1,0.5"#, #"a\;b;c\\d,2,1,0.5"#])
    let json = try answer("mine odd.basket -q --target maximal -o json", in: folder)
    #expect(json[0].hasPrefix(#"{"items":["\"q\"","x y"],"#))
    #expect(json[1].hasPrefix(#"{"items":["a;b","c\\d"],"#))
    let fimi = try lode("mine odd.basket -q --target maximal -o fimi --to out", in: folder)
    expectFailure(fimi, status: 1, naming: ["fimi", "'x y'", "csv, json or spmf"])
    #expect(folder.names == ["odd.basket"])
  }

  @Test func tableShowsTwentyAndSaysSo() throws {
    let folder = try TemporaryFolder()
    try folder.write("data", (1...50).map { "\($0) 100\n" }.joined())
    let options = "mine data --min-support 1 -o table"
    let twenty = try lode("\(options) --target itemsets", in: folder)
    #expect(twenty.lines.dropLast().count == 1 + 20)
    #expect(twenty.messageLines.last == "20 of 101; --top none for all")
    let all = try lode("\(options) --target itemsets --top none", in: folder)
    #expect(all.lines.dropLast().count == 1 + 101)
    #expect(!all.messages.contains("--top"))
    let rules = try lode("\(options)", in: folder)
    #expect(rules.messageLines.last == "20 of 50; --top none for all")
    #expect(rules.text.contains("50 => 100") || rules.text.contains("1 => 100"))
    let quiet = try lode("\(options) -q", in: folder)
    #expect(quiet.messages == "")
    #expect(quiet.output == rules.output)
  }

  @Test func tableIsOrderedByLift() throws {
    let folder = try TemporaryFolder()
    try folder.write("data", "a b\na b\nc d\nc d\nc d\nc\nd\n")
    let table = try answer("mine data -q -o table --min-support 2", in: folder)
    let rules = table.filter { $0.contains("=>") }
    #expect(rules.count == 4)
    #expect(rules.prefix(2).allSatisfy { $0.hasPrefix("a => b") || $0.hasPrefix("b => a") })
  }

  @Test func sortsAndCuts() throws {
    let folder = try TemporaryFolder()
    try folder.write("data", "1 2 3\n2 3\n10 2\n")
    let options = "mine data -q --min-support 1 --target itemsets"
    let canonical = try answer("\(options) --sort canonical -o fimi", in: folder)
    #expect(canonical.first == "1 (1)")
    let names = try answer("\(options) --sort canonical", in: folder).dropFirst()
      .map { String($0.prefix { $0 != "," }) }
    #expect(names == ["1", "2", "3", "10", "1;2", "1;3", "2;3", "2;10", "1;2;3"])
    for column in ["length", "count", "support"] {
      let rows = try answer("\(options) --sort \(column)", in: folder)
      let index = itemsetHeader.split(separator: ",").firstIndex { $0 == column } ?? 0
      let values = rows.dropFirst().map { Double($0.split(separator: ",")[index]) ?? -1 }
      #expect(values == values.sorted(by: >))
      let top = try answer("\(options) --sort \(column) --top 4", in: folder)
      #expect(top == Array(rows.prefix(5)))
    }
    let rules = try answer(
      "mine data -q --min-support 1 --min-confidence 0 --sort lift --top none", in: folder)
    let lifts = rules.dropFirst().map { Double($0.split(separator: ",")[6]) ?? -1 }
    #expect(lifts == lifts.sorted(by: >) && lifts.count == 8 + 3)
    let natural = try answer("mine data -q --min-support 1 --min-confidence 0", in: folder)
    #expect(
      try answer("mine data -q --min-support 1 --min-confidence 0 --sort natural", in: folder)
        == natural)
    #expect(natural.sorted() == rules.sorted())
  }

  @Test func measuresAreColumnsInTheOrderAsked() throws {
    let measures = "zhang,jaccard,cosine,kulczynski,imbalance_ratio,all_confidence"
    let rows = try answer(
      "mine nine.basket -q --min-support 2 --measures \(measures)", in: folderWithNineBaskets())
    #expect(rows[0] == "\(ruleHeader),\(measures)")
    // biscuit => milk: 2 of 9 together, 4 and 6 alone.
    let values = rows[1].split(separator: ",").dropFirst(10).compactMap { Double($0) }
    let expected = [
      (2.0 / 4 - 4.0 / 5) / (4.0 / 5), 2.0 / 8, 2 / 24.0.squareRoot(), (0.5 + 1.0 / 3) / 2,
      2.0 / 8, 2.0 / 6,
    ]
    try #require(values.count == expected.count)
    for (value, wanted) in zip(values, expected) { #expect(abs(value - wanted) < 1e-12) }
  }

  @Test func limitsTheSidesAndLengths() throws {
    let folder = try TemporaryFolder()
    try folder.write("data", "a b c d\na b c d\n")
    func count(_ options: String) throws -> Int {
      try answer("mine data -q --min-support 1.0 \(options)", in: folder).count - 1
    }
    // Of n items, 2^n - 2 rules with both sides; n with a single consequent.
    #expect(try count("") == 6 * 2 + 4 * 3 + 1 * 4)
    #expect(try count("--max-consequent none") == 6 * 2 + 4 * 6 + 14)
    #expect(try count("--max-consequent 2") == 6 * 2 + 4 * 6 + (4 + 6))
    #expect(try count("--max-antecedent 1") == 6 * 2)
    #expect(try count("--max-antecedent 1 --max-consequent none") == 6 * 2 + 4 * 3 + 4)
    #expect(try count("--max-length 2") == 6 * 2)
    #expect(try count("--min-length 4") == 4)
    #expect(try count("--min-lift 1") == 28)
    #expect(try count("--min-lift 1.01") == 0)
    #expect(try count("--target itemsets") == 15)
    #expect(try count("--target itemsets --min-length 2 --max-length 3") == 6 + 4)
    #expect(try count("--target closed") == 1)
    #expect(try count("--target maximal") == 1)
    #expect(try count("--target closed --max-length 3") == 0)
  }

  @Test func overwritesAndLeavesNothingElse() throws {
    let folder = try folderWithNineBaskets()
    try folder.write("out.csv", "before\n")
    _ = try answer("\(Self.itemsets) --to out.csv", in: folder)
    #expect(try folder.read("out.csv").starts(with: itemsetHeader.utf8))
    #expect(folder.names == ["nine.basket", "out.csv"])
  }
}

/// What is said on standard error.
@Suite struct MessageTests {
  @Test func linesHaveTheirShapes() throws {
    let folder = try TemporaryFolder()
    try folder.write("data.dat", (0..<1200).map { "1 2\($0 % 3) \(1000 + $0)\n" }.joined())
    let outcome = try lode("mine data.dat --min-support 0.1% --block-transactions 700", in: folder)
    let lines = outcome.messageLines
    #expect(lines.contains("data.dat: 1,200 transactions, 1,204 items, 2 blocks"))
    #expect(lines.contains("min support 0.1% = 2 of 1,200 transactions"))
    let levels = lines.filter { $0.hasPrefix("level ") }
    #expect(levels.count >= 2)
    for (index, level) in levels.enumerated() {
      let shape = try Regex(
        "level \(index + 1): [0-9,]+ candidates?, [0-9,]+ frequent, [0-9]+\\.[0-9][0-9] s")
      #expect(level.wholeMatch(of: shape) != nil, "\(level)")
    }
    let summary = try Regex(
      "7 frequent itemsets \\(complete; 1: 4, 2: 3\\), 3 rules, [0-9]+\\.[0-9][0-9] s")
    #expect(lines.last?.wholeMatch(of: summary) != nil, "\(lines.last ?? "")")
    #expect(!outcome.messages.contains("\r") && !outcome.messages.contains("\u{1B}"))
  }

  @Test(arguments: [("closed", "4 closed"), ("maximal", "3 maximal"), ("itemsets", "7 frequent")])
  func summaryNamesTheTarget(target: String, start: String) throws {
    let outcome = try lode(
      "mine nine.basket --min-support 2 --target \(target)", in: folderWithNineBaskets())
    let last = try #require(outcome.messageLines.last)
    #expect(last.contains(" itemsets (complete; "))
    #expect(!last.contains("rules"))
    if target == "closed" {
      // Each item and each pair with milk is closed.
      #expect(last.hasPrefix("7 closed"))
    } else {
      #expect(last.hasPrefix(start))
    }
  }

  @Test func oneOfAnythingIsSingular() throws {
    let folder = try TemporaryFolder()
    try folder.write("data", "a\n")
    let outcome = try lode("mine data --target itemsets", in: folder)
    #expect(outcome.messages.contains("data: 1 transaction, 1 item, 1 block\n"))
    #expect(outcome.messages.contains("1 frequent itemset (complete; 1: 1), "))
  }

  @Test(arguments: ["itemsets", "closed", "maximal", "rules"])
  func quietSaysNothing(target: String) throws {
    let folder = try folderWithNineBaskets()
    for quiet in ["-q", "--quiet"] {
      let outcome = try lode(
        "mine nine.basket --min-support 1 --target \(target) \(quiet)", in: folder)
      #expect(outcome.status == 0)
      #expect(outcome.messages == "")
      #expect(outcome.lines.count > 2)
    }
  }
}
