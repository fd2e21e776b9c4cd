import CommandRunner
import Testing

/// Figures that others have printed about the same data, and the shapes of dirty real files.
@Suite struct PublishedFigureTests {
  /// As the documentation of arules and textbooks print.
  @Test(arguments: [
    ("--min-support 0.001 --min-confidence 0.8", 410),
    ("--min-support 0.001 --min-confidence 0.5", 5668),
    ("--min-support 0.006 --min-confidence 0.25 --min-length 2", 463),
    ("--min-support 0.01 --min-confidence 0.5", 15),
  ])
  func groceries(options: String, rules: Int) throws {
    guard let data = PublishedData() else { return }
    #expect(try data.count("groceries.dat", options) == rules)
    #expect(try data.count("groceries.csv", options) == rules)
  }

  /// arules counts rules with an empty antecedent too, which are not made here.
  @Test(arguments: [
    ("--min-support 0.01 --min-confidence 0.6 --max-length 10", 276_443 - 6),
    ("--min-support 0.5 --min-confidence 0.9 --max-length 10", 52 - 2),
  ])
  func adult(options: String, rules: Int) throws {
    guard let data = PublishedData() else { return }
    #expect(try data.count("adult.dat", options) == rules)
  }

  @Test func groceriesByNameAreGroceriesByNumber() throws {
    guard let data = PublishedData() else { return }
    let table = String(decoding: try readFile("\(data.path)/groceries.items.tsv"), as: UTF8.self)
    var numbers: [Substring: Int] = [:]
    for line in table.split(separator: "\n") {
      let cells = line.split(separator: "\t")
      numbers[cells[1]] = Int(cells[0])
    }
    #expect(numbers.count == 169)

    for target in ["itemsets", "closed", "maximal"] {
      let options = "-q --min-support 10 --target \(target)"
      let byNumber = try data.mine("groceries.dat", options).lines
      let byName = try data.mine("groceries.csv", options).lines
      let translated = byName.map { line -> String in
        guard line != byName[0], let comma = line.firstIndex(of: ",") else { return String(line) }
        let items = line[..<comma].split(separator: ";").map { numbers[$0] ?? -1 }.sorted()
        return items.map(String.init).joined(separator: ";") + line[comma...]
      }
      #expect(translated.sorted() == byNumber.map(String.init).sorted(), "\(target)")
    }
  }

  @Test func invoicesOfAShop() throws {
    guard let data = PublishedData() else { return }
    let options =
      "--transaction InvoiceNo --item StockCode --time InvoiceDate --customer CustomerID"
      + " --min-support 1% --target itemsets --sort count --top 3"
    let outcome = try data.mine("online_retail.csv.gz", options)
    #expect(outcome.messages.contains(": 25,893 transactions, 4,070 items, 1 block\n"))
    // Counted by a script that reads the rows with another csv library.
    #expect(outcome.lines[1].hasPrefix("85123A,1,2246,"))
    #expect(outcome.lines[2].hasPrefix("22423,1,2172,"))
    #expect(outcome.lines[3].hasPrefix("85099B,1,2135,"))
  }

  @Test func basketsOfMembers() throws {
    guard let data = PublishedData() else { return }
    let options =
      "--transaction Member_number --transaction Date --item itemDescription --time Date"
      + " --customer Member_number --min-support 0.5% --target itemsets --sort count --top 3"
    let outcome = try data.mine("groceries_members.csv", options)
    #expect(outcome.messages.contains(": 14,963 transactions, 167 items, 1 block\n"))
    #expect(outcome.lines[1].hasPrefix("whole milk,1,2363,"))
    #expect(outcome.lines[2].hasPrefix("other vegetables,1,1827,"))
    #expect(outcome.lines[3].hasPrefix("rolls/buns,1,1646,"))
  }

  /// 90 million itemsets stream past in constant memory.
  @Test func aFloodOfItemsetsInConstantMemory() throws {
    guard let data = PublishedData() else { return }
    for (support, itemsets) in [("1%", "90,751,401"), ("81", "91,273,269")] {
      let options = "--min-support \(support) --target itemsets -o fimi"
      let outcome = try data.mine("mushroom.dat", options, output: "/dev/null")
      #expect(outcome.messages.contains("\n\(itemsets) frequent itemsets (complete; 1: 96, "))
      #expect(outcome.peakBytes < 64 << 20, "\(outcome.peakBytes >> 20) MiB")
    }
  }

  @Test(arguments: [
    "--min-support 0.1%", "--min-support 0.1% --max-consequent none --min-confidence 10%",
    "--min-support 0.1% --target itemsets", "--min-support 0.1% --target maximal",
  ])
  func retailInLittleMemory(options: String) throws {
    guard let data = PublishedData() else { return }
    let outcome = try data.mine("retail.dat", options, output: "/dev/null")
    #expect(outcome.messages.contains("min support 0.1% = 89 of 88,162 transactions\n"))
    #expect(outcome.peakBytes < 64 << 20, "\(outcome.peakBytes >> 20) MiB")
  }
}
