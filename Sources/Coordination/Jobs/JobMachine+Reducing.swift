import Apriori
import Messages

// Ranges that workers reduce: what was counted stays with those who counted it, and another worker
// fetches it. The coordinator knows who has what, and gives orders; an order without an answer goes to
// somebody else, and what was kept by a worker that died is counted again.

extension JobMachine {
  /// Lets a worker look at the reports or answers of a range, whoever has time.
  mutating func leaveToWorkers(_ range: Int, _ phase: RangeState.Phase) {
    level?.ranges[range].phase = phase
    level?.ranges[range].reducer = .nobody
    level?.unordered.insertSorted(UInt32(truncatingIfNeeded: range))
    needsScheduling = true
  }

  /// Gives ranges that wait to workers, low ones first.
  ///
  /// - Parameter lastNumber: the number of the last lease or order.
  mutating func giveOrders(
    _ lastNumber: inout UInt64, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard stage == .counting, level?.unordered.isEmpty == false else { return }
    var reducers = reducers(cluster)
    for range in level?.unordered ?? [] {
      guard stage == .counting, let state = level?.ranges[Int(range)],
        let chosen = ReducingPolicy.choose(
          among: reducers, planner: state.planner, avoiding: state.avoided,
          after: level?.lastReducer)
      else { break }
      if countAgainWhatIsLost(Int(range), &cluster, at: now, &outbox) { continue }
      lastNumber += 1
      order(
        Int(range), Self.lease(lastNumber, of: cluster.epoch), reducers[chosen].name, cluster,
        at: now, &outbox)
      reducers[chosen].orderCount += 1
    }
  }

  /// Who may be given orders, ascending, with how many each has.
  private func reducers(_ cluster: Cluster) -> [(name: Name, orderCount: Int)] {
    // Those who know the job are told when it ends.
    let counting = cluster.members.countingWorkers
    let known = counting.filter { viewNames.containsSorted($0) }
    var counts: [Name: Int] = [:]
    for order in level?.orders ?? [] { counts[order.worker, default: 0] += 1 }
    return (known.isEmpty ? counting : known).map { ($0, counts[$0] ?? 0) }
  }

  private mutating func order(
    _ range: Int, _ id: UInt64, _ worker: Name, _ cluster: Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    _ = makeReady(worker, for: [], cluster, &outbox)
    let resend = cluster.configuration.resendMilliseconds
    level?.orders.append(
      OrderState(
        id: id, range: range, worker: worker, sentAt: now.milliseconds,
        resendAt: now.milliseconds + resend, resendInterval: resend))
    level?.unordered.removeSorted(UInt32(truncatingIfNeeded: range))
    level?.ranges[range].reducer = .worker(order: id)
    level?.lastReducer = worker
    if let index = level?.index(ofOrder: id) { sendOrder(index, cluster, &outbox) }
  }

  private func sendOrder(_ index: Int, _ cluster: Cluster, _ outbox: inout Outbox) {
    guard let level else { return }
    let order = level.orders[index]
    cluster.send(
      .reduce(
        level.order(
          order.id, toReduce: order.range, of: id, minimumSupport: summary.minimumSupport,
          endpoint: { cluster.members.worker($0)?.dataEndpoint ?? "" })), to: order.worker,
      &outbox)
  }

  // MARK: Answers

  /// A worker has reduced a range.
  mutating func takeReduction(
    _ order: UInt64, _ content: Content<RangeReduction>, from worker: Name, _ cluster: Cluster,
    _ outbox: inout Outbox
  ) {
    guard stage == .counting, let index = level?.index(ofOrder: order), let level,
      level.orders[index].worker == worker, !level.orders[index].isAnswered
    else { return }
    self.level?.orders[index].isAnswered = true
    if case .published(let descriptor) = content {
      self.level?.orders[index].isFetching = true
      outbox.add(
        .fetch(
          token(.reduction(order: order), &outbox), descriptor,
          sources: [cluster.members.worker(worker)?.dataEndpoint ?? ""]))
    } else {
      adopt(order, content, &outbox)
    }
  }

