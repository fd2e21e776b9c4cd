import Apriori
import Blocks
import Coordination
import Messages
import Working

/// A whole cluster in one thread: machines, network, clients and the faults that befall them, all by
/// one seed.
///
/// Every choice comes from the seed and everything happens in the order of the queue, so that the
/// same seed makes the same run in every process.
final class World {
  let scenario: Scenario
  let mutant: Mutant?
  let transcript: Transcript?
  let scratch: CountingScratch
  /// Whether cores are validated after every event.
  let validatesAlways: Bool

  /// Microseconds since the world began.
  var now: UInt64 = 0
  var queue = EventQueue<Occurrence>()
  var chance: Chance
  var network: Network
  var digest = RunDigest()
  var probes = Probes()
  var eventCount = 0
  var faultCount = 0
  /// Why the run ends: with a failure, or because all is well.
  var failure: SimulationFailure?
  var isFinished = false
  /// Whether faults have ended.
  var isCalm = false
  var calmSince: UInt64 = 0

  /// The catalog: one file, whoever writes to it.
  var catalog: CatalogState
  var coordinators: [CoordinatorMachine] = []
  /// The coordinator's machine at the cluster's address.
  var primary = 0
  var workers: [WorkerMachine] = []
  var clients: [Client] = []
  /// Who answers at a data endpoint.
  var endpoints: [String: EndpointOwner] = [:]
  var peerCount: UInt64 = 0
  var ambush: Ambush?
  var checks = Checks()
  var mutation = Mutation()
  var subsetTest = SubsetTest()
  /// The epoch of the command that a worker is being told.
  var commandEpoch: Epoch?
  /// The life that it was meant for.
  var commandIncarnation: Incarnation?
  var progress: WorkProgress

  init(
    seed: UInt64, mutant: Mutant?, transcript: Transcript?, scratch: CountingScratch
  ) {
    var chance = Chance(seed: seed)
    validatesAlways = seed % 64 == 0
    scenario = Scenario(chance: &chance)
    network = Network(scenario, chance: chance.split())
    catalog = CatalogState(
      cluster: ClusterID(DataSetID(high: chance.bits(), low: chance.bits())))
    self.mutant = mutant
    self.transcript = transcript
    self.scratch = scratch
    progress = WorkProgress(dataSetCount: scenario.dataSets.count)
    self.chance = chance
  }

  /// Lives from the first start to the end, or to the first failure.
  func run() {
    populate()
    while failure == nil, !isFinished, let (time, occurrence) = queue.next() {
      now = time
      eventCount += 1
      digest.add(time)
      happen(occurrence)
    }
    if failure == nil, !isFinished { fail("world", "nothing happens any more") }
  }

  /// The first wrong thing ends the run.
  func fail(_ checker: String, _ reason: @autoclosure () -> String) {
    guard failure == nil else { return }
    let failure = SimulationFailure(
      checker: checker, reason: reason(), milliseconds: now / 1_000)
    self.failure = failure
    note("FAILURE \(failure.checker): \(failure.reason)")
  }

  /// A line of the transcript.
  @inline(__always)
  func note(_ line: @autoclosure () -> String) {
    if let transcript { transcript.add(line(), at: now) }
  }

  func add(_ occurrence: Occurrence, after delay: UInt64) {
    queue.add(occurrence, at: now + delay)
  }

  private func populate() {
    addCoordinator(disk: Disk())
    add(.startCoordinator(machine: 0), after: 0)
    for _ in 0..<scenario.workerCount {
      let worker = addWorker()
      add(.startWorker(machine: worker.number), after: chance.duration(0...300_000))
    }
    for number in 0..<scenario.lateWorkerCount {
      let worker = addWorker()
      worker.isGone = true
      progress.lateWorkers.append(worker.number)
      let delay = chance.duration(500_000...scenario.safetyEnd - UInt64(number))
      add(.startWorker(machine: worker.number), after: delay)
    }
    makeClients()
    add(.fault, after: chance.duration(200_000...scenario.faultInterval + 200_000))
    add(.calm, after: scenario.safetyEnd)
    add(.inspect, after: 100_000)
  }

