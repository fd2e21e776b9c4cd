import Messages

/// An object that a job's record will name once it is durable and replicated.
struct Checkpoint: Sendable {
  /// Nil while it is being encoded.
  var descriptor: ObjectDescriptor?
  /// The length of the level; 0 for the ranked items.
  let length: Int
  var isSecured = false
}

extension JobMachine {
  /// Stores an object of the job on the coordinator and its share of workers.
  func keep(
    _ descriptor: ObjectDescriptor, _ bytes: [UInt8], _ cluster: inout Cluster,
    _ outbox: inout Outbox
  ) {
    cluster.registry.keep(
      descriptor, bytes, replication: dataSet?.replication ?? cluster.configuration.replication,
      members: cluster.members, outbox: &outbox)
  }

  /// An object of the job is durable here and replicated.
  mutating func secured(
    _ descriptor: ObjectDescriptor, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    if let last, last.manifest == descriptor {
      persist(last.record, &outbox)
      return
    }
    guard isRunning, let index = checkpoints.firstIndex(where: { $0.descriptor == descriptor })
    else { return }
    checkpoints[index].isSecured = true
    var hasNews = false
    // In the order of levels: a record never names a level without those before it.
    while let first = checkpoints.first, first.isSecured, let descriptor = first.descriptor {
      checkpoints.removeFirst()
      if first.length > 0 { record.checkpoints.append(descriptor) }
      hasNews = true
    }
    if hasNews, stage != .finishing || !checkpoints.isEmpty {
      let token = token(.checkpoint, &outbox)
      outbox.add(.persist(token, [.putJob(durableRecord)]))
    }
    finishIfSecured(&cluster, at: now, &outbox)
  }

  /// The record as it may be persisted now: only what is secured.
  var durableRecord: JobRecord {
    var durable = record
    if checkpoints.contains(where: { $0.length == 0 }) { durable.items = nil }
    durable.summary.levels = Array(durable.summary.levels.prefix(durable.checkpoints.count))
    return durable
  }

  /// Nothing is left to be counted.
  mutating func finish(_ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox) {
    stage = .finishing
    record.summary.level = summary.levels.last?.level ?? 0
    record.summary.rangesClosed = 0
    record.summary.rangeCount = 0
    closeEverywhere(cluster, &outbox)
    finishIfSecured(&cluster, at: now, &outbox)
  }

  /// Makes the end durable once all that the record names is.
  private mutating func finishIfSecured(
    _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard stage == .finishing, checkpoints.isEmpty else { return }
    guard last == nil else { return }
    var final = record
    final.summary.state = .done
    final.summary.endedAt = now.unixMilliseconds
    guard keepsCheckpoints else {
      persist(final, &outbox)
      return
    }
    // The last thing that is kept: a catalog rebuilt from manifests has only jobs that are done.
    guard let bytes = cluster.configuration.encodeManifest(.putJob(final)) else {
      note("its record is too long for a manifest; a rebuilt catalog will not have it", &outbox)
      persist(final, &outbox)
      return
    }
    let manifest = ObjectDescriptor(
      id: ObjectID(owner: .job(id), kind: .manifest, number: 0), bytes: bytes)
    last = (final, manifest)
    keep(manifest, bytes, &cluster, &outbox)
  }

  private mutating func persist(_ final: JobRecord, _ outbox: inout Outbox) {
    guard stage == .finishing else { return }
    last = nil
    stage = .ended
    outbox.add(.persist(token(.done(final), &outbox), [.putJob(final)]))
  }

  /// The end is durable.
  mutating func done(_ final: JobRecord, _ cluster: inout Cluster, _ outbox: inout Outbox) {
    guard summary.state == .running else { return }
    record = final
    outbox.add(.progress(summary))
  }

  /// Ends the job for a reason that users read.
  mutating func fail(
    _ reason: String, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    note("failed: \(reason)", &outbox)
    record.summary.failure = reason
    end(.failed, &cluster, at: now, &outbox)
  }

  /// Stops the job.
  mutating func cancel(_ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox) {
    end(.cancelled, &cluster, at: now, &outbox)
  }

  private mutating func end(
    _ state: JobState, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    closeEverywhere(cluster, &outbox)
    stage = .ended
    stateBeforeEnd = summary.state
    record.summary.state = state
    record.summary.endedAt = now.unixMilliseconds
    record.items = nil
    record.checkpoints = []
    checkpoints = []
    last = nil
    closedLevels = []
    rankedItems = nil
    // What is stored of it goes once that is durable; removing first forgets the replicas.
    cluster.registry.stopRecording(.job(id))
    pendingEnds += 1
    outbox.add(.persist(token(.ended, &outbox), [.removeJob(id), .putJob(record)]))
    outbox.add(.progress(summary))
  }

  /// Lets workers forget the job, and forgets what is needed only while it counts.
  private mutating func closeEverywhere(_ cluster: Cluster, _ outbox: inout Outbox) {
    dropLeases(cluster, &outbox)
    for name in viewNames { cluster.send(.closeJob(id), to: name, &outbox) }
    for object in level?.published ?? [] { outbox.add(.withdraw(object)) }
    if let object = countedItems?.publication { outbox.add(.withdraw(object.descriptor.id)) }
    views = [:]
    viewNames = []
    level = nil
    postponed = nil
    loading = nil
    countedItems = nil
    starvingSince = nil
    problem = nil
  }
}
