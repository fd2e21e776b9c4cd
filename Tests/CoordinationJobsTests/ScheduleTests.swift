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
    var cluster = try FakeCluster(
      data, workers: 3, replication: 2, seed: 11, targets: 2...2, rule: .all
    ) { $0.memoryLimit = 40 }
    try cluster.submit(support: 10)
    var most: UInt64 = 0
    try cluster.run(until: { $0.isDone() }) { cluster in
      for machine in cluster.coordinator.jobs.machines {
        most = max(most, machine.level?.bytesHeld ?? 0)
      }
    }
    let result = try cluster.result()
    #expect(
      try expanded(result.levels, items: result.items) == data.bruteForce(minimumSupport: 10))
    var free = try FakeCluster(
      data, workers: 3, replication: 2, seed: 11, targets: 2...2, rule: .all)
    try free.submit(support: 10)
    var mostFree: UInt64 = 0
    try free.run(until: { $0.isDone() }) { cluster in
      for machine in cluster.coordinator.jobs.machines {
        mostFree = max(mostFree, machine.level?.bytesHeld ?? 0)
      }
    }
    #expect(most < mostFree, "\(most) and \(mostFree) bytes")
  }
}
