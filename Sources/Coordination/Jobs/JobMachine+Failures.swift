import Apriori
import Messages

extension JobMachine {
  /// Why cells come back.
  enum Return: Sendable {
    /// They could not be counted, or not rightly.
    case failure(String)
    /// The worker died over them.
    case crash
    /// Somebody else may be faster.
    case speculation
    /// Nobody is to blame.
    case free
  }

  /// Puts ranges back among those that wait, and finds somebody to count them.
  mutating func giveBack(
    _ ranges: [UInt32], to index: Int, because reason: Return, avoiding worker: Name?,
    _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard var opened = level.take() else { return }
    let limit = cluster.configuration.attemptLimit
    var exhausted: (range: UInt32, text: String)?
    for range in ranges where opened.isOpen(Int(range), for: opened.pieces[index]) {
      var attempts = opened.pieces[index].attempts[range] ?? Piece.Attempts()
      switch reason {
      case .failure(let text):
        attempts.failures += 1
        if attempts.failures >= limit { exhausted = (range, text) }
      case .crash:
        attempts.crashes += 1
        // Workers die for other reasons too.
        if attempts.crashes >= limit * 4 {
          exhausted = (range, "the workers that counted it stopped, \(attempts.crashes) times")
        }
      case .speculation: attempts.speculations += 1
      case .free: break
      }
      opened.update(index) {
        if case .free = reason {} else { $0.attempts[range] = attempts }
        $0.returned.insertSorted(range)
      }
    }
    level = opened
    if let exhausted {
      fail(
        "level \(summary.level), range \(exhausted.range) could not be counted in \(limit)"
          + " attempts; the last time: \(exhausted.text)", &cluster, at: now, &outbox)
      return
    }
    findHome(for: index, avoiding: worker)
    noteStarving(at: now, &outbox)
    needsScheduling = true
  }

  /// Leaves a lease's cells to others; its worker may still answer.
  mutating func abandon(
    _ lease: LeaseState, because reason: Return, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    var lease = lease
    if let known = views[lease.worker]?.estimate {
      views[lease.worker]?.estimate = known - min(known, lease.estimate)
    }
    lease.isAbandoned = true
    leases[lease.id] = lease
    giveBack(
      lease.open, to: lease.piece, because: reason, avoiding: lease.worker, &cluster, at: now,
      &outbox)
  }

  // MARK: Homes

  /// Finds a worker for what waits in a piece; divides it where nobody holds all its shards.
  mutating func findHome(for index: Int, avoiding worker: Name?) {
    guard var opened = level.take() else { return }
    defer { level = opened }
    // The one to be avoided would come back to it.
    if worker != nil { opened.update(index) { $0.isShared = false } }
    let piece = opened.pieces[index]
    guard piece.waitingCount > 0 else { return }
    if let home = piece.home, home != worker, opened.canCount(home, piece.shards) { return }
    var common = opened.holders[Int(piece.shards[0])]
    for shard in piece.shards {
      common = common.filter { opened.holders[Int(shard)].containsSorted($0) }
    }
    let others = common.filter { $0 != worker }
    if let best = others.min(by: { (burden(of: $0, opened), $0) < (burden(of: $1, opened), $1) }) {
      opened.update(index) { $0.home = best }
      return
    }
    divide(index, in: &opened, avoiding: worker)
  }

  /// What a worker has to do, roughly: cells times transactions that wait for it.
  private func burden(of worker: Name, _ level: OpenLevel) -> UInt64 {
    (views[worker]?.estimate ?? 0) + (level.homes[worker]?.waiting ?? 0)
  }

  /// Divides what waits in a piece among the holders of its shards.
  private func divide(_ index: Int, in level: inout OpenLevel, avoiding worker: Name?) {
    let piece = level.pieces[index]
    let holders = piece.shards.map { shard in
      let all = level.holders[Int(shard)]
      let others = all.filter { $0 != worker }
      return others.isEmpty ? all : others
    }
    let plan = ShardPlan(
      transactionCounts: piece.shards.map { level.transactionCounts[Int($0)] }, holders: holders,
      threads: { _ in 1 })
    let sets = plan.blockSets
    if sets.count == 1 {
      level.update(index) { $0.home = sets[0].home }
      return
    }
    level.update(index) {
      $0.fresh = 0..<0
      $0.returned = []
    }
    for set in sets {
      let shards = set.shards.map { piece.shards[Int($0)] }
      guard
        let part = try? level.add(BlockSet(home: set.home, shards: shards), phase: piece.phase)
      else {
        invariant(false, "A part of a block set is no block set.")
        continue
      }
      level.update(part) {
        $0.home = set.home
        for range in piece.returned { $0.returned.insertSorted(range) }
        if $0.fresh.isEmpty {
          $0.fresh = piece.fresh
        } else {
          for range in piece.fresh {
            $0.returned.insertSorted(UInt32(truncatingIfNeeded: range))
          }
        }
        for range in piece.returned {
          if let attempts = piece.attempts[range] { $0.attempts[range] = attempts }
        }
      }
    }
  }

