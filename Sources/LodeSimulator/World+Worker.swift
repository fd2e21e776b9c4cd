import Coordination
import Messages
import Working

/// The shell of a worker: carries its effects out, and loses them in a crash.
extension World {
  func start(_ machine: WorkerMachine) {
    guard !machine.isRunning, !machine.isRetired else { return }
    if progress.lateWorkers.contains(machine.number), machine.life == 0 {
      probes.hit(.workerJoinedLate)
      machine.isGone = false
    }
    guard !machine.isGone else { return }
    machine.life += 1
    machine.incarnation += 1
    machine.endpoint =
      scenario.namesEndpointsByLife
      ? "w\(machine.number)-\(machine.life)" : "w\(machine.number)"
    endpoints[machine.endpoint] = .worker(
      machine.number, life: scenario.namesEndpointsByLife ? machine.life : nil)
    connect(machine)
    machine.core = makeWorker(machine)
    note("\(machine.name) starts, life \(machine.life)")
    digest.add(machine.life)
    add(.tickWorker(machine: machine.number, life: machine.life), after: scenario.tick)
    carryOut(begin(machine), of: machine)
  }

  /// A new connection to whoever is at the coordinator's address.
  private func connect(_ machine: WorkerMachine) {
    machine.connectionCount += 1
    var target = primary
    // An address that still leads to a coordinator which was replaced.
    if let stale = coordinators.last(where: { $0.isStale && $0.isRunning }), chance.perMille(250) {
      target = stale.number
    }
    machine.connection = Connection(number: machine.connectionCount, machine: target)
  }

  /// Gives an event to the process and carries out what it wants.
  func tell(_ machine: WorkerMachine, _ event: WorkerEvent) {
    guard machine.core != nil else { return }
    let effects = handle(event, by: machine)
    checkEffects(effects, of: event, on: machine)
    carryOut(effects, of: machine)
  }

  private func carryOut(_ effects: [WorkerEffect], of machine: WorkerMachine) {
    let life = machine.life
    for effect in effects {
      guard machine.life == life, failure == nil else { return }
      carryOut(effect, of: machine)
    }
  }

  private func carryOut(_ effect: WorkerEffect, of machine: WorkerMachine) {
    switch effect {
    case .send(let envelope): send(envelope, from: machine)
    case .promise(let token, let cluster, let epoch):
      if springs(.promise, afterwards: false) { return crash(machine) }
      finishLater(machine, .promise(token, cluster, epoch), after: diskTime(machine))
    case .fetch(let token, let object, let sources):
      mutation.noteFetch(of: object, &probes)
      let time = network.transferTime(byteCount: object.length) * machine.slowness
      finishLater(machine, .fetch(token, object, sources: sources), after: time)
    case .store(let token, let object, let bytes):
      digest.add(object)
      if mutant == .acknowledgedBeforeFlush || mutant == .storedWithoutBytes {
        tellLater(machine, .stored(token, freeBytes: machine.disk.freeBytes))
      }
      if springs(.store, afterwards: false) { return crash(machine) }
      finishLater(machine, .store(token, object, bytes), after: diskTime(machine))
    case .load(let token, let object):
      finishLater(machine, .load(token, object), after: diskTime(machine))
    case .delete(let token, let id):
      if springs(.delete, afterwards: false) { return crash(machine) }
      finishLater(machine, .delete(token, id), after: diskTime(machine))
    case .quarantine(let id):
      probes.hit(.objectQuarantined)
      machine.disk.quarantine(id)
    case .publish(let object, let bytes):
      probes.hit(.contentPublished)
      machine.published[object.id] = (object, bytes)
    case .withdraw(let id): machine.published[id] = nil
    case .perform(let token, let work):
      if springs(.perform, afterwards: false) { return crash(machine) }
      if case .reduce = work, springs(.reduce, afterwards: false) { return crash(machine) }
      finishLater(machine, .perform(token, work), after: computeTime(machine))
    case .reconnect:
      probes.hit(.workerReconnected)
      connect(machine)
    case .stop(let reason): stop(machine, reason)
    case .note(let line): note("\(machine.name) notes: \(line)")
    }
  }

