import Messages

extension JobMachine {
  /// Gives a worker one lease, if it holds a block set with cells that wait.
  ///
  /// - Parameters:
  ///   - number: the lease's number in this epoch.
  ///   - target: microseconds of a thread that a lease should be worth.
  /// - Returns: whether one was given.
  mutating func giveLease(
    _ number: UInt64, to worker: Name, threads: Int, target: UInt64, _ cluster: Cluster,
    at now: Moment, _ outbox: inout Outbox
  ) -> Bool {
    guard stage == .counting else { return false }
    while let index = piece(for: worker, target: target, cluster) {
      guard makeReady(worker, for: level?.pieces[index].shards ?? [], cluster, &outbox) else {
        return false
      }
      let cells = takeCells(
        of: index, for: threads, ofAll: threadCount(of: index, worker, cluster), target: target,
        isFull: isFull(cluster), cluster.configuration)
      if cells.ranges.isEmpty { continue }
      lease(
        Self.lease(number, of: cluster.epoch), cells, of: index, to: worker, threads: threads,
        cluster, at: now, &outbox)
      return true
    }
    return false
  }

  /// Whether reports take their share of memory: only what closes ranges is given out then.
  private func isFull(_ cluster: Cluster) -> Bool {
    (level?.bytesHeld ?? 0) > UInt64(max(cluster.configuration.memoryLimit, 0)) / 4
  }

  /// The piece that a worker goes on with: polls before new counts, low ranges before high ones, its
  /// own before those of others.
  /// - Complexity: O(its pieces + workers).
  private func piece(for worker: Name, target: UInt64, _ cluster: Cluster) -> Int? {
    guard let level, level.waitingCount > 0 else { return nil }
    let isFull = isFull(cluster)
    var best: (piece: Int, isPoll: Bool, range: Int)?
    for index in level.homes[worker]?.pieces ?? [] {
      level.choose(index, isFull: isFull, over: &best)
    }
    // One that is shared is everybody's; there is no other then.
    if level.pieces.first?.isShared == true, level.canCount(worker, level.pieces[0].shards) {
      level.choose(0, isFull: isFull, over: &best)
    }
    if let best { return best.piece }
    return rate.flatMap { rate in
      level.piece(ofOthersThan: worker, rate: rate, target: Double(target), isFull: isFull)
    }
  }

  /// The threads of all who take of a piece as of their own, at least 1.
  private func threadCount(of index: Int, _ worker: Name, _ cluster: Cluster) -> Int {
    guard let level else { return 1 }
    let piece = level.pieces[index]
    let workers =
      piece.isShared
      ? level.holders[Int(piece.shards[0])].filter { level.canCount($0, piece.shards) } : [worker]
    return max(1, workers.reduce(0) { $0 + (cluster.members.worker($1)?.threads ?? 1) })
  }

  /// No lease has fewer ranges, where there are any, unless they are worth this part of the target:
  /// about what it takes to hand them out, ten times.
  private static let smallestLease = 4
  private static let leasesPerTarget = 256.0
  /// Workers of whom each asks no oftener than once in the time of a target: what a lease and its
  /// answer take the coordinator is then a tenth of its time or so.
  private static let workersPerTarget = 1_000.0

  /// Takes cells for one lease out of a piece: about the target, and toward the end of a level ever
  /// fewer, so that all workers end together, but not less than is worth a message, which is the
  /// more the more workers there are.
  ///
  /// Where the end is depends on all that waits for the piece's home, or on what waits in a piece
  /// that is everybody's. Polls are short, and come one by one: all that wait go at once.
  ///
  /// - Parameters:
  ///   - threads: of the worker.
  ///   - allThreads: of all who take of the piece.
  private mutating func takeCells(
    of index: Int, for threads: Int, ofAll allThreads: Int, target: UInt64, isFull: Bool,
    _ configuration: CoordinatorConfiguration
  ) -> (ranges: [UInt32], microseconds: Double) {
    guard var level = self.level.take() else { return ([], 0) }
    defer { self.level = level }
    let rate = self.rate
    var piece = level.pieces[index]
    let waiting = level.waitingWithItsOthers(of: index)
    let target = Double(target)
    let most = level.rangesAtOnce(memoryLimit: configuration.memoryLimit)
    var share = 1
    var least = 0.0
    var worth = 0.0
    if isFull {
      // One, so that ranges close.
    } else if piece.phase == .poll {
      share = piece.waitingCount
    } else if rate == nil {
      // What they take is to be found out: one for each thread, unless messages cost nothing.
      if !configuration.passesValues { share = min(threads, waiting * threads / allThreads) }
    } else {
      share = waiting / (2 * allThreads)
      least = target / Self.leasesPerTarget
      if !piece.isShared { worth = target * Double(level.homes.all.count) / Self.workersPerTarget }
    }
    var ranges: [UInt32] = []
    var microseconds = 0.0
    var bytes: UInt64 = 0
    while ranges.count < max(share, 1) || microseconds < worth
      || (ranges.count < Self.smallestLease && microseconds < least),
      microseconds < target, ranges.count < most || piece.phase == .poll
    {
      guard let next = piece.takeNext() else { break }
      if next.isReturned, !level.isOpen(next.range, for: piece) { continue }
      if case .listed(let list) = level.countingRule(next.range, of: piece) {
        bytes += list.byteCount
      }
      ranges.append(UInt32(truncatingIfNeeded: next.range))
      microseconds += level.units(next.range, of: piece) * (rate ?? 0)
      if bytes >= UInt64(max(configuration.inlineLimit, 0)) { break }
    }
    level.update(index) { $0 = piece }
    level.bytesSent += bytes
    return (ranges, microseconds)
  }

