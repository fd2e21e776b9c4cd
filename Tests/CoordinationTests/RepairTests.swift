import Blocks
import Messages
import Testing

@testable import Coordination

@Suite struct RepairTests {
  @Test func aDeadWorkersReplicasAreMadeAnewAndTheSurplusGoesWhenItReturns() throws {
    var cluster = try TestCluster(["a", "b", "c"])
    _ = try cluster.add("sales", blocks: 9)
    #expect(try cluster.fewestCopies("sales") == 2)
    try cluster.crash("b")
    let isRepaired = try cluster.run(seconds: 30) {
      ((try? $0.fewestCopies("sales")) ?? 0) == 2 && $0.coordinator.isQuiet
    }
    #expect(isRepaired)
    guard case .status(let status) = try cluster.ask(.status) else { throw TestFailure("status") }
    #expect(status.problems.count == 1 && status.problems[0].contains("worker b is dead"))
    try cluster.restart("b")
    try cluster.run(milliseconds: 2_000)
    let isTrimmed = try cluster.run(seconds: 60) { $0.coordinator.isQuiet && $0.viewsAgree() }
    #expect(isTrimmed)
    #expect(try cluster.fewestCopies("sales") == 2)
    #expect(try cluster.mostCopies("sales") == 2)
  }

  @Test func copiesAreThrottled() throws {
    var cluster = try TestCluster(["a", "b", "c"])
    _ = try cluster.add("sales", blocks: 20)
    try cluster.crash("b")
    // The copies never come to an end, so that they pile up as far as they may.
    cluster.toWorkers = { envelope, _ in
      if case .replicate = envelope.message { return 0 }
      return 1
    }
    try cluster.run(milliseconds: 20_000)
    let registry = cluster.coordinator.cluster.registry
    #expect(registry.copiesIn.values.allSatisfy { $0 == 2 })
    #expect(registry.copiesOut.values.allSatisfy { $0 <= 2 })
    #expect(registry.commands.count == 4 && !registry.waiting.isEmpty)
    cluster.toWorkers = { _, _ in 1 }
    let isRepaired = try cluster.run(seconds: 60) {
      ((try? $0.fewestCopies("sales")) ?? 0) == 2 && $0.coordinator.isQuiet
    }
    #expect(isRepaired)
  }

  @Test func theRarestAreCopiedFirst() throws {
    var cluster = try TestCluster(["a", "b", "c", "d", "e"])
    _ = try cluster.add("sales", blocks: 20, replication: 3)
    try cluster.crash("a")
    try cluster.crash("b")
    cluster.toWorkers = { envelope, _ in
      if case .replicate = envelope.message { return 0 }
      return 1
    }
    try cluster.run(milliseconds: 11_000)
    let registry = cluster.coordinator.cluster.registry
    let copied = registry.commands.keys.map(\.object)
    let live = { (id: ObjectID) in
      registry.liveHolders(of: id, cluster.coordinator.cluster.members).count
    }
    #expect(copied.contains { live($0) == 1 })
    let waitingRare = registry.waiting.filter { $0.liveCount == 1 }
    #expect(waitingRare.isEmpty || copied.allSatisfy { live($0) == 1 })
  }

  @Test func neitherTheLastCopiesNorThoseOfTheSuspectAreDeleted() throws {
    var cluster = try TestCluster(["a", "b", "c"])
    _ = try cluster.add("sales", blocks: 6)
    let record = try #require(cluster.coordinator.dataSets.first)
    // Whatever is lost on the way, two copies of everything stay on disks.
    for seed in 0..<10 as Range<UInt64> {
      let dice = Dice(seed: seed)
      cluster.toWorkers = { _, _ in dice.copies() }
      cluster.fromWorkers = { _ in dice.copies() }
      let victim = ["a", "b", "c"][Int(seed % 3)]
      try cluster.crash(victim)
      for _ in 0..<200 {
        try cluster.run(milliseconds: 100)
        for object in cluster.coordinator.objects(of: .dataSet(record.id)) {
          let copies = cluster.workers.values.count { $0.objects[object.id] != nil }
          #expect(copies >= 2, "\(object.id) after the crash of \(victim)")
        }
      }
      try cluster.restart(victim)
      try cluster.run(milliseconds: 10_000)
    }
  }

