import CommandRunner
import TestSupport
import Testing

/// The same data and options give the same bytes, however they come.
@Suite struct InvarianceTests {
  /// Transactions of correlated items, so that there are long itemsets and ties of all kinds.
  private static func transactions(
    seed: UInt64, count: Int, items: [String]
  ) -> [[String]] {
    var generator = SeededGenerator(seed: seed)
    let patterns = (0..<6).map { _ in items.shuffled(using: &generator).prefix(5) }
    return (0..<count).map { _ in
      var transaction = Set(patterns.randomElement(using: &generator) ?? [])
      for _ in 0..<Int.random(in: 0...4, using: &generator) {
        if let item = items.randomElement(using: &generator) { transaction.insert(item) }
      }
      transaction.insert(items[0])  // a perfect extension of everything
      return transaction.sorted().filter { _ in UInt8.random(in: 0...7, using: &generator) > 0 }
    }.filter { !$0.isEmpty }
  }

  private static func text(_ transactions: [[String]]) -> String {
    transactions.map { $0.joined(separator: ",") + "\n" }.joined()
  }

  /// Integers that keep coming, in more batches than may wait for the thread that fills blocks.
  @Test func threadsDoNotShowInReading() throws {
    var generator = SeededGenerator(seed: 5)
    var text = ""
    for row in 0..<60_000 {
      text += "\(row / 8)"
      for _ in 0..<Int.random(in: 0...20, using: &generator) {
        text += " \(Int.random(in: 0...60, using: &generator))"
      }
      text += row % 1000 == 0 ? " 007 \(Int.max)\r\n" : "\n"
    }
    let folder = try TemporaryFolder()
    try folder.write("data", text)
    try folder.write("damaged", text + "1 2\n\0\n")
    for blocks in ["", "--block-transactions 700"] {
      let options = "--target itemsets -o fimi --min-support 2% -q \(blocks)"
      let expected = try lode("mine data \(options) --threads 1", in: folder)
      #expect(expected.status == 0 && expected.lines.count > 60)
      let refused = try lode("mine damaged \(options) --threads 1", in: folder)
      #expect(refused.status != 0 && refused.messages.contains("60002"))
      for threads in [2, 3, 5] {
        let other = try lode("mine data \(options) --threads \(threads)", in: folder)
        #expect(other.output == expected.output, "\(threads) threads")
        let alsoRefused = try lode("mine damaged \(options) --threads \(threads)", in: folder)
        #expect(alsoRefused.messages == refused.messages && alsoRefused.status == refused.status)
      }
    }
  }

  static let targets = [
    "--target itemsets", "--target itemsets -o fimi", "--target closed", "--target maximal -o json",
    "--target closed --sort support", "--target itemsets --sort count --top 10",
    "--target rules --min-confidence 30%",
    "--target rules --max-consequent none --min-lift 1.1",
    "--measures zhang,cosine,kulczynski --sort zhang", "-o table --sort lift", "-o spmf",
    "--target itemsets --sort canonical --max-length 3",
  ]

  @Test(arguments: targets)
  func sameBytes(options: String) throws {
    let folder = try TemporaryFolder()
    for (seed, items) in [
      (UInt64(1), (0..<12).map { "item-\($0)" }), (2, (1...14).map { "\($0 * $0)" }),
    ] {
      var generator = SeededGenerator(seed: seed + 100)
      let data = Self.transactions(seed: seed, count: 400, items: items)
      try folder.write("data", Self.text(data))
      let command = "--min-support 5% -q \(options)"
      let expected = try lode("mine data \(command)", in: folder)
      try #require(expected.status == 0, "\(expected.messages)")
      #expect(expected.lines.count > 8)

      try folder.write("lines", Self.text(data.shuffled(using: &generator)))
      try folder.write("items", Self.text(data.map { $0.shuffled(using: &generator) }))
      try folder.write("head", Self.text(Array(data.prefix(123))))
      try folder.write("tail", Self.text(Array(data.dropFirst(123))))
      let variants =
        ["lines", "items", "tail head"]
        + [1, 3, 500, 65_536].map { "items --block-transactions \($0)" }
        + [1, 2, 4].map { "lines --threads \($0)" } + ["lines --threads 4 --block-transactions 7"]
      for variant in variants {
        let other = try lode("mine \(variant) \(command)", in: folder)
        #expect(other.output == expected.output, "seed \(seed), \(variant)")
      }
    }
  }

