import Apriori
import Messages

extension JobMachine {
  /// Takes counts, whoever sends them and for whichever lease: only what was counted matters.
  mutating func take(
    _ answer: CountingAnswer, from worker: Name, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    // A lease of an earlier term may have been about other ranges and other lists.
    guard stage == .counting, Self.isLease(answer.lease, of: cluster.epoch),
      let length = level?.length, let digest = level?.prepared.digest,
      answer.key.level == length, answer.key.levelDigest == digest
    else { return }
    views[worker]?.hasAnswered = true
    learn(from: answer)
    for one in answer.answers {
      guard stage == .counting, level?.ranges.indices.contains(Int(one.range)) == true else {
        return
      }
      if case .published(let descriptor) = one.report,
        level?.isKept(Int(one.range), answer.key.phase) != true
      {
        fetch(
          FetchedAnswer(
            worker: worker, lease: answer.lease, key: answer.key, answer: one,
            descriptor: descriptor, isRetry: false), cluster, &outbox)
      } else {
        settle(one.range, of: answer.lease, key: answer.key)
        accept(
          one, of: answer.lease, content: one.report, key: answer.key, from: worker, &cluster,
          at: now, &outbox)
      }
    }
  }

  /// Learns how long counting takes.
  private mutating func learn(from answer: CountingAnswer) {
    guard answer.key.phase == .nominate, let lease = leases[answer.lease], let level else { return }
    let piece = level.pieces[lease.piece]
    guard piece.shards == answer.key.shards else { return }
    var units = 0.0
    for one in answer.answers where lease.open.containsSorted(one.range) {
      units += level.units(Int(one.range), of: piece)
    }
    guard units > 0 else { return }
    learnedUnits += units
    learnedMicroseconds += Double(max(answer.microseconds, 1))
  }

  /// Notes that a range of a lease needs no answer any more.
  private mutating func settle(_ range: UInt32, of lease: UInt64, key: CountingKey) {
    guard let place = leases.index(forKey: lease),
      let piece = level?.pieces[leases.values[place].piece],
      piece.shards == key.shards, piece.phase == key.phase
    else { return }
    leases.values[place].open.removeSorted(range)
    leases.values[place].fetching.removeSorted(range)
    if leases.values[place].open.isEmpty { end(leases.values[place]) }
  }

  // MARK: Reports too long for a message

  private mutating func fetch(
    _ fetched: FetchedAnswer, _ cluster: Cluster, _ outbox: inout Outbox
  ) {
    guard let endpoint = cluster.members.worker(fetched.worker)?.dataEndpoint else { return }
    if !fetched.isRetry, leases[fetched.lease] != nil {
      if leases[fetched.lease]?.fetching.insertSorted(fetched.answer.range) == false { return }
    }
    outbox.add(
      .fetch(token(.report(fetched), &outbox), fetched.descriptor, sources: [endpoint]))
  }

  mutating func reportLoaded(
    _ fetched: FetchedAnswer, _ bytes: [UInt8], _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    guard stage == .counting, level?.length == fetched.key.level,
      level?.prepared.digest == fetched.key.levelDigest,
      level?.ranges.indices.contains(Int(fetched.answer.range)) == true
    else { return }
    settle(fetched.answer.range, of: fetched.lease, key: fetched.key)
    accept(
      fetched.answer, of: fetched.lease, content: .bytes(bytes), key: fetched.key,
      from: fetched.worker, &cluster,
      at: now, &outbox)
  }

  mutating func reportFailed(
    _ fetched: FetchedAnswer, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard stage == .counting, level?.length == fetched.key.level else { return }
    if !fetched.isRetry {
      let retry = FetchedAnswer(
        worker: fetched.worker, lease: fetched.lease, key: fetched.key, answer: fetched.answer,
        descriptor: fetched.descriptor, isRetry: true)
      fetch(retry, cluster, &outbox)
      return
    }
    failed(
      lease: fetched.lease, key: fetched.key, ranges: [fetched.answer.range],
      .failed("its report \(fetched.descriptor.id) could not be fetched"), from: fetched.worker,
      &cluster, at: now, &outbox)
  }

