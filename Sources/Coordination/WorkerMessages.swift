import Messages

/// What workers say.
extension Coordinator {
  mutating func handle(_ envelope: WorkerEnvelope, from peer: PeerID, role: Role, at: Moment) {
    guard phase == .ready else { return }
    guard role == .worker || role == .loopback else {
      refuse(
        envelope, peer,
        "this connection has a \(role)'s key, which may not speak as a worker: use a worker's key")
      return
    }
    if case .hello(let hello) = envelope.message {
      handle(hello, envelope, from: peer, at: at)
      return
    }
    let name = envelope.name
    guard let member = cluster.members.worker(name), member.incarnation <= envelope.incarnation
    else {
      if let member = cluster.members.worker(name) {
        refuse(envelope, peer, staleText(member))
      } else {
        introduce(envelope, peer)
      }
      return
    }
    if member.incarnation < envelope.incarnation || member.peer == nil {
      introduce(envelope, peer)
      return
    }
    if isFenced(by: envelope.epoch) { return }
    // What was said to an earlier coordinator may be true no longer: a list of what is stored lacks
    // what was stored since. The worker lists everything once it is welcome here.
    guard member.isWelcome, envelope.epoch == cluster.epoch else { return }
    cluster.members.heard(from: name, peer: peer, at: at)
    handle(envelope.message, from: name, at: at)
  }

  private func staleText(_ member: Member) -> String {
    "a newer process has joined as worker \(member.name): stop this one, or give it another name"
      + " with --name and a data folder of its own"
  }

  private mutating func introduce(_ envelope: WorkerEnvelope, _ peer: PeerID) {
    cluster.members.send(
      .introduceYourself, to: peer, incarnation: envelope.incarnation, &outbox)
  }

  private mutating func refuse(_ envelope: WorkerEnvelope, _ peer: PeerID, _ text: String) {
    cluster.members.send(.refused(text), to: peer, incarnation: envelope.incarnation, &outbox)
  }

  /// Whether a worker has promised to obey a newer coordinator; this one stops then.
  private mutating func isFenced(by epoch: Epoch) -> Bool {
    guard epoch > cluster.epoch else { return false }
    stop(
      "another coordinator has taken over (epoch \(epoch), this one had \(cluster.epoch)): it must"
        + " be the only one; nothing to do if that was meant")
    return true
  }

  private mutating func handle(
    _ hello: WorkerHello, _ envelope: WorkerEnvelope, from peer: PeerID, at: Moment
  ) {
    let name = envelope.name
    if let other = hello.cluster, other != cluster.clusterID {
      refuse(
        envelope, peer,
        "the data folder of worker \(name) belongs to cluster \(other), this is"
          + " \(cluster.clusterID): use the coordinator of that cluster, or an empty folder")
      return
    }
    if isFenced(by: envelope.epoch) { return }
    let known = cluster.members.worker(name)
    if let known, envelope.incarnation < known.incarnation {
      refuse(envelope, peer, staleText(known))
      return
    }
    if known == nil, cluster.members.names.count >= Membership.memberLimit {
      refuse(
        envelope, peer,
        "the cluster has \(Membership.memberLimit) workers, which is the limit: remove dead ones"
          + " with `lode node remove`")
      return
    }
    let isNewLife = known?.peer == nil || known?.incarnation != envelope.incarnation
    let record = cluster.members.admit(
      hello, name: name, incarnation: envelope.incarnation, peer: peer, at: at)
    if isNewLife || known?.hasInventory == false {
      cluster.registry.beginInventory(of: name)
    }
    if let record {
      let token = outbox.token(for: .member(name, record.incarnation))
      outbox.add(.persist(token, [.putNode(record)]))
    } else if cluster.members.worker(name)?.isWelcome == true {
      welcome(name)
    }
  }

  mutating func welcome(_ name: Name) {
    cluster.send(
      .welcome(
        Welcome(
          heartbeatMilliseconds: cluster.configuration.heartbeatMilliseconds,
          dataEndpoint: cluster.configuration.dataEndpoint)),
      to: name, &outbox)
  }

  private mutating func handle(_ message: WorkerMessage, from name: Name, at: Moment) {
    switch message {
    case .hello: break
    case .heartbeat(let heartbeat):
      cluster.members.took(heartbeat, from: name)
      cluster.members.askAnewIfStuck(name, at: at, &outbox)
      cluster.send(.heartbeatReceived(sequence: heartbeat.sequence), to: name, &outbox)
    case .inventory(let part):
      take(part, from: name, at: at)
    case .fenced(let epoch):
      _ = isFenced(by: epoch)
    case .missing, .counted, .countingFailed, .reduced, .reducingFailed:
      jobs.handle(message, from: name, &cluster, at: at, &outbox)
    case .leaving:
      cluster.members.noteLeaving(name)
      jobs.handle(message, from: name, &cluster, at: at, &outbox)
      cluster.send(.released, to: name, &outbox)
    case .verified(let descriptor, let failure):
      verifications.verified(descriptor, failure, by: name, &cluster, at: at, &outbox)
    case .stored, .storeFailed, .deleted, .damaged:
      handleStorage(message, from: name)
    }
  }

  private mutating func take(_ part: InventoryPart, from name: Name, at: Moment) {
    guard part.index >= 0, part.objects.count <= InventoryPart.lengthLimit else { return }
    if cluster.members.took(part, from: name, at: at) {
      let unknown = cluster.registry.list(
        part.objects, on: name, members: cluster.members, outbox: &outbox)
      cluster.members.noteQuarantine(unknown.count, on: name)
      if let first = unknown.first {
        outbox.add(
          .note(
            "worker \(name) stores \(unknown.count) objects that the cluster does not know, such"
              + " as \(first): it was told to set them aside"))
      }
      if part.index == part.partCount - 1 {
        cluster.members.inventoryCompleted(by: name)
        cluster.registry.endInventory(of: name)
      }
    }
    // A worker that says hello again in the same life lists everything again, in other parts.
    guard let member = cluster.members.worker(name),
      member.hasInventory || part.index < member.nextInventoryPart
    else { return }
    cluster.send(.inventoryReceived(index: part.index), to: name, &outbox)
  }

  private mutating func handleStorage(_ message: WorkerMessage, from name: Name) {
    let members = cluster.members
    switch message {
    case .stored(let descriptor, let order):
      cluster.registry.stored(
        descriptor, order: order, on: name, members: members, outbox: &outbox)
    case .storeFailed(let descriptor, let failure):
      cluster.registry.storeFailed(
        descriptor, failure, on: name, members: members, outbox: &outbox)
    case .deleted(let id, let order):
      cluster.registry.deleted(id, order: order, on: name, members: members, outbox: &outbox)
    case .damaged(let descriptor, let place):
      if cluster.registry.holders(of: descriptor.id).containsSorted(name) {
        outbox.add(
          .note(
            "worker \(name): \(descriptor.id) is damaged (\(place)); another worker's copy replaces"
              + " it"))
      }
      cluster.registry.damaged(descriptor, on: name, members: members, outbox: &outbox)
    default: break
    }
  }
}
