import Apriori
import Blocks
import Coordination
import Messages
import TestSupport

/// Random values of all that the protocol speaks of; contents are bytes or published.
struct WireSamples {
  var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  // Numbers of all sizes, 0 among them.
  mutating func word() -> UInt64 {
    let word = generator.next()
    return oneIn(8) ? 0 : word >> (generator.next() % 64)
  }
  mutating func count() -> Int { Int(word() >> 1) }
  mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &generator) == 0 }
  mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int.random(in: 0..<values.count, using: &generator)]
  }
  mutating func many<Value>(_ make: (inout WireSamples) throws -> Value) rethrows -> [Value] {
    var values: [Value] = []
    for _ in 0..<Int.random(in: 0...4, using: &generator) { values.append(try make(&self)) }
    return values
  }
  /// All places of a range, or so many of them where there are more.
  mutating func places(_ range: Range<Int>, most: Int) -> [Int] {
    range.count <= most
      ? Array(range) : (0..<most).map { _ in Int.random(in: range, using: &generator) }
  }
  mutating func ascending() -> [UInt32] {
    var next: UInt32 = 0
    return many { samples in
      next += UInt32(samples.word() % 1_000_000) + 1
      return next
    }
  }

  mutating func text() -> String {
    String(many { $0.pick(["ä", "tcp://10.0.0.7:40112", "\"", "\n", "x", "日本"]) }.joined())
  }
  mutating func name() throws -> Name {
    try Name("n" + many { $0.pick(["a", "Z", "0", ".", "_", "-"]) }.joined())
  }
  mutating func uuid() -> DataSetID { DataSetID(high: word(), low: word()) }
  mutating func request() -> RequestID { RequestID(uuid()) }
  mutating func job() -> JobID { JobID(word()) }

  mutating func object() -> ObjectID {
    ObjectID(
      owner: oneIn(2) ? .dataSet(uuid()) : .job(job()), kind: pick(ObjectKind.allCases),
      number: word())
  }
  mutating func descriptor() -> ObjectDescriptor {
    ObjectDescriptor(id: object(), length: word(), checksum: word())
  }
  mutating func bytes() -> [UInt8] { many { UInt8(truncatingIfNeeded: $0.word()) } }
  mutating func content<Value>() -> Content<Value> {
    oneIn(3) ? .published(descriptor()) : .bytes(bytes())
  }
  /// Often a report of the job, kept by a worker.
  mutating func report(of job: JobID) -> Content<CountReport> {
    if oneIn(2) { return content() }
    let id = ObjectID(owner: .job(job), kind: .report, number: word())
    return .published(ObjectDescriptor(id: id, length: word(), checksum: word()))
  }
  mutating func failure() -> StoreFailure {
    pick([.unreachable, .damaged, .disk(text())])
  }
  mutating func key() -> CountingKey {
    CountingKey(
      job: job(), level: count(), phase: pick(CountingPhase.allCases), shards: ascending(),
      levelDigest: word())
  }

  // MARK: Workers

  mutating func hello() -> WorkerHello {
    WorkerHello(
      cluster: oneIn(2) ? nil : ClusterID(uuid()), dataEndpoint: text(), rack: text(),
      threads: count(), memoryBytes: word(), freeBytes: word(), software: text(),
      objectCount: count())
  }

  /// One of each kind of message, and both forms where there are two.
  mutating func workerMessages() -> [WorkerMessage] {
    let part = InventoryPart(
      index: Int(word() % 5), partCount: 5, objects: many { $0.descriptor() })
    let key = key()
    let answers = ascending().map {
      RangeAnswer(range: $0, digest: word(), report: report(of: key.job))
    }
    let failures: [CountingFailure] = [
      .objectMissing(object()), .levelMismatch(expected: word(), found: word()), .failed(text()),
    ]
    return [
      .hello(hello()), .inventory(part),
      .heartbeat(
        WorkerHeartbeat(
          sequence: word(), leaseCount: count(), freeBytes: word(), bytesHeld: word())),
      .stored(descriptor(), order: word()), .storeFailed(descriptor(), failure()),
      .deleted(object(), order: word()),
      .damaged(descriptor(), pick(DamagePlace.allCases)), .verified(descriptor(), nil),
      .verified(descriptor(), failure()), .missing(job(), level: nil),
      .missing(job(), level: count()),
      .counted(
        CountingAnswer(lease: word(), key: key, answers: answers, microseconds: word())),
      .reduced(job(), order: word(), content()),
      .leaving(leases: many { $0.word() }), .fenced(Epoch(word())),
    ]
      + reducingFailures().map { .reducingFailed(job(), order: word(), $0) }
      + failures.map {
        .countingFailed(lease: word(), key: key, ranges: ascending(), $0)
      }
  }

  mutating func reducingFailures() -> [ReducingFailure] {
    [
      .unreachable(reports: places(), polls: places()),
      .damaged(reports: places(), polls: places(), text()), .contradiction(text()),
      .failed(text()),
    ]
  }
  mutating func places() -> [Int] { ascending().map { Int($0) } }

  mutating func source(_ job: JobID) -> ReportSource {
    ReportSource(digest: word(), report: report(of: job), endpoint: text())
  }
  mutating func order() -> ReducingOrder {
    let job = job()
    let reports = (0...word() % 7).map { _ in
      (mode: oneIn(2) ? ReportMode.all : .above(allowance: word()), source: source(job))
    }
    return ReducingOrder(
      id: word(), job: job, level: count(), levelDigest: word(),
      range: UInt32(truncatingIfNeeded: word()), candidateCount: Int(word() % (1 << 32)),
      minimumSupport: word(), reports: reports,
      polls: many { (report: Int($0.word() % UInt64(reports.count)), source: $0.source(job)) })
  }

  mutating func envelope(_ message: WorkerMessage) throws -> WorkerEnvelope {
    WorkerEnvelope(
      name: try name(), incarnation: Incarnation(word()), epoch: Epoch(word()), message: message)
  }

  // MARK: The coordinator

  mutating func coordinatorMessages() -> [CoordinatorMessage] {
    let shards = many { samples in
      ShardDescription(
        number: UInt32(samples.word() >> 32), blocks: samples.many { $0.descriptor() })
    }
    let ranges = ascending().map { (range: $0, rule: rule()) }
    let contents: [LevelContent] = [.survivors(content()), .whole(content())]
    return [
      .welcome(Welcome(heartbeatMilliseconds: word(), dataEndpoint: text())), .refused(text()),
      .inventoryReceived(index: count()), .heartbeatReceived(sequence: word()),
      .introduceYourself,
      .replicate(descriptor(), sources: many { $0.text() }, order: word()),
      .delete(object(), order: word()), .quarantine(object(), order: word()),
      .verify(descriptor()),
      .openJob(
        JobOpening(job: job(), transactionCount: word(), items: content(), shards: shards)),
      .count(
        CountingLease(
          id: word(), key: key(), attempt: count(), ranges: ranges, keepsReports: oneIn(2))),
      .reduce(order()),
      .cancel(leases: many { $0.word() }), .closeJob(job()), .released,
    ]
      + contents.map {
        .openLevel(
          LevelOpening(
            job: job(), level: count(), digest: word(), targetCandidateCount: count(),
            rangeCount: count(), content: $0))
      }
  }

  mutating func rule() -> CountingRule {
    pick([.all, .above(allowance: word()), .listed(content())])
  }

  mutating func envelope(_ message: CoordinatorMessage) -> CoordinatorEnvelope {
    CoordinatorEnvelope(
      cluster: ClusterID(uuid()), epoch: Epoch(word()), incarnation: Incarnation(word()),
      message: message)
  }

  // MARK: Clients

  mutating func specification() throws -> JobSpecification {
    JobSpecification(
      dataSet: try name(), minimumSupport: text(), maximumLevel: oneIn(2) ? nil : count(),
      arguments: many { $0.text() })
  }
  mutating func jobSummary() throws -> JobSummary {
    var summary = JobSummary(
      id: job(), specification: try specification(), state: pick(JobState.allCases),
      dataSetVersion: word(), transactionCount: word(), submittedAt: word(), software: text())
    summary.formats = FormatVersions(block: word(), payload: word())
    summary.minimumSupport = word()
    summary.level = count()
    summary.rangesClosed = count()
    summary.rangeCount = count()
    summary.levels = many { samples in
      LevelFigures(
        level: samples.count(), candidateCount: samples.word(), frequentCount: samples.word(),
        leaseCount: samples.word(), bytesReceived: samples.word(), bytesSent: samples.word(),
        milliseconds: samples.word())
    }
    summary.failure = text()
    summary.endedAt = word()
    return summary
  }
  mutating func dataSetSummary() throws -> DataSetSummary {
    DataSetSummary(
      name: try name(), id: uuid(), version: word(), transactionCount: word(), itemCount: word(),
      blockCount: count(), shardCount: count(), byteCount: word(), replication: count(),
      underReplicatedCount: count(), lostBlocks: many { $0.word() }, source: text(),
      addedAt: word())
  }
  mutating func nodeSummary() throws -> NodeSummary {
    NodeSummary(
      name: try name(), state: pick(NodeState.allCases), dataEndpoint: text(), rack: text(),
      threads: count(), objectCount: count(), byteCount: word(), freeBytes: word(),
      leaseCount: count(), silentMilliseconds: word(), failureCount: count(),
      setAsideMilliseconds: word(), software: text())
  }

  mutating func requests() throws -> [ClientRequest] {
    [
      .status, .listDataSets, .showDataSet(try name()), .removeDataSet(try name()),
      .verifyDataSet(try name()),
      .openDataSet(
        DataSetOpening(
          name: try name(), replication: oneIn(2) ? nil : count(), transactionsPerBlock: count(),
          source: text())),
      .putChunk(ingest: request(), sequence: word(), bytes: bytes()),
      .closeDataSet(ingest: request(), chunkCount: word(), transactionCount: word()),
      .abandonDataSet(ingest: request()), .submitJob(try specification()), .listJobs,
      .showJob(job()), .watchJob(job(), closedLevels: count()), .cancelJob(job()),
      .removeJob(job()), .openResults(job()), .listNodes,
      .drainNode(try name()), .removeNode(try name()),
    ]
  }

  mutating func responses() throws -> [ClientResponse] {
    let status = ClusterStatus(
      cluster: ClusterID(uuid()), epoch: Epoch(word()), software: text(),
      uptimeMilliseconds: word(), replication: count(),
      nodes: try many { try $0.nodeSummary() }, dataSets: try many { try $0.dataSetSummary() },
      jobs: try many { try $0.jobSummary() }, copiesRunning: count(), copiesWaiting: count(),
      quarantinedCount: count(), problems: many { $0.text() })
    let defects = try many { samples in
      ReplicaDefect(
        node: try samples.name(), object: samples.object(), failure: samples.failure())
    }
    let verification = VerificationReport(
      isComplete: oneIn(2), checkedCount: count(), replicaCount: count(),
      unreachableCount: count(), defects: defects)
    let results = ResultDescription(
      job: try jobSummary(), dataEndpoint: text(), items: descriptor(),
      levels: many { $0.descriptor() })
    return [
      .refused(Refusal(pick(RefusalKind.allCases), text())), .status(status),
      .dataSets(try many { try $0.dataSetSummary() }), .dataSet(try dataSetSummary()),
      .ingestOpened(dataEndpoint: text(), credits: count()),
      .ingesting(
        IngestProgress(nextSequence: word(), blockCount: count(), securedCount: count())),
      .verification(verification), .job(try jobSummary()),
      .jobs(try many { try $0.jobSummary() }), .results(results),
      .nodes(try many { try $0.nodeSummary() }), .node(try nodeSummary()), .done,
    ]
  }

  // MARK: The catalog

  mutating func catalogWrites() throws -> [CatalogWrite] {
    let shards = many { samples in
      ShardRecord(
        firstBlock: samples.word(), blocks: samples.many { $0.descriptor() },
        transactionCount: samples.word())
    }
    let replica = ReplicaRecord(object: object(), node: try name())
    return [
      .claim(Epoch(word())),
      .putDataSet(
        DataSetRecord(
          id: uuid(), name: try name(), version: word(), replication: count(),
          transactionCount: word(), itemCount: word(), shards: shards, dictionary: descriptor(),
          counts: descriptor(), source: text(), addedAt: word(), ingest: request())),
      .removeDataSet(uuid()),
      .putJob(
        JobRecord(
          summary: try jobSummary(), dataSet: uuid(), request: request(),
          items: oneIn(2) ? nil : descriptor(), checkpoints: many { $0.descriptor() })),
      .removeJob(job()),
      .putNode(
        NodeRecord(
          name: try name(), incarnation: Incarnation(word()), rack: text(), isDraining: oneIn(2))),
      .removeNode(try name()), .putReplica(replica), .removeReplica(replica),
    ]
  }
}
