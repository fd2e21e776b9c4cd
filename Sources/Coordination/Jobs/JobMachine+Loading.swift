import Apriori
import Itemsets
import Messages

/// What a job is waiting for before it can count.
struct Loading: Sendable {
  enum Purpose: Sendable, Equatable {
    /// The dictionary, then the counts of the data set.
    case begin
    /// The ranked items, then the last of so many checkpoints.
    case resume(checkpoints: Int)
  }

  let purpose: Purpose
  let objects: [ObjectDescriptor]
  var bytes: [[UInt8]?]
  /// Objects that could not be had; they are asked for again later.
  var missing: [Int] = []
  let since: UInt64
  var retryAt: UInt64

  init(_ purpose: Purpose, _ objects: [ObjectDescriptor], at: UInt64) {
    self.purpose = purpose
    self.objects = objects
    bytes = Array(repeating: nil, count: objects.count)
    since = at
    retryAt = at
  }
}

extension JobMachine {
  /// Begins, or takes up what was checkpointed before a restart.
  mutating func start(_ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox) {
    guard let found = cluster.dataSets.record(record.dataSet) else {
      fail(
        "the data set \(summary.specification.dataSet) is not there any more", &cluster, at: now,
        &outbox)
      return
    }
    dataSet = found
    do {
      let support = try MinimumSupport(summary.specification.minimumSupport)
      record.summary.minimumSupport = support.count(of: found.transactionCount)
      allowances = try Allowances(
        minimumSupport: record.summary.minimumSupport,
        transactionCounts: found.shards.map(\.transactionCount))
    } catch {
      fail("\(error)", &cluster, at: now, &outbox)
      return
    }
    record.summary.state = .running
    outbox.add(.progress(summary))
    if let source {
      begin(source, cluster, &outbox)
    } else if let items = record.items, !record.checkpoints.isEmpty {
      load(items: items, &cluster, at: now, &outbox)
    } else {
      loadDataSet(&cluster, at: now, &outbox)
    }
  }

  /// Loads the last checkpoint.
  private mutating func load(
    items: ObjectDescriptor, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard let last = record.checkpoints.last else { return }
    load(
      .resume(checkpoints: record.checkpoints.count), [items, last], &cluster, at: now, &outbox)
  }

  private mutating func loadDataSet(
    _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard let dataSet else { return }
    record.items = nil
    record.checkpoints = []
    record.summary.levels = []
    checkpoints = []
    load(.begin, [dataSet.dictionary, dataSet.counts], &cluster, at: now, &outbox)
  }

  private mutating func load(
    _ purpose: Loading.Purpose, _ objects: [ObjectDescriptor], _ cluster: inout Cluster,
    at now: Moment, _ outbox: inout Outbox
  ) {
    stage = .loading
    loading = Loading(purpose, objects, at: now.milliseconds)
    for (index, object) in objects.enumerated() {
      outbox.add(.load(token(.object(index, isFetched: false), &outbox), object))
    }
  }

  mutating func loaded(
    _ bytes: [UInt8], index: Int, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard stage == .loading, var loading, loading.bytes.indices.contains(index) else { return }
    loading.bytes[index] = bytes
    self.loading = loading
    let all = loading.bytes.compactMap { $0 }
    guard all.count == loading.objects.count, let dataSet else { return }
    stage = .preparing
    switch loading.purpose {
    case .begin: begin(.objects(dictionary: all[0], counts: all[1]), cluster, &outbox)
    case .resume(let count):
      perform(
        .resume(
          ResumptionWork(
            items: all[0], level: all[1], length: count,
            transactionCount: dataSet.transactionCount, levelWork: levelWork(cluster))), &outbox)
    }
  }

  /// Has the items ranked and the first level made.
  private mutating func begin(_ source: ItemSource, _ cluster: Cluster, _ outbox: inout Outbox) {
    stage = .preparing
    perform(
      .begin(
        BeginningWork(
          source: source, transactionCount: summary.transactionCount,
          minimumSupport: summary.minimumSupport, levelWork: levelWork(cluster),
          keepsItems: keepsCheckpoints)), &outbox)
  }

  /// An object is not in the coordinator's own store, or its holders do not answer.
  mutating func loadFailed(
    index: Int, isFetched: Bool, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard stage == .loading, let loading, loading.objects.indices.contains(index) else { return }
    if isFetched || !fetch(index, cluster, &outbox) {
      self.loading?.missing.append(index)
      self.loading?.retryAt = now.milliseconds + 1_000
    }
  }

  /// Asks the holders for an object; false where there is none.
  private mutating func fetch(_ index: Int, _ cluster: Cluster, _ outbox: inout Outbox) -> Bool {
    guard let object = loading?.objects[index] else { return false }
    let sources = cluster.registry.liveHolders(of: object.id, cluster.members)
      .compactMap { cluster.members.worker($0)?.dataEndpoint }
    if sources.isEmpty { return false }
    outbox.add(.fetch(token(.object(index, isFetched: true), &outbox), object, sources: sources))
    return true
  }

