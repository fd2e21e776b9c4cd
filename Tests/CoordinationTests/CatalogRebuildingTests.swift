import Blocks
import Messages
import Testing

@testable import Coordination

/// A rebuilding with workers that say what tests let them say; manifests are the bytes of a label.
private struct Rebuilding {
  static let cluster = ClusterID(DataSetID(high: 7, low: 7))

  var machine: CatalogRebuilding
  var milliseconds: UInt64 = 1_000_000
  /// What each data endpoint serves; others do not answer.
  var served: [String: [ObjectDescriptor: [UInt8]]] = [:]
  var sent: [(message: CoordinatorMessage, to: String)] = []
  var fetched: [ObjectDescriptor] = []
  var refused = 0
  var stopReason: String?
  /// Whether fetches wait until the test ends them.
  var holdsFetches = false
  var held: [(token: Token, descriptor: ObjectDescriptor)] = []

  init(_ records: [String: CatalogWrite]) {
    machine = CatalogRebuilding(
      configuration: CoordinatorConfiguration(),
      decodeManifest: { records[String(decoding: $0, as: UTF8.self)] },
      at: Moment(milliseconds: 1_000_000, unixMilliseconds: 0))
  }

  mutating func handle(_ event: CoordinatorEvent) {
    var events = [event]
    while !events.isEmpty {
      let now = Moment(milliseconds: milliseconds, unixMilliseconds: 0)
      for effect in machine.handle(events.removeFirst(), at: now) {
        switch effect {
        case .send(let envelope, let peer):
          sent.append((envelope.message, String(decoding: peer.bytes, as: UTF8.self)))
        case .reply(.refused, _, _): refused += 1
        case .fetch(let token, let descriptor, let sources):
          fetched.append(descriptor)
          if holdsFetches {
            held.append((token, descriptor))
          } else if let bytes = sources.compactMap({ served[$0]?[descriptor] }).first {
            events.append(.loaded(token, bytes))
          } else {
            events.append(.loadFailed(token, .unreachable))
          }
        case .stop(let reason): stopReason = reason
        default: Issue.record("a rebuilding asked for \(effect)")
        }
      }
    }
  }

  mutating func say(
    _ message: WorkerMessage, as name: String, incarnation: UInt64 = 1, epoch: UInt64 = 3
  ) throws {
    handle(
      .worker(
        WorkerEnvelope(
          name: try Name(name), incarnation: Incarnation(incarnation), epoch: Epoch(epoch),
          message: message), from: PeerID(Array(name.utf8)), role: .worker))
  }

  mutating func hello(
    _ name: String, cluster: ClusterID? = Rebuilding.cluster, incarnation: UInt64 = 1,
    epoch: UInt64 = 3
  ) throws {
    try say(
      .hello(
        WorkerHello(
          cluster: cluster, dataEndpoint: "tcp://\(name)", rack: "rack-\(name)", threads: 1,
          memoryBytes: 0, freeBytes: 0, software: "", objectCount: 0)),
      as: name, incarnation: incarnation, epoch: epoch)
  }

  /// A worker with these objects in one part, all of which it serves.
  mutating func join(_ name: String, _ objects: [(ObjectDescriptor, [UInt8])] = []) throws {
    try hello(name)
    for (descriptor, bytes) in objects { served["tcp://\(name)", default: [:]][descriptor] = bytes }
    try say(
      .inventory(InventoryPart(index: 0, partCount: 1, objects: objects.map(\.0))), as: name)
  }

  mutating func run(seconds: Int) {
    for _ in 0..<(10 * seconds) where stopReason == nil {
      milliseconds += 100
      handle(.tick)
    }
  }

  var lastMessage: String { sent.last.map { "\($0.message)" } ?? "" }
}

private let number = DataSetID(high: 0, low: 5)

private func dataSet(_ name: String, id: DataSetID = number) throws -> CatalogWrite {
  let owner = ObjectOwner.dataSet(id)
  func object(_ kind: ObjectKind) -> ObjectDescriptor {
    ObjectDescriptor(id: ObjectID(owner: owner, kind: kind, number: 0), bytes: [1])
  }
  return .putDataSet(
    DataSetRecord(
      id: id, name: try Name(name), version: 1, replication: 2, transactionCount: 1, itemCount: 1,
      shards: [], dictionary: object(.dictionary), counts: object(.counts), source: "", addedAt: 0,
      ingest: RequestID(id)))
}

