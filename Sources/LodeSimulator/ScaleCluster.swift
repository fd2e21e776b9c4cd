import Apriori
import Coordination
import Glibc
import Itemsets
import Messages
import WireFormat

/// One level of a job on up to thousands of workers: the real coordinator, with workers that are
/// modelled.
///
/// Workers answer after the time that counting would take, with reports of the usual length. All that
/// the coordinator does is done, and the time that it takes is measured: reading and writing messages
/// on the thread of its transport, handling them on that of its events, reducing in its pool. Encrypted
/// bytes and the network take the time that ``ScaleCosts`` says. So the figures differ a little from
/// run to run.
public struct ScaleCluster {
  /// What came of a run.
  public struct Outcome: Sendable {
    /// From the first lease to the closed level.
    public var seconds: Double
    /// Seconds that the coordinator's transport worked.
    public var transport: Double
    /// Seconds that its event thread worked.
    public var events: Double
    /// Seconds that each thread of its pool worked.
    public var pool: Double
    /// Ranges of the level.
    public var rangeCount: Int
    /// Leases given out.
    public var leaseCount: Int
    /// Orders to reduce given out.
    public var orderCount: Int
    /// Bytes of all messages to the coordinator.
    public var bytesToCoordinator: UInt64
    /// Bytes of an entry of a report.
    public var bytesPerEntry: Double
  }

  enum Event {
    case tick
    case heartbeat(Int)
    /// Bytes have arrived for the coordinator, and have been read.
    case arrived([[UInt8]], from: Int)
    case coordinator(CoordinatorEvent)
    case worker(Int, CoordinatorEnvelope)
    case answer(Int, WorkerMessage)
  }

  struct Model {
    let name: Name
    let peer: PeerID
    let objects: [ObjectDescriptor]
    var freeAt: UInt64 = 0
    var linkFreeAt: UInt64 = 0
    var heartbeats: UInt64 = 0
  }

  let costs: ScaleCosts
  private var coordinator: Coordinator
  var workers: [Model] = []
  var queue = EventQueue<Event>()
  /// Nanoseconds.
  var now: UInt64 = 1_000_000_000
  private var transportFreeAt: UInt64 = 0
  private var eventsFreeAt: UInt64 = 0
  private var poolFreeAt: [UInt64]
  private var spent = (transport: UInt64(0), events: UInt64(0), pool: UInt64(0))
  var ranges: [CandidateRange] = []
  /// Reports by the candidates of their range and their allowance, of which some differ.
  var reports: [ReportKey: (bytes: [UInt8], digest: UInt64, entries: Int)] = [:]
  var served: [ObjectID: [UInt8]] = [:]
  var lastReport: UInt64 = 0
  /// Leases and orders that have arrived.
  var seen: Set<UInt64> = []
  var entryCount = 0
  var entryBytes = 0
  var joinedCount = 0
  var leaseCount = 0
  var orderCount = 0
  var bytesToCoordinator: UInt64 = 0
  private var beganAt: UInt64?
  private var ended: JobSummary?
  var stopped: String?
  private let scratch = CountingScratch()
  private let minimumSupport: UInt64

  struct ReportKey: Hashable {
    var range: Int
    var allowance: UInt64
    var variant: Int
  }

