public import Apriori
public import Itemsets
public import Messages

/// What a coordinator inside a process that has the data in memory is asked, past any message.
extension Coordinator {
  /// Begins a job whose items have been ranked already.
  ///
  /// - Parameters:
  ///   - record: the job; its data set must be in the catalog.
  ///   - items: the frequent items of the data set, of `itemCount` in all.
  public mutating func mine(
    _ record: JobRecord, items: RankedItems, itemCount: Int, at: Moment
  ) -> [CoordinatorEffect] {
    jobs.begin(record, .ranked(items, itemCount: itemCount), &cluster, at: at, &outbox)
    return outbox.takeEffects()
  }

  /// The closed levels of a job that is done; nil for others, and where checkpoints are kept instead.
  public func closedLevels(of job: JobID) -> ClosedLevels? { jobs.closedLevels(of: job) }

  /// Bytes of the levels of a job that are in memory because no checkpoints are kept.
  public func closedLevelBytes(of job: JobID) -> Int {
    guard let index = jobs.index(of: job) else { return 0 }
    return jobs.machines[index].closedLevels.reduce(0) { $0 + $1.byteCount }
  }
}

extension Jobs {
  /// Adds a job with its items and lets it begin.
  mutating func begin(
    _ record: JobRecord, _ source: ItemSource, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    var machine = JobMachine(
      record: record, isPersisted: true, configuration: configuration)
    machine.source = source
    append(machine)
    settle(&cluster, at: now, &outbox)
  }
}
