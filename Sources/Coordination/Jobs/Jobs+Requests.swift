import Itemsets
import Messages

extension Jobs {
  /// Answers a client's request about jobs; all others are left alone.
  mutating func handle(
    _ request: ClientRequest, id: RequestID, from peer: PeerID, _ cluster: inout Cluster,
    at now: Moment, _ outbox: inout Outbox
  ) {
    switch request {
    case .submitJob(let specification):
      submit(specification, id: id, from: peer, &cluster, at: now, &outbox)
    case .listJobs: outbox.add(.reply(.jobs(summaries), id: id, to: peer))
    case .showJob(let job):
      guard let index = known(job, id, peer, &outbox) else { return }
      outbox.add(.reply(.job(machines[index].shownSummary), id: id, to: peer))
    case .watchJob(let job, let closedLevels):
      guard let index = known(job, id, peer, &outbox) else { return }
      let summary = machines[index].shownSummary
      if !watchers.wait(for: summary, closedLevels: closedLevels, id, peer) {
        outbox.add(.reply(.job(summary), id: id, to: peer))
      }
    case .cancelJob(let job):
      guard let index = known(job, id, peer, &outbox) else { return }
      cancel(index, id: id, from: peer, &cluster, at: now, &outbox)
    case .removeJob(let job):
      guard let index = known(job, id, peer, &outbox) else { return }
      remove(index, id: id, from: peer, &cluster, &outbox)
    case .openResults(let job):
      guard let index = known(job, id, peer, &outbox) else { return }
      outbox.add(.reply(results(of: index, cluster), id: id, to: peer))
    default: return
    }
    settle(&cluster, at: now, &outbox)
  }

  /// The place of a job, or a refusal.
  private func known(
    _ job: JobID, _ id: RequestID, _ peer: PeerID, _ outbox: inout Outbox
  ) -> Int? {
    if let index = index(of: job) { return index }
    refuse(.unknown, "there is no \(job); lode job list shows all jobs", id, peer, &outbox)
    return nil
  }

  private func refuse(
    _ kind: RefusalKind, _ message: String, _ id: RequestID, _ peer: PeerID,
    _ outbox: inout Outbox
  ) {
    outbox.add(.reply(.refused(Refusal(kind, message)), id: id, to: peer))
  }

  private mutating func submit(
    _ specification: JobSpecification, id: RequestID, from peer: PeerID,
    _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    // The same request sent again is the same job.
    if let index = machines.lastIndex(where: { $0.record.request == id }) {
      if machines[index].isPersisted {
        outbox.add(.reply(.job(machines[index].shownSummary), id: id, to: peer))
      } else {
        update(index) { $0.addCaller(id, peer) }
      }
      return
    }
    guard let dataSet = cluster.dataSets.record(named: specification.dataSet) else {
      let names = cluster.dataSets.names.prefix(20).map(\.text).joined(separator: ", ")
      refuse(
        .unknown,
        "there is no data set \(specification.dataSet); "
          + (names.isEmpty
            ? "add one with lode dataset add" : "there is \(names)"),
        id, peer, &outbox)
      return
    }
    do throws(ThresholdError) {
      _ = try MinimumSupport(specification.minimumSupport)
    } catch {
      refuse(.invalid, "minimum support: \(error)", id, peer, &outbox)
      return
    }
    if let limit = specification.maximumLevel, limit < 1 {
      refuse(.invalid, "the greatest length is \(limit); it must be at least 1", id, peer, &outbox)
      return
    }
    let lost = cluster.registry.lostBlocks(of: dataSet, cluster.members)
    if !lost.isEmpty {
      refuse(
        .dataLost,
        "\(described(lost)) of data set \(dataSet.name) have no live copy; start the workers that"
          + " hold them, or add the data set again", id, peer, &outbox)
      return
    }
    guard machines.count(where: { $0.stage == .queued }) < configuration.queuedJobLimit else {
      refuse(
        .unavailable,
        "\(configuration.queuedJobLimit) jobs wait already; try again when some have ended", id,
        peer, &outbox)
      return
    }
    let index = add(specification, dataSet: dataSet, request: id, at: now)
    update(index) { $0.submit(id, peer, &outbox) }
  }

  private mutating func cancel(
    _ index: Int, id: RequestID, from peer: PeerID, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    let summary = machines[index].summary
    if summary.state == .cancelled {
      update(index) { $0.answerWhenEnded(id, peer, &outbox) }
    } else if summary.state.isFinal || machines[index].stage == .ended {
      refuse(
        .invalid, "\(summary.id) has ended already: it is \(summary.state)", id, peer, &outbox)
    } else {
      update(index) { machine in
        machine.addCaller(id, peer)
        machine.cancel(&cluster, at: now, &outbox)
      }
    }
  }

  private mutating func remove(
    _ index: Int, id: RequestID, from peer: PeerID, _ cluster: inout Cluster,
    _ outbox: inout Outbox
  ) {
    let summary = machines[index].summary
    guard summary.state.isFinal else {
      refuse(
        .invalid, "\(summary.id) is \(summary.state); cancel it before you remove it", id, peer,
        &outbox)
      return
    }
    update(index) { $0.remove(id, peer, &cluster, &outbox) }
  }

  private func results(of index: Int, _ cluster: Cluster) -> ClientResponse {
    let record = machines[index].record
    guard record.summary.state == .done else {
      let reason = record.summary.failure.isEmpty ? "" : ": \(record.summary.failure)"
      let remedy =
        record.summary.state.isFinal ? "submit it again" : "wait until it is done"
      return .refused(
        Refusal(
          .invalid,
          "\(record.summary.id) has no results, it is \(record.summary.state)\(reason); \(remedy)"))
    }
    guard let items = record.items else {
      return .refused(
        Refusal(.failed, "the results of \(record.summary.id) are not stored; submit it again"))
    }
    return .results(
      ResultDescription(
        job: record.summary, dataEndpoint: cluster.configuration.dataEndpoint, items: items,
        levels: record.checkpoints))
  }
}

extension JobMachine {
  mutating func addCaller(_ id: RequestID, _ peer: PeerID) {
    callers.removeAll { $0.id == id && $0.peer == peer }
    callers.append((id, peer))
  }

  /// Makes the job durable; it begins when that is done.
  mutating func submit(_ id: RequestID, _ peer: PeerID, _ outbox: inout Outbox) {
    addCaller(id, peer)
    outbox.add(.persist(token(.submitted, &outbox), [.putJob(record)]))
  }

  /// Answers as soon as the end is durable, perhaps at once.
  mutating func answerWhenEnded(_ id: RequestID, _ peer: PeerID, _ outbox: inout Outbox) {
    addCaller(id, peer)
    if pendingEnds == 0 { answerCallers(.job(summary), &outbox) }
  }

  /// Forgets the job; its objects are deleted when that is durable.
  mutating func remove(
    _ id: RequestID, _ peer: PeerID, _ cluster: inout Cluster, _ outbox: inout Outbox
  ) {
    addCaller(id, peer)
    guard !isBeingRemoved else { return }
    isBeingRemoved = true
    cluster.registry.stopRecording(.job(self.id))
    outbox.add(.persist(token(.removed, &outbox), [.removeJob(self.id)]))
  }
}
