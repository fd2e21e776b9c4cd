import CommandRunner
import Testing

/// What a cluster finds is, byte for byte, what `lode mine` finds.
@Suite struct ResultTests {
  struct Case {
    let data: Data
    let replication: Int
    let blockTransactions: Int
  }

  enum Data: String {
    case companyK = "company-k.basket"
    case quest = "quest.dat"
    case long = "long.csv"

    var reading: String {
      self == .long ? "long.csv --transaction order --item product" : rawValue
    }

    /// One that leaves some rules.
    var minimumConfidence: String { self == .companyK ? "10%" : "30%" }

    var minimumSupport: String { self == .companyK ? "0.4%" : "1%" }

    func make(in folder: TemporaryFolder) throws {
      switch self {
      case .companyK:
        _ = try alone("generate company-k --customers 20000 --to \(rawValue) -q", in: folder)
      case .quest:
        _ = try alone("generate quest --transactions 9000 --to \(rawValue) -q", in: folder)
      case .long:
        var text = "order,product\n"
        // Rows of an order stand apart, and names need quotes.
        for part in 0..<3 {
          for order in 0..<3_000 {
            text += "\(order),\"item, \((order * (part + 1) + part) % 17)\"\n"
          }
        }
        try folder.write(rawValue, text)
      }
    }
  }

  /// Each pair of a number of workers, replicas, a block size and data is met once at least.
  @Test(arguments: [
    (
      1,
      [
        Case(data: .companyK, replication: 1, blockTransactions: 4096),
        Case(data: .quest, replication: 1, blockTransactions: 500),
        Case(data: .long, replication: 1, blockTransactions: 65_536),
      ]
    ),
    (
      2,
      [
        Case(data: .companyK, replication: 2, blockTransactions: 65_536),
        Case(data: .quest, replication: 1, blockTransactions: 4096),
        Case(data: .long, replication: 2, blockTransactions: 500),
      ]
    ),
    (
      3,
      [
        Case(data: .companyK, replication: 1, blockTransactions: 500),
        Case(data: .quest, replication: 2, blockTransactions: 65_536),
        Case(data: .long, replication: 2, blockTransactions: 4096),
      ]
    ),
  ])
  func resultsAreThoseOfMine(workers: Int, cases: [Case]) throws {
    let cluster = try TestCluster(workers: workers)
    for (number, test) in cases.enumerated() {
      try test.data.make(in: cluster.folder)
      let added = try cluster.lode(
        "dataset add set-\(number) \(test.data.reading) --replication \(test.replication)"
          + " --block-transactions \(test.blockTransactions) --quiet")
      try #require(added.status == 0, "\(added.messages)")
      #expect(added.messages.isEmpty)
      let job = try cluster.submit(
        "set-\(number) --min-support \(test.data.minimumSupport) --min-confidence "
          + test.data.minimumConfidence)
      _ = try cluster.answer("job watch \(job) --quiet")
      for options in [
        "-o csv", "-o json", "--target itemsets -o csv", "--target itemsets -o json",
        "--target closed -o csv", "--target itemsets -o fimi",
        "--min-confidence 12% --measures zhang,cosine --sort lift -o csv",
      ] where !(options.hasSuffix("fimi") && test.data == .long) {
        let confidence =
          options.contains("--min-confidence") || options.contains("--target")
          ? "" : "--min-confidence \(test.data.minimumConfidence)"
        let expected = try alone(
          "mine \(test.data.reading) --min-support \(test.data.minimumSupport) \(confidence)"
            + " \(options) --quiet", in: cluster.folder)
        let results = try cluster.lode("job results \(job) \(options) --quiet")
        #expect(results.messages.isEmpty)
        #expect(!expected.isEmpty)
        #expect(
          results.output == expected, "\(test) with \(options) on \(workers) workers")
      }
    }
  }

  /// One transaction may be longer than what is sent at a time.
  @Test func hugeTransactions() throws {
    let cluster = try TestCluster(workers: 1, options: "--replication 1")
    let wide = (0..<150_000).map { "a-rather-long-name-\($0)" }.joined(separator: " ")
    try cluster.folder.write("wide.dat", "\(wide)\na b\n\(wide)\na b\n")
    _ = try cluster.answer("dataset add wide wide.dat")
    let shown = try cluster.object("dataset show wide")
    #expect(shown["transactions"] as? Int == 4)
    #expect(shown["items"] as? Int == 150_002)
    _ = try cluster.answer("job submit wide --min-support 2 --max-length 1 --target itemsets")
    let expected = try alone(
      "mine wide.dat --min-support 2 --max-length 1 --target itemsets -o csv", in: cluster.folder)
    #expect(try Array(cluster.answer("job results 1 -o csv").utf8) == expected)
  }
}