  private func finishLater(
    _ machine: WorkerMachine, _ completion: WorkerCompletion, after delay: UInt64
  ) {
    add(.workerDone(machine: machine.number, life: machine.life, completion), after: delay)
  }

  private func tellLater(_ machine: WorkerMachine, _ event: WorkerEvent) {
    let delay = chance.duration(0...2_000)
    add(.tellWorker(machine: machine.number, life: machine.life, event), after: delay)
  }

  func complete(_ completion: WorkerCompletion, on machine: WorkerMachine) {
    switch completion {
    case .promise(let token, let cluster, let epoch):
      if mutant != .promiseNotPersisted {
        machine.disk.cluster = cluster
        machine.disk.promised = max(machine.disk.promised, epoch)
      }
      if springs(.promise, afterwards: true) { return crash(machine) }
      tellLater(machine, .promised(token))
    case .store(let token, let object, let bytes): store(token, object, bytes, on: machine)
    case .load(let token, let object):
      switch read(object, from: machine) {
      case .success(let bytes): tell(machine, .loaded(token, bytes))
      case .failure(let reason):
        if reason.failure == .damaged { probes.hit(.damageFoundOnDisk) }
        tell(machine, .loadFailed(token, reason.failure))
      }
    case .delete(let token, let id):
      checkDeletion(of: id, on: machine)
      machine.disk.remove(id)
      if springs(.delete, afterwards: true) { return crash(machine) }
      tellLater(machine, .deleted(token))
    case .fetch(let token, let object, let sources):
      switch fetch(object, from: sources, to: machine.place) {
      case .success(let bytes):
        if !object.id.kind.isStored { probes.hit(.contentFetched) }
        tell(machine, .loaded(token, bytes))
      case .failure(let reason): tell(machine, .loadFailed(token, reason.failure))
      }
    case .perform(let token, let work):
      if case .reduce = work, springs(.reduce, afterwards: true) { return crash(machine) }
      tell(machine, .performed(token, outcome(of: work, on: machine)))
    }
  }

  private func outcome(of work: WorkerWork, on machine: WorkerMachine) -> WorkerOutcome {
    if now < machine.failsUntil {
      switch work {
      case .count, .reduce:
        probes.hit(.countingFailed)
        return .failed("no memory to count with, for a while")
      default: break
      }
    }
    return performed(work)
  }

  private func store(
    _ token: WorkerToken, _ object: ObjectDescriptor, _ bytes: [UInt8], on machine: WorkerMachine
  ) {
    if machine.disk.isFull {
      probes.hit(.diskFull)
      return tellLater(machine, .storeFailed(token, .disk("no space left on device")))
    }
    if mutant == .storedWithoutBytes { return }
    if mutant != .checksumSkipped, !object.matches(bytes) {
      fail("storage", "\(machine.name) stores \(object.id) from bytes that are not its own")
    }
    machine.disk.write(object, bytes)
    if springs(.store, afterwards: true) { return crash(machine) }
    if mutant != .acknowledgedBeforeFlush {
      tellLater(machine, .stored(token, freeBytes: machine.disk.freeBytes))
    }
  }

  private func send(_ envelope: WorkerEnvelope, from machine: WorkerMachine) {
    checkSent(envelope, by: machine)
    noteSent(envelope, from: machine)
    let target = coordinators[machine.connection.machine]
    post(
      Parcel(
        from: machine.place, to: target.place,
        content: .toCoordinator(
          envelope, machine: machine.connection.machine, connection: machine.connection)))
  }

  private func stop(_ machine: WorkerMachine, _ reason: String?) {
    note("\(machine.name) stops: \(reason ?? "as it was asked")")
    machine.endProcess()
    if reason == nil {
      probes.hit(.workerStopped)
      if progress.drained.contains(machine.number) {
        machine.isRetired = true
        return
      }
    }
    add(.startWorker(machine: machine.number), after: chance.duration(50_000...800_000))
  }

  /// Kills the process; it is started again.
  func crash(_ machine: WorkerMachine) {
    guard machine.isRunning else { return }
    probes.hit(.workerCrashed)
    note("\(machine.name) crashes")
    mutation.noteDeath(of: machine.number, &probes)
    machine.endProcess()
    add(.startWorker(machine: machine.number), after: chance.duration(20_000...3_000_000))
  }
}
