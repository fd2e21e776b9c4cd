import CommandRunner
import Testing

/// What is wrong with the command line alone ends with status 2, before any input is read.
@Suite struct UsageTests {
  /// Arguments after `mine nine.basket`, and what the message must say.
  static let refusals: [(String, [String])] = [
    ("--min-support 0", ["--min-support: 0 ", "the least is a count of 1"]),
    ("--min-support 0%", ["--min-support", "above 0"]),
    ("--min-support -1", ["--min-support", "-1 is negative", "0.01 or 1%"]),
    ("--min-support=-1", ["--min-support", "-1 is negative", "0.01 or 1%"]),
    ("--min-support 1.5", ["--min-support", "write 1.5% for a percentage"]),
    ("--min-support 2.5", ["--min-support", "write 2.5% for a percentage"]),
    ("--min-support abc", ["--min-support", "abc is no number", "0.01 or 1%"]),
    ("--min-support nan", ["--min-support", "nan is no number"]),
    ("--min-support 1e400", ["--min-support", "1e400"]),
    ("--min-support 18446744073709551616", ["--min-support", "18446744073709551616"]),
    ("--min-support 200%", ["--min-support", "200%", "at most 100%"]),
    ("--min-support", ["--min-support"]),
    ("--min-confidence 50", ["--min-confidence", "write 50% for a percentage"]),
    ("--min-confidence 1.5", ["--min-confidence", "write 1.5% for a percentage"]),
    ("--min-confidence 101%", ["--min-confidence", "101%"]),
    ("--min-confidence -0.1", ["--min-confidence", "-0.1"]),
    ("--min-confidence abc", ["--min-confidence", "0.5 or 50%"]),
    ("--min-lift abc", ["--min-lift", "abc", "such as 1.5"]),
    ("--min-lift -1", ["--min-lift", "-1", "at least 0"]),
    ("--target frob", ["--target", "frob", "closed"]),
    ("--output frob", ["--output", "frob", "spmf"]),
    ("-o fimi", ["fimi", "--target itemsets"]),
    ("--format frob", ["--format", "frob", "ndjson"]),
    ("--min-length 0", ["--min-length 0"]),
    ("--max-length 0", ["--max-length"]),
    ("--min-length 3 --max-length 2", ["--max-length 2", "--min-length 3"]),
    ("--max-antecedent 0", ["--max-antecedent"]),
    ("--max-consequent 0", ["--max-consequent"]),
    ("--measures zhang,frob", ["--measures", "frob", "zhang"]),
    ("--measures zhang --target closed", ["--measures", "--target rules"]),
    ("--measures lift,zhang", ["--measures", "lift is a column of rules already"]),
    ("--measures support", ["--measures", "support is a column of rules already"]),
    ("--measures zhang,cosine,zhang", ["--measures names zhang twice"]),
    ("--measures zhang,", ["--measures 'zhang,' has an empty name", "jaccard"]),
    ("--measures zhang,,cosine", ["has an empty name"]), ("--measures ,", ["has an empty name"]),
    (
      "--target itemsets --min-confidence 0.5",
      ["--min-confidence is of rules", "--target rules"]
    ),
    ("--target closed --min-lift 1", ["--min-lift is of rules"]),
    ("--target maximal --max-antecedent none", ["--max-antecedent is of rules"]),
    ("--target itemsets --max-consequent 1", ["--max-consequent is of rules"]),
    ("--sort frob", ["--sort frob", "lift"]),
    ("--sort lift --target closed", ["--sort lift", "--target closed", "count"]),
    ("--top 0", ["--top 0", "none"]),
    ("--top -1", ["--top -1", "none"]),
    ("--top many", ["--top many", "none"]),
    ("--block-transactions 0", ["--block-transactions 0", "65536"]),
    ("--block-transactions 65537", ["--block-transactions 65537", "65536"]),
    ("--threads 0", ["--threads 0"]),
    ("--memory 0", ["--memory 0", "512MiB"]),
    ("--memory lots", ["--memory lots", "512MiB"]),
    ("--separator ab", ["--separator", "ab"]),
    ("--transaction 1", ["--transaction", "--item"]),
    ("--format basket --item 2", ["--format basket has no columns", "csv"]),
    ("- -", ["-", "twice"]),
    ("--frob", ["--frob"]),
  ]