  @Test func aDamagedReplicaIsCopiedAgainFromAnother() throws {
    var cluster = try TestCluster(["a", "b"])
    _ = try cluster.add("sales", blocks: 2)
    let a = try Name("a")
    let block = try #require(cluster.coordinator.dataSets.first?.shards.first?.blocks.first)
    cluster.workers[a]?.objects[block.id] = nil
    cluster.say(.damaged(block, .disk), as: a)
    cluster.drain()
    #expect(!cluster.coordinator.holders(of: block.id).contains(a))
    let isRepaired = try cluster.run(seconds: 5) { $0.coordinator.isQuiet && $0.viewsAgree() }
    #expect(isRepaired)
    #expect(cluster.workers[a]?.objects[block.id]?.descriptor == block)
    #expect(cluster.notes.contains { $0.contains("\(block.id) is damaged (disk)") })
  }

  @Test func verificationFindsAndRepairs() throws {
    var cluster = try TestCluster(["a", "b", "c"])
    _ = try cluster.add("sales", blocks: 8)
    let a = try Name("a")
    let victim = try #require(cluster.workers[a]?.objects.keys.sorted().first { $0.kind == .block })
    cluster.workers[a]?.objects[victim]?.bytes[0] ^= 1
    let id = cluster.nextID()
    var last: VerificationReport?
    for _ in 0..<100 where last?.isComplete != true {
      guard
        case .verification(let report) = try cluster.ask(
          .verifyDataSet(try Name("sales")), id: id)
      else { throw TestFailure("no report") }
      last = report
      try cluster.run(milliseconds: 100)
    }
    let report = try #require(last)
    #expect(report.isComplete && report.unreachableCount == 0)
    #expect(report.checkedCount == report.replicaCount && report.replicaCount == 2 * (8 + 3))
    #expect(report.defects == [ReplicaDefect(node: a, object: victim, failure: .damaged)])
    let isRepaired = try cluster.run(seconds: 5) { $0.coordinator.isQuiet && $0.viewsAgree() }
    #expect(isRepaired)
    #expect(try cluster.fewestCopies("sales") == 2)
    try cluster.crash("a")
    try cluster.run(milliseconds: 10_100)
    guard case .verification(let second) = try cluster.ask(.verifyDataSet(try Name("sales")))
    else { throw TestFailure("no report") }
    #expect(second.defects.isEmpty)
  }

  @Test func unknownObjectsAreSetAsideAndNeverDeleted() throws {
    var cluster = try TestCluster(["a", "b"])
    _ = try cluster.add("sales", blocks: 2)
    let a = try Name("a")
    let stranger = ObjectID(
      owner: .dataSet(DataSetID(high: 3, low: 3)), kind: .block, number: 0)
    try cluster.restart("a")
    cluster.workers[a]?.objects[stranger] = (
      ObjectDescriptor(id: stranger, bytes: [1]), [1]
    )
    try cluster.run(milliseconds: 2_000)
    #expect(cluster.workers[a]?.quarantined == [stranger])
    guard case .status(let status) = try cluster.ask(.status) else { throw TestFailure("status") }
    #expect(status.quarantinedCount == 1)
    #expect(status.problems.contains { $0.contains("worker a set 1 objects aside") })
    #expect(try cluster.fewestCopies("sales") == 2)
  }