  /// A cluster whose workers have joined.
  ///
  /// - Parameter reducesOnWorkers: whether what is counted goes from worker to worker.
  public init(
    workers count: Int, reducesOnWorkers: Bool, costs: ScaleCosts
  ) throws(QuietClusterError) {
    self.costs = costs
    minimumSupport = costs.transactions / 1_000
    poolFreeAt = Array(repeating: 0, count: costs.threads)
    var configuration = CoordinatorConfiguration()
    configuration.replication = 1
    configuration.keepsCheckpoints = false
    configuration.parallelism = costs.threads
    configuration.dataEndpoint = "coordinator"
    configuration.reducingWorkerCount = reducesOnWorkers ? 1 : .max
    configuration.reportRule = .nominate
    var catalog = CatalogState(cluster: ClusterID(.init(high: 0, low: 1)))
    let blocks = (0..<costs.shardCount).map { number in
      ObjectDescriptor(
        id: ObjectID(owner: .dataSet(.none), kind: .block, number: UInt64(number)), length: 1,
        checksum: UInt64(number))
    }
    for number in 0..<count {
      let name = try QuietCluster.checkedName("w\(number)")
      workers.append(
        Model(
          name: name, peer: PeerID((0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }),
          objects: blocks.filter { $0.id.number % UInt64(count) == UInt64(number) }))
      catalog.apply(
        .putNode(NodeRecord(name: name, incarnation: Incarnation(1), rack: "", isDraining: false)))
      for block in workers[number].objects {
        catalog.apply(.putReplica(ReplicaRecord(object: block.id, node: name)))
      }
    }
    let dataSet = try QuietCluster.checkedName("data")
    let nothing = ObjectDescriptor(
      id: ObjectID(owner: .dataSet(.none), kind: .dictionary, number: 0), length: 0, checksum: 0)
    catalog.apply(
      .putDataSet(
        DataSetRecord(
          id: .none, name: dataSet, version: 1, replication: 1,
          transactionCount: costs.transactions,
          itemCount: UInt64(costs.items),
          shards: blocks.map {
            ShardRecord(
              firstBlock: $0.id.number, blocks: [$0], transactionCount: costs.transactionsPerShard)
          }, dictionary: nothing, counts: nothing, source: "", addedAt: 0,
          ingest: RequestID(.none))))
    coordinator = Coordinator(
      configuration: configuration, catalog: catalog, ownObjects: [], seed: 1,
      at: Moment(milliseconds: 1_000, unixMilliseconds: 0))
    carryOut(coordinator.start())
    for number in workers.indices {
      queue.add(.answer(number, hello(number)), at: now / 1_000 + 100_000)
      queue.add(.heartbeat(number), at: now / 1_000 + UInt64(number) * 500_000 / UInt64(count))
    }
    queue.add(.tick, at: now / 1_000)
    let end = now + 60_000_000_000
    while joinedCount < count, now < end, step() {}
    guard joinedCount == count else { throw .halted("the workers do not join") }
  }

  /// Counts the pairs of frequent items.
  ///
  /// - Throws: ``QuietClusterError`` where the job does not end.
  public mutating func run() throws(QuietClusterError) -> Outcome {
    let count = costs.items
    var names: [UInt8] = []
    var ends: [Int] = []
    for item in 0..<count {
      names += Array("\(item)".utf8)
      ends.append(names.count)
    }
    let items = RankedItems(
      ids: (0..<count).map { UInt32($0) },
      counts: Array(repeating: costs.transactions / 2, count: count),
      places: (0..<count).map { UInt32($0) }, names: names, nameEnds: ends)
    var summary = JobSummary(
      id: JobID(1),
      specification: JobSpecification(
        dataSet: try QuietCluster.checkedName("data"), minimumSupport: "\(minimumSupport)",
        maximumLevel: 2, arguments: []),
      dataSetVersion: 1, transactionCount: costs.transactions, submittedAt: 0, software: "")
    summary.minimumSupport = minimumSupport
    let record = JobRecord(
      summary: summary, dataSet: .none, request: RequestID(.none), items: nil, checkpoints: [])
    carryOut(coordinator.mine(record, items: items, itemCount: count, at: moment))
    let end = now + 3_600_000_000_000
    while ended == nil, stopped == nil, now < end, step() {}
    if let stopped { throw .stopped(stopped) }
    guard let ended, ended.state == .done, let beganAt else {
      throw .halted(ended.map { "the job is \($0.state): \($0.failure)" } ?? "the job does not end")
    }
    return Outcome(
      seconds: Double(now - beganAt) / 1e9, transport: Double(spent.transport) / 1e9,
      events: Double(spent.events) / 1e9, pool: Double(spent.pool) / 1e9 / Double(costs.threads),
      rangeCount: ranges.count, leaseCount: leaseCount, orderCount: orderCount,
      bytesToCoordinator: bytesToCoordinator,
      bytesPerEntry: Double(entryBytes) / Double(max(entryCount, 1)))
  }

  private var moment: Moment {
    Moment(milliseconds: now / 1_000_000, unixMilliseconds: now / 1_000_000)
  }