  @Test(arguments: refusals)
  func refusesWrongOptions(options: String, parts: [String]) throws {
    let folder = try folderWithNineBaskets()
    let outcome = try lode("mine nine.basket --to out.csv \(options)", in: folder)
    expectFailure(outcome, status: 2, naming: parts)
    #expect(folder.names == ["nine.basket"])
  }

  @Test(arguments: ["closed", "maximal", "itemsets", "rules"])
  func theGreatestLengthIsNoLimit(target: String) throws {
    let folder = try folderWithNineBaskets()
    let options = "mine nine.basket -q --min-support 1 --target \(target)"
    let all = try answer(options, in: folder)
    #expect(all.count > 1)
    #expect(try answer("\(options) --max-length 9223372036854775807", in: folder) == all)
  }

  @Test func helpShowsTheDefaultsOfRules() throws {
    let help = try answer("mine --help", in: TemporaryFolder())
      .joined(separator: " ").split(separator: " ").joined(separator: " ")
    for part in [
      "confidence of a rule: 0.5 or 50%. (default: 50%)",
      "antecedent, or none. (default: none)", "consequent, or none. (default: 1)",
      "comma-separated: zhang, jaccard,", "skipped if all its key cells are empty",
      "Skip the first row of csv or tsv, also where columns are given by number",
    ] {
      #expect(help.contains(part), "\(part)")
    }
  }

  @Test func refusesBeforeReading() throws {
    let folder = try TemporaryFolder()
    let outcome = try lode("mine there-is-no-such-file --min-support 2.5", in: folder)
    expectFailure(outcome, status: 2, naming: ["2.5%"])
  }

  @Test(arguments: [
    ("mine", ["input"]), ("frob", ["frob"]), ("", ["mine", "demo", "generate"]),
    ("generate", ["company-k", "quest"]), ("generate frob", ["frob"]),
    ("generate quest --transactions abc", ["--transactions", "abc"]),
    ("generate quest --transactions 0", ["number of transactions", "0"]),
    ("generate quest --correlation 3", ["correlation", "3"]),
    (
      "generate quest --transactions -5",
      ["number of transactions is -5", "from 1 to", "lode generate quest"]
    ),
    (
      "generate quest --correlation -1",
      ["correlation is -1.0", "from 0.0 to 1.0", "lode generate quest"]
    ),
    ("generate quest --average-length -1", ["length is -1.0", "lode generate quest"]),
    ("generate quest --average-pattern-length nan", ["length is nan", "from 1.0 to 500.0"]),
    ("generate quest --patterns -1", ["patterns is -1"]),
    ("generate quest --items -1", ["items is -1"]),
    ("generate quest --corruption -1", ["corruption is -1.0"]),
    ("generate quest --corruption-variance -1", ["corruption is -1.0"]),
    ("generate quest --seed -1", ["--seed", "-1"]),
    ("generate company-k --customers 0", ["customers", "0"]),
    (
      "generate company-k --customers -1",
      ["number of customers is -1", "from ", "lode generate company-k"]
    ),
    ("limits extra", ["extra"]), ("demo --frob", ["--frob"]),
  ])
  func refusesWrongCommands(arguments: String, parts: [String]) throws {
    expectFailure(try lode(arguments, in: TemporaryFolder()), status: 2, naming: parts)
  }

  @Test func refusesAnEmptyName() throws {
    let outcome = try CommandRunner.run(["mine", ""], in: TemporaryFolder())
    expectFailure(outcome, status: 2, naming: ["empty name"])
  }

  @Test func takesQuietOnEverySubcommand() throws {
    for arguments in ["mine", "demo", "generate company-k", "generate quest", "limits"] {
      let help = try answer("\(arguments) --help", in: TemporaryFolder())
      #expect(help.contains { $0.contains("-q, --quiet") }, "\(arguments)")
    }
  }

  @Test(arguments: [
    "", "mine", "demo", "generate", "generate company-k", "generate quest", "limits",
  ])
  func helpShowsAnExampleThatFitsItsLine(command: String) throws {
    let help = try answer("\(command) --help", in: TemporaryFolder())
    let heading = try #require(help.firstIndex { $0 == "Example:" || $0 == "Examples:" })
    let example = help[heading + 1].trimmingPrefix { $0 == " " }
    #expect(example.hasPrefix("lode "))
    // A line that was broken goes on at the margin.
    let after = help[(heading + 1)...].first { !$0.hasPrefix("  ") }
    #expect(after == "", "\(command): an example is broken over two lines")
  }