  mutating func reductionLoaded(_ order: UInt64, _ bytes: [UInt8], _ outbox: inout Outbox) {
    guard stage == .counting, let index = level?.index(ofOrder: order) else { return }
    level?.orders[index].isFetching = false
    adopt(order, .bytes(bytes), &outbox)
  }

  private mutating func adopt(
    _ order: UInt64, _ content: Content<RangeReduction>, _ outbox: inout Outbox
  ) {
    guard var opened = level.take() else { return }
    defer { level = opened }
    guard let index = opened.index(ofOrder: order) else { return }
    let range = opened.orders[index].range
    let reports = opened.ranges[range].reports.count
    opened.bytesReceived += content.byteCount
    let work = AdoptingWork(
      level: opened.prepared.level, rangeIndex: range, range: opened.prepared.cut.ranges[range],
      order: order, content: content,
      reportCount: opened.ranges[range].phase == .planning ? reports : nil,
      minimumSupport: summary.minimumSupport, policy: policy, firstNumber: opened.lastNumber + 1)
    opened.lastNumber += UInt64(reports)
    outbox.add(.perform(token(.work, &outbox), .job(.adopt(work))))
  }

  /// A worker could not reduce a range.
  mutating func reducingFailed(
    _ order: UInt64, _ failure: ReducingFailure, from worker: Name, _ cluster: inout Cluster,
    at now: Moment, _ outbox: inout Outbox
  ) {
    guard stage == .counting, let index = level?.index(ofOrder: order), let level,
      level.orders[index].worker == worker, !level.orders[index].isAnswered
    else { return }
    let range = level.orders[index].range
    let state = level.ranges[range]
    switch failure {
    case .failed(let text):
      reductionFailed(order, "worker \(worker): \(text)", &cluster, at: now, &outbox)
    case .contradiction(let text):
      reduced(
        ReducingOutcome(rangeIndex: range, result: .contradiction(text)), &cluster, at: now,
        &outbox)
    case .damaged(let reports, let polls, _), .unreachable(let reports, let polls):
      guard reports.allSatisfy(state.reports.indices.contains),
        polls.allSatisfy(state.polls.indices.contains), !reports.isEmpty || !polls.isEmpty
      else {
        return reductionFailed(
          order, "worker \(worker) misses reports that it was not given", &cluster, at: now, &outbox
        )
      }
      endOrder(index)
      avoid(worker, range)
      if case .damaged(_, _, let reason) = failure {
        takeBack(
          reports, polls, of: range, because: { _ in .failure(reason) }, &cluster, at: now, &outbox)
        return
      }
      self.level?.ranges[range].reducingAttempts.unreachable += 1
      let isAnyLost =
        reports.contains { level.isLost(state.reports[$0], cluster) }
        || polls.contains { level.isLost(state.polls[$0], cluster) }
      if !isAnyLost, state.reducingAttempts.unreachable == 0 {
        // They are where they were, perhaps another worker can reach them.
        waitAgain(range)
      } else {
        let reason = "worker \(worker) could not fetch its report"
        let members = cluster
        takeBack(
          reports, polls, of: range,
          because: { held in
            level.isLost(held, members) ? .free : .failure(reason)
          }, &cluster, at: now, &outbox)
      }
    }
  }

  /// What has come of an order cannot be used: another worker may do better.
  mutating func reductionFailed(
    _ order: UInt64, _ reason: String, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    guard stage == .counting, let index = level?.index(ofOrder: order), let level else { return }
    let range = level.orders[index].range
    let worker = level.orders[index].worker
    note("\(level.name(ofRange: range)): worker \(worker) did not reduce it: \(reason)", &outbox)
    cluster.members.noteFailure(of: worker, at: now)
    endOrder(index)
    self.level?.ranges[range].reducingAttempts.failures += 1
    avoid(worker, range)
    if level.ranges[range].reducingAttempts.failures + 1 >= cluster.configuration.attemptLimit {
      fail(
        "\(level.name(ofRange: range)) could not be reduced in"
          + " \(cluster.configuration.attemptLimit) attempts; the last time: \(reason)", &cluster,
        at: now, &outbox)
    } else {
      waitAgain(range)
    }
  }