  /// Notes whether cells wait for which there is no worker.
  mutating func noteStarving(at now: Moment, _ outbox: inout Outbox) {
    guard let level, let dataSet else { return }
    var shards: [UInt32] = []
    for piece in level.pieces where piece.home == nil && piece.waitingCount > 0 {
      for shard in piece.shards where level.holders[Int(shard)].isEmpty {
        shards.insertSorted(shard)
      }
    }
    if shards.isEmpty {
      if starvingSince != nil { note("all blocks can be counted again", &outbox) }
      starvingSince = nil
      problem = nil
      return
    }
    let blocks = shards.flatMap { dataSet.shards[Int($0)].blocks.map(\.id.number) }
    let text =
      "waits for workers that hold \(described(blocks)) of data set \(dataSet.name);"
      + " start them again"
    if starvingSince == nil {
      starvingSince = now.milliseconds
      note(text, &outbox)
    }
    problem = "\(id) \(text)"
  }

  /// Tries again to find workers, and gives up in time.
  mutating func tickStarving(
    _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard stage == .counting, let since = starvingSince else { return }
    for name in viewNames { views[name]?.notHolding = [] }
    refreshHolders(cluster, at: now, &outbox)
    guard starvingSince != nil,
      now.milliseconds - since > cluster.configuration.deadMilliseconds * 3, let level, let dataSet
    else { return }
    var blocks: [UInt64] = []
    for shard in level.holders.indices where level.holders[shard].isEmpty {
      for block in dataSet.shards[shard].blocks
      where cluster.registry.liveHolders(of: block.id, cluster.members).isEmpty {
        blocks.append(block.id.number)
      }
    }
    if blocks.isEmpty { return }
    fail(
      "data is lost: no worker has \(described(blocks)) of data set \(dataSet.name); start the"
        + " workers that hold them, or add the data set again", &cluster, at: now, &outbox)
  }

  /// Looks up anew who can count what.
  private mutating func lookUpHolders(_ cluster: Cluster) {
    let holders = currentHolders(cluster)
    level?.holders = holders
  }

  /// Looks up anew who can count what, and moves what waits to those who can.
  mutating func refreshHolders(_ cluster: Cluster, at now: Moment, _ outbox: inout Outbox) {
    guard stage == .counting, level != nil else { return }
    lookUpHolders(cluster)
    // Dividing appends pieces, which have homes already.
    for index in 0..<(level?.pieces.count ?? 0) { findHome(for: index, avoiding: nil) }
    noteStarving(at: now, &outbox)
    needsScheduling = true
  }

  // MARK: Workers

  /// A worker has come, gone, or become silent.
  mutating func workerChanged(
    _ name: Name, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard stage == .counting || stage == .joining else { return }
    let member = cluster.members.worker(name)
    if stage == .counting { lookUpHolders(cluster) }
    reducerChanged(name, &cluster, at: now, &outbox)
    if let view = views[name] {
      if member == nil || member?.incarnation != view.incarnation || member?.liveness == .dead {
        views[name] = nil
        viewNames.removeSorted(name)
        for leaseID in view.leases {
          guard let lease = leases.removeValue(forKey: leaseID), !lease.isAbandoned else {
            continue
          }
          giveBack(
            lease.open, to: lease.piece, because: .crash, avoiding: nil, &cluster, at: now, &outbox)
        }
      } else if member?.liveness == .suspect {
        for leaseID in view.leases {
          guard let lease = leases[leaseID], !lease.isAbandoned,
            let piece = level?.pieces[lease.piece], canBeLeftToOthers(piece, name)
          else { continue }
          abandon(lease, because: .speculation, &cluster, at: now, &outbox)
        }
      }
    }
    refreshHolders(cluster, at: now, &outbox)
  }