  @Test func saysItsVersion() throws {
    let version = try answer("--version", in: TemporaryFolder())
    #expect(version.count == 1 && version[0].split(separator: ".").count == 3)
  }
}

/// What thresholds mean, seen from outside.
@Suite struct ThresholdTests {
  /// `transactions` lines, of which the first `withItem` hold item 1; the others hold item 2.
  private func folder(_ transactions: Int, withItem: Int) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let lines = (0..<transactions).map { $0 < withItem ? "1\n" : "2\n" }
    try folder.write("data", lines.joined())
    return folder
  }

  private func itemsAtLeast(_ support: String, in folder: TemporaryFolder) throws -> [String] {
    let rows = try answer(
      "mine data --target itemsets -q --sort canonical --min-support \(support)", in: folder)
    return rows.dropFirst().compactMap { $0.split(separator: ",").first.map(String.init) }
  }

  @Test(arguments: [
    (100, 7, "0.07"), (100, 7, "7%"), (100, 7, "7e-2"), (25, 7, "0.28"), (25, 7, "28%"),
    (1000, 1, "0.001"), (3, 1, "33.333333333333333%"), (100, 100, "1.0"), (100, 100, "100%"),
    (100, 1, "1"), (100, 29, "0.29"), (1000, 57, "0.057"),
  ])
  func aShareThatFallsOnACountIsEnough(transactions: Int, count: Int, support: String) throws {
    #expect(try itemsAtLeast(support, in: folder(transactions, withItem: count)).contains("1"))
    let below = try folder(transactions, withItem: count - 1)
    #expect(try !itemsAtLeast(support, in: below).contains("1"))
  }

  @Test func aConfidenceThatFallsOnTheThresholdIsEnough() throws {
    // 7 of 25 is 0.28, and 0.07 of 100 is 7; neither is exact in binary.
    for (antecedent, both, confidence) in [
      (25, 7, "0.28"), (25, 7, "28%"), (100, 7, "0.07"), (100, 29, "29%"), (3, 1, "0.3333333333"),
    ] {
      let folder = try TemporaryFolder()
      let lines = (0..<antecedent).map { $0 < both ? "a b\n" : "a\n" }
      try folder.write("data", lines.joined() + "b\n" + String(repeating: "c\n", count: 200))
      let options = "mine data -q --min-support 1 --min-confidence"
      let rules = try answer("\(options) \(confidence)", in: folder)
      #expect(rules.contains { $0.hasPrefix("a,b,") }, "\(confidence)")
      let above =
        confidence.hasSuffix("%") ? "\(confidence.dropLast()).00000001%" : confidence + "4"
      #expect(try !answer("\(options) \(above)", in: folder).contains { $0.hasPrefix("a,b,") })
    }
  }

  @Test func aBareOneIsAllConfidence() throws {
    let folder = try TemporaryFolder()
    try folder.write("data", "a b\nb\n")
    for confidence in ["1", "1.0", "100%"] {
      let rules = try answer("mine data -q --min-confidence \(confidence)", in: folder)
      #expect(rules.count == 2 && rules[1].hasPrefix("a,b,"))
    }
  }

  @Test func aBareOneIsOneTransactionAndSaysSo() throws {
    let folder = try folderWithNineBaskets()
    let one = try lode("mine nine.basket --min-support 1", in: folder)
    #expect(one.messages.contains("warning: 1 is a count of one transaction; write 1.0 or 100%"))
    for support in ["1.0", "100%", "2", "1%"] {
      let other = try lode("mine nine.basket --min-support \(support)", in: folder)
      #expect(!other.messages.contains("warning"))
    }
  }

  @Test(arguments: ["itemsets", "closed", "maximal", "rules"])
  func aSupportAboveEveryItemIsAnEmptyAnswer(target: String) throws {
    let folder = try folderWithNineBaskets()
    let header = target == "rules" ? ruleHeader : itemsetHeader
    for support in ["7", "10", "70%", "1.0", "18446744073709551615"] {
      let options = "mine nine.basket --target \(target) --min-support \(support)"
      #expect(try answer(options, in: folder) == [header])
      #expect(try answer("\(options) -o json", in: folder) == [])
    }
  }
}
