import Apriori
import Messages
import TestSupport
import Testing

@testable import Coordination

/// Submitting, cancelling, removing, resuming, and what users read meanwhile.
@Suite struct LifeTests {
  @Test func figuresTellWhatWasCounted() throws {
    let data = try TestData.random(seed: 20)
    var cluster = try FakeCluster(
      data, workers: 3, replication: 2, seed: 20, targets: 8...16)
    try cluster.submit(support: 10)
    try cluster.run { $0.isDone() }
    let summary = try #require(cluster.summary())
    let levels = try cluster.result().levels.levels
    #expect(summary.minimumSupport == 10)
    #expect(summary.levels.map(\.level) == Array(1...summary.levels.count))
    for (figures, level) in zip(summary.levels, levels) {
      #expect(figures.candidateCount == level.candidateCount)
      #expect(figures.frequentCount == UInt64(level.nodeCount + level.perfectExtensionCount))
    }
    let second = summary.levels[1]
    #expect(second.leaseCount >= 3)
    #expect(second.bytesReceived > 0 && second.bytesSent > 0)
    // Every level that closed was told.
    let told = cluster.progress.filter { $0.state == .running }.map(\.levels.count).max()
    #expect(told == summary.levels.count)
    #expect(cluster.progress.last?.state == .done)
  }

  @Test func theSameRequestIsTheSameJob() throws {
    let data = try TestData.random(seed: 21)
    var cluster = try FakeCluster(data, workers: 2, replication: 2, seed: 21)
    for _ in 0..<3 { try cluster.submit(support: 10) }
    try cluster.run { $0.isDone() }
    try cluster.submit(support: 10)
    #expect(cluster.coordinator.jobSummaries.count == 1)
    guard case .job(let summary) = cluster.reply(1) else { throw TestFailure("no job") }
    #expect(summary.state == .done)
  }

  @Test func aJobIsAnsweredWhenItIsDurable() throws {
    let data = try TestData.random(seed: 22)
    var cluster = try FakeCluster(data, workers: 2, replication: 2, seed: 22)
    try cluster.submit(support: 10)
    #expect(cluster.reply(1) == nil)
    try cluster.run { $0.reply(1) != nil }
    #expect(cluster.catalog.jobs.count == 1)
  }

  @Test func badRequestsAreRefused() throws {
    let data = try TestData.random(seed: 23)
    var cluster = try FakeCluster(data, workers: 2, replication: 2, seed: 23) {
      $0.queuedJobLimit = 0
    }
    try cluster.run { $0.coordinator.isReady }
    func refusal(_ request: ClientRequest, _ id: UInt64) throws -> Refusal {
      try cluster.request(request, id: id)
      guard case .refused(let refusal) = cluster.reply(id) else {
        throw TestFailure("\(request) was not refused")
      }
      return refusal
    }
    var specification = JobSpecification(
      dataSet: try Name("nowhere"), minimumSupport: "10", maximumLevel: nil, arguments: [])
    let unknown = try refusal(.submitJob(specification), 1)
    #expect(unknown.kind == .unknown && unknown.message.contains("shop"))
    specification.dataSet = data.record.name
    specification.minimumSupport = "0"
    #expect(try refusal(.submitJob(specification), 2).kind == .invalid)
    specification.minimumSupport = "10"
    #expect(try refusal(.submitJob(specification), 3).kind == .unavailable)
    #expect(try refusal(.showJob(JobID(9)), 4).kind == .unknown)
  }

