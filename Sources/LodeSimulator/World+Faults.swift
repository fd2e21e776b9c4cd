import Messages
import Working

/// What goes wrong while faults last.
extension World {
  private enum Fault: CaseIterable {
    case crashWorker, crashCoordinator, ambush, pauseWorker, pauseCoordinator, cutOneWay, isolate
    case fillDisk, slowNode, slowDisk, rot, loseDisk, replaceCoordinator, stopWorker
    case failCounting

    /// How often it comes among all.
    var weight: Int {
      switch self {
      case .ambush: 24
      case .crashWorker: 18
      case .crashCoordinator, .cutOneWay: 12
      case .pauseWorker: 10
      case .rot: 8
      case .pauseCoordinator, .isolate, .slowNode, .replaceCoordinator: 6
      case .fillDisk, .slowDisk, .loseDisk, .stopWorker, .failCounting: 4
      }
    }
  }

  /// Lets something go wrong, and plans the next time.
  func nextFault() {
    guard !isCalm else { return }
    let interval = scenario.faultInterval
    add(.fault, after: chance.duration(interval / 4...interval * 7 / 4))
    let faults = Fault.allCases
    var place = chance.below(faults.reduce(0) { $0 + $1.weight })
    for fault in faults {
      place -= fault.weight
      if place < 0 {
        if inject(fault) { faultCount += 1 }
        return
      }
    }
  }

  /// Whether the fault was possible.
  private func inject(_ fault: Fault) -> Bool {
    digest.add(fault.weight)
    switch fault {
    case .crashCoordinator:
      guard let machine = runningCoordinator() else { return false }
      crash(machine)
    case .pauseCoordinator:
      guard let machine = runningCoordinator() else { return false }
      pause(machine, resume: .resumeCoordinator(machine: machine.number))
    case .replaceCoordinator: return replaceCoordinator()
    case .ambush:
      let trigger = chance.pick(Ambush.Trigger.allCases) ?? .commit
      ambush = Ambush(trigger: trigger, isAfterwards: chance.perMille(500))
      note("fault: a crash waits for the next \(trigger)")
    case .cutOneWay:
      cut(from: anyPlace(), to: anyPlace(), for: chance.duration(100_000...3_000_000))
    default:
      guard let machine = chance.pick(workers.filter(\.isRunning)) else { return false }
      return inject(fault, into: machine)
    }
    return true
  }

  private func inject(_ fault: Fault, into machine: WorkerMachine) -> Bool {
    switch fault {
    case .crashWorker: crash(machine)
    case .pauseWorker: pause(machine, resume: .resumeWorker(machine: machine.number))
    case .isolate:
      let duration = chance.duration(200_000...3_000_000)
      for other in coordinators.map(\.place) + workers.map(\.place) where other != machine.place {
        cut(from: machine.place, to: other, for: duration)
        cut(from: other, to: machine.place, for: duration)
      }
    case .fillDisk:
      note("fault: \(machine.name)'s disk is full")
      machine.disk.isFull = true
      add(.healDisk(machine: machine.number), after: chance.duration(300_000...3_000_000))
    case .slowNode:
      note("fault: \(machine.name) is slow")
      machine.slowness = 20
      add(.healSlowness(machine: machine.number), after: chance.duration(500_000...3_000_000))
    case .slowDisk:
      note("fault: \(machine.name)'s disk is slow")
      machine.disk.slowness = 20
      add(.healSlowness(machine: machine.number), after: chance.duration(500_000...3_000_000))
    case .failCounting:
      note("fault: \(machine.name) cannot count")
      machine.failsUntil = now + chance.duration(300_000...3_000_000)
    case .rot: return rot(machine)
    case .loseDisk: return loseDisk(machine)
    case .stopWorker:
      note("fault: \(machine.name) is asked to stop")
      tell(machine, .stopRequested)
    default: return false
    }
    return true
  }

  private func runningCoordinator() -> CoordinatorMachine? {
    chance.pick(coordinators.filter(\.isRunning))
  }

  private func anyPlace() -> Int {
    let places = coordinators.filter { !$0.isGone }.map(\.place) + workers.map(\.place)
    return chance.pick(chance.perMille(200) ? clients.map(\.place) : places) ?? 0
  }

  private func cut(from: Int, to: Int, for duration: UInt64) {
    probes.hit(.linkCut)
    note("fault: nothing goes from place \(from) to \(to) for \(duration / 1_000) ms")
    network.cut(from: from, to: to, until: now + duration)
  }

  private func pause(_ machine: Machine, resume occurrence: Occurrence) {
    guard machine.pausedUntil == nil else { return }
    probes.hit(.processPaused)
    let duration = chance.duration(100_000...4_000_000)
    note("fault: place \(machine.place) stands still for \(duration / 1_000) ms")
    machine.pausedUntil = now + duration
    add(occurrence, after: duration)
  }

  /// Flips a bit of a stored object, as long as other copies are left by every fault so far.
  private func rot(_ machine: WorkerMachine) -> Bool {
    let objects = machine.disk.objects.filter { checks.mayLoseCopy(of: $0.id, scenario) }
    guard let object = chance.pick(objects) else { return false }
    note("fault: \(object.id) rots on \(machine.name)")
    checks.copyLost(of: object.id)
    machine.disk.rot(object.id, bit: chance.below(1 << 20))
    return true
  }

  /// A worker loses its disk with all that is on it, and comes back with an empty one.
  private func loseDisk(_ machine: WorkerMachine) -> Bool {
    let objects = machine.disk.objects
    guard objects.allSatisfy({ checks.mayLoseCopy(of: $0.id, scenario) }),
      !coordinators.contains(where: { $0.isStale && $0.isRunning })
    else { return false }
    probes.hit(.diskLost)
    note("fault: \(machine.name) loses its disk")
    for object in objects { checks.copyLost(of: object.id) }
    crash(machine)
    machine.disk.wipe()
    return true
  }

  /// Another coordinator takes over while the old one lives on.
  private func replaceCoordinator() -> Bool {
    let old = coordinators[primary]
    guard scenario.allowsStaleCoordinator, coordinators.count < 3, old.isRunning else {
      return false
    }
    probes.hit(.coordinatorReplaced)
    note("fault: another coordinator takes over from c\(old.number)")
    let machine = addCoordinator(disk: old.disk)
    old.isStale = true
    primary = machine.number
    let duration = chance.duration(200_000...3_000_000)
    for worker in workers where chance.perMille(500) {
      cut(from: old.place, to: worker.place, for: duration)
      cut(from: worker.place, to: old.place, for: duration)
    }
    add(.startCoordinator(machine: machine.number), after: chance.duration(0...300_000))
    return true
  }

  /// Faults end: what is down comes up, what is cut heals; what was damaged stays damaged.
  func calm() {
    let hasStarted = catalog.jobs.contains { !$0.checkpoints.isEmpty }
    if faultCount < 5 || !hasStarted && now < scenario.safetyEnd * 2 {
      return add(.calm, after: scenario.faultInterval)
    }
    note("faults end after \(faultCount)")
    isCalm = true
    calmSince = now
    ambush = nil
    network.calm()
    for machine in workers {
      machine.disk.isFull = false
      machine.disk.slowness = 1
      machine.slowness = 1
      machine.failsUntil = 0
      if machine.pausedUntil != nil {
        machine.pausedUntil = now
        resume(machine)
      }
    }
    for machine in coordinators where machine.pausedUntil != nil {
      machine.pausedUntil = now
      resume(machine)
    }
  }
}
