import Apriori
import Messages
import TestSupport
import Testing

@testable import Coordination

@Suite struct JobTests {
  /// A job of several levels on workers that work well.
  @Test(arguments: [ReportRule.all, .nonZero, .nominate])
  func equalsBruteForce(_ rule: ReportRule) throws {
    for seed in 0..<8 as Range<UInt64> {
      let data = try TestData.random(seed: seed)
      var cluster = try FakeCluster(
        data, workers: 1 + Int(seed % 4), replication: 1 + Int(seed % 3), seed: seed,
        targets: 4...32, rule: rule, threads: 1 + Int(seed % 2))
      let support = 6 + seed % 13
      try cluster.submit(support: support)
      try cluster.run { $0.isDone() }
      let result = try cluster.result()
      let found = try expanded(result.levels, items: result.items)
      #expect(found == data.bruteForce(minimumSupport: support), "seed \(seed)")
      #expect(result.levels.levels.count >= 2)
    }
  }
}

/// Whatever fails: the job ends, and its result is right.
@Suite struct FaultTests {
  private func check(_ cluster: FakeCluster, support: UInt64, _ comment: String) throws {
    let result = try cluster.result()
    let found = try expanded(result.levels, items: result.items)
    #expect(found == cluster.data.bruteForce(minimumSupport: support), "\(comment)")
  }

  @Test func lossDuplicationAndReordering() throws {
    for seed in 100..<112 as Range<UInt64> {
      let data = try TestData.random(seed: seed, count: 80, itemCount: 10)
      var cluster = try FakeCluster(
        data, workers: 3, replication: 2, seed: seed,
        targets: 4...16, rule: ReportRule.allCases[Int(seed % 3)])
      cluster.network.loss = 60
      cluster.network.duplication = 60
      try cluster.submit(support: 8)
      try cluster.run { $0.isDone() }
      try check(cluster, support: 8, "seed \(seed)")
    }
  }

  @Test func workersAndCoordinatorDieAndReturn() throws {
    var deaths = 0
    var restarts = 0
    for seed in 200..<216 as Range<UInt64> {
      let data = try TestData.random(seed: seed, count: 80, itemCount: 10)
      var cluster = try FakeCluster(
        data, workers: 4, replication: 2, seed: seed,
        targets: 4...16, rule: ReportRule.allCases[Int(seed % 3)])
      cluster.network.loss = 20
      cluster.network.duplication = 20
      try cluster.submit(support: 8)
      try cluster.run(until: { $0.isDone() }) { cluster in
        switch Int.random(in: 0..<1_500, using: &cluster.random) {
        case 0 where cluster.workers.count(where: \.isUp) == 4:
          cluster.crash(Int.random(in: 0..<4, using: &cluster.random))
          deaths += 1
        case 1...3:
          for index in cluster.workers.indices where !cluster.workers[index].isUp {
            cluster.restart(index)
          }
        case 4:
          // The job must be on record, or there is none to go on with.
          guard !cluster.catalog.jobs.isEmpty else { return }
          try cluster.restartCoordinator()
          restarts += 1
        default: break
        }
      }
      try check(cluster, support: 8, "seed \(seed)")
    }
    #expect(deaths > 3)
    #expect(restarts > 3)
  }

  @Test func damagedReportsAreCountedAgain() throws {
    var found = 0
    for seed in 300..<308 as Range<UInt64> {
      let data = try TestData.random(seed: seed, count: 80, itemCount: 10)
      var cluster = try FakeCluster(
        data, workers: 3, replication: 3, seed: seed,
        targets: 4...16, rule: ReportRule.allCases[Int(seed % 3)]
      ) { configuration in
        configuration.failureLimit = 1_000
        configuration.attemptLimit = 50
      }
      for index in cluster.workers.indices {
        cluster.workers[index].faults.damages = 50
        cluster.workers[index].faults.failures = 50
      }
      try cluster.submit(support: 8)
      try cluster.run { $0.isDone() }
      try check(cluster, support: 8, "seed \(seed)")
      found += cluster.notes.count { $0.contains("damaged") }
    }
    #expect(found > 8)
  }

  @Test func attemptsAreLimited() throws {
    let data = try TestData.random(seed: 1)
    var cluster = try FakeCluster(data, workers: 2, replication: 2, seed: 1)
    for index in cluster.workers.indices { cluster.workers[index].faults.failures = 1_000 }
    try cluster.submit(support: 8)
    try cluster.run { $0.isDone() }
    let summary = try #require(cluster.summary())
    #expect(summary.state == .failed)
    #expect(summary.failure.contains("no memory"))
    #expect(summary.failure.contains("4 attempts"))
    try cluster.request(.openResults(summary.id), id: 2)
    guard case .refused(let refusal) = cluster.reply(2) else { throw TestFailure("no refusal") }
    #expect(refusal.message.contains("no memory"))
  }

  /// A worker that counts wrongly with a right digest is found by a second opinion.
  @Test func contradictionsNameBothWorkers() throws {
    var found = 0
    for seed in 400..<420 as Range<UInt64> where found == 0 {
      let data = try TestData.random(seed: seed, count: 60, itemCount: 10)
      var cluster = try FakeCluster(
        data, workers: 2, replication: 2, seed: seed, targets: 4...8, rule: .all)
      cluster.network.duplication = 500
      cluster.workers[0].faults.lies = 300
      try cluster.submit(support: 8)
      try cluster.run { $0.isDone() }
      let summary = try #require(cluster.summary())
      if summary.failure.contains("disagree") {
        found += 1
        #expect(summary.failure.contains("w0"))
      }
    }
    #expect(found == 1)
  }
}