  /// A worker that leaves gives back what it has not begun.
  mutating func leaving(
    _ name: Name, _ ids: [UInt64], _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    guard stage == .counting else { return }
    lookUpHolders(cluster)
    takeOrders(from: name, isThere: true, cluster, &outbox)
    for leaseID in ids {
      guard let lease = leases[leaseID], lease.worker == name else { continue }
      let wasAbandoned = lease.isAbandoned
      end(lease)
      if wasAbandoned { continue }
      giveBack(
        lease.open, to: lease.piece, because: .free, avoiding: name, &cluster, at: now, &outbox)
    }
    refreshHolders(cluster, at: now, &outbox)
  }

  /// A worker could not count some ranges of a lease.
  mutating func failed(
    lease leaseID: UInt64, key: CountingKey, ranges: [UInt32], _ failure: CountingFailure,
    from worker: Name, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard stage == .counting, var lease = leases[leaseID], lease.worker == worker, let level,
      level.key(of: level.pieces[lease.piece], job: id) == key
    else { return }
    let returned = lease.open.filter { ranges.contains($0) }
    if case .levelMismatch = failure, views[worker]?.wasCorrected == false {
      views[worker]?.wasCorrected = true
      reopen(worker, level: key.level, isWhole: true, &cluster, at: now, &outbox)
      return
    }
    let wasAbandoned = lease.isAbandoned
    lease.open.removeAll { returned.contains($0) }
    lease.fetching.removeAll { returned.contains($0) }
    leases[leaseID] = lease
    if lease.open.isEmpty { end(lease) }
    if wasAbandoned { return }
    let reason: Return
    switch failure {
    case .objectMissing(let object):
      if let shard = shard(of: object) {
        views[worker]?.notHolding.insertSorted(shard)
      }
      cluster.registry.missing(object, on: worker, members: cluster.members, outbox: &outbox)
      lookUpHolders(cluster)
      reason = .free
    case .levelMismatch(let expected, let found):
      reason = .failure(
        "worker \(worker) came to level \(key.level) with digest \(found) instead of \(expected)")
      note("worker \(worker) cannot come to the right level \(key.level)", &outbox)
      cluster.members.noteFailure(of: worker, at: now)
    case .failed(let text):
      reason = .failure("worker \(worker): \(text)")
      note("worker \(worker) failed: \(text)", &outbox)
      cluster.members.noteFailure(of: worker, at: now)
    }
    giveBack(
      returned, to: lease.piece, because: reason, avoiding: worker, &cluster, at: now, &outbox)
    if case .objectMissing = failure { refreshHolders(cluster, at: now, &outbox) }
  }

  /// The shard that a block belongs to.
  private func shard(of object: ObjectID) -> UInt32? {
    guard let dataSet, object.owner == .dataSet(dataSet.id), object.kind == .block else {
      return nil
    }
    return dataSet.shards.firstIndex { shard in
      object.number >= shard.firstBlock
        && object.number - shard.firstBlock < UInt64(shard.blocks.count)
    }.map { UInt32(truncatingIfNeeded: $0) }
  }

  /// Tells a worker again what it lacks.
  mutating func reopen(
    _ worker: Name, level length: Int?, isWhole: Bool, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    guard stage == .counting, views[worker] != nil else { return }
    // Every lease that waits for the same thing says so.
    let pause = cluster.configuration.resendMilliseconds / 4
    if !isWhole, let last = views[worker]?.reopenedAt, now.milliseconds - last < pause { return }
    views[worker]?.reopenedAt = now.milliseconds
    views[worker]?.openedLevel = 0
    if length == nil { views[worker]?.toldShards = nil }
    lookUpHolders(cluster)
    guard makeReady(worker, for: [], cluster, &outbox) else { return }
    var lost: [LeaseState] = []
    for leaseID in views[worker]?.leases ?? [] {
      guard let lease = leases[leaseID], !lease.isAbandoned else { continue }
      // What the lease is about may have been moved to other workers since.
      let shards = level?.pieces[lease.piece].shards ?? []
      if shards.allSatisfy({ level?.holders[Int($0)].contains(worker) == true }) {
        send(lease, cluster, &outbox)
      } else {
        lost.append(lease)
      }
    }
    for lease in lost {
      end(lease)
      giveBack(
        lease.open, to: lease.piece, because: .free, avoiding: worker, &cluster, at: now, &outbox)
    }
    if !lost.isEmpty { refreshHolders(cluster, at: now, &outbox) }
  }
}

/// The first few of some blocks, for messages.
func described(_ blocks: [UInt64]) -> String {
  let sorted = blocks.sorted()
  let first = sorted.prefix(8).map { "\($0)" }.joined(separator: ", ")
  let noun = sorted.count == 1 ? "block" : "blocks"
  return sorted.count > 8 ? "\(noun) \(first), ... (\(sorted.count) in all)" : "\(noun) \(first)"
}