  /// Lets another worker reduce a range, if there is one.
  private mutating func avoid(_ worker: Name, _ range: Int) {
    level?.ranges[range].avoided = worker
    if level?.ranges[range].planner == worker { level?.ranges[range].planner = nil }
  }

  private mutating func waitAgain(_ range: Int) {
    guard let phase = level?.ranges[range].phase else { return }
    leaveToWorkers(range, phase)
  }

  /// Forgets an order; its range is to be looked at otherwise.
  mutating func endOrder(_ index: Int) {
    level?.orders.remove(at: index)
    needsScheduling = true
  }

  // MARK: What is lost

  /// Counts again what a range needs and nobody has any more; whether it needs some.
  private mutating func countAgainWhatIsLost(
    _ range: Int, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) -> Bool {
    // Who has planned the range does not need the reports again, if it is still there.
    let planner = level?.ranges[range].planner
    let hasPlan = planner.map { cluster.members.countingWorkers.containsSorted($0) } ?? false
    guard let lost = whatIsLost(range, hasPlan: hasPlan, cluster) else { return false }
    takeBack(
      lost.reports, lost.polls, of: range, because: { _ in .free }, &cluster, at: now, &outbox)
    return true
  }

  /// Places of answers that a range needs and nobody has any more; nil where there are none.
  private func whatIsLost(
    _ range: Int, hasPlan: Bool, _ cluster: Cluster
  ) -> (reports: [Int], polls: [Int])? {
    guard let level else { return nil }
    let state = level.ranges[range]
    let polls = state.polls.indices.filter { level.isLost(state.polls[$0], cluster) }
    let reports =
      hasPlan ? [] : state.reports.indices.filter { level.isLost(state.reports[$0], cluster) }
    return reports.isEmpty && polls.isEmpty ? nil : (reports, polls)
  }

  /// Takes an order back whose worker fetches what nobody has any more, and has that counted again.
  ///
  /// Nothing comes of such a fetch for long, as who is silent does not say so: to wait for it is to
  /// wait until its worker is dead, and longer. Who has planned the range needs no reports, and
  /// answers soon; one that does not has thrown the plan away.
  ///
  /// - Returns: whether it was.
  @discardableResult
  private mutating func takeBackIfInVain(
    _ id: UInt64, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) -> Bool {
    guard let index = level?.index(ofOrder: id), let order = level?.orders[index],
      !order.isAnswered
    else { return false }
    let hasPlan =
      level?.ranges[order.range].planner == order.worker
      && now.milliseconds - order.sentAt < cluster.configuration.resendMilliseconds
    guard let lost = whatIsLost(order.range, hasPlan: hasPlan, cluster) else { return false }
    cluster.send(.cancel(leases: [id]), to: order.worker, &outbox)
    endOrder(index)
    takeBack(
      lost.reports, lost.polls, of: order.range, because: { _ in .free }, &cluster, at: now,
      &outbox)
    return true
  }

  /// Asks again for some answers about a range, of others where that can be; what was made of them is
  /// forgotten.
  ///
  /// - Parameter because: why, answer by answer; one that failed counts against its worker.
  mutating func reopen(
    _ answers: [Int], _ phase: CountingPhase, of range: Int,
    because: (HeldAnswer) -> Return, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    guard var opened = level.take() else { return }
    var taken: [(answer: HeldAnswer, piece: Int)] = []
    do throws(CountingError) {
      let bad = try opened.takeBack(answers, phase, of: range)
      level = opened
      for answer in bad {
        taken.append(
          (
            answer,
            try opened.add(BlockSet(home: answer.worker, shards: answer.shards), phase: phase)
          ))
      }
      level = opened
    } catch {
      level = opened
      fail(error.description, &cluster, at: now, &outbox)
      return
    }
    for (answer, piece) in taken where stage == .counting {
      let reason = because(answer)
      var avoided: Name?
      if case .failure(let text) = reason {
        let name = level?.name(ofRange: range) ?? ""
        note("\(name): the counts of worker \(answer.worker) are lost or damaged: \(text)", &outbox)
        cluster.members.noteFailure(of: answer.worker, at: now)
        avoided = answer.worker
      }
      giveBack(
        [UInt32(truncatingIfNeeded: range)], to: piece, because: reason, avoiding: avoided,
        &cluster, at: now, &outbox)
    }
    needsScheduling = true
  }

