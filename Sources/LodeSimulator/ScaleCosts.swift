/// What a large cluster is made of, and what its parts cost: measured ones, and those of a network.
///
/// The coordinator's own costs are not here: in ``ScaleCluster`` the real one works, and its time is
/// taken.
public struct ScaleCosts: Sendable {
  /// Transactions of the data set.
  public var transactions: UInt64 = 1_000_000_000
  /// Transactions of a shard, which is a block set.
  public var transactionsPerShard: UInt64 = 1 << 18
  /// Frequent items; each pair of them is a candidate.
  public var items = 2_000
  /// Threads of a worker, and of the coordinator's pool.
  public var threads = 16
  /// Nanoseconds of a thread for a candidate and a transaction.
  public var countNanoseconds = 0.005
  /// The share of a range's candidates that a block set reports.
  public var reportedShare = 0.02
  /// Nanoseconds of a thread for a reported candidate, read and added up.
  public var mergeNanoseconds = 5.5
  /// Nanoseconds of a thread of the transport for a byte, encrypted.
  public var curveNanosecondsPerByte = 2.5
  /// The same without encryption: copies.
  public static let plainNanosecondsPerByte = 0.2
  /// Nanoseconds of a thread of the transport for a message, however short.
  public var messageNanoseconds = 8_000.0
  /// Nanoseconds of the wire for a byte: 10 Gbit/s.
  public var wireNanosecondsPerByte = 0.8
  /// Nanoseconds until a message arrives.
  public var delayNanoseconds: UInt64 = 100_000
  /// Nanoseconds between the heartbeats of a worker.
  public var heartbeatNanoseconds: UInt64 = 500_000_000
  /// Bytes of an answer about a range beside its report.
  public var bytesPerAnswer = 16.0
  /// Bytes of the name of a report: who keeps it, as what.
  public var bytesPerName = 60.0

  /// The costs of the documentation.
  public init() {}

  /// Block sets of the data set.
  public var shardCount: Int {
    Int((transactions + transactionsPerShard - 1) / transactionsPerShard)
  }

  /// Pairs of frequent items.
  public var candidateCount: Int { items * (items - 1) / 2 }

  /// Seconds of all workers that counting alone takes.
  public func countSeconds(workers: Int) -> Double {
    Double(candidateCount) * Double(transactions) * countNanoseconds / 1e9
      / Double(workers * threads)
  }

  /// The model: seconds that the busiest part of the coordinator works while a level is counted.
  ///
  /// - Parameters:
  ///   - bytesPerEntry: of a reported candidate.
  ///   - rangeCount: of the level.
  public func coordinatorSeconds(
    reducesOnWorkers: Bool, rangeCount: Int, bytesPerEntry: Double
  ) -> Double {
    let reports = Double(rangeCount * shardCount)
    let entries = Double(candidateCount) * reportedShare * Double(shardCount)
    let bytes =
      reducesOnWorkers
      // Where each report lies is told, and told again in the order.
      ? reports * (bytesPerAnswer + 2 * bytesPerName)
      : reports * bytesPerAnswer + entries * bytesPerEntry
    let transport = bytes * curveNanosecondsPerByte
    let pool = reducesOnWorkers ? 0 : entries * mergeNanoseconds / Double(threads)
    return max(transport, pool) / 1e9
  }
}
