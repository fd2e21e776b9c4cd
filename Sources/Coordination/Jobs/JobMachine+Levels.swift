import Apriori
import Messages

extension JobMachine {
  /// A level is closed: keeps it and goes on.
  mutating func closed(
    _ prepared: PreparedLevel, _ figures: LevelFigures, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    record.summary.levels.append(figures)
    outbox.add(.progress(summary))
    if prepared.frequentCount > 0 {
      if keepsCheckpoints {
        perform(
          .encode(EncodingWork(level: prepared.level, isCheckpoint: true, policy: policy)), &outbox)
        checkpoints.append(Checkpoint(descriptor: nil, length: prepared.level.length))
      } else {
        closedLevels.append(prepared.level)
      }
    }
    proceed(from: prepared, &cluster, at: now, &outbox)
  }

  /// Counts the candidates of a closed level, or finishes where there are none.
  mutating func proceed(
    from prepared: PreparedLevel, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    let limit = summary.specification.maximumLevel ?? .max
    if prepared.nodeCount == 0 || prepared.level.length >= limit || prepared.cut.ranges.isEmpty {
      finish(&cluster, at: now, &outbox)
    } else if now.milliseconds < patience, isAwaitingWorkers(cluster) {
      stage = .preparing
      postponed = prepared
    } else {
      open(prepared, &cluster, at: now, &outbox)
    }
  }

  /// Opens a level that was postponed, as soon as that makes sense.
  ///
  /// Right after a restart workers come back one by one; a level opened for the first of them would
  /// be counted by it alone.
  mutating func openPostponed(
    _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard let prepared = postponed, now.milliseconds >= patience || !isAwaitingWorkers(cluster)
    else { return }
    postponed = nil
    open(prepared, &cluster, at: now, &outbox)
  }

  private func isAwaitingWorkers(_ cluster: Cluster) -> Bool {
    cluster.members.all.contains { $0.liveness != .dead && !$0.isServing }
  }

  /// Hands the cells of a level to the workers that hold the data.
  private mutating func open(
    _ prepared: PreparedLevel, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard let dataSet, let allowances else { return }
    stage = .counting
    for name in viewNames {
      views[name]?.notHolding = []
      views[name]?.wasCorrected = false
    }
    let transactionCounts = dataSet.shards.map(\.transactionCount)
    let holders = currentHolders(cluster)
    let blockSets = ShardPlan(
      transactionCounts: transactionCounts, holders: holders,
      sharedLimit: configuration.sharedTransactionLimit,
      threads: { cluster.members.worker($0)?.threads ?? 1 }
    ).blockSets
    var opened = OpenLevel(
      prepared: prepared, allowances: allowances, transactionCounts: transactionCounts,
      blockSetCount: blockSets.count, configuration: configuration, at: now.milliseconds)
    opened.holders = holders
    do throws(CountingError) {
      for blockSet in blockSets {
        let index = try opened.add(blockSet, phase: .nominate)
        opened.update(index) { [count = opened.ranges.count] in $0.fresh = 0..<count }
      }
    } catch {
      fail(error.description, &cluster, at: now, &outbox)
      return
    }
    if let survivors = prepared.survivors { publish(survivors, &outbox) }
    if let whole = prepared.whole { publish(whole, &outbox) }
    opened.published = [prepared.survivors?.publication?.descriptor.id].compactMap { $0 }
    opened.published += [prepared.whole?.publication?.descriptor.id].compactMap { $0 }
    record.summary.level = prepared.level.length + 1
    record.summary.rangesClosed = 0
    record.summary.rangeCount = opened.ranges.count
    // What was learned on earlier levels is a hint, soon outweighed.
    learnedMicroseconds /= 8
    learnedUnits /= 8
    let homes = opened.pieces.compactMap(\.home).reduce(into: [Name]()) { $0.insertSorted($1) }
    opened.isReducedOnWorkers = ReducingPolicy.isForWorkers(
      candidateCount: prepared.candidateCount, homes: homes, blockSetCount: opened.pieces.count,
      cluster.configuration)
    level = opened
    for home in homes { _ = makeReady(home, for: [], cluster, &outbox) }
    noteStarving(at: now, &outbox)
    needsScheduling = true
  }

