import Apriori
import TestSupport
import Testing

@Suite struct AllowanceTests {
  /// Worked out by hand: A = floor(0.75 x 20) = 15 over 100 transactions.
  @Test func sharesOfAnExample() throws {
    let allowances = try Allowances(minimumSupport: 21, transactionCounts: [10, 30, 0, 60])
    #expect(allowances.total == 15)
    #expect(try (0..<4).map { try allowances.allowance(of: [$0]) } == [1, 5, 0, 9])
  }

  @Test func addUpToTheTotalHoweverCut() throws {
    for seed in 0..<300 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let support = random.next() >> UInt64.random(in: 0..<64, using: &random)
      let counts = (0..<Int.random(in: 1...40, using: &random)).map { _ in
        (random.next() >> 6) >> UInt64.random(in: 0..<58, using: &random)
      }
      let allowances = try Allowances(minimumSupport: support, transactionCounts: counts)
      let spare = max(support, 1) - 1
      #expect(allowances.total <= spare && allowances.total >= spare / 4 * 3)
      var sum: UInt64 = 0
      for part in random.parts(of: Array(counts.indices)) {
        let whole = try allowances.allowance(of: part)
        var pieces: UInt64 = 0
        for piece in random.parts(of: part) { pieces += try allowances.allowance(of: piece) }
        #expect(whole == pieces)
        sum += whole
      }
      #expect(sum == (counts.contains { $0 > 0 } ? allowances.total : 0), "seed \(seed)")
    }
  }

  @Test func extremes() throws {
    let huge = try Allowances(minimumSupport: .max, transactionCounts: [.max - 1, 1])
    #expect(huge.total == (UInt64.max - 1) / 4 * 3 + 1)
    #expect(try huge.allowance(of: [0, 1]) == huge.total)
    #expect(try Allowances(minimumSupport: 0, transactionCounts: [3]).total == 0)
    #expect(
      try Allowances(minimumSupport: 9, transactionCounts: [0, 0]).allowance(of: [0, 1]) == 0)
    #expect(throws: CountingError.self) {
      try Allowances(minimumSupport: 1, transactionCounts: [.max, 1])
    }
    #expect(throws: CountingError.self) { try huge.allowance(of: [2]) }
    #expect(throws: CountingError.self) { try huge.allowance(of: [-1]) }
    #expect(throws: CountingError.self) { try huge.allowance(of: [0, 0]) }
  }

  @Test func ruleFollowsTheFigures() throws {
    let ample = try Allowances(minimumSupport: 100, transactionCounts: [50, 50, 50, 50])
    func rule(_ candidates: Int, _ fill: Double, blockSets: Int = 4) -> ReportRule {
      ReportRule(
        candidateCount: candidates, expectedFill: fill, allowances: ample,
        blockSetCount: blockSets)
    }
    #expect(rule(32_767, 0) == .all)
    #expect(rule(32_768, 0.26) == .all)
    #expect(rule(32_768, 0.25) == .nominate)
    #expect(rule(32_768, 0.25, blockSets: 148) == .nominate)
    #expect(rule(32_768, 0.25, blockSets: 149) == .nonZero)
    #expect(try ReportRule.all.mode(of: [0, 1], allowances: ample) == .all)
    #expect(try ReportRule.nonZero.mode(of: [0, 1], allowances: ample) == .above(allowance: 0))
    #expect(try ReportRule.nominate.mode(of: [0, 1], allowances: ample) == .above(allowance: 37))
    // Retail at 9: of 8 transactions 6, however many shards they are divided among.
    let shards = Array(repeating: 1_000 as UInt64, count: 64)
    let scant = try Allowances(minimumSupport: 9, transactionCounts: shards)
    for (blockSets, expected) in [(8, ReportRule.nominate), (12, .nominate), (13, .nonZero)] {
      #expect(
        ReportRule(
          candidateCount: 1 << 20, expectedFill: 0, allowances: scant, blockSetCount: blockSets)
          == expected)
    }
    // A block set of everything needs no poll.
    #expect(
      try ReportRule.nominate.mode(of: [0, 1, 2, 3], allowances: ample) == .above(allowance: 99))
  }
}