  @Test func aDamageReportIsAnsweredEvenWhereNothingIsKnownOfIt() throws {
    var cluster = try TestCluster(["a", "b"])
    try cluster.run(milliseconds: 500)
    let stranger = ObjectDescriptor(
      id: ObjectID(owner: .dataSet(DataSetID(high: 3, low: 3)), kind: .block, number: 0),
      bytes: [1])
    let deletes = Captured()
    cluster.toWorkers = { envelope, _ in
      if case .delete = envelope.message { deletes.envelopes.append(envelope) }
      return 1
    }
    cluster.say(.damaged(stranger, .disk), as: try Name("a"))
    cluster.drain()
    #expect(deletes.envelopes.count == 1 && cluster.coordinator.isQuiet)
  }

  @Test func whatAnInterruptedJobHasLeftIsDeleted() throws {
    var cluster = try TestCluster(["a"]) { $0.replication = 1 }
    let a = try Name("a")
    cluster.catalog.lastJob = JobID(4)
    try cluster.restartCoordinator()
    for job in [JobID(4), JobID(5)] {
      let id = ObjectID(owner: .job(job), kind: .level, number: 2)
      cluster.workers[a]?.objects[id] = (ObjectDescriptor(id: id, bytes: [1]), [1])
    }
    try cluster.restart("a")
    try cluster.run(milliseconds: 2_000)
    #expect(cluster.workers[a]?.objects.isEmpty == true)
    #expect(
      cluster.workers[a]?.quarantined.map(\.owner) == [.job(JobID(5))],
      "a job of the future is not this catalog's to delete")
  }

  @Test func aRestartedCoordinatorWaitsForItsWorkersBeforeItRepairs() throws {
    var cluster = try TestCluster(["a", "b", "c"])
    _ = try cluster.add("sales", blocks: 6)
    let layout = try cluster.layout("sales")
    try cluster.restartCoordinator()
    try cluster.run(milliseconds: 15_000)
    #expect(try cluster.layout("sales") == layout, "nothing was moved")
    #expect(cluster.viewsAgree() && cluster.coordinator.isQuiet)
    #expect(Set(cluster.own.keys.map(\.kind)) == [.dictionary, .counts, .manifest])

    try cluster.crash("a")
    try cluster.restartCoordinator()
    let record = try #require(cluster.coordinator.dataSets.first)
    let members = cluster.coordinator.cluster.members
    #expect(cluster.coordinator.cluster.registry.lostBlocks(of: record, members).isEmpty)
    let isRepaired = try cluster.run(seconds: 30) {
      ((try? $0.fewestCopies("sales")) ?? 0) == 2 && $0.coordinator.isQuiet
    }
    #expect(isRepaired)
  }

  @Test func ownCopiesThatAreGoneAreFetched() throws {
    var cluster = try TestCluster(["a", "b"])
    _ = try cluster.add("sales", blocks: 2)
    let own = cluster.own
    cluster.own = [:]
    try cluster.restartCoordinator()
    try cluster.run(milliseconds: 5_000)
    #expect(cluster.own.keys.sorted() == own.keys.sorted())
    #expect(cluster.own.values.allSatisfy { $0.descriptor.matches($0.bytes) })
    #expect(cluster.viewsAgree())
  }

  @Test func lostBlocksAreNamed() throws {
    var cluster = try TestCluster(["a", "b"]) { $0.replication = 1 }
    _ = try cluster.add("sales", blocks: 4)
    try cluster.crash("a")
    try cluster.run(milliseconds: 11_000)
    guard case .dataSet(let summary) = try cluster.ask(.showDataSet(try Name("sales"))) else {
      throw TestFailure("no summary")
    }
    let lost = try cluster.layout("sales").split(separator: ", ").enumerated()
      .filter { $0.element.hasSuffix("a") }.map { UInt64($0.offset) }
    #expect(!lost.isEmpty && summary.lostBlocks == lost)
    try cluster.restart("a")
    try cluster.run(milliseconds: 2_000)
    guard case .dataSet(let found) = try cluster.ask(.showDataSet(try Name("sales"))) else {
      throw TestFailure("no summary")
    }
    #expect(found.lostBlocks.isEmpty && found.underReplicatedCount == 0)
  }
}