  /// Does what happens next; false where nothing does.
  private mutating func step() -> Bool {
    guard let (time, event) = queue.next() else { return false }
    now = max(now, time * 1_000)
    switch event {
    case .tick:
      handle(.tick)
      add(.tick, after: 100_000_000)
    case .heartbeat(let number):
      workers[number].heartbeats += 1
      let heartbeat = WorkerHeartbeat(
        sequence: workers[number].heartbeats, leaseCount: 0, freeBytes: 1 << 40, bytesHeld: 0)
      send(.heartbeat(heartbeat), from: number)
      add(.heartbeat(number), after: costs.heartbeatNanoseconds)
    case .arrived(let frames, let number):
      guard let envelope = try? WireFormat.decodeWorker(frames) else { return false }
      handle(.worker(envelope, from: workers[number].peer, role: .worker))
    case .coordinator(let event): handle(event)
    case .worker(let number, let envelope): take(envelope, on: number)
    case .answer(let number, let message): send(message, from: number)
    }
    return true
  }

  private mutating func add(_ event: Event, after nanoseconds: UInt64) {
    queue.add(event, at: (now + nanoseconds) / 1_000)
  }

  // MARK: The coordinator

  /// Handles an event when the event thread has time, which takes as long as it really takes.
  private mutating func handle(_ event: CoordinatorEvent) {
    let start = Self.clock()
    let effects = coordinator.handle(event, at: moment)
    let time = Self.clock() - start
    spent.events += beganAt == nil ? 0 : time
    eventsFreeAt = max(eventsFreeAt, now) + time
    carryOut(effects)
  }

  private mutating func carryOut(_ effects: [CoordinatorEffect]) {
    let at = max(eventsFreeAt, now)
    for effect in effects {
      switch effect {
      case .send(let envelope, let peer):
        guard let number = workers.firstIndex(peer) else { continue }
        let start = Self.clock()
        guard let frames = try? WireFormat.encode(envelope) else {
          stopped = "a message cannot be written"
          continue
        }
        let done = transport(
          at: at, bytes: frames.reduce(0) { $0 + $1.count }, time: Self.clock() - start)
        if case .count = envelope.message, beganAt == nil { beganAt = now }
        queue.add(.worker(number, envelope), at: (done + costs.delayNanoseconds) / 1_000)
      case .persist(let token, _): queue.add(.coordinator(.persisted(token)), at: at / 1_000 + 500)
      case .perform(let token, let work):
        let start = Self.clock()
        let outcome = perform(work, scratch: scratch)
        let time = Self.clock() - start
        spent.pool += beganAt == nil ? 0 : time
        let thread = poolFreeAt.indices.min { poolFreeAt[$0] < poolFreeAt[$1] } ?? 0
        poolFreeAt[thread] = max(poolFreeAt[thread], at) + time
        queue.add(.coordinator(.performed(token, outcome)), at: poolFreeAt[thread] / 1_000)
      case .fetch(let token, let object, _):
        let bytes = served[object.id]
        let done = transport(at: at, bytes: bytes?.count ?? 0, time: 0)
        queue.add(
          .coordinator(bytes.map { .loaded(token, $0) } ?? .loadFailed(token, .unreachable)),
          at: (done + 2 * costs.delayNanoseconds) / 1_000)
      case .progress(let summary): if summary.state.isFinal { ended = summary }
      case .stop(let reason): stopped = reason
      case .publish(let object, let bytes): served[object.id] = bytes
      case .store, .load, .forget, .withdraw, .reply, .note: break
      }
    }
  }

  /// When the transport has sent or read so many bytes.
  mutating func transport(at: UInt64, bytes: Int, time: UInt64) -> UInt64 {
    let all =
      time + UInt64(costs.messageNanoseconds + Double(bytes) * costs.curveNanosecondsPerByte)
    spent.transport += beganAt == nil ? 0 : all
    transportFreeAt = max(transportFreeAt, at) + all
    return transportFreeAt
  }

  static func clock() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

extension Array {
  /// The place of the worker with a routing id, which says it.
  fileprivate func firstIndex(_ peer: PeerID) -> Int? {
    let number = peer.bytes.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    return indices.contains(number) ? number : nil
  }
}
