import Messages

/// What clients ask.
extension Coordinator {
  mutating func handle(
    _ request: ClientRequest, id: RequestID, from peer: PeerID, role: Role, at: Moment
  ) {
    if let refusal = refusal(of: request, role) {
      outbox.add(.reply(.refused(refusal), id: id, to: peer))
      return
    }
    switch request {
    case .submitJob, .listJobs, .showJob, .watchJob, .cancelJob, .removeJob, .openResults:
      jobs.handle(request, id: id, from: peer, &cluster, at: at, &outbox)
    case .openDataSet, .putChunk, .closeDataSet, .abandonDataSet:
      ingests.handle(request, id: id, from: peer, &cluster, at: at, &outbox)
    case .removeDataSet, .drainNode, .removeNode:
      if !answers.repeats(id, from: peer, &outbox) {
        change(request, id: id, from: peer, at: at)
      }
    case .status, .listDataSets, .showDataSet, .verifyDataSet, .listNodes:
      outbox.add(.reply(answer(request, id: id, at: at), id: id, to: peer))
    }
  }

  /// Whether a role may not ask this, or the coordinator is not ready.
  private func refusal(of request: ClientRequest, _ role: Role) -> Refusal? {
    switch role {
    case .admin, .loopback: break
    case .client:
      if request.needsAdmin {
        return Refusal(.forbidden, "only an admin may do this: use the admin's key with --keys")
      }
    case .worker, .coordinator:
      return Refusal(
        .forbidden, "a \(role)'s key asks nothing of a coordinator: use a client's key")
    }
    if phase == .ready { return nil }
    return Refusal(.unavailable, "the coordinator is just starting: try again in a moment")
  }

  private mutating func answer(
    _ request: ClientRequest, id: RequestID, at: Moment
  ) -> ClientResponse {
    switch request {
    case .status:
      return .status(
        cluster.status(
          jobs: jobs.summaries, jobProblems: jobs.problems, startedAt: startedAt, at: at))
    case .listDataSets: return .dataSets(cluster.dataSets.all.map(cluster.summary))
    case .listNodes: return .nodes(cluster.members.all.map { cluster.summary(of: $0, at: at) })
    case .showDataSet(let name):
      guard let record = cluster.dataSets.record(named: name) else { return unknownDataSet(name) }
      return .dataSet(cluster.summary(of: record))
    case .verifyDataSet(let name):
      guard let record = cluster.dataSets.record(named: name) else { return unknownDataSet(name) }
      return verifications.verify(record, id: id, cluster, at: at, &outbox)
    default: return .done
    }
  }

  private func unknownDataSet(_ name: Name) -> ClientResponse {
    .refused(
      Refusal(
        .unknown, "there is no data set \(name): `lode dataset list` shows those that there are"))
  }

  private func unknownNode(_ name: Name) -> ClientResponse {
    .refused(
      Refusal(.unknown, "there is no worker \(name): `lode node list` shows those that there are"))
  }

  // MARK: Changes

  private mutating func change(
    _ request: ClientRequest, id: RequestID, from peer: PeerID, at: Moment
  ) {
    let refused: ClientResponse?
    switch request {
    case .removeDataSet(let name): refused = removeDataSet(name, id: id, from: peer)
    case .drainNode(let name): refused = drainNode(name, id: id, from: peer, at: at)
    case .removeNode(let name): refused = removeNode(name, id: id, from: peer)
    default: refused = nil
    }
    if let refused { outbox.add(.reply(refused, id: id, to: peer)) }
  }

  private mutating func removeDataSet(
    _ name: Name, id: RequestID, from peer: PeerID
  ) -> ClientResponse? {
    guard let record = cluster.dataSets.record(named: name) else { return unknownDataSet(name) }
    if jobs.uses(record.id) {
      return .refused(
        Refusal(
          .invalid,
          "data set \(name) is used by a job that has not ended: wait for it, or cancel it;"
            + " `lode job list` shows it"))
    }
    cluster.dataSets.remove(record.id)
    cluster.registry.stopRecording(.dataSet(record.id))
    removals[id] = record.id
    answers.answer(.done, id, to: peer, after: [.removeDataSet(record.id)], &outbox)
    return nil
  }

  private mutating func drainNode(
    _ name: Name, id: RequestID, from peer: PeerID, at: Moment
  ) -> ClientResponse? {
    guard cluster.members.worker(name) != nil else { return unknownNode(name) }
    cluster.members.setDraining(name)
    guard let member = cluster.members.worker(name) else { return unknownNode(name) }
    answers.answer(
      .node(cluster.summary(of: member, at: at)), id, to: peer,
      after: [.putNode(member.record)], &outbox)
    return nil
  }

  private mutating func removeNode(
    _ name: Name, id: RequestID, from peer: PeerID
  ) -> ClientResponse? {
    guard let member = cluster.members.worker(name) else { return unknownNode(name) }
    guard member.state == .dead || member.state == .drained else {
      return .refused(
        Refusal(
          .invalid,
          "worker \(name) is \(member.state), and only a dead or drained one can be removed: run"
            + " `lode node drain \(name)` first"))
    }
    cluster.send(
      .refused("worker \(name) was removed from the cluster; start it again to join anew"),
      to: name, &outbox)
    cluster.members.remove(name)
    cluster.registry.forget(name)
    answers.answer(.done, id, to: peer, after: [.removeNode(name)], &outbox)
    return nil
  }

  /// A change is durable: what it allows is done, and it is answered.
  mutating func persisted(_ id: RequestID) {
    if let dataSet = removals.removeValue(forKey: id) {
      cluster.registry.drop(.dataSet(dataSet), members: cluster.members, outbox: &outbox)
    }
    answers.persisted(id, &outbox)
  }
}
