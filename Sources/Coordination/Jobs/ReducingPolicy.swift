import Apriori
import Messages

/// Whether the ranges of a level are reduced on workers, and by whom.
///
/// The coordinator decides; what was counted then goes from worker to worker. For few workers, or few
/// candidates, that would be slower than to add up at once what has arrived.
enum ReducingPolicy {
  /// Orders that a worker has at a time: one to work on and one to go on with.
  static let ordersPerWorker = 2

  /// Whether a level's ranges are to be reduced on workers.
  ///
  /// - Parameters:
  ///   - homes: the workers that count it.
  ///   - blockSetCount: where one block set is all, its reports need no adding up.
  static func isForWorkers(
    candidateCount: UInt64, homes: [Name], blockSetCount: Int,
    _ configuration: CoordinatorConfiguration
  ) -> Bool {
    !configuration.passesValues && blockSetCount > 1
      && homes.count >= max(configuration.reducingWorkerCount, 1)
      && candidateCount >= UInt64(clamping: configuration.reducingCandidateCount)
  }

  /// The worker that reduces the next range: the one that has the plan, else one with the fewest
  /// orders, in turn.
  ///
  /// - Parameters:
  ///   - workers: who may, ascending, with how many orders each has.
  ///   - planner: who has planned the range.
  ///   - avoided: who failed at it last; only where nobody else can.
  ///   - last: who got the last order.
  /// - Returns: the worker's place; nil where all have enough.
  /// - Complexity: O(workers).
  static func choose(
    among workers: [(name: Name, orderCount: Int)], planner: Name?, avoiding avoided: Name?,
    after last: Name?
  ) -> Int? {
    if let planner, let place = workers.firstIndex(where: { $0.name == planner }) { return place }
    let isAlone = workers.allSatisfy { $0.name == avoided }
    var best: (place: Int, orderCount: Int, isBehind: Bool)?
    for (place, worker) in workers.enumerated()
    where worker.orderCount < ordersPerWorker && (isAlone || worker.name != avoided) {
      let isBehind = last.map { worker.name > $0 } ?? true
      if let known = best,
        known.orderCount < worker.orderCount
          || (known.orderCount == worker.orderCount && (known.isBehind || !isBehind))
      {
        continue
      }
      best = (place, worker.orderCount, isBehind)
    }
    return best?.place
  }
}
