import Apriori
import Blocks
import Itemsets
import Messages

/// The outcome of an effect of a job.
enum JobEffectOutcome: Sendable {
  case persisted
  case stored(ObjectDescriptor)
  case storeFailed(StoreFailure)
  case loaded([UInt8])
  case loadFailed(StoreFailure)
  case performed(JobOutcome)
}

/// All jobs: the queue, those that run, and those that have ended, whose results are kept.
struct Jobs: Sendable {
  let configuration: CoordinatorConfiguration
  /// Ascending by number.
  private(set) var machines: [JobMachine] = []
  private var lastJob = JobID(0)
  private var lastLease: UInt64 = 0
  /// Which job got a worker's last lease, so that running jobs take turns; looked up only.
  private var turns: [Name: JobID] = [:]
  var watchers = JobWatchers()

  init(configuration: CoordinatorConfiguration) { self.configuration = configuration }

  // MARK: What is known

  func summary(_ id: JobID) -> JobSummary? { index(of: id).map { machines[$0].shownSummary } }

  /// By number.
  var summaries: [JobSummary] { machines.map(\.shownSummary) }

  /// Whether a job that has not ended mines a data set.
  func uses(_ dataSet: DataSetID) -> Bool {
    machines.contains { $0.record.dataSet == dataSet && !$0.summary.state.isFinal }
  }

  /// Leases that a worker is expected to answer.
  func leaseCount(of worker: Name) -> Int {
    machines.reduce(0) { $0 + $1.leaseCount(of: worker) }
  }

  /// What an operator should look at, by job.
  var problems: [String] { machines.compactMap(\.problem) }

  /// The closed levels of a job that is done, where no checkpoints are kept.
  func closedLevels(of id: JobID) -> ClosedLevels? {
    guard let index = index(of: id), machines[index].summary.state == .done,
      !machines[index].keepsCheckpoints
    else { return nil }
    let summary = machines[index].summary
    return ClosedLevels(
      levels: machines[index].closedLevels, transactionCount: summary.transactionCount,
      minimumSupport: summary.minimumSupport, completeLength: summary.specification.maximumLevel)
  }

  /// The ranked items of a job, where no checkpoints are kept.
  func rankedItems(of id: JobID) -> RankedItems? {
    index(of: id).flatMap { machines[$0].rankedItems }
  }

