import Apriori
import Blocks
import Coordination
import Itemsets
import Messages
import Working

/// A coordinator and a worker in one process with nothing between them: what `lode mine` runs.
///
/// The very state machines of a cluster, over a transport that passes values. Time stands still for
/// them, so nobody is ever suspect and nothing is sent twice. Threads share it under a lock: each
/// takes work, does it, and hands the outcome back.
struct EmbeddedCluster {
  enum Work {
    case coordinator(Token, CoordinatorWork)
    case worker(WorkerToken, WorkerWork)
    /// Read a block from its file.
    case load(WorkerToken, SpillFile, offset: Int, length: Int)
  }

  enum Outcome {
    case loaded(WorkerToken, Result<[UInt8], SpillError>)
    case coordinator(Token, CoordinatorOutcome)
    case worker(WorkerToken, WorkerOutcome)
  }

  /// What a thread is told: a piece of work, or that there is none left.
  struct Answer {
    let work: Work?
  }

  /// The job, once it has ended.
  private(set) var ended: JobSummary?
  private(set) var failure: MiningError?
  private var coordinator: Coordinator
  private var worker: Worker
  private var eventsForCoordinator: [CoordinatorEvent] = []
  private var eventsForWorker: [WorkerEvent] = []
  /// Reducing goes first: it frees the reports.
  private var reducing: [Work] = []
  private var counting: [Work] = []
  private var nextCounting = 0
  private var runningCount = 0
  private var levelsSeen = 0
  /// Where blocks are that are not in memory.
  private let places: [ObjectID: BlockPile.Place]
  private let job: JobID
  private let budget: (limit: Int?, held: Int)
  private let progress: @Sendable (MiningProgress) -> Void

  /// Candidates of a range where every range is a walk through all data.
  private static let longRange = 1 << 20
  private static let now = Moment(milliseconds: 1, unixMilliseconds: 0)
  private static let coordinatorPeer = PeerID([1])

  /// - Parameters:
  ///   - plan: what to mine; `plan.blocks` are in the order of their shards.
  ///   - budget: bytes that everything may take, and bytes that the caller holds.
  init(
    _ plan: EmbeddedPlan, threadCount: Int, layout: Projection.Layout,
    budget: (limit: Int?, held: Int), progress: @escaping @Sendable (MiningProgress) -> Void
  ) throws(NameError) {
    self.budget = budget
    self.progress = progress
    job = JobID(1)
    var configuration = CoordinatorConfiguration()
    configuration.replication = 1
    configuration.passesValues = true
    configuration.keepsCheckpoints = false
    configuration.parallelism = threadCount
    configuration.leaseMilliseconds = 20
    configuration.memoryLimit = budget.limit ?? .max
    // One thread has no use for ranges that take alike.
    configuration.cutsByCost = threadCount > 1 && !plan.isSpilled
    // Each range is a walk through all data, which are read for it: so there are few, and pieces of
    // data enough that every thread has one.
    if plan.isSpilled { configuration.candidatesPerRange = Self.longRange...Self.longRange }
    let name = try Name("local")
    let cluster = ClusterID(DataSetID(high: 0, low: 1))
    var catalog = CatalogState(cluster: cluster)
    catalog.apply(.putDataSet(plan.dataSet(named: name)))
    coordinator = Coordinator(
      configuration: configuration, catalog: catalog, ownObjects: [], seed: 1, at: Self.now)
    var settings = WorkerConfiguration(name: name, incarnation: Incarnation(1))
    settings.threads = threadCount
    settings.passesValues = true
    settings.layout = layout
    settings.memoryLimit = budget.limit ?? .max
    if plan.isSpilled {
      settings.memoryLimit = max(settings.memoryLimit - budget.held, settings.memoryLimit / 4)
      settings.rereadsBlocks = true
      settings.frequentShare =
        Double(plan.minimumSupport) / Double(max(plan.transactionCount, 1))
    }
    settings.transactionsPerProjection = plan.transactionsPerBlockSet
    var start = WorkerStart(
      cluster: cluster, promised: .none, objects: plan.descriptors, freeBytes: 0)
    start.residentBlocks = plan.residentBlocks
    places = plan.places
    worker = Worker(
      configuration: settings, start: start, seed: 1, at: Self.now.milliseconds)
    take(coordinator.start())
    settle()
    take(worker.start(at: Self.now.milliseconds))
    settle()
    take(
      coordinator.mine(
        plan.job(job, dataSet: name), items: plan.items, itemCount: plan.itemCount, at: Self.now))
    settle()
  }