  @Test func cancelledJobsEndEverywhere() throws {
    let data = try TestData.random(seed: 24)
    var cluster = try FakeCluster(
      data, workers: 2, replication: 2, seed: 24, targets: 4...8)
    // As connections keep it: a job that is opened after it was closed is forgotten much later.
    cluster.network.isOrdered = true
    try cluster.submit(support: 6)
    try cluster.run { ($0.summary()?.level ?? 0) >= 3 }
    try cluster.request(.cancelJob(JobID(1)), id: 2)
    try cluster.run { $0.reply(2) != nil }
    guard case .job(let summary) = cluster.reply(2) else { throw TestFailure("no job") }
    #expect(summary.state == .cancelled)
    try cluster.run(until: { $0.flying.isEmpty })
    for worker in cluster.workers { #expect(worker.jobs.isEmpty) }
    #expect(cluster.coordinator.jobs.uses(data.record.id) == false)
    #expect(cluster.catalog.jobs.map(\.summary.state) == [.cancelled])
    try cluster.request(.cancelJob(JobID(1)), id: 3)
    #expect(cluster.reply(3) != nil)
    try cluster.request(.removeJob(JobID(1)), id: 4)
    try cluster.run { $0.reply(4) != nil }
    #expect(cluster.reply(4) == .done)
    #expect(cluster.catalog.jobs.isEmpty)
    #expect(cluster.coordinator.jobSummaries.isEmpty)
  }

  @Test func resultsAreOfferedAndRemoved() throws {
    let data = try TestData.random(seed: 25)
    var cluster = try FakeCluster(
      data, workers: 2, replication: 2, seed: 25, targets: 8...16)
    try cluster.submit(support: 10)
    try cluster.request(.removeJob(JobID(1)), id: 2)
    guard case .refused = cluster.reply(2) else { throw TestFailure("a running job is removed") }
    try cluster.run { $0.isDone() }
    try cluster.request(.openResults(JobID(1)), id: 3)
    guard case .results(let results) = cluster.reply(3) else { throw TestFailure("no results") }
    #expect(results.levels.count == (try cluster.result().levels.levels.count))
    #expect(results.dataEndpoint == "coordinator")
    try cluster.request(.removeJob(JobID(1)), id: 4)
    try cluster.run { $0.reply(4) == .done }
    try cluster.run(until: { $0.flying.isEmpty })
    #expect(cluster.store[results.items.id] == nil)
  }

  @Test func aRestartedCoordinatorGoesOnAtTheLastClosedLevel() throws {
    let data = try TestData.random(seed: 26)
    var cluster = try FakeCluster(
      data, workers: 2, replication: 2, seed: 26, targets: 8...16)
    try cluster.submit(support: 6)
    try cluster.run { ($0.catalog.jobs.first?.checkpoints.count ?? 0) >= 3 }
    let closed = try #require(cluster.catalog.jobs.first?.checkpoints.count)
    cluster.leases = []
    try cluster.restartCoordinator()
    try cluster.run { $0.isDone() }
    let result = try cluster.result()
    #expect(try expanded(result.levels, items: result.items) == data.bruteForce(minimumSupport: 6))
    #expect(cluster.leases.map(\.lease.key.level).min() == closed)
    #expect(cluster.notes.contains { $0.contains("resumes at level \(closed)") })
    #expect(
      cluster.summary()?.levels.map(\.level) == Array(1...(cluster.summary()?.levels.count ?? 0)))
  }

  @Test func anEndIsToldWhenItIsDurable() throws {
    let data = try TestData.random(seed: 26)
    var cluster = try FakeCluster(data, workers: 2, replication: 2, seed: 26, targets: 4...8)
    try cluster.submit(support: 10)
    try cluster.run { !$0.leases.isEmpty }
    try cluster.request(.cancelJob(JobID(1)), id: 2)
    try cluster.request(.showJob(JobID(1)), id: 3)
    guard case .job(let early) = cluster.reply(3) else { throw TestFailure("no answer") }
    #expect(early.state == .running && early.endedAt == 0)
    try cluster.run { $0.isDone() }
    guard case .job(let summary) = cluster.reply(2) else { throw TestFailure("no answer") }
    #expect(summary.state == .cancelled && cluster.summary()?.state == .cancelled)
  }

  @Test func whoWatchesIsToldOfEveryLevelAndOfTheEnd() throws {
    let data = try TestData.random(seed: 29)
    var cluster = try FakeCluster(data, workers: 2, replication: 2, seed: 29, targets: 8...16)
    try cluster.submit(support: 6)
    var known = 0
    var id: UInt64 = 10
    var last: JobSummary?
    while last?.state.isFinal != true {
      id += 1
      try cluster.request(.watchJob(JobID(1), closedLevels: known), id: id)
      try cluster.run { $0.reply(id) != nil }
      guard case .job(let summary) = cluster.reply(id) else { throw TestFailure("no job") }
      #expect(summary.levels.count > known || summary.state.isFinal)
      known = summary.levels.count
      last = summary
    }
    #expect(last?.state == .done && known > 3)
  }