  func index(of id: JobID) -> Int? {
    var low = 0
    var high = machines.count
    while low < high {
      let middle = (low + high) / 2
      if machines[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < machines.count && machines[low].id == id ? low : nil
  }

  // MARK: Coming and going

  /// Takes jobs from the catalog: those that ran go on at their last checkpoint.
  mutating func restore(
    _ records: [JobRecord], lastJob: JobID, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    self.lastJob = lastJob
    for record in records.sorted(by: { $0.summary.id < $1.summary.id }) {
      machines.append(
        JobMachine(
          record: record, isPersisted: true, configuration: configuration))
      self.lastJob = max(self.lastJob, record.summary.id)
      machines[machines.count - 1].patience =
        now.milliseconds + configuration.heartbeatMilliseconds * 3
    }
    startNext(&cluster, at: now, &outbox)
  }

  /// Adds a job and returns its place.
  mutating func add(
    _ specification: JobSpecification, dataSet: DataSetRecord, request: RequestID, at now: Moment
  ) -> Int {
    lastJob = JobID(lastJob.number + 1)
    let summary = JobSummary(
      id: lastJob, specification: specification, dataSetVersion: dataSet.version,
      transactionCount: dataSet.transactionCount, submittedAt: now.unixMilliseconds,
      software: configuration.software)
    machines.append(
      JobMachine(
        record: JobRecord(
          summary: summary, dataSet: dataSet.id, request: request, items: nil, checkpoints: []),
        isPersisted: false, configuration: configuration))
    return machines.count - 1
  }

  /// Changes one job.
  mutating func update(_ index: Int, _ body: (inout JobMachine) -> Void) {
    body(&machines[index])
  }

  /// Adds a job whose number is higher than those of all others.
  mutating func append(_ machine: JobMachine) {
    lastJob = machine.id
    machines.append(machine)
  }

  mutating func remove(at index: Int) { machines.remove(at: index) }

  /// Lets queued jobs begin, in the order of their numbers, while fewer run than may; those that ran
  /// before a restart go first.
  mutating func startNext(
    _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    for state in [JobState.running, .queued] {
      for index in machines.indices
      where machines[index].stage == .queued && machines[index].isPersisted
        && machines[index].summary.state == state
      {
        guard
          machines.indices.count(where: { machines[$0].isUnderWay })
            < max(configuration.runningJobLimit, 1)
        else {
          return
        }
        machines[index].start(&cluster, at: now, &outbox)
      }
    }
  }

  // MARK: Events

  mutating func handle(
    _ message: WorkerMessage, from worker: Name, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    switch message {
    case .counted(let answer):
      guard let index = running(answer.key.job, worker, cluster, &outbox) else { return }
      machines[index].take(answer, from: worker, &cluster, at: now, &outbox)
    case .countingFailed(let lease, let key, let ranges, let failure):
      guard let index = running(key.job, worker, cluster, &outbox) else { return }
      machines[index].failed(
        lease: lease, key: key, ranges: ranges, failure, from: worker, &cluster, at: now, &outbox)
    case .reduced(let job, let order, let content):
      guard let index = running(job, worker, cluster, &outbox) else { return }
      machines[index].takeReduction(order, content, from: worker, cluster, &outbox)
    case .reducingFailed(let job, let order, let failure):
      guard let index = running(job, worker, cluster, &outbox) else { return }
      machines[index].reducingFailed(
        order, failure, from: worker, &cluster, at: now, &outbox)
    case .missing(let job, let level):
      guard let index = running(job, worker, cluster, &outbox) else { return }
      machines[index].reopen(
        worker, level: level, isWhole: false, &cluster, at: now, &outbox)
    case .leaving(let leases):
      for index in machines.indices where machines[index].isRunning {
        machines[index].leaving(worker, leases, &cluster, at: now, &outbox)
      }
    default: return
    }
    startNext(&cluster, at: now, &outbox)
    schedule(worker, &cluster, at: now, &outbox)
    scheduleAllIfNeeded(&cluster, at: now, &outbox)
  }

  /// A job that runs; a worker that still works for one that does not is told to forget it.
  private func running(
    _ id: JobID, _ worker: Name, _ cluster: Cluster, _ outbox: inout Outbox
  ) -> Int? {
    if let index = index(of: id), !machines[index].summary.state.isFinal { return index }
    cluster.send(.closeJob(id), to: worker, &outbox)
    return nil
  }

  mutating func workerChanged(
    _ name: Name, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    for index in machines.indices where machines[index].isRunning {
      machines[index].openPostponed(&cluster, at: now, &outbox)
      machines[index].workerChanged(name, &cluster, at: now, &outbox)
    }
    settle(&cluster, at: now, &outbox)
  }

  mutating func finished(
    _ outcome: JobEffectOutcome, token: Token, job: JobID, _ cluster: inout Cluster,
    at now: Moment, _ outbox: inout Outbox
  ) {
    guard let index = index(of: job) else { return }
    machines[index].finished(outcome, token: token, &cluster, at: now, &outbox)
    if machines[index].isRemoved { remove(at: index) }
    settle(&cluster, at: now, &outbox)
  }

  mutating func secured(
    _ descriptor: ObjectDescriptor, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    guard case .job(let id) = descriptor.id.owner, let index = index(of: id) else { return }
    machines[index].secured(descriptor, &cluster, at: now, &outbox)
    settle(&cluster, at: now, &outbox)
  }

  mutating func tick(_ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox) {
    for index in machines.indices where machines[index].isRunning {
      machines[index].tickLoading(&cluster, at: now, &outbox)
      machines[index].openPostponed(&cluster, at: now, &outbox)
      machines[index].tickStarving(&cluster, at: now, &outbox)
      machines[index].tickLeases(&cluster, at: now, &outbox)
      machines[index].tickOrders(&cluster, at: now, &outbox)
    }
    startNext(&cluster, at: now, &outbox)
    scheduleAll(&cluster, at: now, &outbox)
  }

  /// What follows an event: jobs that may begin do, cells that wait are given out, and clients that
  /// wait for news are told.
  mutating func settle(_ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox) {
    startNext(&cluster, at: now, &outbox)
    scheduleAllIfNeeded(&cluster, at: now, &outbox)
    var waiting = watchers
    waiting.tell(summary, &outbox)
    watchers = waiting
  }

  // MARK: Leases

  private mutating func scheduleAllIfNeeded(
    _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    if machines.indices.contains(where: { machines[$0].needsScheduling }) {
      scheduleAll(&cluster, at: now, &outbox)
    }
  }

  private mutating func scheduleAll(
    _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    for index in machines.indices {
      machines[index].needsScheduling = false
      machines[index].giveOrders(&lastLease, &cluster, at: now, &outbox)
    }
    // One lease each, then another: who comes first must not get all of what workers share.
    var workers = leasable(cluster)
    while !workers.isEmpty {
      workers.removeAll { !giveLease(to: $0, &cluster, at: now, &outbox) }
    }
  }

  /// Workers that may be given leases: those that count, and those set aside where nobody else can.
  private func leasable(_ cluster: Cluster) -> [Name] {
    var names = cluster.members.countingWorkers
    for index in machines.indices where machines[index].stage == .counting {
      // Both are ascending, and nearly always the same.
      var place = 0
      for home in machines[index].level?.homes.all ?? [] where !home.pieces.isEmpty {
        while place < names.count, names[place] < home.name { place += 1 }
        if place == names.count || names[place] != home.name {
          names.insert(home.name, at: place)
        }
      }
    }
    return names
  }

  /// Gives a worker leases until it has enough to do.
  private mutating func schedule(
    _ worker: Name, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    while giveLease(to: worker, &cluster, at: now, &outbox) {}
  }

  /// Gives a worker a lease unless it has enough to do, the running jobs taking turns; whether it
  /// did.
  private mutating func giveLease(
    to worker: Name, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) -> Bool {
    guard let member = cluster.members.worker(worker),
      member.liveness == .alive, member.isServing, !member.isLeaving
    else { return false }
    var running: [(index: Int, id: JobID)] = []
    var count = 0
    var microseconds: UInt64 = 0
    for index in machines.indices {
      guard let load = machines[index].load(on: worker) else { continue }
      running.append((index, machines[index].record.summary.id))
      count += load.leases
      microseconds += load.microseconds
    }
    if running.isEmpty { return false }
    let threads = max(member.threads, 1)
    let target = configuration.leaseMilliseconds * 1_000 * UInt64(threads)
    // One to work on and one to go on with, whatever they are worth, which at first nobody knows.
    let mayHaveMore = microseconds > 0 || configuration.passesValues
    guard count < 2 || (mayHaveMore && count < 2 * threads && microseconds < target * 2) else {
      return false
    }
    let last = turns[worker] ?? JobID(0)
    let turn = running.firstIndex { $0.id > last } ?? 0
    for offset in running.indices {
      let (index, id) = running[(turn + offset) % running.count]
      let isGiven = machines[index].giveLease(
        lastLease + 1, to: worker, threads: threads, target: target, cluster, at: now, &outbox)
      if isGiven {
        lastLease += 1
        turns[worker] = id
        return true
      }
    }
    return false
  }

  // MARK: Checks

  func validateState() {
    for machine in machines { machine.validateState() }
    watchers.validateState()
    invariant(
      machines.count(where: \.isRunning) <= max(configuration.runningJobLimit, 1),
      "More jobs run than may.")
    for (left, right) in zip(machines, machines.dropFirst()) {
      invariant(left.id < right.id, "Jobs are out of order.")
    }
  }
}
