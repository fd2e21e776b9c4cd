import Apriori
import Messages
import TestSupport
import Testing

@testable import Coordination

/// Ranges that are reduced on workers: the result is the same, whoever adds up and whoever dies.
@Suite struct ReducingTests {
  private func cluster(
    _ data: TestData, workers: Int, replication: Int = 2, seed: UInt64,
    rule: ReportRule = .nominate, reducers: Int = 1,
    configure: (inout CoordinatorConfiguration) -> Void = { _ in }
  ) throws -> FakeCluster {
    try FakeCluster(
      data, workers: workers, replication: replication, seed: seed, targets: 4...16, rule: rule
    ) {
      $0.reducingWorkerCount = reducers
      $0.reducingCandidateCount = 1
      $0.sharedTransactionLimit = 0
      configure(&$0)
    }
  }

  private func check(_ cluster: FakeCluster, support: UInt64, _ comment: String = "") throws {
    let result = try cluster.result()
    let found = try expanded(result.levels, items: result.items)
    #expect(found == cluster.data.bruteForce(minimumSupport: support), "\(comment)")
  }

  /// The stored levels are the same bytes as where the coordinator adds up.
  @Test(arguments: [ReportRule.all, .nonZero, .nominate])
  func sameBytesAsByTheCoordinator(_ rule: ReportRule) throws {
    for seed in 0..<6 as Range<UInt64> {
      let data = try TestData.random(seed: seed)
      var stored: [[ObjectDescriptor]] = []
      for reducers in [1, .max] {
        var cluster = try cluster(
          data, workers: 2 + Int(seed % 4), seed: seed, rule: rule, reducers: reducers)
        try cluster.run {
          $0.coordinator.cluster.members.countingWorkers.count == 2 + Int(seed % 4)
        }
        try cluster.submit(support: 8)
        try cluster.run { $0.isDone() }
        try check(cluster, support: 8, "seed \(seed)")
        #expect(cluster.orders.isEmpty == (reducers == .max))
        stored.append(cluster.catalog.jobs[0].checkpoints)
        if rule == .nominate, reducers == 1 {
          #expect(cluster.orders.contains { !$0.order.polls.isEmpty }, "seed \(seed)")
          #expect(Set(cluster.orders.map(\.worker)).count > 1, "seed \(seed)")
        }
      }
      #expect(stored[0] == stored[1], "seed \(seed)")
    }
  }

  @Test func fewWorkersOrCandidatesAreLeftToTheCoordinator() throws {
    let homes = try ["a", "b", "c"].map { try Name($0) }
    var configuration = CoordinatorConfiguration()
    configuration.reducingWorkerCount = 3
    configuration.reducingCandidateCount = 100
    func isForWorkers(_ candidates: UInt64, _ count: Int, blockSets: Int = 3) -> Bool {
      ReducingPolicy.isForWorkers(
        candidateCount: candidates, homes: Array(homes[..<count]), blockSetCount: blockSets,
        configuration)
    }
    #expect(isForWorkers(100, 3))
    #expect(!isForWorkers(99, 3))
    #expect(!isForWorkers(100, 2))
    #expect(!isForWorkers(100, 3, blockSets: 1))
    configuration.passesValues = true
    #expect(!isForWorkers(100, 3))
  }

  @Test func workersTakeTurnsAtReducing() throws {
    let names = try ["a", "b", "c"].map { try Name($0) }
    func choose(
      _ counts: [Int], planner: Int? = nil, avoiding: Int? = nil, after: Int? = nil
    ) -> Int? {
      ReducingPolicy.choose(
        among: zip(names, counts).map { ($0, $1) }, planner: planner.map { names[$0] },
        avoiding: avoiding.map { names[$0] }, after: after.map { names[$0] })
    }
    #expect(choose([0, 0, 0]) == 0)
    #expect(choose([0, 0, 0], after: 0) == 1)
    #expect(choose([0, 0, 0], after: 2) == 0)
    #expect(choose([1, 0, 1], after: 1) == 1)
    #expect(choose([0, 0, 0], avoiding: 0) == 1)
    #expect(choose([0], avoiding: 0) == 0)
    #expect(choose([9, 0, 0], planner: 0) == 0)
    #expect(choose([2, 2, 2]) == nil)
    #expect(choose([]) == nil)
  }

