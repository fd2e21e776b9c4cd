import Apriori
import TestSupport
import Testing

@Suite struct NominateAndPollTests {
  @Test(arguments: [nil] + ReportRule.allCases)
  func equalsBruteForceWhateverArrives(rule: ReportRule?) throws {
    var polls = 0
    var dropped = 0
    var duplicates = 0
    for seed in 0..<120 as Range<UInt64> {
      let data = try ShardedData(seed: seed)
      let expected = data.bruteForce()
      for schedule in 0..<2 as Range<UInt64> {
        var cluster = SimulatedCluster(data, seed: seed << 8 | schedule, rule: rule)
        let found = data.expanded(try cluster.mine())
        #expect(found == expected, "seed \(seed), schedule \(schedule)")
        polls += cluster.pollCount
        dropped += cluster.droppedCount
        duplicates += cluster.duplicateCount
      }
    }
    // What is to be survived has happened.
    #expect(dropped > 100 && duplicates > 100)
    #expect(rule == .nominate ? polls > 100 : polls == 0)
  }

  /// Each error loses or invents itemsets, or is found out: a test that does not see it is no test.
  @Test(arguments: Mutant.allCases) func seesMutants(mutant: Mutant) throws {
    var wrong = 0
    var refused = 0
    for seed in 0..<120 as Range<UInt64> {
      let data = try ShardedData(seed: seed)
      var cluster = SimulatedCluster(data, seed: seed << 8, rule: .nominate, mutant: mutant)
      do {
        if data.expanded(try cluster.mine()) != data.bruteForce() { wrong += 1 }
      } catch is CountingError {
        refused += 1
      }
    }
    #expect(wrong > 0, "\(wrong) wrong, \(refused) refused")
  }
}