  /// Pieces of work that wait to be taken.
  var waitingCount: Int { reducing.count + counting.count - nextCounting }

  /// The next piece of work, nil while there is none but more may come.
  mutating func next() -> Answer? {
    if failure != nil || ended != nil { return Answer(work: nil) }
    if let work = reducing.popLast() {
      runningCount += 1
      return Answer(work: work)
    }
    if nextCounting < counting.count {
      defer {
        nextCounting += 1
        if nextCounting == counting.count {
          counting.removeAll(keepingCapacity: true)
          nextCounting = 0
        }
      }
      runningCount += 1
      return Answer(work: counting[nextCounting])
    }
    if runningCount == 0 {
      fail(.failed("the job came to a halt without an end; please report this"))
      return Answer(work: nil)
    }
    return nil
  }

  /// Takes the outcome of a piece of work.
  mutating func handle(_ outcome: Outcome) {
    runningCount -= 1
    if failure != nil || ended != nil { return }
    switch outcome {
    case .coordinator(let token, let outcome):
      eventsForCoordinator.append(.performed(token, outcome))
    case .worker(let token, let outcome): eventsForWorker.append(.performed(token, outcome))
    case .loaded(let token, .success(let bytes)): eventsForWorker.append(.loaded(token, bytes))
    case .loaded(_, .failure(let error)): fail(.failed("\(error)"))
    }
    settle()
  }

  /// The closed levels; nil before the end.
  var result: ClosedLevels? { coordinator.closedLevels(of: job) }

  private mutating func fail(_ error: MiningError) {
    if failure == nil { failure = error }
  }

  /// Lets both handle what there is until neither has anything left.
  private mutating func settle() {
    while !eventsForCoordinator.isEmpty || !eventsForWorker.isEmpty {
      let first = eventsForCoordinator
      eventsForCoordinator = []
      for event in first { take(coordinator.handle(event, at: Self.now)) }
      let second = eventsForWorker
      eventsForWorker = []
      for event in second { take(worker.handle(event, at: Self.now.milliseconds)) }
    }
  }

  private mutating func take(_ effects: [CoordinatorEffect]) {
    for effect in effects {
      switch effect {
      case .send(let envelope, _): eventsForWorker.append(.coordinator(envelope))
      case .persist(let token, _): eventsForCoordinator.append(.persisted(token))
      case .perform(let token, let work): reducing.append(.coordinator(token, work))
      case .progress(let summary): follow(summary)
      case .stop(let reason): fail(.failed(reason))
      case .note, .reply, .publish, .withdraw, .forget: break
      case .store(let token, let descriptor, _):
        eventsForCoordinator.append(.stored(token, descriptor))
      case .load(let token, _), .fetch(let token, _, _):
        eventsForCoordinator.append(.loadFailed(token, .unreachable))
      }
    }
  }

  private mutating func take(_ effects: [WorkerEffect]) {
    for effect in effects {
      switch effect {
      case .send(let envelope):
        eventsForCoordinator.append(
          .worker(envelope, from: Self.coordinatorPeer, role: .loopback))
      case .promise(let token, _, _): eventsForWorker.append(.promised(token))
      case .perform(let token, let work): counting.append(.worker(token, work))
      case .stop(let reason): if let reason { fail(.failed(reason)) }
      case .load(let token, let descriptor): load(descriptor, for: token)
      case .fetch(let token, _, _): eventsForWorker.append(.loadFailed(token, .unreachable))
      case .store(let token, _, _):
        eventsForWorker.append(.storeFailed(token, .disk("there is no disk")))
      case .delete(let token, _): eventsForWorker.append(.deleted(token))
      case .quarantine, .publish, .withdraw, .reconnect, .note: break
      }
    }
  }

  private mutating func load(_ descriptor: ObjectDescriptor, for token: WorkerToken) {
    if case .file(let file, let offset, let length) = places[descriptor.id] {
      counting.append(.load(token, file, offset: offset, length: length))
    } else {
      eventsForWorker.append(.loadFailed(token, .unreachable))
    }
  }

