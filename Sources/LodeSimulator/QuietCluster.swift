import Apriori
import Coordination
import Messages
import Working

/// A whole cluster in one thread in which nothing ever goes wrong: a coordinator, workers, messages
/// in the order in which they were sent, and stores in memory.
///
/// Where ``simulate(seed:mutant:trace:)`` runs small data through every fault, this runs data of any
/// size through none. Contents travel as bytes, inside messages or fetched, as between processes.
/// Time passes only when nothing else happens.
public struct QuietCluster {
  /// Somebody to whom things happen, with what happens.
  private enum Occurrence {
    case coordinator(CoordinatorEvent)
    case worker(Int, WorkerEvent)
  }

  /// A worker's process and its machine.
  private struct Node {
    var core: Worker
    let peer: PeerID
    var memory = Memory()
  }

  /// What a process stores, and what it serves besides.
  private struct Memory {
    var disk = Disk()
    var published: [ObjectID: [UInt8]] = [:]

    func bytes(of object: ObjectDescriptor) -> [UInt8]? {
      published[object.id] ?? disk.bytes(of: object.id)
    }
  }

  private static let client = PeerID([0])
  private static let coordinatorEndpoint = "coordinator"
  /// Small enough that most contents have to be fetched.
  private static let inlineLimit = 256
  private static let keptReportLimit = 16
  private static let tickMilliseconds: UInt64 = 50
  /// Far more than a healthy cluster needs.
  static let tickLimit = 10_000
  static let eventLimit = 100_000_000

  private var coordinator: Coordinator
  private var memory = Memory()
  private var nodes: [Node] = []
  private var occurrences: [Occurrence] = []
  private var responses: [(id: RequestID, response: ClientResponse)] = []
  private var stopped: String?
  private var milliseconds: UInt64 = 1
  private var requestCount: UInt64 = 0
  private let scratch = CountingScratch()
  let replication: Int
  let transactionsPerBlock: Int

  /// Starts a coordinator and its workers.
  ///
  /// - Parameters:
  ///   - workers: how many.
  ///   - replication: copies of each object, from 1 to the number of workers.
  ///   - transactionsPerBlock: for data sets that are added, 1 to 65,536.
  ///   - reducesOnWorkers: whether what is counted goes from worker to worker, however few there are
  ///     and however small a level is; else the coordinator adds it up.
  /// - Throws: ``QuietClusterError/stopped(_:)`` where one of them does not start.
  public init(
    workers: Int, replication: Int, transactionsPerBlock: Int, reducesOnWorkers: Bool = false
  ) throws(QuietClusterError) {
    self.replication = replication
    self.transactionsPerBlock = transactionsPerBlock
    var configuration = CoordinatorConfiguration()
    configuration.replication = replication
    configuration.inlineLimit = Self.inlineLimit
    configuration.dataEndpoint = Self.coordinatorEndpoint
    configuration.encodeManifest = { manifest(of: $0) }
    configuration.reducingWorkerCount = reducesOnWorkers ? 1 : .max
    if reducesOnWorkers {
      configuration.reducingCandidateCount = 1
      // Workers that share all data have nothing to add up.
      configuration.sharedTransactionLimit = 0
    }
    let cluster = ClusterID(.init(high: 0, low: 1))
    coordinator = Coordinator(
      configuration: configuration, catalog: CatalogState(cluster: cluster), ownObjects: [],
      seed: 1, at: Moment(milliseconds: milliseconds, unixMilliseconds: milliseconds))
    carryOut(coordinator.start())
    for number in 0..<workers { try addWorker(number) }
    try settle()
  }