private func manifest(_ label: String, version: UInt64 = 0) -> (ObjectDescriptor, [UInt8]) {
  let bytes = Array(label.utf8)
  let id = ObjectID(owner: .dataSet(number), kind: .manifest, number: version)
  return (ObjectDescriptor(id: id, bytes: bytes), bytes)
}

@Suite struct CatalogRebuildingTests {
  @Test func aCatalogIsMadeOfWhatWorkersHold() throws {
    var rebuilding = Rebuilding(["sales": try dataSet("sales")])
    try rebuilding.hello("a", epoch: 3)
    #expect(rebuilding.lastMessage.contains("welcome"))
    rebuilding.served["tcp://a"] = [manifest("sales").0: manifest("sales").1]
    let block = ObjectDescriptor(
      id: ObjectID(owner: .dataSet(number), kind: .block, number: 0), bytes: [1])
    try rebuilding.say(
      .inventory(InventoryPart(index: 0, partCount: 2, objects: [block])), as: "a")
    try rebuilding.say(.heartbeat(heartbeat), as: "a")
    rebuilding.run(seconds: 9)
    try rebuilding.say(.heartbeat(heartbeat), as: "a")
    rebuilding.run(seconds: 9)
    #expect(rebuilding.machine.outcome == nil, "half of an inventory is not enough")
    try rebuilding.say(
      .inventory(InventoryPart(index: 1, partCount: 2, objects: [manifest("sales").0])), as: "a")
    try rebuilding.hello("b", epoch: 8)
    try rebuilding.say(.inventory(InventoryPart(index: 0, partCount: 1, objects: [])), as: "b")
    rebuilding.run(seconds: 11)
    let outcome = try #require(rebuilding.machine.outcome)
    #expect(outcome.cluster == Rebuilding.cluster && outcome.epoch == Epoch(8))
    #expect(outcome.dataSets.map(\.name.text) == ["sales"])
    #expect(outcome.nodes.map(\.name.text) == ["a", "b"])
    #expect(outcome.nodes.map(\.rack) == ["rack-a", "rack-b"])
    #expect(rebuilding.fetched == [manifest("sales").0], "blocks are not fetched")
  }

  @Test func itIsDoneOnlyWhenNobodyHasComeForAWhile() throws {
    var rebuilding = Rebuilding([:])
    rebuilding.run(seconds: 30)
    #expect(rebuilding.machine.outcome == nil, "there is no cluster without a worker")
    try rebuilding.join("a")
    rebuilding.run(seconds: 9)
    try rebuilding.join("b")
    rebuilding.run(seconds: 9)
    #expect(rebuilding.machine.outcome == nil)
    rebuilding.run(seconds: 1)
    #expect(rebuilding.machine.outcome?.nodes.count == 2)
  }

  @Test func theNewestVersionCountsAlsoWhileAnOlderOneIsOnItsWay() throws {
    let records = ["old": try dataSet("old"), "new": try dataSet("new")]
    for newestFirst in [false, true] {
      var rebuilding = Rebuilding(records)
      let versions = [manifest("old", version: 1), manifest("new", version: 2)]
      rebuilding.holdsFetches = true
      try rebuilding.join("a", [versions[newestFirst ? 1 : 0]])
      rebuilding.run(seconds: 1)
      try rebuilding.join("b", [versions[newestFirst ? 0 : 1]])
      let first = try #require(rebuilding.held.first)
      rebuilding.handle(.loaded(first.token, Array((newestFirst ? "new" : "old").utf8)))
      rebuilding.holdsFetches = false
      rebuilding.run(seconds: 12)
      #expect(rebuilding.machine.outcome?.dataSets.map(\.name.text) == ["new"])
    }
  }