  /// Tells the caller what has changed.
  private mutating func follow(_ summary: JobSummary) {
    for figures in summary.levels.dropFirst(levelsSeen) {
      checkMemory(level: figures.level)
      progress(
        .closed(
          LevelSummary(
            level: figures.level, candidateCount: figures.candidateCount,
            frequentCount: Int(clamping: figures.frequentCount))))
    }
    levelsSeen = max(levelsSeen, summary.levels.count)
    if summary.rangesClosed > 0 {
      progress(
        .counted(
          level: summary.level, ranges: summary.rangesClosed, of: summary.rangeCount))
    }
    switch summary.state {
    case .done: ended = summary
    case .failed, .cancelled: fail(.failed(summary.failure))
    case .queued, .running: break
    }
  }

  private mutating func checkMemory(level: Int) {
    guard let limit = budget.limit else { return }
    let needed = budget.held + worker.bytesHeld + coordinator.closedLevelBytes(of: job)
    if needed > limit { fail(.memory(level: level, needed: needed, limit: limit)) }
  }
}

/// What an embedded cluster is to mine.
struct EmbeddedPlan {
  /// Blocks of each shard; a shard is a block set.
  let shards: [[BlockPile.Entry]]
  /// Whether some of them have to be read.
  let isSpilled: Bool
  let items: RankedItems
  let itemCount: Int
  let transactionCount: UInt64
  let minimumSupport: UInt64
  let maximumLevel: Int?
  let transactionsPerBlockSet: Int

  /// Blocks in memory have names like any, but no bytes.
  private func descriptor(_ number: Int, _ block: BlockPile.Entry) -> ObjectDescriptor {
    var length = 0
    if case .file(_, _, let bytes) = block.place { length = bytes }
    return ObjectDescriptor(
      id: ObjectID(owner: .dataSet(.none), kind: .block, number: UInt64(number)),
      length: UInt64(length), checksum: 0)
  }

  private var blocks: [BlockPile.Entry] { shards.flatMap { $0 } }

  var descriptors: [ObjectDescriptor] { blocks.enumerated().map(descriptor) }

  var residentBlocks: [ObjectID: Block] {
    var resident: [ObjectID: Block] = [:]
    for (number, block) in blocks.enumerated() {
      if case .memory(let decoded) = block.place {
        resident[descriptor(number, block).id] = decoded
      }
    }
    return resident
  }

  /// Where the others are.
  var places: [ObjectID: BlockPile.Place] {
    var places: [ObjectID: BlockPile.Place] = [:]
    for (number, block) in blocks.enumerated() {
      if case .file = block.place { places[descriptor(number, block).id] = block.place }
    }
    return places
  }

  func dataSet(named name: Name) -> DataSetRecord {
    var records: [ShardRecord] = []
    var first = 0
    for blocks in shards where !blocks.isEmpty {
      records.append(
        ShardRecord(
          firstBlock: UInt64(first),
          blocks: blocks.enumerated().map { descriptor(first + $0, $1) },
          transactionCount: blocks.reduce(0) { $0 + UInt64($1.transactionCount) }))
      first += blocks.count
    }
    let nothing = ObjectDescriptor(
      id: ObjectID(owner: .dataSet(.none), kind: .dictionary, number: 0), length: 0, checksum: 0)
    return DataSetRecord(
      id: .none, name: name, version: 1, replication: 1, transactionCount: transactionCount,
      itemCount: UInt64(itemCount), shards: records, dictionary: nothing, counts: nothing,
      source: "", addedAt: 0, ingest: RequestID(.none))
  }

  func job(_ id: JobID, dataSet: Name) -> JobRecord {
    var summary = JobSummary(
      id: id,
      specification: JobSpecification(
        dataSet: dataSet, minimumSupport: "\(minimumSupport)", maximumLevel: maximumLevel,
        arguments: []),
      dataSetVersion: 1, transactionCount: transactionCount, submittedAt: 0, software: "")
    summary.minimumSupport = minimumSupport
    return JobRecord(
      summary: summary, dataSet: .none, request: RequestID(.none), items: nil, checkpoints: [])
  }
}