  private mutating func addWorker(_ number: Int) throws(QuietClusterError) {
    var settings = WorkerConfiguration(
      name: try Self.checkedName("w\(number)"), incarnation: Incarnation(1))
    settings.dataEndpoint = Self.endpoint(number)
    settings.inlineLimit = Self.inlineLimit
    settings.keptReportLimit = Self.keptReportLimit
    let start = WorkerStart(
      cluster: nil, promised: .none, objects: [], freeBytes: Disk().freeBytes)
    var core = Worker(
      configuration: settings, start: start, seed: UInt64(number), at: milliseconds)
    let effects = core.start(at: milliseconds)
    // No message is ever that of another worker: the number is the routing id.
    let peer = PeerID([1] + (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
    nodes.append(Node(core: core, peer: peer))
    carryOut(effects, of: number)
  }

  private static func endpoint(_ number: Int) -> String { "worker-\(number)" }

  // MARK: Requests

  /// The number of a new request.
  mutating func newRequest() -> RequestID {
    requestCount += 1
    return RequestID(.init(high: 1, low: requestCount))
  }

  /// Asks, again and again while time passes, until there is an answer that `accept` takes.
  ///
  /// - Throws: ``QuietClusterError`` where it is refused for good, or time runs out.
  mutating func ask<Answer>(
    _ request: ClientRequest, id: RequestID? = nil, accept: (ClientResponse) -> Answer?
  ) throws(QuietClusterError) -> Answer {
    let id = id ?? newRequest()
    for _ in 0..<Self.tickLimit {
      responses.removeAll()
      occurrences.append(
        .coordinator(.client(request, id: id, from: Self.client, role: .client)))
      try settle()
      if let answer = try answer(to: id, accept) { return answer }
      responses.removeAll()
      tick()
      try settle()
      if let answer = try answer(to: id, accept) { return answer }
    }
    throw .halted("no answer within \(UInt64(Self.tickLimit) * Self.tickMilliseconds) ms")
  }

  private func answer<Answer>(
    to id: RequestID, _ accept: (ClientResponse) -> Answer?
  ) throws(QuietClusterError) -> Answer? {
    for (other, response) in responses where other == id {
      if let answer = accept(response) { return answer }
      guard case .refused(let refusal) = response else { continue }
      // Workers that have just started are not members yet.
      guard [.unavailable, .tooFewWorkers].contains(refusal.kind) else { throw .refused(refusal) }
    }
    return nil
  }

  /// The bytes of an object that is served at an endpoint.
  func fetch(_ object: ObjectDescriptor, from endpoint: String) throws(QuietClusterError) -> [UInt8]
  {
    guard let bytes = bytes(of: object, at: endpoint), object.matches(bytes) else {
      throw .halted("\(endpoint) does not serve \(object.id)")
    }
    return bytes
  }

  private func bytes(of object: ObjectDescriptor, at endpoint: String) -> [UInt8]? {
    if endpoint == Self.coordinatorEndpoint { return memory.bytes(of: object) }
    return nodes.indices.first { Self.endpoint($0) == endpoint }
      .flatMap { nodes[$0].memory.bytes(of: object) }
  }

  private func fetch(_ object: ObjectDescriptor, from sources: [String]) -> [UInt8]? {
    for source in sources {
      if let bytes = bytes(of: object, at: source), object.matches(bytes) { return bytes }
    }
    return nil
  }

  // MARK: Events

  private mutating func tick() {
    milliseconds += Self.tickMilliseconds
    occurrences.append(.coordinator(.tick))
    for number in nodes.indices {
      occurrences.append(.worker(number, .tick(freeBytes: nodes[number].memory.disk.freeBytes)))
    }
  }

  /// Lets everybody handle what there is until nothing is left.
  private mutating func settle() throws(QuietClusterError) {
    var eventCount = 0
    while !occurrences.isEmpty {
      let batch = occurrences
      occurrences = []
      eventCount += batch.count
      guard eventCount <= Self.eventLimit else {
        throw .halted("\(eventCount) events and no end while no time has passed")
      }
      for occurrence in batch {
        switch occurrence {
        case .coordinator(let event):
          let now = Moment(milliseconds: milliseconds, unixMilliseconds: milliseconds)
          carryOut(coordinator.handle(event, at: now))
        case .worker(let number, let event):
          carryOut(nodes[number].core.handle(event, at: milliseconds), of: number)
        }
      }
      if let stopped { throw .stopped(stopped) }
    }
  }

  private mutating func tell(_ event: CoordinatorEvent) { occurrences.append(.coordinator(event)) }

  private mutating func carryOut(_ effects: [CoordinatorEffect]) {
    for effect in effects {
      switch effect {
      case .send(let envelope, let peer):
        guard let number = nodes.firstIndex(where: { $0.peer == peer }) else { continue }
        occurrences.append(.worker(number, .coordinator(envelope)))
      case .reply(let response, let id, _): responses.append((id, response))
      case .persist(let token, _): tell(.persisted(token))
      case .store(let token, let object, let bytes):
        memory.disk.write(object, bytes)
        tell(.stored(token, object))
      case .load(let token, let object):
        let bytes = memory.disk.bytes(of: object.id)
        tell(bytes.map { .loaded(token, $0) } ?? .loadFailed(token, .unreachable))
      case .forget(let id): memory.disk.remove(id)
      case .fetch(let token, let object, let sources):
        let bytes = fetch(object, from: sources)
        tell(bytes.map { .loaded(token, $0) } ?? .loadFailed(token, .unreachable))
      case .publish(let object, let bytes): memory.published[object.id] = bytes
      case .withdraw(let id): memory.published[id] = nil
      case .perform(let token, let work):
        tell(.performed(token, perform(work, scratch: scratch)))
      case .stop(let reason): stopped = "the coordinator stops: \(reason)"
      case .note, .progress: break
      }
    }
  }

  private mutating func carryOut(_ effects: [WorkerEffect], of number: Int) {
    func tell(_ event: WorkerEvent, _ occurrences: inout [Occurrence]) {
      occurrences.append(.worker(number, event))
    }
    for effect in effects {
      switch effect {
      case .send(let envelope):
        self.tell(.worker(envelope, from: nodes[number].peer, role: .worker))
      case .promise(let token, _, _): tell(.promised(token), &occurrences)
      case .store(let token, let object, let bytes):
        nodes[number].memory.disk.write(object, bytes)
        tell(.stored(token, freeBytes: nodes[number].memory.disk.freeBytes), &occurrences)
      case .load(let token, let object):
        let bytes = nodes[number].memory.disk.bytes(of: object.id)
        tell(bytes.map { .loaded(token, $0) } ?? .loadFailed(token, .unreachable), &occurrences)
      case .fetch(let token, let object, let sources):
        let bytes = fetch(object, from: sources)
        tell(bytes.map { .loaded(token, $0) } ?? .loadFailed(token, .unreachable), &occurrences)
      case .delete(let token, let id):
        nodes[number].memory.disk.remove(id)
        tell(.deleted(token), &occurrences)
      case .quarantine(let id): nodes[number].memory.disk.quarantine(id)
      case .publish(let object, let bytes): nodes[number].memory.published[object.id] = bytes
      case .withdraw(let id): nodes[number].memory.published[id] = nil
      case .perform(let token, let work):
        tell(.performed(token, perform(work, scratch: scratch)), &occurrences)
      case .stop(let reason): stopped = "w\(number) stops: \(reason ?? "unasked")"
      case .reconnect, .note: break
      }
    }
  }
}
