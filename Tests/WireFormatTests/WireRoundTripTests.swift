import Apriori
import Coordination
import Messages
import Testing
import WireFormat

/// Every message that exists goes to frames and back without a difference.
///
/// Messages are compared by all their fields as Swift prints them; that each kind of message is
/// among the samples is counted, so that a new one cannot be forgotten.
@Suite("Messages, there and back") struct WireRoundTripTests {
  @Test(arguments: 0..<12) func workers(seed: UInt64) throws {
    var samples = WireSamples(seed: seed)
    var kinds: Set<Int> = []
    for message in samples.workerMessages() {
      kinds.insert(kind(of: message))
      let envelope = try samples.envelope(message)
      let frames = try WireFormat.encode(envelope)
      #expect("\(try WireFormat.decodeWorker(frames))" == "\(envelope)")
      #expect(try WireFormat.header(of: frames).family == .worker)
    }
    #expect(kinds == Set(0..<15))
  }

  @Test(arguments: 0..<12) func coordinator(seed: UInt64) throws {
    var samples = WireSamples(seed: seed)
    var kinds: Set<Int> = []
    for message in samples.coordinatorMessages() {
      kinds.insert(kind(of: message))
      let envelope = samples.envelope(message)
      let frames = try WireFormat.encode(envelope)
      #expect("\(try WireFormat.decodeCoordinator(frames))" == "\(envelope)")
      #expect(try WireFormat.header(of: frames).family == .coordinator)
    }
    #expect(kinds == Set(0..<16))
  }

  @Test(arguments: 0..<12) func clients(seed: UInt64) throws {
    var samples = WireSamples(seed: seed)
    var kinds: Set<Int> = []
    for request in try samples.requests() {
      kinds.insert(kind(of: request))
      let id = samples.request()
      let frames = try WireFormat.encode(request: request, id: id)
      let found = try WireFormat.decodeRequest(frames)
      #expect(found.id == id)
      #expect("\(found.request)" == "\(request)")
      #expect(try WireFormat.header(of: frames).request == id)
    }
    #expect(kinds == Set(0..<19))
    kinds = []
    for response in try samples.responses() {
      kinds.insert(kind(of: response))
      let id = samples.request()
      let found = try WireFormat.decodeResponse(try WireFormat.encode(response: response, id: id))
      #expect(found.id == id && found.response == response)
    }
    #expect(kinds == Set(0..<13))
  }

  @Test(arguments: 0..<12) func manifests(seed: UInt64) throws {
    var samples = WireSamples(seed: seed)
    var kinds: Set<Int> = []
    for write in try samples.catalogWrites() {
      kinds.insert(kind(of: write))
      let bytes = try WireFormat.manifest(for: write)
      #expect(try WireFormat.catalogWrite(fromManifest: bytes) == write)
    }
    #expect(kinds == Set(0..<9))
  }

  /// Contents that are values become the payloads that `Messages` defines.
  @Test func valuesAreEncoded() throws {
    var samples = WireSamples(seed: 3)
    let report = CountReport.above(allowance: 4, positions: [1, 8], counts: [9, 5])
    let answer = CountingAnswer(
      lease: 1, key: samples.key(),
      answers: [RangeAnswer(range: 2, digest: 3, report: .value(report))], microseconds: 4)
    var frames = try WireFormat.encode(try samples.envelope(.counted(answer)))
    #expect(frames.count == 3)
    #expect(frames.last == report.encoded())

    let survivors = [Survivors(positions: [3], isPerfect: [true])]
    frames = try WireFormat.encode(
      samples.envelope(
        .openLevel(
          LevelOpening(
            job: samples.job(), level: 2, digest: 1, targetCandidateCount: 9, rangeCount: 1,
            content: .survivors(.value(survivors))))))
    #expect(frames.last == SurvivorsList(survivors).encoded())

    let rules: [(range: UInt32, rule: CountingRule)] = [
      (0, .all), (1, .listed(.value([4, 6]))), (7, .listed(.value([]))),
    ]
    let lease = CountingLease(id: 1, key: samples.key(), attempt: 0, ranges: rules)
    frames = try WireFormat.encode(samples.envelope(.count(lease)))
    #expect(frames.dropFirst(2) == [PositionList([4, 6]).encoded(), PositionList([]).encoded()])

    let source = ReportSource(digest: 1, report: .value(report), endpoint: "")
    let order = ReducingOrder(
      id: 1, job: samples.job(), level: 2, levelDigest: 3, range: 4, candidateCount: 9,
      minimumSupport: 5, reports: [(.above(allowance: 4), source)], polls: [(0, source)])
    frames = try WireFormat.encode(samples.envelope(.reduce(order)))
    #expect(frames.dropFirst(2) == [report.encoded(), report.encoded()])
    let reduction = RangeReduction.open([[3], []])
    frames = try WireFormat.encode(
      try samples.envelope(.reduced(samples.job(), order: 1, .value(reduction))))
    #expect(frames.last == reduction.encoded())

    let items: [UInt32] = [5, 2, 9]
    let opening = JobOpening(
      job: samples.job(), transactionCount: 8, items: .value(items), shards: [])
    frames = try WireFormat.encode(samples.envelope(.openJob(opening)))
    #expect(frames.last == ItemList(items).encoded())
  }

  // Each kind of message has a number here; the compiler asks for one for every new kind.

  private func kind(of message: WorkerMessage) -> Int {
    switch message {
    case .hello: 0
    case .inventory: 1
    case .heartbeat: 2
    case .stored: 3
    case .storeFailed: 4
    case .deleted: 5
    case .damaged: 6
    case .verified: 7
    case .missing: 8
    case .counted: 9
    case .countingFailed: 10
    case .leaving: 11
    case .fenced: 12
    case .reduced: 13
    case .reducingFailed: 14
    }
  }

  private func kind(of message: CoordinatorMessage) -> Int {
    switch message {
    case .welcome: 0
    case .refused: 1
    case .inventoryReceived: 2
    case .heartbeatReceived: 3
    case .introduceYourself: 4
    case .replicate: 5
    case .delete: 6
    case .quarantine: 7
    case .verify: 8
    case .openJob: 9
    case .openLevel: 10
    case .count: 11
    case .cancel: 12
    case .closeJob: 13
    case .released: 14
    case .reduce: 15
    }
  }

  private func kind(of request: ClientRequest) -> Int {
    switch request {
    case .status: 0
    case .listDataSets: 1
    case .showDataSet: 2
    case .removeDataSet: 3
    case .verifyDataSet: 4
    case .openDataSet: 5
    case .putChunk: 6
    case .closeDataSet: 7
    case .abandonDataSet: 8
    case .submitJob: 9
    case .listJobs: 10
    case .showJob: 11
    case .cancelJob: 12
    case .removeJob: 13
    case .openResults: 14
    case .listNodes: 15
    case .drainNode: 16
    case .removeNode: 17
    case .watchJob: 18
    }
  }

  private func kind(of response: ClientResponse) -> Int {
    switch response {
    case .refused: 0
    case .status: 1
    case .dataSets: 2
    case .dataSet: 3
    case .ingestOpened: 4
    case .ingesting: 5
    case .verification: 6
    case .job: 7
    case .jobs: 8
    case .results: 9
    case .nodes: 10
    case .node: 11
    case .done: 12
    }
  }

  private func kind(of write: CatalogWrite) -> Int {
    switch write {
    case .claim: 0
    case .putDataSet: 1
    case .removeDataSet: 2
    case .putJob: 3
    case .removeJob: 4
    case .putNode: 5
    case .removeNode: 6
    case .putReplica: 7
    case .removeReplica: 8
    }
  }
}
