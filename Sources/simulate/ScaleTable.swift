import Glibc
import LodeSimulator

/// How long a level takes on ever more workers, by the coordinator and by workers that reduce: what
/// the simulator finds beside what the model says.
struct ScaleTable {
  let workerCounts: [Int]
  /// Whether messages are not encrypted.
  let isPlain: Bool

  /// Prints a table in Markdown.
  func print() throws(QuietClusterError) {
    var costs = ScaleCosts()
    if isPlain { costs.curveNanosecondsPerByte = ScaleCosts.plainNanosecondsPerByte }
    Swift.print(
      "\(costs.transactions) transactions in \(costs.shardCount) block sets,"
        + " \(costs.candidateCount) candidates, workers of \(costs.threads) threads; the share is"
        + " that of the coordinator's busiest part in the time that counting takes.\n")
    Swift.print(
      "| workers | counting, s | reduced by | simulated, s | transport, s | events, s | pool, s |"
        + " share | model's share | MB to the coordinator | leases | orders |")
    Swift.print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for workers in workerCounts {
      for reducesOnWorkers in [false, true] {
        var cluster = try ScaleCluster(
          workers: workers, reducesOnWorkers: reducesOnWorkers, costs: costs)
        let outcome = try cluster.run()
        let counting = costs.countSeconds(workers: workers)
        let busiest = max(outcome.transport, outcome.events, outcome.pool)
        let model = costs.coordinatorSeconds(
          reducesOnWorkers: reducesOnWorkers, rangeCount: outcome.rangeCount,
          bytesPerEntry: outcome.bytesPerEntry)
        let cells = [
          "\(workers)", text(counting), reducesOnWorkers ? "workers" : "coordinator",
          text(outcome.seconds), text(outcome.transport), text(outcome.events),
          text(outcome.pool), text(busiest / counting, decimals: 4),
          text(model / counting, decimals: 4),
          "\(outcome.bytesToCoordinator / 1_000_000)", "\(outcome.leaseCount)",
          "\(outcome.orderCount)",
        ]
        Swift.print("| \(cells.joined(separator: " | ")) |")
        fflush(nil)
      }
    }
  }

  /// A number with so many decimals.
  private func text(_ number: Double, decimals: Int = 2) -> String {
    let unit = (0..<decimals).reduce(1) { value, _ in value * 10 }
    let parts = Int((number * Double(unit)).rounded())
    let rest = String(parts % unit)
    return "\(parts / unit)." + String(repeating: "0", count: decimals - rest.count) + rest
  }
}