  @discardableResult
  func addCoordinator(disk: Disk) -> CoordinatorMachine {
    let machine = CoordinatorMachine(
      number: coordinators.count, place: coordinators.count,
      clockOrigin: chance.duration(0...1_000_000_000))
    machine.disk = disk
    coordinators.append(machine)
    endpoints[machine.endpoint] = .coordinator(machine.number)
    return machine
  }

  private func addWorker() -> WorkerMachine {
    let number = workers.count
    guard let name = try? Name("w\(number)") else { fatalError("w\(number) is no name") }
    let machine = WorkerMachine(
      number: number, place: 100 + number, clockOrigin: chance.duration(0...1_000_000_000),
      name: name)
    machine.incarnation = chance.bits() >> 20
    workers.append(machine)
    return machine
  }

  private func happen(_ occurrence: Occurrence) {
    switch occurrence {
    case .tickCoordinator(let number, let life):
      let machine = coordinators[number]
      guard machine.life == life else { return }
      add(occurrence, after: scenario.tick)
      if machine.pausedUntil == nil { tell(machine, .tick) }
    case .tickWorker(let number, let life):
      let machine = workers[number]
      guard machine.life == life else { return }
      add(occurrence, after: scenario.tick)
      if machine.pausedUntil == nil { tell(machine, .tick(freeBytes: machine.disk.freeBytes)) }
    case .parcel(let parcel): arrive(parcel, occurrence)
    case .coordinatorDone(let number, let life, let completion):
      let machine = coordinators[number]
      if isAwake(machine, life: life, occurrence) { complete(completion, on: machine) }
    case .workerDone(let number, let life, let completion):
      let machine = workers[number]
      if isAwake(machine, life: life, occurrence) { complete(completion, on: machine) }
    case .tellCoordinator(let number, let life, let event):
      let machine = coordinators[number]
      if isAwake(machine, life: life, occurrence) { tell(machine, event) }
    case .tellWorker(let number, let life, let event):
      let machine = workers[number]
      if isAwake(machine, life: life, occurrence) { tell(machine, event) }
    case .wakeClient(let number, let wake): wakeUp(clients[number], wake: wake)
    case .clientFetched(let number, let object, let source):
      fetched(clients[number], object, from: source)
    case .fault: nextFault()
    case .startCoordinator(let number): start(coordinators[number])
    case .startWorker(let number): start(workers[number])
    case .resumeCoordinator(let number): resume(coordinators[number])
    case .resumeWorker(let number): resume(workers[number])
    case .healDisk(let number): workers[number].disk.isFull = false
    case .healSlowness(let number):
      workers[number].slowness = 1
      workers[number].disk.slowness = 1
    case .calm: calm()
    case .inspect: inspect()
    }
  }

  /// Whether a process can be told now; where it stands still it is told later.
  func isAwake(_ machine: Machine, life: Int, _ occurrence: Occurrence) -> Bool {
    guard machine.life == life, machine.isRunning else { return false }
    if machine.pausedUntil != nil {
      machine.backlog.append(occurrence)
      return false
    }
    return true
  }

  func resume(_ machine: Machine) {
    guard let until = machine.pausedUntil, until <= now else { return }
    machine.pausedUntil = nil
    note("place \(machine.place) goes on")
    let backlog = machine.backlog
    machine.backlog.removeAll()
    for occurrence in backlog { queue.add(occurrence, at: now) }
  }

  /// A routing id that no connection had before.
  func newPeer() -> PeerID {
    peerCount += 1
    return PeerID([0] + (0..<4).map { UInt8(truncatingIfNeeded: peerCount >> (8 * (3 - $0))) })
  }
}

/// Who answers at a data endpoint.
enum EndpointOwner {
  case coordinator(Int)
  /// A worker's machine, in one life or in any.
  case worker(Int, life: Int?)
}

/// A crash that waits for the moment just before or after something becomes durable.
struct Ambush {
  enum Trigger: CaseIterable { case commit, checkpoint, store, promise, delete, perform, reduce }
  var trigger: Trigger
  var isAfterwards: Bool
}