  @Test func whoAsksAgainIsAnsweredAtOnce() throws {
    let data = try TestData.random(seed: 29)
    var cluster = try FakeCluster(data, workers: 2, replication: 2, seed: 29, targets: 8...16)
    try cluster.submit(support: 6)
    for id in [2, 3] as [UInt64] {
      try cluster.request(.watchJob(JobID(1), closedLevels: 90), id: id)
      #expect(cluster.reply(id) == nil)
    }
    try cluster.request(.watchJob(JobID(1), closedLevels: 90), id: 2)
    guard case .job(let summary) = cluster.reply(2) else { throw TestFailure("no answer") }
    #expect(!summary.state.isFinal)
    // Whoever waits hears of the end, however few levels there were.
    try cluster.request(.cancelJob(JobID(1)), id: 4)
    try cluster.run { $0.reply(3) != nil }
    guard case .job(let ended) = cluster.reply(3) else { throw TestFailure("no answer") }
    #expect(ended.state == .cancelled)
    try cluster.request(.watchJob(JobID(7), closedLevels: 0), id: 5)
    guard case .refused = cluster.reply(5) else { throw TestFailure("there is no such job") }
  }

  @Test func anUnreadableCheckpointIsPassedOver() throws {
    let data = try TestData.random(seed: 27)
    var cluster = try FakeCluster(
      data, workers: 2, replication: 2, seed: 27, targets: 8...16)
    try cluster.submit(support: 6)
    try cluster.run { ($0.catalog.jobs.first?.checkpoints.count ?? 0) >= 3 }
    let last = try #require(cluster.catalog.jobs.first?.checkpoints.last)
    cluster.store[last.id] = nil
    try cluster.restartCoordinator()
    try cluster.run { $0.isDone() }
    // The level was made again, byte for byte, so the object is what it was.
    #expect(cluster.catalog.jobs.first?.checkpoints.contains(last) == true)
    let result = try cluster.result()
    #expect(try expanded(result.levels, items: result.items) == data.bruteForce(minimumSupport: 6))
    #expect(cluster.notes.contains { $0.contains("instead") })
  }

  @Test func maximumLevelIsKept() throws {
    let data = try TestData.random(seed: 28)
    for limit in 1...3 {
      var cluster = try FakeCluster(
        data, workers: 2, replication: 2, seed: 28, targets: 8...16)
      try cluster.submit(support: 6, maximumLevel: limit)
      try cluster.run { $0.isDone() }
      #expect(try cluster.result().levels.levels.count == limit)
    }
  }

  @Test func jobsWithoutFrequentItemsAreDone() throws {
    let data = try TestData.random(seed: 29)
    var cluster = try FakeCluster(data, workers: 2, replication: 2, seed: 29)
    try cluster.submit(support: 1_000)
    try cluster.run { $0.isDone() }
    #expect(try cluster.result().levels.levels.isEmpty)
  }

  /// Inside `lode mine`: values instead of bytes, one worker, no checkpoints, no polls.
  @Test func embedded() throws {
    for seed in 30..<36 as Range<UInt64> {
      let data = try TestData.random(seed: seed)
      var cluster = try FakeCluster(
        data, workers: 1, replication: 1, seed: seed, targets: 4...16,
        threads: 2
      ) { configuration in
        configuration.passesValues = true
        configuration.keepsCheckpoints = false
      }
      try cluster.submit(support: 6)
      try cluster.run { $0.isDone() }
      let levels = try #require(cluster.coordinator.jobs.closedLevels(of: JobID(1)))
      let items = try #require(cluster.coordinator.jobs.rankedItems(of: JobID(1)))
      #expect(try expanded(levels, items: items) == data.bruteForce(minimumSupport: 6))
      #expect(cluster.leases.allSatisfy { $0.lease.key.phase == .nominate })
      #expect(cluster.leases.allSatisfy { $0.lease.key.shards.count == data.record.shards.count })
    }
  }
}
