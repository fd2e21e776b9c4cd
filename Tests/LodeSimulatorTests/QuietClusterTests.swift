import Apriori
import Itemsets
import Messages
import Testing

@testable import LodeSimulator

/// Clusters without faults, on data small enough to count every itemset.
@Suite struct QuietClusterTests {
  @Test(
    arguments: [
      (1, 1, 500, false), (3, 2, 8, false), (8, 3, 4, false), (3, 2, 8, true), (8, 3, 4, true),
    ],
    1...3 as ClosedRange<UInt64>)
  func findsWhatBruteForceFinds(
    shape: (workers: Int, replication: Int, transactionsPerBlock: Int, reducesOnWorkers: Bool),
    seed: UInt64
  ) throws {
    var chance = Chance(seed: seed)
    let data = GeneratedDataSet(number: 0, chance: &chance)
    var cluster = try QuietCluster(
      workers: shape.workers, replication: shape.replication,
      transactionsPerBlock: shape.transactionsPerBlock, reducesOnWorkers: shape.reducesOnWorkers)
    try cluster.ingest("data", chunks: data.chunks())
    let support = max(UInt64(data.threeLevelSupport), 2)
    let found = try cluster.mine("data", minimumSupport: "\(support)")

    #expect(found.levels.transactionCount == UInt64(data.transactions.count))
    #expect(found.levels.minimumSupport == support)
    let ranks = try (0..<found.items.count).map { rank -> UInt16 in
      let item = try #require(data.names.firstIndex(of: found.items.name(rank)))
      #expect(found.items.counts[rank] == UInt64(data.counts[1 << item]))
      return 1 << UInt16(item)
    }
    var expansion = ExpandedResult(itemCount: data.names.count)
    try expansion.expand(
      found.levels.levels, ranks: ranks, transactionCount: UInt64(data.transactions.count))
    try expansion.compare(
      with: data,
      JobPlan(
        dataSet: 0, minimumSupport: "\(support)", minimumCount: support, maximumLevel: nil,
        submitsTwice: false, cancels: false, removes: false))
    #expect(expansion.itemsetCount > 3)
  }

  @Test func tooFewWorkersAreNoReasonToHang() {
    #expect(throws: QuietClusterError.self) {
      var cluster = try QuietCluster(workers: 1, replication: 2, transactionsPerBlock: 4)
      try cluster.ingest("data", chunks: [])
    }
  }

  @Test func unknownDataSetsAreRefused() throws {
    var cluster = try QuietCluster(workers: 1, replication: 1, transactionsPerBlock: 4)
    let error = #expect(throws: QuietClusterError.self) {
      _ = try cluster.mine("nothing", minimumSupport: "1")
    }
    guard case .refused(let refusal)? = error else {
      Issue.record("not a refusal: \(error.debugDescription)")
      return
    }
    #expect(refusal.kind == .unknown)
  }
}
