import Apriori
import Testing

@Suite struct RangeLedgerTests {
  private func ledger(rule: ReportRule = .nominate) throws -> RangeLedger {
    RangeLedger(
      name: "level 3, range 7", rule: rule,
      // An allowance of 3 for each of four shards.
      allowances: try Allowances(minimumSupport: 17, transactionCounts: [5, 5, 5, 5]))
  }

  private let twoShards = ReportMode.above(allowance: 6)
  private let oneShard = ReportMode.above(allowance: 3)

  private func isRefused(_ acceptance: RangeLedger.Acceptance) -> Bool {
    if case .refused = acceptance { return true }
    return false
  }

  @Test func reportsCoverEachShardOnce() throws {
    var ledger = try ledger()
    #expect(try ledger.accept(reportOf: [0, 2], mode: twoShards, digest: 1) == .accepted)
    #expect(try ledger.accept(reportOf: [0, 2], mode: twoShards, digest: 1) == .duplicate)
    #expect(try ledger.accept(reportOf: [0], mode: oneShard, digest: 5) == .dropped)
    #expect(try ledger.accept(reportOf: [2, 3], mode: twoShards, digest: 5) == .dropped)
    #expect(ledger.openShards == [1, 3])
    #expect(try ledger.accept(reportOf: [3], mode: oneShard, digest: 2) == .accepted)
    #expect(try ledger.accept(reportOf: [1], mode: oneShard, digest: 3) == .accepted)
    #expect(ledger.isCovered && ledger.reportCount == 3)
    #expect((0..<3).map { ledger.shards(ofReport: $0) } == [[0, 2], [3], [1]])
    // The parent of two children, late.
    #expect(try ledger.accept(reportOf: [1, 3], mode: twoShards, digest: 4) == .dropped)
    #expect {
      try ledger.accept(reportOf: [3], mode: oneShard, digest: 9)
    } throws: {
      "\($0)".contains("level 3, range 7: block set [3] was counted twice with different results")
    }
  }

  @Test func whatWasNotAskedForIsRefused() throws {
    var ledger = try ledger()
    for shards in [[], [4], [-1], [2, 0], [1, 1], [.max]] as [[Int]] {
      #expect(isRefused(try ledger.accept(reportOf: shards, mode: oneShard, digest: 1)))
    }
    #expect(isRefused(try ledger.accept(reportOf: [0], mode: twoShards, digest: 1)))
    #expect(isRefused(try ledger.accept(reportOf: [0], mode: .all, digest: 1)))
    #expect(isRefused(try ledger.accept(pollOf: 0, shards: [0], count: 0, digest: 1)))
    #expect(ledger.openShards == [0, 1, 2, 3])
    #expect(throws: CountingError.self) { try ledger.close() }
    var counting = try self.ledger(rule: .all)
    #expect(isRefused(try counting.accept(reportOf: [0], mode: oneShard, digest: 1)))
    #expect(try counting.accept(reportOf: [0], mode: .all, digest: 1) == .accepted)
  }

  @Test func pollsCoverTheShardsOfSilentReports() throws {
    var ledger = try ledger()
    let data = try ShardedData(
      rows: Array(repeating: [0, 1, 2], count: 20) + [[2], [1]], itemCount: 3, support: 17,
      shardCount: 4)
    let range = candidateRanges(of: data.firstLevel, targetCandidateCount: 10)[0]
    let reports: [CountReport] = [
      .above(allowance: 6, positions: [0], counts: [10]),
      .above(allowance: 6, positions: [0, 1], counts: [10, 11]),
    ]
    let plan = try nominations(reports: reports, range: range, minimumSupport: 17)
    #expect(plan.candidates == [0, 1] && plan.lists == [[1], []])
    #expect(throws: CountingError.self) { try ledger.beginPolling(plan) }
    #expect(try ledger.accept(reportOf: [1, 2], mode: twoShards, digest: 1) == .accepted)
    #expect(try ledger.accept(reportOf: [0, 3], mode: twoShards, digest: 2) == .accepted)
    #expect(try ledger.beginPolling(plan) == [.init(report: 0, shards: [1, 2])])
    #expect(ledger.phase == .polling && !ledger.isAnswered)
    // Nothing to ask of report 1, shards of another report, a count missing.
    #expect(isRefused(try ledger.accept(pollOf: 1, shards: [0, 3], count: 0, digest: 1)))
    #expect(isRefused(try ledger.accept(pollOf: 0, shards: [0], count: 1, digest: 1)))
    #expect(isRefused(try ledger.accept(pollOf: 0, shards: [1], count: 2, digest: 1)))
    #expect(isRefused(try ledger.accept(pollOf: 7, shards: [1], count: 1, digest: 1)))
    #expect(try ledger.accept(pollOf: 0, shards: [2], count: 1, digest: 1) == .accepted)
    #expect(try ledger.accept(pollOf: 0, shards: [1, 2], count: 1, digest: 3) == .dropped)
    #expect(ledger.openPolls == [.init(report: 0, shards: [1])])
    #expect(throws: CountingError.self) { try ledger.close() }
    #expect(try ledger.accept(pollOf: 0, shards: [1], count: 1, digest: 4) == .accepted)
    #expect(ledger.isAnswered)
    try ledger.close()
    #expect(ledger.phase == .closed)
    // What is late is still told apart.
    #expect(try ledger.accept(reportOf: [0, 3], mode: twoShards, digest: 2) == .duplicate)
    #expect(try ledger.accept(pollOf: 0, shards: [1], count: 1, digest: 4) == .duplicate)
    #expect(throws: CountingError.self) {
      try ledger.accept(pollOf: 0, shards: [1], count: 1, digest: 5)
    }
  }
}