  private mutating func accept(
    _ answer: RangeAnswer, of lease: UInt64, content: Content<CountReport>, key: CountingKey,
    from worker: Name, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    // Before the range was counted anew, other lists were asked about.
    if key.phase == .poll, lease < level?.ranges[Int(answer.range)].firstPollLease ?? 0 { return }
    level?.bytesReceived += content.byteCount
    let range = Int(answer.range)
    do throws(CountingError) {
      let incarnation = cluster.members.worker(worker)?.incarnation
      let acceptance =
        try level?.accept(answer, content: content, key: key, from: worker, incarnation)
        ?? .dropped
      switch acceptance {
      case .accepted: reduceIfComplete(range, &outbox)
      case .duplicate, .dropped: break
      case .refused(let error):
        refused(answer, key: key, from: worker, error, &cluster, at: now, &outbox)
      }
    } catch {
      let answers =
        key.phase == .nominate ? level?.ranges[range].reports : level?.ranges[range].polls
      let other = answers?.first { $0.shards == key.shards }?.worker
      fail(
        "workers \(other.map { "\($0)" } ?? "?") and \(worker) disagree: \(error)", &cluster,
        at: now, &outbox)
    }
  }

  /// Gives a range to the pool when all is there that was asked for.
  private mutating func reduceIfComplete(_ range: Int, _ outbox: inout Outbox) {
    guard level?.ranges[range].isComplete == true, let state = level?.ranges[range] else { return }
    if state.phase == .counting {
      if state.reports.contains(where: \.isElsewhere) {
        leaveToWorkers(range, .planning)
      } else {
        plan(range, &outbox)
      }
    } else {
      if state.isPlannedElsewhere {
        leaveToWorkers(range, .closing)
      } else {
        closePolled(range, &outbox)
      }
    }
  }

  private mutating func plan(_ range: Int, _ outbox: inout Outbox) {
    guard var opened = level.take() else { return }
    opened.ranges[range].phase = .planning
    let work = PlanningWork(
      level: opened.prepared.level, rangeIndex: range, range: opened.prepared.cut.ranges[range],
      reports: opened.ranges[range].reports.compactMap { held in
        held.content.map { ($0, held.digest, held.mode) }
      },
      minimumSupport: summary.minimumSupport, policy: policy, firstNumber: opened.lastNumber + 1)
    opened.lastNumber += UInt64(work.reports.count)
    level = opened
    perform(.plan(work), &outbox)
  }

  private mutating func closePolled(_ range: Int, _ outbox: inout Outbox) {
    guard var opened = level.take() else { return }
    defer { level = opened }
    guard let plan = opened.ranges[range].plan else { return }
    opened.ranges[range].phase = .closing
    perform(
      .close(
        ClosingWork(
          level: opened.prepared.level, rangeIndex: range,
          range: opened.prepared.cut.ranges[range], plan: plan,
          polls: opened.ranges[range].polls.compactMap { held in
            held.content.map { (held.report, $0, held.digest) }
          },
          minimumSupport: summary.minimumSupport)), &outbox)
  }

  // MARK: What the pool found

