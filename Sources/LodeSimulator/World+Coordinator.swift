import Coordination
import Messages

/// The shell of a coordinator: carries its effects out, and loses them in a crash.
extension World {
  func start(_ machine: CoordinatorMachine) {
    guard !machine.isRunning, !machine.isGone else { return }
    machine.life += 1
    machine.core = makeCoordinator(machine)
    note("c\(machine.number) starts, life \(machine.life)")
    digest.add(machine.life)
    if machine.claimedBefore { probes.hit(.jobResumed, if: hasRunningJob) }
    machine.claimedBefore = true
    add(.tickCoordinator(machine: machine.number, life: machine.life), after: scenario.tick)
    carryOut(begin(machine), of: machine)
  }

  private var hasRunningJob: Bool {
    catalog.jobs.contains { $0.summary.state == .running && !$0.checkpoints.isEmpty }
  }

  /// Gives an event to the process and carries out what it wants.
  func tell(_ machine: CoordinatorMachine, _ event: CoordinatorEvent) {
    guard machine.core != nil else { return }
    carryOut(handle(event, by: machine), of: machine)
  }

  private func carryOut(_ effects: [CoordinatorEffect], of machine: CoordinatorMachine) {
    let life = machine.life
    for effect in effects {
      guard machine.life == life, failure == nil else { return }
      carryOut(effect, of: machine)
    }
  }

  private func carryOut(_ effect: CoordinatorEffect, of machine: CoordinatorMachine) {
    switch effect {
    case .send(let envelope, let peer): send(envelope, to: peer, from: machine)
    case .reply(let response, let id, let peer):
      checkReply(response, id: id, by: machine)
      guard case .client(let client, let connection)? = machine.peers[peer] else { return }
      post(
        Parcel(
          from: machine.place, to: clients[client].place,
          content: .response(response, id: id, client: client, connection: connection)))
    case .persist(let token, let writes):
      let finish = max(now + diskTime(machine), machine.lastCommitAt + 1)
      machine.lastCommitAt = finish
      digest.add(writes.count)
      if mutant == .commitBeforeFlush {
        tellLater(machine, .persisted(token))
      } else if mutant == .commitSplit {
        for write in writes.prefix(writes.count / 2) { catalog.apply(write) }
      }
      if springs(.commit, afterwards: false) { return crash(machine) }
      finishLater(machine, .persist(token, writes), at: finish)
    case .store(let token, let object, let bytes):
      digest.add(object)
      if mutant == .checkpointBeforeFlush { tellLater(machine, .stored(token, object)) }
      if springs(.checkpoint, afterwards: false) { return crash(machine) }
      finishLater(machine, .store(token, object, bytes), at: inOrder(machine))
    case .load(let token, let object):
      finishLater(machine, .load(token, object), at: inOrder(machine))
    case .forget(let id): finishLater(machine, .forget(id), at: inOrder(machine))
    case .fetch(let token, let object, let sources):
      let time = network.transferTime(byteCount: object.length)
      finishLater(machine, .fetch(token, object, sources: sources), at: now + time)
    case .publish(let object, let bytes):
      probes.hit(.contentPublished)
      machine.published[object.id] = (object, bytes)
    case .withdraw(let id): machine.published[id] = nil
    case .perform(let token, let work):
      if springs(.perform, afterwards: false) { return crash(machine) }
      finishLater(machine, .perform(token, work), at: now + computeTime(machine))
    case .stop(let reason): stop(machine, reason)
    case .note(let line): note("c\(machine.number) notes: \(line)")
    case .progress(let summary):
      progress.lastAdvance = now
      note("c\(machine.number) progress: \(summary.id) \(summary.state) level \(summary.level)")
    }
  }

  private func finishLater(
    _ machine: CoordinatorMachine, _ completion: CoordinatorCompletion, at time: UInt64
  ) {
    queue.add(
      .coordinatorDone(machine: machine.number, life: machine.life, completion), at: time)
  }

  /// The end of something that the coordinator's own store does: one thing after the other, since an
  /// object may be forgotten and stored again.
  private func inOrder(_ machine: CoordinatorMachine) -> UInt64 {
    machine.lastStoreAt = max(now + diskTime(machine), machine.lastStoreAt + 1)
    return machine.lastStoreAt
  }

