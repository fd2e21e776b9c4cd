import Apriori
import Blocks
import Itemsets
import Messages
import Testing

@testable import Coordination

/// A worker that does at once what it is told, with a store that survives its crashes.
struct TestWorker {
  var name: Name
  var incarnation: UInt64 = 1
  var rack = ""
  var isUp = true
  var isWelcome = false
  var hasListed = false
  var freeBytes: UInt64 = 1 << 40
  var diskFailure: String?
  /// Whether it tells damaged bytes from none: as a copier, and when it verifies.
  var damagesAreTold = false
  var promised = Epoch.none
  var leaseCount = 0
  var heartbeats: UInt64 = 0
  var objects: [ObjectID: (descriptor: ObjectDescriptor, bytes: [UInt8])] = [:]
  var quarantined: [ObjectID] = []
  var refusals: [String] = []
  var isReleased = false

  var peer: PeerID { PeerID(Array("\(name)/\(incarnation)".utf8)) }
  var endpoint: String { "tcp://\(name)" }
}

/// A coordinator with its catalog, its store, a pool and workers, over a network that tests can bend.
struct TestCluster {
  static let id = ClusterID(DataSetID(high: 7, low: 7))

  var configuration: CoordinatorConfiguration
  var coordinator: Coordinator
  var catalog = CatalogState(cluster: TestCluster.id)
  var own: [ObjectID: (descriptor: ObjectDescriptor, bytes: [UInt8])] = [:]
  var published: [ObjectID: [UInt8]] = [:]
  var workers: [Name: TestWorker] = [:]
  var milliseconds: UInt64 = 1_000_000
  var events: [CoordinatorEvent] = []
  var replies: [(response: ClientResponse, id: RequestID)] = []
  var notes: [String] = []
  var stopReason: String?
  var persistFails = false
  /// How often a message to a worker arrives.
  var toWorkers: (CoordinatorEnvelope, Name) -> Int = { _, _ in 1 }
  /// How often a message from a worker arrives.
  var fromWorkers: (WorkerEnvelope) -> Int = { _ in 1 }
  private var requests: UInt64 = 0

  init(
    _ names: [String] = [], racks: [String] = [], starts: Bool = true,
    configure: (inout CoordinatorConfiguration) -> Void = { _ in }
  ) throws {
    var configuration = CoordinatorConfiguration()
    configuration.dataEndpoint = "tcp://coordinator"
    configuration.encodeManifest = { write in
      guard case .putDataSet(let record) = write else { return [] }
      return Array("\(record.name) \(record.id)".utf8)
    }
    configure(&configuration)
    self.configuration = configuration
    coordinator = Coordinator(
      configuration: configuration, catalog: catalog, ownObjects: [], seed: 1,
      at: Moment(milliseconds: milliseconds, unixMilliseconds: milliseconds))
    for (index, name) in names.enumerated() {
      workers[try Name(name)] = TestWorker(
        name: try Name(name), rack: index < racks.count ? racks[index] : "")
    }
    if starts {
      carryOut(coordinator.start())
      try run(milliseconds: 200)
    }
  }

  var now: Moment { Moment(milliseconds: milliseconds, unixMilliseconds: milliseconds) }
  var names: [Name] { workers.keys.sorted() }

  // MARK: Faults and commands

  /// The coordinator's process ends and starts again with what its disks have.
  mutating func restartCoordinator() throws {
    events = []
    published = [:]
    coordinator = Coordinator(
      configuration: configuration, catalog: catalog,
      ownObjects: own.keys.sorted().compactMap { own[$0]?.descriptor }, seed: milliseconds,
      at: now)
    carryOut(coordinator.start())
    try run(milliseconds: 200)
  }

  mutating func crash(_ name: String) throws { workers[try Name(name)]?.isUp = false }

  mutating func restart(_ name: String) throws {
    let name = try Name(name)
    workers[name]?.incarnation += 1
    workers[name]?.isUp = true
    workers[name]?.isWelcome = false
    workers[name]?.hasListed = false
    workers[name]?.isReleased = false
  }

  mutating func nextID() -> RequestID {
    requests += 1
    return RequestID(DataSetID(high: 0, low: requests))
  }

  /// Asks and runs until there is an answer.
  mutating func ask(
    _ request: ClientRequest, id: RequestID? = nil, role: Role = .loopback
  ) throws -> ClientResponse {
    let id = id ?? nextID()
    let before = replies.count
    events.append(.client(request, id: id, from: PeerID([9]), role: role))
    drain()
    for _ in 0..<50 where !replies[before...].contains(where: { $0.id == id }) {
      try run(milliseconds: 100)
    }
    return try #require(replies[before...].last { $0.id == id }?.response)
  }

  mutating func say(
    _ message: WorkerMessage, as name: Name, incarnation: UInt64? = nil, role: Role = .worker,
    epoch: Epoch? = nil
  ) {
    guard let worker = workers[name] else { return }
    let envelope = WorkerEnvelope(
      name: name, incarnation: Incarnation(incarnation ?? worker.incarnation),
      epoch: epoch ?? worker.promised, message: message)
    for _ in 0..<fromWorkers(envelope) {
      events.append(.worker(envelope, from: worker.peer, role: role))
    }
  }

  // MARK: Time

  /// Lets time pass, 100 ms a step.
  mutating func run(milliseconds duration: UInt64) throws {
    for _ in 0..<(duration / 100) {
      milliseconds += 100
      for name in names { live(name) }
      events.append(.tick)
      drain()
    }
  }

  /// Runs until the condition holds; false if it does not within the seconds.
  mutating func run(seconds: Int, until condition: (TestCluster) -> Bool) throws -> Bool {
    for _ in 0..<(10 * seconds) {
      if condition(self) { return true }
      try run(milliseconds: 100)
    }
    return condition(self)
  }