  /// `fimi` in natural order is written straight from the levels, with `--top` by the writer of rows.
  @Test func plainFIMIIsWhatTheWriterOfRowsWrites() throws {
    let folder = try TemporaryFolder()
    for (seed, items) in [
      (UInt64(4), (1...14).map { "\($0 * $0)" }),
      (5, (0..<12).map { String(repeating: "name", count: $0 % 7) + "\($0)" }),
      (6, (0..<11).map { String(repeating: "long-", count: 5 * $0) + "\($0)" }),
    ] {
      try folder.write("data", Self.text(Self.transactions(seed: seed, count: 300, items: items)))
      let command = "mine data -q --target itemsets -o fimi --min-support 4"
      let plain = try answer(command, in: folder)
      #expect(plain.count > 500)
      #expect(try answer("\(command) --top 999999999", in: folder) == plain, "seed \(seed)")
    }
    // Equal transactions: every itemset but the empty one is made of perfect extensions.
    try folder.write("equal", String(repeating: "a,b,c,d,e,f,g,h,i,j\n", count: 3))
    let plain = try answer("mine equal -q --target itemsets -o fimi --min-support 1", in: folder)
    #expect(plain.count == 1023)
    #expect(Set(plain).count == 1023)
  }

  /// What is wrong with transactions is said before what is wrong behind them, though one thread
  /// reads on while another takes them.
  @Test func sameErrorOnAnyThreads() throws {
    let folder = try TemporaryFolder()
    let lines = (0..<70_000).map { row in
      (0..<12).map { "\(row % 97 + 97 * $0)" }.joined(separator: " ") + "\n"
    }
    try folder.write("rotten", lines.joined() + "1 2\u{0}3\n")
    for threads in [1, 2, 4] {
      let rotten = try lode("mine rotten -q --min-support 1% --threads \(threads)", in: folder)
      #expect(rotten.status == 1)
      #expect(rotten.messages.contains("rotten:70001: a NUL byte"), "\(rotten.messages)")
      let homeless = try lode(
        """
        mine rotten -q --memory 1MiB --temp nowhere --block-transactions 1000 --threads \(threads)
        """, in: folder)
      #expect(homeless.status == 1)
      #expect(
        homeless.messages.hasPrefix("lode: cannot make a temporary file in nowhere: "),
        "\(homeless.messages)")
      #expect(homeless.messages.contains("--temp"), "\(homeless.messages)")
    }
  }

  /// Blocks beyond an eighth of `--memory` are in a temporary file, and rows are projected again
  /// whenever there is no room for them: nobody sees it in the answer, and nothing is left behind.
  @Test func sameBytesWithinAnyMemory() throws {
    let folder = try TemporaryFolder()
    var random = SeededGenerator(seed: 9)
    let rows = (0..<20_000).map { row in
      let first = row / 3_000 * 7
      return (0..<12).map { _ in
        let item = Int.random(in: 0..<40, using: &random) * Int.random(in: 0..<40, using: &random)
        return "\((first + item / 4) % 400)"
      }.joined(separator: " ") + "\n"
    }
    try folder.write("rows", rows.joined())
    _ = try CommandRunner.shell("mkdir temp", in: folder)
    let command = "mine rows -q --block-transactions 1000 --temp temp --min-support 0.3% "
    for rest in ["--target itemsets -o fimi", "--min-confidence 5%", "--target closed -o json"] {
      let expected = try lode(command + rest, in: folder)
      #expect(expected.status == 0 && expected.lines.count > 100, "\(expected.messages)")
      for memory in ["1MiB", "3MiB"] {
        for threads in [1, 2, 4] {
          let limited = try lode(
            "\(command) \(rest) --memory \(memory) --threads \(threads)", in: folder)
          #expect(limited.status == 0, "\(limited.messages)")
          #expect(limited.output == expected.output, "\(rest), \(memory), \(threads) threads")
        }
      }
    }
    let leftovers = try CommandRunner.shell("ls -A temp", in: folder)
    #expect(leftovers.text == "")
    // A block that takes too much even alone is an error that names the limit.
    let tooLittle = try lode("mine rows -q --min-support 0.3% --memory 1MiB", in: folder)
    #expect(tooLittle.status == 1)
    #expect(tooLittle.messages.contains("over the memory limit of"), "\(tooLittle.messages)")
    #expect(tooLittle.messages.contains("raise --memory"), "\(tooLittle.messages)")
  }

  @Test func sameBytesEachTime() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "data", Self.text(Self.transactions(seed: 3, count: 300, items: (0..<12).map { "i\($0)" })))
    let command = "mine data -q --min-support 2% --max-consequent none --min-confidence 60%"
    let first = try lode(command, in: folder)
    #expect(first.lines.count > 100)
    for _ in 0..<5 { #expect(try lode(command, in: folder).output == first.output) }
  }
}