  private mutating func takeBack(
    _ reports: [Int], _ polls: [Int], of range: Int, because: (HeldAnswer) -> Return,
    _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    if reports.isEmpty {
      reopen(polls, .poll, of: range, because: because, &cluster, at: now, &outbox)
    } else {
      reopen(reports, .nominate, of: range, because: because, &cluster, at: now, &outbox)
    }
  }

  // MARK: Workers and time

  /// A worker has gone, or may have: its orders go to others, and what it kept of ranges that are not
  /// reduced yet is counted again.
  mutating func reducerChanged(
    _ name: Name, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard stage == .counting, level?.isReducedOnWorkers == true else { return }
    let member = cluster.members.worker(name)
    let isSameLife = member != nil && member?.incarnation == views[name]?.incarnation
    let isThere = isSameLife && member?.liveness == .alive
    if !isThere || member?.isLeaving == true {
      takeOrders(from: name, isThere: isThere, cluster, &outbox)
    }
    for range in (level?.ranges ?? []).indices where stage == .counting {
      guard let level else { return }
      let state = level.ranges[range]
      if state.reducer == .nobody {
        _ = countAgainWhatIsLost(range, &cluster, at: now, &outbox)
      } else if case .worker(let order) = state.reducer {
        takeBackIfInVain(order, &cluster, at: now, &outbox)
      } else if state.phase == .counting {
        let lost = state.reports.indices.filter {
          state.reports[$0].worker == name && level.isLost(state.reports[$0], cluster)
        }
        if lost.isEmpty { continue }
        takeBack(lost, [], of: range, because: { _ in .free }, &cluster, at: now, &outbox)
      }
    }
  }

  /// Takes the orders of a worker away, but for what it has answered.
  ///
  /// - Parameter isThere: whether it can be asked for an answer that is still to be fetched.
  mutating func takeOrders(
    from name: Name, isThere: Bool, _ cluster: Cluster, _ outbox: inout Outbox
  ) {
    var taken: [UInt64] = []
    for order in level?.orders ?? []
    where order.worker == name && (!order.isAnswered || order.isFetching && !isThere) {
      guard let index = level?.index(ofOrder: order.id) else { continue }
      taken.append(order.id)
      avoid(name, order.range)
      endOrder(index)
      waitAgain(order.range)
    }
    if !taken.isEmpty { cluster.send(.cancel(leases: taken), to: name, &outbox) }
  }

  /// Sends orders again that have no answer, and gives those that take too long to others.
  mutating func tickOrders(
    _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    for order in level?.orders ?? [] where !order.isAnswered {
      guard let index = level?.index(ofOrder: order.id), let state = level?.ranges[order.range]
      else { continue }
      // Each attempt gets twice the time, so that what takes long comes to an end.
      let patience =
        cluster.configuration.deadMilliseconds << UInt64(min(state.reducingAttempts.timeouts, 10))
      if now.milliseconds - order.sentAt > patience {
        cluster.send(.cancel(leases: [order.id]), to: order.worker, &outbox)
        level?.ranges[order.range].reducingAttempts.timeouts += 1
        avoid(order.worker, order.range)
        endOrder(index)
        waitAgain(order.range)
      } else if now.milliseconds >= order.resendAt {
        if takeBackIfInVain(order.id, &cluster, at: now, &outbox) { continue }
        let interval = min(order.resendInterval * 2, 8_000)
        level?.orders[index].resendInterval = interval
        level?.orders[index].resendAt = now.milliseconds + interval
        sendOrder(index, cluster, &outbox)
      }
    }
    // Where nobody could be found.
    if level?.unordered.isEmpty == false { needsScheduling = true }
  }
}