  @Test func lossDuplicationAndReordering() throws {
    for seed in 300..<310 as Range<UInt64> {
      let data = try TestData.random(seed: seed, count: 80, itemCount: 10)
      var cluster = try cluster(
        data, workers: 3, seed: seed, rule: ReportRule.allCases[Int(seed % 3)])
      cluster.network.loss = 60
      cluster.network.duplication = 60
      try cluster.submit(support: 8)
      try cluster.run { $0.isDone() }
      try check(cluster, support: 8, "seed \(seed)")
      #expect(!cluster.orders.isEmpty)
    }
  }

  /// What a silent worker keeps for others is counted by another before it is dead.
  @Test func whatASuspectKeepsIsCountedAgain() throws {
    let data = try TestData.random(seed: 7)
    var cluster = try cluster(data, workers: 3, seed: 7)
    try cluster.run { $0.coordinator.cluster.members.countingWorkers.count == 3 }
    try cluster.submit(support: 8)
    try cluster.run { !$0.orders.isEmpty }
    cluster.crash(1)
    let began = cluster.now.milliseconds
    try cluster.run { $0.coordinator.jobs.machines.allSatisfy { $0.stage == .finishing } }
    let took = cluster.now.milliseconds - began
    #expect(took < cluster.configuration.deadMilliseconds, "\(took) ms")
    try cluster.run { $0.isDone() }
    try check(cluster, support: 8)
  }

  /// Whenever a worker is killed, the job goes on as soon as it is suspect; whoever was fetching from
  /// it waits no longer.
  @Test(arguments: [1, .max])
  func aJobOutlivesAWorkerByTheTimeOfSuspicion(reducers: Int) throws {
    for seed in 600..<603 as Range<UInt64> {
      func begun() throws -> FakeCluster {
        let data = try TestData.random(seed: seed, count: 80, itemCount: 10)
        var cluster = try cluster(
          data, workers: 3, seed: seed, rule: ReportRule.allCases[Int(seed % 3)],
          reducers: reducers)
        cluster.network.letsFetchesHang = true
        cluster.network.isOrdered = true
        // Messages take next to no time, so that what takes long is what is waited for.
        cluster.stepsPerTick = 640
        try cluster.run { $0.coordinator.cluster.members.countingWorkers.count == 3 }
        try cluster.submit(support: 8)
        return cluster
      }
      var quiet = try begun()
      let start = quiet.now.milliseconds
      var steps = 0
      try quiet.run { cluster in
        steps += 1
        return cluster.isDone()
      }
      let healthy = quiet.now.milliseconds - start
      for moment in stride(from: 1, to: steps, by: max(steps / 10, 1)) {
        var cluster = try begun()
        let start = cluster.now.milliseconds
        var step = 0
        try cluster.run(until: { $0.isDone() }) { cluster in
          step += 1
          if step == moment { cluster.crash(Int(seed % 3)) }
        }
        let took = cluster.now.milliseconds - start
        // What is lost is counted again. Who threw a plan away that others need is found out when
        // its order is sent again.
        let limit =
          cluster.configuration.suspectMilliseconds + 2 * healthy
          + 2 * cluster.configuration.resendMilliseconds
        #expect(took < limit, "seed \(seed), killed at step \(moment): \(took) of \(limit) ms")
        try check(cluster, support: 8, "seed \(seed), killed at step \(moment)")
      }
    }
  }

  @Test func reducersAndHoldersDieAndReturn() throws {
    var deaths = 0
    var recounts = 0
    for seed in 400..<416 as Range<UInt64> {
      let data = try TestData.random(seed: seed, count: 80, itemCount: 10)
      var cluster = try cluster(
        data, workers: 4, seed: seed, rule: ReportRule.allCases[Int(seed % 3)])
      cluster.network.loss = 20
      cluster.network.duplication = 20
      try cluster.submit(support: 8)
      try cluster.run(until: { $0.isDone() }) { cluster in
        switch Int.random(in: 0..<500, using: &cluster.random) {
        case 0 where cluster.workers.count(where: \.isUp) == 4:
          cluster.crash(Int.random(in: 0..<4, using: &cluster.random))
          deaths += 1
        case 1...3:
          for index in cluster.workers.indices where !cluster.workers[index].isUp {
            cluster.restart(index)
          }
        case 4 where cluster.catalog.jobs.first?.summary.state == .running:
          try cluster.restartCoordinator()
        default: break
        }
      }
      try check(cluster, support: 8, "seed \(seed)")
      let given = cluster.leases.filter { $0.lease.key.phase == .nominate }
      recounts += given.reduce(0) { $0 + $1.lease.ranges.count }
    }
    #expect(deaths > 10)
    #expect(recounts > 0)
  }

