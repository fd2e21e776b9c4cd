import Blocks
import Messages
import Testing

@testable import Coordination

/// What is deleted, set aside and avoided, and when; most of these went wrong in simulations.
@Suite struct RemovalTests {
  private func block(_ cluster: TestCluster) throws -> ObjectDescriptor {
    try #require(cluster.coordinator.dataSets.first?.shards.first?.blocks.first)
  }

  /// A worker restarts while it is to copy an object that it has already: the only one to list it, it
  /// must not be told to delete it when it is taken for dead and comes back.
  @Test func whatWasListedIsNoCopyThatCanBeTakenBack() throws {
    var cluster = try TestCluster(["a", "b"]) { $0.replication = 1 }
    try cluster.run(milliseconds: 500)
    cluster.fromWorkers = {
      if case .stored = $0.message { return 0 }
      return 1
    }
    let ingest = try cluster.open("sales")
    for sequence in 0..<3 {
      cluster.events.append(
        .client(
          .putChunk(
            ingest: ingest, sequence: UInt64(sequence),
            bytes: TestCluster.chunk(from: 10 * sequence, count: 10)),
          id: cluster.nextID(), from: PeerID([9]), role: .client))
    }
    try cluster.run(milliseconds: 500)
    for name in ["a", "b"] { try cluster.restart(name) }
    try cluster.run(milliseconds: 500)
    cluster.fromWorkers = { _ in 1 }
    _ = try cluster.close(ingest, chunks: 3, transactions: 30)
    for name in cluster.names {
      cluster.fromWorkers = { $0.name == name ? 0 : 1 }
      try cluster.run(milliseconds: 12_000)
      cluster.fromWorkers = { _ in 1 }
      try cluster.run(milliseconds: 5_000)
      #expect(try cluster.fewestCopies("sales") == 1, "\(name) was silent")
    }
  }

  @Test func aCopyThatIsTakenBackIsDeletedOnlyWhenEnoughOthersHaveTheObject() throws {
    var cluster = try TestCluster(["a", "b", "c"]) { $0.replication = 1 }
    _ = try cluster.add("sales", blocks: 1)
    let block = try block(cluster)
    let holder = try #require(cluster.coordinator.holders(of: block.id).first)
    let other = try #require(cluster.names.first { $0 != holder })
    // It copies the block, is not heard, and is given up; the holder is silent then.
    let copy = cluster.workers[holder]?.objects[block.id]
    cluster.workers[other]?.objects[block.id] = copy
    cluster.fromWorkers = { $0.name == holder ? 0 : 1 }
    try cluster.run(milliseconds: 4_000)
    cluster.change { registry, members, outbox in
      registry.openCopy(of: block.id, on: other, members: members, outbox: &outbox)
      registry.reviewAll(members: members, outbox: &outbox)
    }
    try cluster.run(milliseconds: 5_000)
    #expect(cluster.workers[other]?.objects[block.id] != nil)
    // As soon as the holder is heard of again the surplus goes.
    cluster.fromWorkers = { _ in 1 }
    try cluster.run(milliseconds: 5_000)
    #expect(cluster.workers[other]?.objects[block.id] == nil)
    #expect(cluster.workers[holder]?.objects[block.id] != nil && cluster.coordinator.isQuiet)
  }

  @Test func aReplicaThatArrivesBeforeTheInventoryIsOne() throws {
    var cluster = try TestCluster(["a", "b"]) { $0.replication = 1 }
    _ = try cluster.add("sales", blocks: 1)
    let block = try block(cluster)
    let holder = try #require(cluster.coordinator.holders(of: block.id).first)
    let other = try #require(cluster.names.first { $0 != holder })
    let copy = cluster.workers[holder]?.objects[block.id]
    cluster.workers[other]?.objects[block.id] = copy
    try cluster.restart(other.text)
    cluster.fromWorkers = {
      if case .inventory = $0.message { return 0 }
      return 1
    }
    try cluster.run(milliseconds: 300)
    cluster.say(.stored(block, order: 0), as: other)
    cluster.drain()
    cluster.fromWorkers = { _ in 1 }
    let isTrimmed = try cluster.run(seconds: 10) {
      $0.coordinator.isQuiet && $0.viewsAgree() && ((try? $0.mostCopies("sales")) ?? 0) == 1
    }
    #expect(isTrimmed)
    #expect(try cluster.fewestCopies("sales") == 1)
  }

  @Test func quarantineIsRepeatedUntilItIsAcknowledged() throws {
    var cluster = try TestCluster(["a"]) { $0.replication = 1 }
    let a = try Name("a")
    let stranger = ObjectID(
      owner: .dataSet(DataSetID(high: 3, low: 3)), kind: .block, number: 0)
    cluster.workers[a]?.objects[stranger] = (ObjectDescriptor(id: stranger, bytes: [1]), [1])
    let lost = Captured()
    cluster.toWorkers = { envelope, _ in
      guard case .quarantine = envelope.message, lost.envelopes.count < 2 else { return 1 }
      lost.envelopes.append(envelope)
      return 0
    }
    try cluster.restart("a")
    try cluster.run(milliseconds: 1_500)
    #expect(cluster.workers[a]?.quarantined == [] && !cluster.coordinator.isQuiet)
    try cluster.run(milliseconds: 3_000)
    #expect(cluster.workers[a]?.quarantined == [stranger] && cluster.coordinator.isQuiet)
  }