  private func tellLater(_ machine: CoordinatorMachine, _ event: CoordinatorEvent) {
    let delay = chance.duration(0...2_000)
    add(.tellCoordinator(machine: machine.number, life: machine.life, event), after: delay)
  }

  func complete(_ completion: CoordinatorCompletion, on machine: CoordinatorMachine) {
    switch completion {
    case .persist(let token, let writes): commit(token, writes, on: machine)
    case .store(let token, let object, let bytes):
      if machine.disk.isFull {
        return tellLater(machine, .storeFailed(token, .disk("no space left on device")))
      }
      machine.disk.write(object, bytes)
      if springs(.checkpoint, afterwards: true) { return crash(machine) }
      if mutant != .checkpointBeforeFlush { tellLater(machine, .stored(token, object)) }
    case .load(let token, let object):
      switch read(object, from: machine) {
      case .success(let bytes): tell(machine, .loaded(token, bytes))
      case .failure(let reason): tell(machine, .loadFailed(token, reason.failure))
      }
    case .forget(let id): machine.disk.remove(id)
    case .fetch(let token, let object, let sources):
      switch fetch(object, from: sources, to: machine.place) {
      case .success(let bytes):
        probes.hit(.coordinatorFetched)
        tell(machine, .loaded(token, bytes))
      case .failure(let reason): tell(machine, .loadFailed(token, reason.failure))
      }
    case .perform(let token, let work):
      let outcome = performed(work)
      tell(machine, .performed(token, outcome))
    }
  }

  /// Makes the changes of a commit, all of them, unless another coordinator owns the catalog.
  private func commit(_ token: Token, _ writes: [CatalogWrite], on machine: CoordinatorMachine) {
    for write in writes {
      if case .claim(let epoch) = write, epoch > catalog.epoch { machine.claimed = epoch }
    }
    // Whoever takes over opens the file and with it takes the lock away.
    let hasLock = !machine.isStale || coordinators[primary].life == 0
    guard machine.claimed >= catalog.epoch && hasLock || mutant == .fencingSilent else {
      probes.hit(.catalogFenced)
      let reason = "the catalog belongs to epoch \(catalog.epoch)"
      return tell(machine, .persistFailed(token, reason))
    }
    checkCommit(writes, by: machine)
    let skipped = mutant == .commitSplit ? writes.count / 2 : 0
    for write in writes.dropFirst(skipped) { catalog.apply(write) }
    if springs(.commit, afterwards: true) { return crash(machine) }
    if mutant != .commitBeforeFlush { tellLater(machine, .persisted(token)) }
  }

  private func send(
    _ envelope: CoordinatorEnvelope, to peer: PeerID, from machine: CoordinatorMachine
  ) {
    checkSent(envelope, by: machine)
    guard case .worker(let number, let connection)? = machine.peers[peer] else { return }
    noteSent(envelope, to: workers[number], from: machine)
    post(
      Parcel(
        from: machine.place, to: workers[number].place,
        content: .toWorker(envelope, machine: number, connection: connection)))
  }

  private func stop(_ machine: CoordinatorMachine, _ reason: String) {
    note("c\(machine.number) stops: \(reason)")
    machine.endProcess()
    if machine.isStale {
      probes.hit(.coordinatorFenced)
      machine.isGone = true
    } else {
      add(.startCoordinator(machine: machine.number), after: chance.duration(50_000...500_000))
    }
  }

  /// Kills the process; it is started again.
  func crash(_ machine: CoordinatorMachine) {
    guard machine.isRunning else { return }
    probes.hit(.coordinatorCrashed)
    note("c\(machine.number) crashes")
    machine.endProcess()
    if machine.isStale {
      machine.isGone = true
    } else {
      add(.startCoordinator(machine: machine.number), after: chance.duration(20_000...1_500_000))
    }
  }

  func diskTime(_ machine: Machine) -> UInt64 {
    chance.duration(scenario.diskDelay) * machine.disk.slowness
  }

  func computeTime(_ machine: Machine) -> UInt64 {
    chance.duration(scenario.computeDelay) * machine.slowness
  }

  /// Whether the crash that lies in wait comes now.
  func springs(_ trigger: Ambush.Trigger, afterwards: Bool) -> Bool {
    guard let waiting = ambush, waiting.trigger == trigger, waiting.isAfterwards == afterwards
    else { return false }
    ambush = nil
    probes.hit(afterwards ? .crashedAfterDurable : .crashedBeforeDurable)
    return true
  }
}
