import Blocks
import Messages
import Testing

@testable import Coordination

@Suite struct MembershipTests {
  @Test func nothingHappensBeforeTheTermIsClaimed() throws {
    var cluster = try TestCluster(["a"], starts: false)
    let start = cluster.coordinator.start()
    guard case .persist(let token, let writes)? = start.first else {
      throw TestFailure("no claim")
    }
    #expect(writes == [.claim(Epoch(1))])
    cluster.events.append(
      .client(.listNodes, id: cluster.nextID(), from: PeerID([1]), role: .client))
    cluster.say(.hello(cluster.hello(try Name("a"))), as: try Name("a"))
    cluster.drain()
    guard case .refused(let refusal)? = cluster.replies.last?.response else {
      throw TestFailure("answered before the claim")
    }
    #expect(refusal.kind == .unavailable)
    #expect(cluster.workers[try Name("a")]?.isWelcome == false)
    cluster.events.append(.persisted(token))
    try cluster.run(milliseconds: 200)
    #expect(cluster.workers[try Name("a")]?.isWelcome == true)
  }

  @Test func suspectAfterThreeSecondsDeadAfterTen() throws {
    var cluster = try TestCluster(["a", "b"])
    try cluster.run(milliseconds: 1_000)
    #expect(try cluster.state("a") == .alive)
    let a = try Name("a")
    cluster.fromWorkers = { $0.name == a ? 0 : 1 }
    let silentSince = cluster.milliseconds
    var seen: [(NodeState, UInt64)] = []
    for _ in 0..<120 {
      try cluster.run(milliseconds: 100)
      let state = try #require(try cluster.state("a"))
      if seen.last?.0 != state { seen.append((state, cluster.milliseconds - silentSince)) }
    }
    #expect(seen.map(\.0) == [.alive, .suspect, .dead])
    #expect((2_500...3_000).contains(seen[1].1) && (9_500...10_000).contains(seen[2].1))
    #expect(try cluster.state("b") == .alive)
    cluster.fromWorkers = { _ in 1 }
    try cluster.run(milliseconds: 1_000)
    #expect(try cluster.state("a") == .alive)
    #expect(cluster.coordinator.cluster.members.countingWorkers == cluster.names)
  }

  @Test func recordsAreDurableBeforeTheWelcome() throws {
    var cluster = try TestCluster([])
    let name = try Name("a")
    cluster.workers[name] = TestWorker(name: name)
    let effects = cluster.coordinator.handle(
      .worker(
        WorkerEnvelope(
          name: name, incarnation: Incarnation(5), epoch: .none,
          message: .hello(cluster.hello(name, cluster: nil))), from: PeerID([1]), role: .worker),
      at: cluster.now
    ).filter { if case .note = $0 { false } else { true } }
    #expect(effects.count == 1)
    guard case .persist(let token, let writes)? = effects.first, writes.count == 1,
      case .putNode(let record) = writes[0]
    else {
      throw TestFailure("\(effects)")
    }
    #expect(record.name == name && record.incarnation == Incarnation(5))
    let next = cluster.coordinator.handle(.persisted(token), at: cluster.now)
    guard case .send(let envelope, to: PeerID([1]))? = next.first, case .welcome = envelope.message
    else { throw TestFailure("\(next)") }
    #expect(envelope.incarnation == Incarnation(5) && envelope.epoch == Epoch(1))
  }

  @Test func aNewLifeTakesOverAndAnOldOneIsRefused() throws {
    var cluster = try TestCluster(["a", "b"])
    _ = try cluster.add("sales", blocks: 3)
    let name = try Name("a")
    let objects = cluster.workers[name]?.objects
    try cluster.restart("a")
    cluster.workers[name]?.objects = [:]
    try cluster.run(milliseconds: 100)
    #expect(cluster.coordinator.cluster.members.worker(name)?.incarnation == Incarnation(2))
    let isRepaired = try cluster.run(seconds: 20) { $0.coordinator.isQuiet && $0.viewsAgree() }
    #expect(isRepaired, "what the new life lacks was copied to it again")
    #expect(cluster.workers[name]?.objects.count == objects?.count)

    let sent = Captured()
    cluster.toWorkers = { envelope, _ in
      sent.envelopes.append(envelope)
      return 1
    }
    let old = WorkerEnvelope(
      name: name, incarnation: Incarnation(1), epoch: Epoch(1),
      message: .hello(cluster.hello(name)))
    let effects = cluster.coordinator.handle(
      .worker(old, from: PeerID([77]), role: .worker), at: cluster.now)
    guard case .send(let answer, to: PeerID([77]))? = effects.first,
      case .refused(let text) = answer.message
    else { throw TestFailure("\(effects)") }
    #expect(answer.incarnation == Incarnation(1))
    #expect(text.contains("a newer process has joined as worker a"))
    #expect(cluster.coordinator.cluster.members.worker(name)?.incarnation == Incarnation(2))
  }

