public import Apriori

/// What an operator may set; times are milliseconds.
public struct CoordinatorConfiguration: Sendable {
  /// Copies of each object where a data set says nothing else.
  public var replication = 2
  /// Between the heartbeats of a worker.
  public var heartbeatMilliseconds: UInt64 = 500
  /// Silence after which a worker is suspect.
  public var suspectMilliseconds: UInt64 = 3_000
  /// Silence after which a worker is dead.
  public var deadMilliseconds: UInt64 = 10_000
  /// After which a command or lease without an answer is sent again.
  public var resendMilliseconds: UInt64 = 1_000
  /// Work in one lease.
  public var leaseMilliseconds: UInt64 = 500
  /// A data set of up to so many transactions is counted whole by all workers that hold all of it,
  /// each some of the candidates.
  ///
  /// Each of them projects all data then, which more would not be worth.
  public var sharedTransactionLimit: UInt64 = 1 << 17
  /// How often a cell is given out before its job fails.
  public var attemptLimit = 4
  /// Failures of a worker after which it is set aside.
  public var failureLimit = 4
  /// For how long it is set aside.
  public var setAsideMilliseconds: UInt64 = 3_600_000
  /// For how long a worker that failed to store an object is not asked for it again.
  public var avoidMilliseconds: UInt64 = 60_000
  /// Copies made at once for repair and rebalancing, a source or destination.
  public var copiesPerWorker = 2
  /// Jobs that count at once.
  public var runningJobLimit = 4
  /// Jobs that wait.
  public var queuedJobLimit = 10_000
  /// Ingests at once.
  public var ingestLimit = 8
  /// Chunks that a client may send beyond the acknowledged.
  public var ingestCredits = 8
  /// An ingest without a sign of its client for so long is given up.
  public var ingestSilenceMilliseconds: UInt64 = 60_000
  /// Bytes up to which contents travel in the message itself.
  public var inlineLimit = 256 << 10
  /// Bytes of memory to plan with: while the reports of a level take more than a quarter of it, no
  /// further leases are given; while blocks that wait for their copies do, chunks wait.
  ///
  /// Closed levels, and what a pool works on, are not counted and come on top.
  public var memoryLimit = 4 << 30
  /// Whether closed levels are stored and replicated; a coordinator inside `lode mine` does not.
  public var keepsCheckpoints = true
  /// Whether contents are passed as values; only where all parts are in one process.
  public var passesValues = false
  /// The least and the greatest number of candidates a range should have; nil for what suits a
  /// cluster, or a single process.
  public var candidatesPerRange: ClosedRange<Int>?
  /// Whether ranges are cut by estimated cost rather than by ``candidatesPerRange``; only where
  /// ``passesValues`` is set, as workers are handed the ranges.
  public var cutsByCost = false
  /// A level of fewer candidates is counted in one round of all counts.
  public var smallLevelLimit = ReportRule.smallRange
  /// From how many workers on that count a level its ranges are reduced on workers.
  ///
  /// It spares the coordinator most bytes and all adding up. Simulated (`simulate --scale`) it makes
  /// levels shorter from 100 workers on; with fewer the coordinator has time to spare.
  public var reducingWorkerCount = 100
  /// A level of fewer candidates is reduced by the coordinator however many count it.
  public var reducingCandidateCount = ReportRule.smallRange
  /// How block sets answer; nil for the cheapest way by level.
  public var reportRule: ReportRule?
  /// Reducing tasks at once: the threads of the coordinator's compute pool.
  public var parallelism = 1
  /// Where others fetch objects from the coordinator.
  public var dataEndpoint = ""
  /// The version of the software, for manifests.
  public var software = ""
  /// The bytes of a manifest: the record of a data set or job, from which a lost catalog is rebuilt.
  ///
  /// Injected because the encoding of records lies above this target; the same bytes for the same
  /// record; nil for one that is longer than a manifest may be.
  public var encodeManifest: @Sendable (CatalogWrite) -> [UInt8]? = { _ in [] }

  /// The defaults.
  public init() {}
}