  /// Who carries out no orders is asked for none after a while, and the job ends.
  @Test func ordersOfASlowWorkerGoToAnother() throws {
    let data = try TestData.random(seed: 21)
    var cluster = try cluster(data, workers: 3, seed: 21)
    cluster.workers[1].faults.ignoresOrders = true
    try cluster.run { $0.coordinator.cluster.members.countingWorkers.count == 3 }
    try cluster.submit(support: 10)
    try cluster.run { $0.isDone() }
    try check(cluster, support: 10)
    let ignored = cluster.orders.filter { $0.worker.text == "w1" }
    #expect(!ignored.isEmpty)
    for (_, order) in ignored {
      #expect(
        cluster.orders.contains {
          $0.worker.text != "w1" && $0.order.level == order.level && $0.order.range == order.range
        })
    }
  }

  /// What is lost with the worker that counted it is counted again, and nothing else.
  @Test func theReportsOfADeadWorkerAreCountedAgain() throws {
    let data = try TestData.random(seed: 22)
    var cluster = try cluster(data, workers: 3, seed: 22, rule: .nonZero)
    for index in cluster.workers.indices { cluster.workers[index].faults.ignoresOrders = true }
    try cluster.run { $0.coordinator.cluster.members.countingWorkers.count == 3 }
    try cluster.submit(support: 10)
    // Every range of level 2 is covered, and nobody reduces it.
    try cluster.run {
      $0.coordinator.jobs.machines.first?.level?.ranges.allSatisfy { $0.phase == .planning }
        == true
    }
    cluster.crash(2)
    let before = cluster.leases.count
    for index in 0...1 { cluster.workers[index].faults.ignoresOrders = false }
    try cluster.run { ($0.summary()?.level ?? 0) > 2 }
    let again = cluster.leases[before...].filter { $0.lease.key.level == 1 }
    #expect(!again.isEmpty)
    #expect(again.allSatisfy { $0.worker.text != "w2" })
    let lost = Set(
      cluster.leases[..<before].filter { $0.worker.text == "w2" }.flatMap(\.lease.key.shards))
    #expect(again.allSatisfy { lost.isSuperset(of: $0.lease.key.shards) })
    try cluster.run { $0.isDone() }
    try check(cluster, support: 10)
  }

  /// Workers whose answers are cut, or who fail, have their orders given to others.
  @Test func damagedAndFailedReductions() throws {
    var givenToOthers = 0
    for seed in 500..<506 as Range<UInt64> {
      let data = try TestData.random(seed: seed, count: 80, itemCount: 10)
      var cluster = try cluster(data, workers: 4, seed: seed) {
        $0.attemptLimit = 1_000
        $0.failureLimit = .max
      }
      cluster.workers[0].faults.damagedReductions = 300
      cluster.workers[1].faults.failedReductions = 300
      cluster.workers[2].faults.damages = 100
      try cluster.submit(support: 8)
      try cluster.run { $0.isDone() }
      try check(cluster, support: 8, "seed \(seed)")
      givenToOthers += cluster.notes.count { $0.contains("did not reduce it") }
    }
    #expect(givenToOthers >= 6)
  }

  @Test func aRangeThatNobodyCanReduceFailsItsJob() throws {
    let data = try TestData.random(seed: 23)
    var cluster = try cluster(data, workers: 2, seed: 23) { $0.failureLimit = .max }
    for index in cluster.workers.indices {
      cluster.workers[index].faults.failedReductions = 1_000
    }
    try cluster.run { $0.coordinator.cluster.members.countingWorkers.count == 2 }
    try cluster.submit(support: 10)
    try cluster.run { $0.isDone() }
    let summary = try #require(cluster.summary())
    #expect(summary.state == .failed)
    #expect(summary.failure.contains("could not be reduced") && summary.failure.contains("memory"))
  }
}
