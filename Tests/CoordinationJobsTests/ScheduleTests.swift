import Apriori
import Messages
import TestSupport
import Testing

@testable import Coordination

/// Who gets which work, and when.
@Suite struct ScheduleTests {
  @Test func runningJobsTakeTurns() throws {
    let data = try TestData.random(seed: 5, count: 200, itemCount: 12)
    var cluster = try FakeCluster(
      data, workers: 2, replication: 2, seed: 5, targets: 4...4
    ) { $0.runningJobLimit = 2 }
    for id in 1...3 as ClosedRange<UInt64> { try cluster.submit(support: 30, id: id) }
    var states: [JobState] = []
    try cluster.run(until: { $0.isDone(1) && $0.isDone(2) && $0.isDone(3) }) { cluster in
      let running = cluster.coordinator.jobSummaries.count { $0.state == .running }
      #expect(running <= 2)
      if let third = cluster.summary(3) { states.append(third.state) }
    }
    #expect(states.contains(.queued))
    // The first two run at once, so their leases alternate as long as both have some.
    let jobs = cluster.leases.prefix(60).map(\.lease.key.job.number)
    let changes = zip(jobs, jobs.dropFirst()).count { $0 != $1 }
    #expect(changes > 10, "\(jobs)")
    for job in 1...3 as ClosedRange<UInt64> {
      let result = try cluster.result(job)
      let found = try expanded(result.levels, items: result.items)
      #expect(found == data.bruteForce(minimumSupport: 30))
    }
  }