  mutating func reduced(
    _ outcome: ReducingOutcome, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    let range = outcome.rangeIndex
    guard stage == .counting, level?.ranges.indices.contains(range) == true else { return }
    var planner: Name?
    if let order = outcome.order {
      guard let index = level?.index(ofOrder: order), level?.orders[index].isAnswered == true else {
        return
      }
      planner = level?.orders[index].worker
      if case .unusable(let reason) = outcome.result {
        return reductionFailed(order, reason, &cluster, at: now, &outbox)
      }
      endOrder(index)
      level?.ranges[range].reducer = .pool
    }
    switch outcome.result {
    case .closed(let piece):
      letContentsGo(range)
      close(range, piece, &cluster, at: now, &outbox)
      if !policy.passesValues { needsScheduling = true }
    case .open(let plan, let lists):
      letContentsGo(range)
      level?.ranges[range].plan = plan
      poll(range, plan.lists.map(\.count), lists, &cluster, at: now, &outbox)
    case .openElsewhere(let listCounts, let lists):
      level?.ranges[range].isPlannedElsewhere = true
      level?.ranges[range].planner = planner
      poll(range, listCounts, lists, &cluster, at: now, &outbox)
    case .unusable: break
    case .damaged(let answers, let reason):
      damaged(answers, of: range, reason, &cluster, at: now, &outbox)
    case .contradiction(let reason):
      let workers = (level?.ranges[range].reports ?? []).map(\.worker)
        .reduce(into: [Name]()) { $0.insertSorted($1) }
      fail(
        "level \(summary.level), range \(range): \(reason) (counted by"
          + " \(workers.map(\.text).joined(separator: ", ")))", &cluster, at: now, &outbox)
    }
  }

  /// Forgets the counts of a range, not who sent them.
  private mutating func letContentsGo(_ range: Int) {
    guard var opened = level.take() else { return }
    for index in opened.ranges[range].reports.indices {
      opened.bytesHeld -= opened.ranges[range].reports[index].content?.byteCount ?? 0
      opened.ranges[range].reports[index].content = nil
    }
    for index in opened.ranges[range].polls.indices {
      opened.bytesHeld -= opened.ranges[range].polls[index].content?.byteCount ?? 0
      opened.ranges[range].polls[index].content = nil
    }
    level = opened
  }

  /// Asks the block sets that were silent about candidates that may be frequent.
  private mutating func poll(
    _ range: Int, _ listCounts: [Int], _ lists: [Parcel<[UInt32]>?], _ cluster: inout Cluster,
    at now: Moment, _ outbox: inout Outbox
  ) {
    guard var opened = level.take() else { return }
    var touched: [Int] = []
    do throws(CountingError) {
      guard var ledger = opened.ranges[range].ledger else { return }
      let polls = try ledger.beginPolling(listCounts: listCounts)
      opened.ranges[range].ledger = ledger
      opened.ranges[range].phase = .polling
      opened.ranges[range].listCounts = listCounts
      opened.ranges[range].lists = lists
      opened.ranges[range].firstPollLease = lastLease + 1
      for case .some(let list) in lists {
        publish(list, &outbox)
        if let object = list.publication { opened.published.append(object.descriptor.id) }
      }
      for poll in polls {
        let asked = opened.ranges[range].reports[poll.report]
        let piece = try opened.add(
          BlockSet(home: asked.worker, shards: asked.shards), phase: .poll)
        opened.update(piece) { $0.returned.insertSorted(UInt32(truncatingIfNeeded: range)) }
        touched.append(piece)
      }
      level = opened
    } catch {
      level = opened
      fail(error.description, &cluster, at: now, &outbox)
      return
    }
    for piece in touched { findHome(for: piece, avoiding: nil) }
    noteStarving(at: now, &outbox)
    needsScheduling = true
  }

  /// Some answers are not what they were announced to be: they are asked for again.
  private mutating func damaged(
    _ answers: [Int], of range: Int, _ reason: String, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    let phase: CountingPhase = level?.ranges[range].phase == .planning ? .nominate : .poll
    reopen(
      answers, phase, of: range, because: { _ in .failure(reason) }, &cluster, at: now, &outbox)
  }

  /// An answer does not fit what was asked: it is asked for again.
  private mutating func refused(
    _ answer: RangeAnswer, key: CountingKey, from worker: Name, _ error: CountingError,
    _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    note("worker \(worker): \(error)", &outbox)
    guard let piece = level?.pieceIndices[PieceKey(phase: key.phase, shards: key.shards)] else {
      return
    }
    cluster.members.noteFailure(of: worker, at: now)
    giveBack(
      [answer.range], to: piece, because: .failure(error.description), avoiding: worker, &cluster,
      at: now, &outbox)
  }
}