  private mutating func lease(
    _ leaseID: UInt64, _ cells: (ranges: [UInt32], microseconds: Double), of index: Int,
    to worker: Name, threads: Int, _ cluster: Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard let piece = level?.pieces[index] else { return }
    let estimate = UInt64(min(max(cells.microseconds, 0), 1e15))
    let queued = (views[worker]?.estimate ?? 0) + estimate
    views[worker]?.leases.append(leaseID)
    views[worker]?.estimate += estimate
    let attempt = cells.ranges.map { piece.attempts[$0]?.all ?? 0 }.max() ?? 0
    let resend = cluster.configuration.resendMilliseconds
    let state = LeaseState(
      id: leaseID, worker: worker, piece: index, attempt: attempt, open: cells.ranges,
      sentAt: now.milliseconds, resendAt: now.milliseconds + resend, resendInterval: resend,
      estimate: estimate, expected: queued / 1_000 / UInt64(max(threads, 1)))
    leases[leaseID] = state
    lastLease = max(lastLease, leaseID)
    level?.leaseCount += 1
    send(state, cluster, &outbox)
  }

  /// Lease numbers carry the epoch, so that an answer to an older coordinator is known as such.
  static func lease(_ number: UInt64, of epoch: Epoch) -> UInt64 {
    epoch.number << 40 | number & ((1 << 40) - 1)
  }

  /// Whether a lease was given out in this epoch.
  static func isLease(_ id: UInt64, of epoch: Epoch) -> Bool {
    id >> 40 == epoch.number & ((1 << 24) - 1)
  }

  /// Sends a lease, or what is left of it.
  func send(_ lease: LeaseState, _ cluster: Cluster, _ outbox: inout Outbox) {
    guard let level else { return }
    let piece = level.pieces[lease.piece]
    var ranges: [(range: UInt32, rule: CountingRule)] = []
    for range in lease.open {
      guard let rule = level.countingRule(Int(range), of: piece) else { continue }
      ranges.append((range, rule))
    }
    if ranges.isEmpty { return }
    cluster.send(
      .count(
        CountingLease(
          id: lease.id, key: level.key(of: piece, job: id), attempt: lease.attempt,
          ranges: ranges, keepsReports: level.isReducedOnWorkers)), to: lease.worker, &outbox)
  }

  /// Notes that nothing is awaited from a lease any more.
  mutating func end(_ lease: LeaseState) {
    leases[lease.id] = nil
    views[lease.worker]?.leases.removeSorted(lease.id)
    if !lease.isAbandoned, let known = views[lease.worker]?.estimate {
      views[lease.worker]?.estimate = known - min(known, lease.estimate)
    }
  }

  /// Leases of a worker that it is expected to answer; not those that were left to others, which must
  /// not keep it from other work for ever.
  func leaseCount(of worker: Name) -> Int {
    views[worker]?.leases.count { leases[$0]?.isAbandoned == false } ?? 0
  }

  /// What is expected of a worker: leases, and microseconds of a thread that they are worth; nil
  /// while nothing is counted.
  ///
  /// It changes nothing. But only by a `mutating` method is a machine read where it lies in its array;
  /// otherwise all of it is copied, for each lease that is given.
  mutating func load(on worker: Name) -> (leases: Int, microseconds: UInt64)? {
    guard stage == .counting else { return nil }
    guard let view = views[worker] else { return (0, 0) }
    return (view.leases.count { leases[$0]?.isAbandoned == false }, view.estimate)
  }

  /// Sends leases again that have no answer, gives those of slow workers to others too, and calls
  /// back what nobody needs.
  mutating func tickLeases(_ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox) {
    for name in viewNames {
      guard let view = views[name] else { continue }
      var unwanted: [UInt64] = []
      for leaseID in view.leases {
        guard var lease = leases[leaseID], let level else { continue }
        let piece = level.pieces[lease.piece]
        if lease.isAbandoned {
          if lease.open.allSatisfy({ !level.isOpen(Int($0), for: piece) }) {
            unwanted.append(leaseID)
            end(lease)
          }
          continue
        }
        let age = now.milliseconds - lease.sentAt
        let patience = max(lease.expected * 4, view.hasAnswered ? 3_000 : 10_000)
        if age > patience, canBeLeftToOthers(piece, name),
          lease.open.allSatisfy({ piece.attempts[$0]?.speculations ?? 0 == 0 })
        {
          abandon(lease, because: .speculation, &cluster, at: now, &outbox)
        } else if now.milliseconds >= lease.resendAt, lease.fetching.isEmpty {
          lease.resendInterval = min(lease.resendInterval * 2, 8_000)
          lease.resendAt = now.milliseconds + lease.resendInterval
          leases[leaseID] = lease
          send(lease, cluster, &outbox)
        }
      }
      if !unwanted.isEmpty { cluster.send(.cancel(leases: unwanted), to: name, &outbox) }
    }
  }

  /// Whether every shard of a piece has a worker beside this one.
  func canBeLeftToOthers(_ piece: Piece, _ worker: Name) -> Bool {
    guard let level else { return false }
    return piece.shards.allSatisfy { shard in level.holders[Int(shard)].contains { $0 != worker } }
  }
}