  @Test func strangersAreAskedToIntroduceThemselves() throws {
    var cluster = try TestCluster(["a"])
    let unknown = WorkerEnvelope(
      name: try Name("z"), incarnation: Incarnation(1), epoch: Epoch(9),
      message: .heartbeat(
        WorkerHeartbeat(sequence: 1, leaseCount: 0, freeBytes: 0, bytesHeld: 0)))
    let effects = cluster.coordinator.handle(
      .worker(unknown, from: PeerID([1]), role: .worker), at: cluster.now)
    guard case .send(let answer, to: _)? = effects.first, case .introduceYourself = answer.message
    else { throw TestFailure("\(effects)") }
    #expect(!cluster.coordinator.isStopped, "a stranger's term proves nothing")
  }

  @Test func anotherClustersWorkerIsRefused() throws {
    var cluster = try TestCluster(["a"])
    let other = ClusterID(DataSetID(high: 1, low: 2))
    let name = try Name("a")
    let incarnation = try #require(cluster.workers[name]).incarnation
    let envelope = WorkerEnvelope(
      name: name, incarnation: Incarnation(incarnation + 1), epoch: Epoch(99),
      message: .hello(cluster.hello(name, cluster: other)))
    let effects = cluster.coordinator.handle(
      .worker(envelope, from: PeerID([1]), role: .worker), at: cluster.now)
    guard case .send(let answer, to: _)? = effects.first, case .refused(let text) = answer.message
    else { throw TestFailure("\(effects)") }
    #expect(text.contains("\(other)") && text.contains("empty folder"))
    #expect(!cluster.coordinator.isStopped)
  }

  @Test func aHigherTermStopsTheCoordinator() throws {
    for isSaid in [true, false] {
      var cluster = try TestCluster(["a"])
      try cluster.run(milliseconds: 500)
      let name = try Name("a")
      if isSaid {
        cluster.say(.fenced(Epoch(1)), as: name)
        cluster.drain()
        #expect(cluster.stopReason == nil, "its own term fences nobody")
        cluster.say(.fenced(Epoch(2)), as: name)
      } else {
        cluster.say(
          .deleted(.init(owner: .job(JobID(1)), kind: .level, number: 1), order: 1), as: name,
          epoch: Epoch(2))
      }
      cluster.drain()
      #expect(cluster.stopReason?.contains("epoch 2") == true)
      #expect(cluster.coordinator.handle(.tick, at: cluster.now).isEmpty)
    }
  }

  @Test func eachStartClaimsAHigherTerm() throws {
    var cluster = try TestCluster(["a"])
    #expect(cluster.coordinator.epoch == Epoch(1) && cluster.catalog.epoch == Epoch(1))
    try cluster.restartCoordinator()
    #expect(cluster.coordinator.epoch == Epoch(2) && cluster.catalog.epoch == Epoch(2))
  }

  @Test func aCatalogThatCannotBeWrittenStopsIt() throws {
    var cluster = try TestCluster(["a"])
    cluster.persistFails = true
    try cluster.restart("a")
    try cluster.run(milliseconds: 200)
    #expect(cluster.stopReason?.contains("disk full") == true)
  }

  @Test func rolesAreChecked() throws {
    var cluster = try TestCluster(["a"])
    let a = try Name("a")
    for role in [Role.client, .worker, .coordinator] {
      guard case .refused(let refusal) = try cluster.ask(.drainNode(a), role: role) else {
        throw TestFailure("\(role) may drain")
      }
      #expect(refusal.kind == .forbidden)
    }
    for role in [Role.client, .admin, .loopback] {
      guard case .nodes = try cluster.ask(.listNodes, role: role) else {
        throw TestFailure("\(role) may not list")
      }
    }
    guard case .refused = try cluster.ask(.listNodes, role: .worker) else {
      throw TestFailure("a worker may list")
    }
    for role in [Role.client, .admin, .coordinator] {
      let before = cluster.workers[a]?.refusals.count ?? 0
      cluster.say(.leaving(leases: []), as: a, role: role)
      cluster.drain()
      #expect(cluster.workers[a]?.refusals.count == before + 1)
      #expect(cluster.workers[a]?.isReleased == false)
    }
    cluster.say(.leaving(leases: []), as: a)
    cluster.drain()
    #expect(cluster.workers[a]?.isReleased == true)
    #expect(cluster.coordinator.cluster.members.countingWorkers.isEmpty)
  }

  @Test func tooManyFailuresSetAWorkerAsideForAnHour() throws {
    #expect(CoordinatorConfiguration().setAsideMilliseconds == 3_600_000)
    var cluster = try TestCluster(["a", "b"]) { $0.setAsideMilliseconds = 60_000 }
    try cluster.run(milliseconds: 500)
    let a = try Name("a")
    for count in 1...4 {
      #expect(cluster.coordinator.cluster.members.countingWorkers.contains(a), "\(count)")
      cluster.coordinator.cluster.members.noteFailure(of: a, at: cluster.now)
    }
    #expect(cluster.coordinator.cluster.members.countingWorkers == [try Name("b")])
    guard case .status(let status) = try cluster.ask(.status) else { throw TestFailure("status") }
    #expect(status.problems.contains { $0.contains("worker a is set aside for 1 min") })
    try cluster.run(milliseconds: 58_000)
    #expect(!cluster.coordinator.cluster.members.countingWorkers.contains(a))
    try cluster.run(milliseconds: 3_000)
    #expect(cluster.coordinator.cluster.members.countingWorkers.contains(a))
  }
}

/// Envelopes that were sent.
final class Captured {
  var envelopes: [CoordinatorEnvelope] = []
}
