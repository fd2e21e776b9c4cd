import Apriori
import Blocks
import Itemsets
import Messages
import TestSupport
import Testing

@testable import Coordination

/// A coordinator among fake workers, on a network that may lose, repeat and reorder.
struct FakeCluster {
  /// What the network does, in so many of a thousand messages.
  struct Network {
    var loss = 0
    var duplication = 0
    var isOrdered = false
    /// Whether who fetches from a worker that is down waits for ever, as good as; else it hears at
    /// once that nothing is there.
    var letsFetchesHang = false
  }

  enum Delivery {
    case toWorker(CoordinatorEnvelope, PeerID)
    case toCoordinator(WorkerEnvelope, PeerID)
    case event(CoordinatorEvent)
  }

  let data: TestData
  var configuration: CoordinatorConfiguration
  var random: SeededGenerator
  var network = Network()
  var coordinator: Coordinator
  var catalog: CatalogState
  var store: [ObjectID: [UInt8]] = [:]
  var published: [ObjectID: [UInt8]] = [:]
  var workers: [FakeWorker]
  var flying: [Delivery] = []
  var persists: [(Token, [CatalogWrite])] = []
  var now = Moment(milliseconds: 1_000, unixMilliseconds: 1_700_000_000_000)
  var replies: [RequestID: ClientResponse] = [:]
  var notes: [String] = []
  var progress: [JobSummary] = []
  /// Leases that were given out, in order.
  var leases: [(worker: Name, lease: CountingLease)] = []
  /// Orders to reduce that were given out, repeats included.
  var orders: [(worker: Name, order: ReducingOrder)] = []
  var works = 0
  /// After so many steps a tick of time passes, even where something is on its way.
  var stepsPerTick = 64
  let scratch = CountingScratch()

  init(
    _ data: TestData, workers: Int, replication: Int, seed: UInt64,
    targets: ClosedRange<Int> = 8...64, rule: ReportRule? = nil, threads: Int = 1,
    configure: (inout CoordinatorConfiguration) -> Void = { _ in }
  ) throws {
    self.data = data
    random = SeededGenerator(seed: seed)
    configuration = CoordinatorConfiguration()
    configuration.inlineLimit = 256
    // Counting takes next to no time here: small leases make as many of them as where it takes long.
    configuration.leaseMilliseconds = 1
    configuration.candidatesPerRange = targets
    configuration.reportRule = rule
    configuration.replication = replication
    configuration.dataEndpoint = "coordinator"
    configuration.software = "test"
    configure(&configuration)
    catalog = CatalogState(cluster: ClusterID(DataSetID(high: 7, low: 7)))
    self.workers = []
    for number in 0..<workers {
      var worker = FakeWorker(try Name("w\(number)"))
      worker.threads = threads
      worker.passesValues = configuration.passesValues
      self.workers.append(worker)
      catalog.apply(
        .putNode(
          NodeRecord(
            name: worker.name, incarnation: worker.incarnation, rack: "", isDraining: false)))
    }
    catalog.apply(.putDataSet(data.record))
    store[data.record.dictionary.id] = data.dictionary
    store[data.record.counts.id] = data.counts
    for (index, shard) in data.record.shards.enumerated() {
      for copy in 0..<min(replication, workers) {
        // Copies of one worker's shards are spread over all others.
        let step = copy == 0 ? 0 : 1 + (index / workers + copy - 1) % max(workers - 1, 1)
        let holder = (index + step) % workers
        for block in shard.blocks {
          self.workers[holder].objects[block.id] = block
          catalog.apply(
            .putReplica(ReplicaRecord(object: block.id, node: self.workers[holder].name)))
        }
      }
    }
    coordinator = Coordinator(
      configuration: configuration, catalog: catalog, ownObjects: [], seed: seed, at: now)
    try startCoordinator()
  }

  private mutating func startCoordinator() throws {
    coordinator = Coordinator(
      configuration: configuration, catalog: catalog,
      ownObjects: store.keys.sorted().compactMap { id in
        store[id].map { ObjectDescriptor(id: id, bytes: $0) }
      }, seed: random.next(), at: now)
    try carryOut(coordinator.start())
  }