  @Test func aManifestThatOneHolderHasDamagedIsTakenFromAnother() throws {
    var rebuilding = Rebuilding(["sales": try dataSet("sales")])
    try rebuilding.join("a", [manifest("sales")])
    rebuilding.served["tcp://a"] = [manifest("sales").0: Array("seles".utf8)]
    rebuilding.run(seconds: 8)
    #expect(rebuilding.stopReason == nil, "another holder may still come")
    try rebuilding.join("b", [manifest("sales")])
    rebuilding.run(seconds: 13)
    #expect(rebuilding.machine.outcome?.dataSets.map(\.name.text) == ["sales"])
  }

  @Test func otherBytesOfTheSameRecordServeAsWell() throws {
    var rebuilding = Rebuilding(["good": try dataSet("sales")])
    try rebuilding.join("a", [manifest("cannot be decoded")])
    try rebuilding.join("b", [manifest("good")])
    rebuilding.run(seconds: 13)
    #expect(rebuilding.machine.outcome?.dataSets.map(\.name.text) == ["sales"])
  }

  @Test func aManifestNobodyCanServeStopsItWithTheName() throws {
    var rebuilding = Rebuilding(["other": try dataSet("other", id: DataSetID(high: 0, low: 6))])
    // What it says is the record of another data set.
    try rebuilding.join("a", [manifest("other")])
    rebuilding.run(seconds: 30)
    #expect(rebuilding.machine.outcome == nil)
    let reason = try #require(rebuilding.stopReason)
    #expect(reason.contains("\(manifest("other").0.id)") && reason.contains("tcp://a"))
  }

  @Test func strangersAndNewWorkersAreRefused() throws {
    var rebuilding = Rebuilding([:])
    try rebuilding.hello("new", cluster: nil)
    #expect(rebuilding.lastMessage.contains("this worker is new"))
    try rebuilding.join("a")
    try rebuilding.hello("x", cluster: ClusterID(DataSetID(high: 1, low: 1)))
    #expect(rebuilding.lastMessage.contains("belongs to cluster"))
    try rebuilding.say(.heartbeat(heartbeat), as: "x")
    #expect(rebuilding.lastMessage.contains("introduceYourself"))
    rebuilding.handle(
      .client(.status, id: RequestID(number), from: PeerID([1]), role: .admin))
    #expect(rebuilding.refused == 1)
    rebuilding.run(seconds: 11)
    #expect(rebuilding.machine.outcome?.nodes.map(\.name.text) == ["a"])
  }

  @Test func aNewLifeListsAnewAndAnOlderOneIsNotHeard() throws {
    var rebuilding = Rebuilding(["sales": try dataSet("sales")])
    try rebuilding.hello("a", incarnation: 1)
    try rebuilding.say(
      .inventory(InventoryPart(index: 0, partCount: 2, objects: [])), as: "a", incarnation: 1)
    try rebuilding.hello("a", incarnation: 2)
    try rebuilding.hello("a", incarnation: 1)
    rebuilding.served["tcp://a"] = [manifest("sales").0: manifest("sales").1]
    try rebuilding.say(
      .inventory(InventoryPart(index: 0, partCount: 1, objects: [manifest("sales").0])), as: "a",
      incarnation: 2)
    rebuilding.run(seconds: 13)
    let outcome = try #require(rebuilding.machine.outcome)
    #expect(outcome.nodes.map(\.incarnation) == [Incarnation(2)])
    #expect(outcome.dataSets.count == 1)
  }

  @Test func aWorkerThatDiesAmidItsInventoryIsNotWaitedFor() throws {
    var rebuilding = Rebuilding([:])
    try rebuilding.join("a")
    try rebuilding.hello("b")
    try rebuilding.say(.inventory(InventoryPart(index: 0, partCount: 2, objects: [])), as: "b")
    rebuilding.run(seconds: 25)
    #expect(rebuilding.machine.outcome?.nodes.map(\.name.text) == ["a"])
    try rebuilding.say(.heartbeat(heartbeat), as: "b")
    #expect(rebuilding.lastMessage.contains("introduceYourself"))
  }

  private let heartbeat = WorkerHeartbeat(
    sequence: 1, leaseCount: 0, freeBytes: 0, bytesHeld: 0)
}
