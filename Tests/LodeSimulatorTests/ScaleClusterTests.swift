import LodeSimulator
import Testing

/// A level on modelled workers that have many block sets each.
@Suite struct ScaleClusterTests {
  /// Leases are measured by all that waits for a worker, not by one of its block sets.
  @Test(arguments: [false, true])
  func leasesAreFew(reducesOnWorkers: Bool) throws {
    var costs = ScaleCosts()
    costs.transactionsPerShard = 1 << 18
    costs.transactions = 64 << 18
    costs.items = 600
    costs.threads = 4
    // So long that cells, not messages, are what counts.
    costs.countNanoseconds = 0.05
    var cluster = try ScaleCluster(workers: 4, reducesOnWorkers: reducesOnWorkers, costs: costs)
    let outcome = try cluster.run()
    let cells = costs.shardCount * outcome.rangeCount
    #expect(outcome.rangeCount > 8)
    #expect(outcome.leaseCount >= 64)
    #expect(outcome.leaseCount * 4 < cells, "\(outcome.leaseCount) leases of \(cells) cells")
    #expect((outcome.orderCount > 0) == reducesOnWorkers)
  }
}