  /// Ends the coordinator's process and starts another one on its disk.
  mutating func restartCoordinator() throws {
    flying.removeAll { delivery in
      if case .toWorker = delivery { return false }
      return true
    }
    persists = []
    published = [:]
    try startCoordinator()
  }

  mutating func crash(_ worker: Int) { workers[worker].isUp = false }

  mutating func restart(_ worker: Int) { workers[worker].restart() }

  /// Sends a request; the answer appears in `replies`.
  mutating func request(_ request: ClientRequest, id: UInt64) throws {
    try handle(
      .client(
        request, id: RequestID(DataSetID(high: 0, low: id)), from: PeerID([1]), role: .admin))
  }

  func reply(_ id: UInt64) -> ClientResponse? { replies[RequestID(DataSetID(high: 0, low: id))] }

  mutating func handle(_ event: CoordinatorEvent) throws {
    let effects = coordinator.handle(event, at: now)
    coordinator.validateState()
    try carryOut(effects)
  }

  private mutating func chance(_ thousandths: Int) -> Bool {
    thousandths > 0 && Int.random(in: 0..<1_000, using: &random) < thousandths
  }

  private mutating func carryOut(_ effects: [CoordinatorEffect]) throws {
    for effect in effects {
      switch effect {
      case .send(let envelope, let peer):
        if case .count(let lease) = envelope.message,
          let worker = workers.first(where: { $0.peer == peer })
        {
          leases.append((worker.name, lease))
        }
        if case .reduce(let order) = envelope.message,
          let worker = workers.first(where: { $0.peer == peer })
        {
          orders.append((worker.name, order))
        }
        if chance(network.loss) { continue }
        flying.append(.toWorker(envelope, peer))
        if chance(network.duplication) { flying.append(.toWorker(envelope, peer)) }
      case .reply(let response, let id, _): replies[id] = response
      case .persist(let token, let writes): persists.append((token, writes))
      case .store(let token, let descriptor, let bytes):
        store[descriptor.id] = bytes
        flying.append(.event(.stored(token, descriptor)))
      case .load(let token, let descriptor):
        if let bytes = store[descriptor.id], descriptor.matches(bytes) {
          flying.append(.event(.loaded(token, bytes)))
        } else {
          flying.append(.event(.loadFailed(token, .unreachable)))
        }
      case .forget(let id): store[id] = nil
      case .fetch(let token, let descriptor, let sources):
        if network.letsFetchesHang, sources.allSatisfy(isDown) { continue }
        flying.append(.event(fetch(token, descriptor, sources)))
      case .publish(let descriptor, let bytes): published[descriptor.id] = bytes
      case .withdraw(let id): published[id] = nil
      case .perform(let token, let work):
        works += 1
        flying.append(.event(.performed(token, perform(work, scratch: scratch))))
      case .stop(let reason): throw TestFailure("the coordinator stops: \(reason)")
      case .note(let text): notes.append(text)
      case .progress(let summary): progress.append(summary)
      }
    }
  }

  private mutating func fetch(
    _ token: Token, _ descriptor: ObjectDescriptor, _ sources: [String]
  ) -> CoordinatorEvent {
    for source in sources {
      guard let worker = workers.first(where: { $0.name.text == source && $0.isUp }),
        let bytes = worker.published[descriptor.id], descriptor.matches(bytes),
        !chance(network.loss)
      else { continue }
      return .loaded(token, bytes)
    }
    return .loadFailed(token, .unreachable)
  }

  /// Whether nobody answers at a worker's data endpoint.
  private func isDown(_ endpoint: String) -> Bool {
    workers.contains { $0.name.text == endpoint && !$0.isUp }
  }

  private func hasSource(_ descriptor: ObjectDescriptor, _ sources: [String]) -> Bool {
    sources.contains { source in
      if source == configuration.dataEndpoint {
        return store[descriptor.id] != nil || published[descriptor.id] != nil
      }
      return workers.contains {
        $0.name.text == source && $0.isUp && $0.objects[descriptor.id] == descriptor
      }
    }
  }