  /// A rotten source is found out by whoever copies from it, and not held against the copier.
  @Test func damagedBytesAreBlamedOnTheirSource() throws {
    var cluster = try TestCluster(["a", "b", "c"]) { $0.replication = 2 }
    _ = try cluster.add("sales", blocks: 1)
    let block = try block(cluster)
    let holders = cluster.coordinator.holders(of: block.id)
    let other = try #require(cluster.names.first { !holders.contains($0) })
    cluster.workers[holders[0]]?.objects[block.id]?.bytes[0] ^= 1
    cluster.workers[holders[0]]?.damagesAreTold = true
    cluster.workers[other]?.damagesAreTold = true
    try cluster.crash(holders[1].text)
    try cluster.run(milliseconds: 14_000)
    // The only live copy is rotten: it is known as such, and as lost until the other one is back.
    #expect(cluster.coordinator.holders(of: block.id) == [holders[1]])
    try cluster.restart(holders[1].text)
    let isRepaired = try cluster.run(seconds: 20) {
      ((try? $0.fewestCopies("sales")) ?? 0) == 2 && $0.coordinator.isQuiet
    }
    #expect(isRepaired)
  }

  @Test func allThatWasAvoidedIsTriedAgain() throws {
    var cluster = try TestCluster(["a", "b"]) { $0.avoidMilliseconds = 5_000 }
    _ = try cluster.add("sales", blocks: 1)
    let b = try Name("b")
    let objects = cluster.coordinator.objects(of: .dataSet(cluster.coordinator.dataSets[0].id))
    // One after the other they cannot be stored, so that they are avoided until different times.
    cluster.workers[b]?.diskFailure = "full"
    for object in objects {
      cluster.workers[b]?.objects[object.id] = nil
      cluster.say(.damaged(object, .disk), as: b)
      try cluster.run(milliseconds: 700)
    }
    cluster.workers[b]?.diskFailure = nil
    let isRepaired = try cluster.run(seconds: 12) {
      ((try? $0.fewestCopies("sales")) ?? 0) == 2 && $0.coordinator.isQuiet
    }
    #expect(isRepaired)
  }

  /// The checkpoint of a job that the catalog does not name yet is deleted when a worker lists it;
  /// the job that makes it again gets it stored all the same.
  @Test func whatIsDeletedAsLeftOverCanBeKeptAgain() throws {
    for isLost in [false, true] {
      var cluster = try TestCluster(["a"]) { $0.replication = 1 }
      let a = try Name("a")
      cluster.catalog.lastJob = JobID(4)
      try cluster.restartCoordinator()
      try cluster.run(milliseconds: 500)
      let id = ObjectID(owner: .job(JobID(4)), kind: .level, number: 2)
      let descriptor = ObjectDescriptor(id: id, bytes: [1])
      cluster.workers[a]?.objects[id] = (descriptor, [1])
      cluster.toWorkers = { envelope, _ in
        if isLost, case .delete = envelope.message { return 0 }
        return 1
      }
      try cluster.restart("a")
      try cluster.run(milliseconds: 300)
      cluster.change { registry, members, outbox in
        registry.keep(descriptor, [1], replication: 1, members: members, outbox: &outbox)
      }
      try cluster.run(milliseconds: 1_000)
      cluster.toWorkers = { _, _ in 1 }
      let isStored = try cluster.run(seconds: 40) {
        $0.workers[a]?.objects[id] != nil && $0.coordinator.isQuiet
      }
      #expect(isStored)
    }
  }

  @Test func newObjectsDoNotWaitForSilentWorkers() throws {
    var cluster = try TestCluster(["a", "b", "c"])
    try cluster.run(milliseconds: 500)
    for (number, silent) in [["a"], ["a", "b"]].enumerated() {
      for name in silent { try cluster.crash(name) }
      try cluster.run(milliseconds: 3_500)
      let id = ObjectID(owner: .job(JobID(1)), kind: .level, number: UInt64(number))
      cluster.change { registry, members, outbox in
        registry.keep(
          ObjectDescriptor(id: id, bytes: [1]), [1], replication: 2, members: members,
          outbox: &outbox)
      }
      try cluster.run(milliseconds: 200)
      #expect(cluster.coordinator.cluster.registry.entries[id]?.isSecured == true)
      #expect(cluster.coordinator.holders(of: id).count == 3 - silent.count)
    }
  }

  /// An acknowledgement of an earlier list makes a worker believe that it has told everything.
  @Test func anInventoryThatDoesNotGoOnIsBegunAnew() throws {
    var cluster = try TestCluster(["a"]) { $0.replication = 1 }
    _ = try cluster.add("sales", blocks: 2)
    let a = try Name("a")
    try cluster.restart("a")
    cluster.fromWorkers = {
      if case .inventory = $0.message { return 0 }
      return 1
    }
    try cluster.run(milliseconds: 300)
    cluster.workers[a]?.hasListed = true
    cluster.fromWorkers = { _ in 1 }
    try cluster.run(milliseconds: 5_000)
    #expect(cluster.coordinator.cluster.members.countingWorkers == [])
    try cluster.run(milliseconds: 8_000)
    #expect(cluster.coordinator.cluster.members.countingWorkers == [a])
  }
}

extension TestCluster {
  /// Does something to the registry as an event would.
  mutating func change(_ body: (inout ObjectRegistry, Membership, inout Outbox) -> Void) {
    let members = coordinator.cluster.members
    var outbox = coordinator.outbox
    body(&coordinator.cluster.registry, members, &outbox)
    let effects = outbox.takeEffects()
    coordinator.outbox = outbox
    carryOut(effects)
    drain()
  }
}