  @Test func aStuckWorkersLeasesGoToAnother() throws {
    let data = try TestData.random(seed: 6)
    var cluster = try FakeCluster(
      data, workers: 2, replication: 2, seed: 6, targets: 4...16)
    cluster.workers[1].faults.isStuck = true
    try cluster.submit(support: 10)
    try cluster.run { $0.isDone() }
    let result = try cluster.result()
    #expect(
      try expanded(result.levels, items: result.items) == data.bruteForce(minimumSupport: 10))
    #expect(cluster.leases.contains { $0.worker.text == "w0" && $0.lease.attempt > 0 })
  }

  /// Who holds little data whole takes some ranges of all of it, and is not polled.
  @Test func workersThatHoldAllDataShareItsRanges() throws {
    let data = try TestData.random(seed: 12)
    for limit in [0, 1 << 17] as [UInt64] {
      var cluster = try FakeCluster(
        data, workers: 2, replication: 2, seed: 12, targets: 4...8, rule: .nominate
      ) { $0.sharedTransactionLimit = limit }
      try cluster.run { $0.coordinator.cluster.members.countingWorkers.count == 2 }
      try cluster.submit(support: 10)
      try cluster.run { $0.isDone() }
      let result = try cluster.result()
      #expect(
        try expanded(result.levels, items: result.items) == data.bruteForce(minimumSupport: 10))
      let polls = cluster.leases.count { $0.lease.key.phase == .poll }
      #expect((polls > 0) == (limit == 0), "\(polls) polls")
      let whole = cluster.leases.filter { $0.lease.key.shards.count == data.record.shards.count }
      #expect(whole.count == (limit == 0 ? 0 : cluster.leases.count))
      for worker in ["w0", "w1"] {
        #expect(cluster.leases.contains { $0.worker.text == worker }, "leases of \(worker)")
      }
    }
  }

  /// What comes back from a worker that shares goes to another, not to it again.
  @Test func aShareThatComesBackGoesToAnother() throws {
    let data = try TestData.random(seed: 13)
    var cluster = try FakeCluster(
      data, workers: 2, replication: 2, seed: 13, targets: 4...8, rule: .nominate)
    cluster.workers[0].faults.isStuck = true
    try cluster.run { $0.coordinator.cluster.members.countingWorkers.count == 2 }
    try cluster.submit(support: 10)
    try cluster.run { $0.isDone() }
    let result = try cluster.result()
    #expect(
      try expanded(result.levels, items: result.items) == data.bruteForce(minimumSupport: 10))
    let repeated = cluster.leases.filter { $0.lease.attempt > 0 }
    #expect(!repeated.isEmpty)
    #expect(repeated.allSatisfy { $0.worker.text == "w1" })
  }

  /// Workers share the shards of what neither holds alone, as before.
  @Test func shardsDivideWhereNobodyHoldsAll() throws {
    let holders = try [["a", "b"], ["b", "c"], ["a", "c"]].map { try $0.map { try Name($0) } }
    let plan = ShardPlan(
      transactionCounts: [4, 4, 4], holders: holders, sharedLimit: 1 << 17, threads: { _ in 1 })
    #expect(plan.blockSets.count == 3)
    #expect(plan.blockSets.allSatisfy { !$0.isShared && $0.shards.count == 1 })
  }

  /// Data beyond the limit divide by shards even where each worker holds all of them.
  @Test func onlyLittleDataAreShared() throws {
    let both = [try Name("a"), try Name("b")]
    for (limit, count) in [(7, 2), (8, 1)] as [(UInt64, Int)] {
      let plan = ShardPlan(
        transactionCounts: [4, 4], holders: [both, both], sharedLimit: limit, threads: { _ in 1 })
      #expect(plan.blockSets.count == count)
      #expect(plan.blockSets[0].isShared == (count == 1))
    }
  }

  /// Nothing else is left to do when a worker falls silent: its leases go on before it is dead.
  @Test func aSuspectsLeasesGoToAnotherBeforeItIsDead() throws {
    let data = try TestData.random(seed: 7)
    var cluster = try FakeCluster(
      data, workers: 2, replication: 2, seed: 7, targets: 4...16)
    try cluster.submit(support: 10)
    try cluster.run { !$0.leases.isEmpty }
    cluster.crash(1)
    let began = cluster.now.milliseconds
    try cluster.run { $0.coordinator.jobs.machines.allSatisfy { $0.stage == .finishing } }
    let took = cluster.now.milliseconds - began
    #expect(took < cluster.configuration.deadMilliseconds, "\(took) ms")
    try cluster.run { $0.isDone() }
    let result = try cluster.result()
    #expect(
      try expanded(result.levels, items: result.items) == data.bruteForce(minimumSupport: 10))
  }

  @Test func aWorkerAddedInMidJobIsUsed() throws {
    let data = try TestData.random(seed: 8, count: 200, replication: 3)
    var cluster = try FakeCluster(
      data, workers: 2, replication: 2, seed: 8, targets: 4...8)
    try cluster.submit(support: 8)
    try cluster.run { ($0.summary()?.level ?? 0) >= 3 }
    // It gets its replicas from the others.
    cluster.workers.append(FakeWorker(try Name("late")))
    try cluster.run { $0.isDone() }
    let result = try cluster.result()
    #expect(
      try expanded(result.levels, items: result.items) == data.bruteForce(minimumSupport: 8))
    #expect(cluster.leases.contains { $0.worker.text == "late" })
  }

  /// Without any holder the job waits, says for which blocks, and goes on when one is back.
  @Test func waitsForTheOnlyHolder() throws {
    let data = try TestData.random(seed: 9)
    var cluster = try FakeCluster(
      data, workers: 2, replication: 1, seed: 9, targets: 4...8)
    try cluster.submit(support: 10)
    try cluster.run { ($0.summary()?.level ?? 0) >= 2 && !$0.leases.isEmpty }
    cluster.crash(1)
    try cluster.run { !$0.coordinator.jobs.problems.isEmpty }
    let problem = try #require(cluster.coordinator.jobs.problems.first)
    #expect(problem.contains("block") && problem.contains("shop"), "\(problem)")
    cluster.restart(1)
    try cluster.run { $0.isDone() }
    let result = try cluster.result()
    #expect(
      try expanded(result.levels, items: result.items) == data.bruteForce(minimumSupport: 10))
    #expect(cluster.coordinator.jobs.problems.isEmpty)
  }

  @Test func failsWhenTheOnlyHolderStaysAway() throws {
    let data = try TestData.random(seed: 10)
    var cluster = try FakeCluster(
      data, workers: 2, replication: 1, seed: 10, targets: 4...8)
    try cluster.submit(support: 10)
    try cluster.run { !$0.leases.isEmpty }
    cluster.crash(1)
    try cluster.run { $0.isDone() }
    let summary = try #require(cluster.summary())
    #expect(summary.state == .failed)
    #expect(summary.failure.contains("data is lost"))
    #expect(summary.failure.contains("block"))
    // Another job on it is refused at once.
    try cluster.submit(support: 10, id: 2)
    guard case .refused(let refusal) = cluster.reply(2) else { throw TestFailure("no refusal") }
    #expect(refusal.kind == .dataLost)
  }

  /// Reports that exceed their share of memory hold back new ranges, never the job.
  @Test func littleMemoryIsEnough() throws {
    let data = try TestData.random(seed: 11)
    var all: [UInt64] = []
    for memoryLimit in [40, 4 << 30] {
      var most: UInt64 = 0
      for seed in 11..<14 as Range<UInt64> {
        var cluster = try FakeCluster(
          data, workers: 3, replication: 2, seed: seed, targets: 2...2, rule: .all
        ) { $0.memoryLimit = memoryLimit }
        try cluster.submit(support: 10)
        try cluster.run(until: { $0.isDone() }) { cluster in
          for machine in cluster.coordinator.jobs.machines {
            most = max(most, machine.level?.bytesHeld ?? 0)
          }
        }
        let result = try cluster.result()
        #expect(
          try expanded(result.levels, items: result.items) == data.bruteForce(minimumSupport: 10))
      }
      all.append(most)
    }
    #expect(all[0] < all[1], "bytes with little memory and with much")
  }

  /// Shards that are counted together may be silent together, whatever each may be alone; and where
  /// their worker dies, each set that others count may what its own shards may.
  @Test func setsOfShardsNominateWhereShardsAloneWouldNot() throws {
    let data = try TestData.random(seed: 21)
    let shards = data.record.shards.map(\.transactionCount)
    let allowances = try Allowances(minimumSupport: 10, transactionCounts: shards)
    #expect(shards.count == 12 && allowances.total == 6)
    var cluster = try FakeCluster(
      data, workers: 3, replication: 2, seed: 21, targets: 4...8
    ) {
      $0.smallLevelLimit = 1
      $0.sharedTransactionLimit = 0
    }
    try cluster.run { $0.coordinator.cluster.members.countingWorkers.count == 3 }
    try cluster.submit(support: 10, maximumLevel: 2)
    try cluster.run { $0.leases.count == 6 }
    cluster.crash(0)
    try cluster.run { $0.isDone() }
    var sets: Set<[UInt32]> = []
    for (_, lease) in cluster.leases where lease.key.phase == .nominate {
      sets.insert(lease.key.shards)
      let expected = try allowances.allowance(of: lease.key.shards.map { Int($0) })
      for (_, rule) in lease.ranges {
        guard case .above(let allowance) = rule else {
          Issue.record("\(rule)")
          continue
        }
        #expect(allowance == expected)
      }
    }
    #expect(sets.count > 3)
    #expect(cluster.leases.contains { $0.lease.key.phase == .poll })
    let result = try cluster.result()
    #expect(
      try expanded(result.levels, items: result.items)
        == data.bruteForce(minimumSupport: 10, maximumLength: 2))
  }

  /// With a shard a worker, 12 in all, half a transaction each is worth polls and less is not.
  @Test(arguments: [(9, true), (8, false)] as [(UInt64, Bool)])
  func aShardAWorkerNominatesFromHalfATransactionOn(support: UInt64, nominates: Bool) throws {
    let data = try TestData.random(seed: 22)
    var cluster = try FakeCluster(
      data, workers: 12, replication: 1, seed: 22, targets: 4...8
    ) { $0.smallLevelLimit = 1 }
    try cluster.run { $0.coordinator.cluster.members.countingWorkers.count == 12 }
    try cluster.submit(support: support, maximumLevel: 2)
    try cluster.run { $0.isDone() }
    var allowed: Set<UInt64> = []
    for (_, lease) in cluster.leases where lease.key.phase == .nominate {
      for case (_, .above(let allowance)) in lease.ranges { allowed.insert(allowance) }
    }
    #expect(allowed == (nominates ? [0, 1] : [0]))
    #expect(cluster.leases.contains { $0.lease.key.phase == .poll } == nominates)
  }
}
