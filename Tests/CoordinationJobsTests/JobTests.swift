import Apriori
import Messages
import TestSupport
import Testing

@testable import Coordination

@Suite struct JobTests {
  /// A job of several levels on workers that work well.
  @Test(arguments: [ReportRule.all, .nonZero, .nominate])
  func equalsBruteForce(_ rule: ReportRule) throws {
    for seed in 0..<8 as Range<UInt64> {
      let data = try TestData.random(seed: seed)
      var cluster = try FakeCluster(
        data, workers: 1 + Int(seed % 4), replication: 1 + Int(seed % 3), seed: seed,
        tuning: JobTuning(targets: 4...32, rule: rule), threads: 1 + Int(seed % 2))
      let support = 6 + seed % 13
      try cluster.submit(support: support)
      try cluster.run { $0.isDone() }
      let result = try cluster.result()
      let found = try expanded(result.levels, items: result.items)
      #expect(found == data.bruteForce(minimumSupport: support), "seed \(seed)")
      #expect(result.levels.levels.count >= 2)
    }
  }
}