  /// Who can count each shard now: those who hold all of its blocks and get leases.
  ///
  /// Where all of them are set aside for failures, these are better than nobody.
  func currentHolders(_ cluster: Cluster) -> [[Name]] {
    guard let dataSet else { return [] }
    let counting = cluster.members.countingWorkers
    return dataSet.shards.indices.map { shard in
      var common: [Name]?
      for block in dataSet.shards[shard].blocks {
        let live = cluster.registry.liveHolders(of: block.id, cluster.members)
        common = common.map { $0.filter { live.containsSorted($0) } } ?? live
      }
      let holders = (common ?? counting).filter { name in
        views[name]?.notHolding.containsSorted(UInt32(shard)) != true
      }
      let best = holders.filter { counting.containsSorted($0) }
      if !best.isEmpty { return best }
      return holders.filter { name in
        guard let member = cluster.members.worker(name) else { return false }
        return member.isServing && member.isSetAside && member.liveness == .alive
          && !member.isLeaving
      }
    }
  }

  /// Tells a worker what it must know before it can count these shards; false while that is being
  /// made.
  mutating func makeReady(
    _ worker: Name, for shards: [UInt32], _ cluster: Cluster, _ outbox: inout Outbox
  ) -> Bool {
    guard let dataSet, let level, let countedItems,
      let member = cluster.members.worker(worker)
    else { return false }
    var view = views[worker] ?? WorkerView(incarnation: member.incarnation)
    let told = view.toldShards ?? []
    let knowsShards = view.toldShards != nil && shards.allSatisfy { told.containsSorted($0) }
    if view.openedLevel == level.length, knowsShards { return true }
    if views[worker] == nil { viewNames.insertSorted(worker) }
    let held = level.heldShards[worker] ?? []
    if !knowsShards || !held.allSatisfy({ told.containsSorted($0) }) {
      var told = told
      for shard in held + shards { told.insertSorted(shard) }
      view.toldShards = told
      cluster.send(
        .openJob(
          JobOpening(
            job: id, transactionCount: dataSet.transactionCount, items: countedItems.content,
            shards: told.map {
              ShardDescription(number: $0, blocks: dataSet.shards[Int($0)].blocks)
            })), to: worker, &outbox)
      self.level?.bytesSent += countedItems.byteCount
    }
    defer { views[worker] = view }
    if view.openedLevel == level.length { return true }
    let content: LevelContent
    if let survivors = level.prepared.survivors, view.openedLevel == level.length - 1 {
      content = .survivors(survivors.content)
      self.level?.bytesSent += survivors.byteCount
    } else if let whole = level.prepared.whole {
      content = .whole(whole.content)
      self.level?.bytesSent += whole.byteCount
    } else {
      if !level.isEncodingWhole {
        self.level?.isEncodingWhole = true
        perform(
          .encode(
            EncodingWork(level: level.prepared.level, isCheckpoint: false, policy: policy)),
          &outbox)
      }
      return false
    }
    view.openedLevel = level.length
    cluster.send(
      .openLevel(
        LevelOpening(
          job: id, level: level.length, digest: level.prepared.digest,
          targetCandidateCount: level.prepared.cut.targetCandidateCount,
          rangeCount: level.ranges.count,
          ranges: policy.passesValues ? level.prepared.cut.ranges : nil, content: content)),
      to: worker, &outbox)
    return true
  }