  /// Asks again for what is missing, and gives up in time.
  mutating func tickLoading(_ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox) {
    guard stage == .loading, let known = loading, !known.missing.isEmpty,
      now.milliseconds >= known.retryAt
    else { return }
    // Workers have to notice that there is a new coordinator.
    if now.milliseconds - known.since > cluster.configuration.deadMilliseconds * 3 {
      let names = known.missing.sorted().map { "\(known.objects[$0].id)" }.joined(separator: ", ")
      if case .resume = known.purpose {
        fallBack("\(names) cannot be had", &cluster, at: now, &outbox)
      } else {
        fail(
          "data is lost: no worker has \(names); start the workers that hold it, or add the data"
            + " set again", &cluster, at: now, &outbox)
      }
      return
    }
    loading?.missing = []
    loading?.retryAt = now.milliseconds + 1_000
    for index in known.missing.sorted() {
      outbox.add(.load(token(.object(index, isFetched: false), &outbox), known.objects[index]))
    }
  }

  /// Goes back to the checkpoint before the one that cannot be read, or to the beginning.
  private mutating func fallBack(
    _ reason: String, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    if !record.checkpoints.isEmpty { record.checkpoints.removeLast() }
    record.summary.levels = Array(record.summary.levels.prefix(record.checkpoints.count))
    if let items = record.items, !record.checkpoints.isEmpty {
      note("\(reason); resuming at level \(record.checkpoints.count) instead", &outbox)
      load(items: items, &cluster, at: now, &outbox)
    } else {
      note("\(reason); starting anew", &outbox)
      loadDataSet(&cluster, at: now, &outbox)
    }
  }

  /// Work in the pool that could not be done.
  mutating func workFailed(
    _ reason: String, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    if stage == .preparing, case .resume = loading?.purpose {
      fallBack(reason, &cluster, at: now, &outbox)
    } else {
      fail(reason, &cluster, at: now, &outbox)
    }
  }

  /// How the next level is to be cut.
  ///
  /// In a cluster by nothing but the level: workers tell ranges apart by their numbers, so a
  /// coordinator that takes a level up again has to cut it as the one before did. In one process, by
  /// how much can be counted at once.
  func levelWork(_ cluster: Cluster) -> LevelWork {
    guard policy.passesValues else {
      return LevelWork(
        policy: policy, parallelism: clusterParallelism,
        targets: configuration.candidatesPerRange ?? clusterTargets,
        transactionCount: summary.transactionCount, firstLevel: nil)
    }
    let threads = cluster.members.countingWorkers
      .compactMap { cluster.members.worker($0)?.threads }.max()
    return LevelWork(
      policy: policy, parallelism: max(threads ?? 1, cluster.configuration.parallelism),
      targets: configuration.cutsByCost
        ? nil
        : configuration.candidatesPerRange ?? LevelCut.smallestTarget...LevelCut.largestTarget,
      transactionCount: summary.transactionCount, firstLevel: closedLevels.first)
  }

  /// Ranges grow from the least to the greatest size between 8 and 128 million candidates.
  ///
  /// From 64 block sets on they grow sooner: those divide among workers too, the ranges of each need
  /// to busy the threads of one only, and each range of each block set has to be told and summed.
  private var clusterParallelism: Int {
    let blockSets = Int(clamping: summary.transactionCount / ShardPlan.longestBlockSet)
    return min(max(16 * 64 / max(blockSets, 1), 4), 16)
  }

  /// The least and the greatest number of candidates of a range: the more transactions each takes,
  /// the fewer, so that a few thousand candidates still divide among workers where they cost much.
  private var clusterTargets: ClosedRange<Int> {
    let least = (1 << 32) / max(Int(clamping: summary.transactionCount), 1)
    return min(max(least, 1 << 13), 1 << 16)...1 << 20
  }

  mutating func begun(
    _ begun: BeginningOutcome, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard stage == .preparing else { return }
    loading = nil
    countedItems = begun.countedItems
    publish(begun.countedItems, &outbox)
    if let object = begun.itemsObject {
      record.items = object.descriptor
      checkpoints.append(Checkpoint(descriptor: object.descriptor, length: 0))
      keep(object.descriptor, object.bytes, &cluster, &outbox)
    } else {
      rankedItems = begun.items
    }
    let figures = LevelFigures(
      level: 1, candidateCount: begun.level.level.candidateCount,
      frequentCount: begun.level.frequentCount)
    closed(begun.level, figures, &cluster, at: now, &outbox)
  }

  mutating func resumed(
    _ resumed: ResumptionOutcome, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard stage == .preparing else { return }
    loading = nil
    countedItems = resumed.countedItems
    publish(resumed.countedItems, &outbox)
    note("resumes at level \(resumed.level.level.length)", &outbox)
    proceed(from: resumed.level, &cluster, at: now, &outbox)
  }

  func publish<Value>(_ parcel: Parcel<Value>, _ outbox: inout Outbox) {
    guard let publication = parcel.publication else { return }
    outbox.add(.publish(publication.descriptor, publication.bytes))
  }
}