  private mutating func live(_ name: Name) {
    guard let worker = workers[name], worker.isUp, !worker.isReleased else { return }
    if worker.isWelcome {
      if !worker.hasListed { list(name) }
      if milliseconds % 500 == 0 {
        workers[name]?.heartbeats += 1
        say(
          .heartbeat(
            WorkerHeartbeat(
              sequence: worker.heartbeats, leaseCount: worker.leaseCount,
              freeBytes: worker.freeBytes, bytesHeld: 0)), as: name)
      }
    } else {
      say(.hello(hello(name)), as: name)
    }
  }

  private mutating func list(_ name: Name) {
    guard let worker = workers[name] else { return }
    let objects = worker.objects.keys.sorted().compactMap { worker.objects[$0]?.descriptor }
    say(.inventory(InventoryPart(index: 0, partCount: 1, objects: objects)), as: name)
  }

  func hello(_ name: Name, cluster: ClusterID? = TestCluster.id) -> WorkerHello {
    let worker = workers[name]
    return WorkerHello(
      cluster: cluster, dataEndpoint: worker?.endpoint ?? "", rack: worker?.rack ?? "",
      threads: 2, memoryBytes: 1 << 30, freeBytes: worker?.freeBytes ?? 0, software: "test",
      objectCount: worker?.objects.count ?? 0)
  }

  mutating func drain() {
    while !events.isEmpty {
      let event = events.removeFirst()
      let effects = coordinator.handle(event, at: now)
      coordinator.validateState()
      carryOut(effects)
    }
  }

  // MARK: The shell

  mutating func carryOut(_ effects: [CoordinatorEffect]) {
    for effect in effects {
      switch effect {
      case .send(let envelope, let peer):
        guard let worker = workers.values.first(where: { $0.peer == peer }) else { continue }
        for _ in 0..<toWorkers(envelope, worker.name) { receive(envelope, worker.name) }
      case .reply(let response, let id, _): replies.append((response, id))
      case .persist(let token, let writes):
        if persistFails {
          events.append(.persistFailed(token, "disk full"))
        } else {
          for write in writes { catalog.apply(write) }
          events.append(.persisted(token))
        }
      case .store(let token, let descriptor, let bytes):
        own[descriptor.id] = (descriptor, bytes)
        events.append(.stored(token, descriptor))
      case .load(let token, let descriptor):
        events.append(
          own[descriptor.id].map { .loaded(token, $0.bytes) } ?? .loadFailed(token, .unreachable))
      case .fetch(let token, let descriptor, let sources):
        events.append(
          bytes(of: descriptor, sources).map { .loaded(token, $0) }
            ?? .loadFailed(token, .unreachable))
      case .forget(let id): own[id] = nil
      case .publish(let descriptor, let bytes): published[descriptor.id] = bytes
      case .withdraw(let id): published[id] = nil
      case .perform(let token, let work):
        events.append(.performed(token, perform(work, scratch: CountingScratch())))
      case .stop(let reason): stopReason = reason
      case .note(let note): notes.append(note)
      case .progress: break
      }
    }
  }

  private func bytes(of descriptor: ObjectDescriptor, _ sources: [String]) -> [UInt8]? {
    for source in sources {
      if source == configuration.dataEndpoint {
        if let bytes = published[descriptor.id] ?? own[descriptor.id]?.bytes { return bytes }
      }
      let worker = workers.values.first { $0.endpoint == source && $0.isUp }
      if let bytes = worker?.objects[descriptor.id]?.bytes { return bytes }
    }
    return nil
  }

  private mutating func receive(_ envelope: CoordinatorEnvelope, _ name: Name) {
    guard let worker = workers[name], worker.isUp,
      envelope.incarnation == Incarnation(worker.incarnation)
    else { return }
    workers[name]?.promised = max(worker.promised, envelope.epoch)
    switch envelope.message {
    case .welcome:
      workers[name]?.isWelcome = true
      list(name)
    case .inventoryReceived: workers[name]?.hasListed = true
    case .introduceYourself:
      workers[name]?.isWelcome = false
      workers[name]?.hasListed = false
    case .refused(let reason): workers[name]?.refusals.append(reason)
    case .replicate(let descriptor, let sources, let order):
      if let failure = worker.diskFailure {
        say(.storeFailed(descriptor, .disk(failure)), as: name)
      } else if let bytes = bytes(of: descriptor, sources) {
        if descriptor.matches(bytes) {
          workers[name]?.objects[descriptor.id] = (descriptor, bytes)
          say(.stored(descriptor, order: order), as: name)
        } else {
          say(.storeFailed(descriptor, worker.damagesAreTold ? .damaged : .unreachable), as: name)
        }
      } else {
        say(.storeFailed(descriptor, .unreachable), as: name)
      }
    case .delete(let id, let order):
      workers[name]?.objects[id] = nil
      say(.deleted(id, order: order), as: name)
    case .quarantine(let id, let order):
      workers[name]?.objects[id] = nil
      if worker.objects[id] != nil { workers[name]?.quarantined.append(id) }
      say(.deleted(id, order: order), as: name)
    case .verify(let descriptor):
      let isRight = worker.objects[descriptor.id].map { descriptor.matches($0.bytes) } ?? false
      if !isRight { workers[name]?.objects[descriptor.id] = nil }
      say(.verified(descriptor, isRight ? nil : .damaged), as: name)
      if !isRight, worker.damagesAreTold { say(.damaged(descriptor, .disk), as: name) }
    case .released: workers[name]?.isReleased = true
    case .heartbeatReceived, .openJob, .openLevel, .count, .reduce,
      .cancel, .closeJob:
      break
    }
  }
}