  /// A level is encoded: as a checkpoint, or for somebody who cannot come to it by survivors.
  mutating func encoded(
    _ encoded: EncodedLevel, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    if let level, level.length == encoded.length, level.prepared.whole == nil {
      self.level?.prepared.whole = encoded.whole
      self.level?.isEncodingWhole = false
      publish(encoded.whole, &outbox)
      if let object = encoded.whole.publication {
        self.level?.published.append(object.descriptor.id)
      }
      needsScheduling = true
    }
    guard encoded.isCheckpoint,
      let index = checkpoints.firstIndex(where: {
        $0.length == encoded.length && $0.descriptor == nil
      })
    else { return }
    checkpoints[index].descriptor = encoded.descriptor
    keep(encoded.descriptor, encoded.bytes, &cluster, &outbox)
  }

  /// A range has closed.
  mutating func close(
    _ range: Int, _ piece: ReducedRange, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    guard var opened = level.take() else { return }
    opened.ranges[range].closed = piece
    opened.ranges[range].phase = .closed
    opened.ranges[range].reducer = .pool
    opened.ranges[range].plan = nil
    opened.ranges[range].listCounts = []
    opened.ranges[range].lists = []
    opened.closedCount += 1
    while opened.firstOpenRange < opened.ranges.count,
      opened.ranges[opened.firstOpenRange].phase == .closed
    { opened.firstOpenRange += 1 }
    record.summary.rangesClosed = opened.closedCount
    level = opened
    if opened.isClosed {
      join(cluster, &outbox)
    } else {
      outbox.add(.progress(summary))
    }
  }

  /// All ranges are closed: their pieces make the next level.
  private mutating func join(_ cluster: Cluster, _ outbox: inout Outbox) {
    guard var opened = level.take() else { return }
    stage = .joining
    let pieces = opened.ranges.compactMap(\.closed)
    for range in opened.ranges.indices { opened.ranges[range].closed = nil }
    // Apart from joining: while the level waits nobody else has work.
    if !policy.passesValues {
      perform(
        .pack(
          PackingWork(
            survivors: pieces.compactMap(\.survivors), length: opened.length + 1, policy: policy)),
        &outbox)
    }
    perform(
      .join(
        JoiningWork(
          level: opened.prepared.level, segments: pieces.map(\.segment),
          candidateCount: opened.prepared.candidateCount, levelWork: levelWork(cluster))), &outbox)
    level = opened
    dropLeases(cluster, &outbox)
  }

  /// The survivors of a level are ready to travel.
  mutating func packed(
    _ survivors: PackedSurvivors, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    guard stage == .joining else { return }
    level?.survivors = survivors.parcel
    closeIfJoined(&cluster, at: now, &outbox)
  }

  /// The next level is there.
  mutating func joined(
    _ prepared: PreparedLevel, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard stage == .joining else { return }
    level?.joined = prepared
    closeIfJoined(&cluster, at: now, &outbox)
  }

  /// The next level is closed once it is there, with its survivors where they have to travel.
  private mutating func closeIfJoined(
    _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard let opened = level, var prepared = opened.joined,
      policy.passesValues || opened.survivors != nil
    else { return }
    level = nil
    prepared.survivors = opened.survivors
    for object in opened.published { outbox.add(.withdraw(object)) }
    let figures = LevelFigures(
      level: prepared.level.length, candidateCount: opened.prepared.candidateCount,
      frequentCount: prepared.frequentCount, leaseCount: opened.leaseCount,
      bytesReceived: opened.bytesReceived, bytesSent: opened.bytesSent,
      milliseconds: now.milliseconds - opened.openedAt)
    closed(prepared, figures, &cluster, at: now, &outbox)
  }

  /// Takes all leases back: nobody needs their answers.
  mutating func dropLeases(_ cluster: Cluster, _ outbox: inout Outbox) {
    for name in viewNames {
      guard let ids = views[name]?.leases, !ids.isEmpty else { continue }
      cluster.send(.cancel(leases: ids), to: name, &outbox)
      views[name]?.leases = []
      views[name]?.estimate = 0
    }
    leases = [:]
  }
}