  /// Delivers one thing that is on its way; false where nothing is.
  mutating func step() throws -> Bool {
    let choices = flying.count + (persists.isEmpty ? 0 : 1)
    if choices == 0 { return false }
    let choice = network.isOrdered ? 0 : Int.random(in: 0..<choices, using: &random)
    if choice == flying.count || (network.isOrdered && !persists.isEmpty) {
      // Changes of the catalog keep their order.
      let (token, writes) = persists.removeFirst()
      for write in writes { catalog.apply(write) }
      try handle(.persisted(token))
      return true
    }
    switch flying.remove(at: choice) {
    case .event(let event): try handle(event)
    case .toCoordinator(let envelope, let peer):
      try handle(.worker(envelope, from: peer, role: .worker))
    case .toWorker(let envelope, let peer):
      guard let index = workers.firstIndex(where: { $0.peer == peer }) else { return true }
      if case .replicate(let descriptor, let sources, _) = envelope.message,
        !hasSource(descriptor, sources)
      {
        send([.storeFailed(descriptor, .unreachable)], from: index)
        return true
      }
      if case .reduce(let order) = envelope.message, network.letsFetchesHang,
        (order.reports.map(\.source) + order.polls.map(\.source)).contains(where: {
          isDown($0.endpoint)
        })
      {
        return true
      }
      let published = self.published
      let blocks = data.blocks
      let others = workers
      let messages = try workers[index].handle(
        envelope, random: &random, fetch: { published[$0] },
        report: { object, endpoint in
          others.first { $0.name.text == endpoint && $0.isUp }?.published[object.id]
            .flatMap { object.matches($0) ? $0 : nil }
        }, block: { blocks[$0] })
      send(messages, from: index)
    }
    return true
  }

  private mutating func send(_ messages: [WorkerMessage], from index: Int) {
    for message in messages {
      if chance(network.loss) { continue }
      let delivery = Delivery.toCoordinator(
        workers[index].envelope(message), workers[index].peer)
      flying.append(delivery)
      if chance(network.duplication) { flying.append(delivery) }
    }
  }

  /// Lets time pass.
  mutating func advance(_ milliseconds: UInt64 = 100) throws {
    now.milliseconds += milliseconds
    now.unixMilliseconds += milliseconds
    for index in workers.indices { send(workers[index].tick(), from: index) }
    try handle(.tick)
  }

  /// Runs until a condition holds.
  /// - Parameter disturb: called before each step.
  mutating func run(
    for milliseconds: UInt64 = 600_000, until isDone: (FakeCluster) -> Bool,
    disturb: (inout FakeCluster) throws -> Void = { _ in }
  ) throws {
    let end = now.milliseconds + milliseconds
    var steps = 0
    while !isDone(self) {
      try disturb(&self)
      steps += 1
      if try !step() || steps % stepsPerTick == 0 { try advance() }
      if now.milliseconds > end {
        throw TestFailure("not done after \(milliseconds) ms: \(coordinator.jobSummaries)")
      }
    }
  }

  /// Submits a job under this request number.
  mutating func submit(support: UInt64, maximumLevel: Int? = nil, id: UInt64 = 1) throws {
    try run { $0.coordinator.isReady }
    try request(
      .submitJob(
        JobSpecification(
          dataSet: data.record.name, minimumSupport: "\(support)", maximumLevel: maximumLevel,
          arguments: [])), id: id)
  }

  func summary(_ job: UInt64 = 1) -> JobSummary? {
    coordinator.jobSummaries.first { $0.id == JobID(job) }
  }

  func isDone(_ job: UInt64 = 1) -> Bool { summary(job)?.state.isFinal == true }

  /// The result of a job as a client would read it.
  func result(_ job: UInt64 = 1) throws -> (levels: ClosedLevels, items: RankedItems) {
    let record = try #require(catalog.jobs.first { $0.summary.id == JobID(job) })
    if record.summary.state != .done {
      throw TestFailure("\(record.summary.state): \(record.summary.failure)")
    }
    let items = try #require(record.items)
    func bytes(_ descriptor: ObjectDescriptor) throws -> [UInt8] {
      let bytes = try #require(store[descriptor.id])
      #expect(descriptor.matches(bytes))
      return bytes
    }
    let levels = try record.checkpoints.map { try Level(decoding: try bytes($0)) }
    return (
      ClosedLevels(
        levels: levels, transactionCount: record.summary.transactionCount,
        minimumSupport: record.summary.minimumSupport,
        completeLength: record.summary.specification.maximumLevel),
      try RankedItems(decoding: try bytes(items))
    )
  }
}
