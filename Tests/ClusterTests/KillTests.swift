import CommandRunner
import Glibc
import Testing

/// Nodes that are killed while a job runs change nothing about its result.
@Suite struct KillTests {
  private let options = "--suspect-after 0.5 --dead-after 2"
  private let mining = "--min-support 0.2% --target itemsets"

  /// Data that takes a while to count, and what must be found in it.
  private func load(_ cluster: TestCluster) throws -> [UInt8] {
    _ = try alone(
      "generate quest --transactions 30000 --average-length 20 --to baskets.dat -q",
      in: cluster.folder)
    _ = try cluster.answer("dataset add baskets baskets.dat --block-transactions 4096")
    return try alone("mine baskets.dat \(mining) -o fimi -q", in: cluster.folder)
  }

  /// Where workers add up, what it kept for others is counted again.
  @Test(arguments: ["", " --reducers-from 1"])
  func aWorkerIsKilled(adding: String) throws {
    let cluster = try TestCluster(workers: 3, options: options + adding)
    let expected = try load(cluster)
    let job = try cluster.submit("baskets \(mining)")
    try cluster.waitForLevel(2, of: job)
    try #require(cluster.workers["worker-2"]).signal(SIGKILL)
    _ = try cluster.answer("job watch \(job)")
    #expect(try Array(cluster.answer("job results \(job) -o fimi").utf8) == expected)

    try cluster.wait(until: "worker-2 is dead") { try cluster.state(of: "worker-2") == "dead" }
    #expect(try cluster.answer("status").contains("worker worker-2 is dead"))
    try cluster.wait(until: "all replicas are there again") {
      try cluster.object("dataset show baskets")["under_replicated"] as? Int == 0
    }
    try cluster.addWorker("worker-2")
    try cluster.wait(until: "worker-2 is back") { try cluster.state(of: "worker-2") == "alive" }
    #expect(try cluster.answer("dataset verify baskets").contains(", 0 defects"))
  }

  @Test func theCoordinatorIsKilled() throws {
    let cluster = try TestCluster(workers: 2, options: options)
    let expected = try load(cluster)
    let job = try cluster.submit("baskets \(mining)")
    let following = try BackgroundCommand(
      words("job watch \(job) --cluster \(cluster.address)"), in: cluster.folder,
      log: "following.log")
    try cluster.waitForLevel(2, of: job)
    cluster.coordinator.signal(SIGKILL)
    _ = try cluster.coordinator.waitForEnd()
    try cluster.restartCoordinator()
    // Who follows need not begin anew.
    #expect(try following.waitForEnd(seconds: 60) == 0)
    #expect(try Array(cluster.answer("job results \(job) -o fimi").utf8) == expected)
  }

  @Test func theCoordinatorIsKilledDuringAnIngest() throws {
    let cluster = try TestCluster(workers: 2, options: options)
    _ = try alone("generate quest --transactions 20000 --to baskets.dat -q", in: cluster.folder)
    let adding = try BackgroundCommand(
      script: """
        { head -n 15000 baskets.dat; echo half >&2; sleep 2; tail -n +15001 baskets.dat; } |
          "$lode" dataset add baskets - --block-transactions 500 --cluster \(cluster.address)
        """, in: cluster.folder, log: "adding.log")
    try adding.wait(for: "half")
    // Some of it has been sent and stored.
    try cluster.wait(until: "some blocks are stored") {
      try CommandRunner.shell("find worker-1 -name 'block-*'", in: cluster.folder).output.count > 0
    }
    cluster.coordinator.signal(SIGKILL)
    _ = try cluster.coordinator.waitForEnd()
    try cluster.restartCoordinator()
    #expect(try adding.waitForEnd(seconds: 60) == 1)
    #expect(adding.messages.contains("add the data set again"), "\(adding.messages)")
    #expect(try cluster.objects("dataset list").isEmpty)
    try cluster.wait(until: "both workers are back") {
      try cluster.objects("node list").count { $0["state"] as? String == "alive" } == 2
    }
    // A worker that is slow to come back ends an ingest; then it is begun again.
    try cluster.wait(until: "the data set is added") {
      try cluster.lode("dataset add baskets baskets.dat --block-transactions 500").status == 0
    }
    #expect(try cluster.answer("dataset verify baskets").contains(", 0 defects"))
  }

  @Test func aBlockRots() throws {
    let cluster = try TestCluster(workers: 3, options: options)
    _ = try load(cluster)
    let found = try CommandRunner.shell(
      "find worker-1/objects -name 'block-*' | sort", in: cluster.folder)
    let block = try String(#require(found.lines.first))
    var bytes = try cluster.folder.read(block)
    try #require(bytes.count > 1000)
    bytes[bytes.count / 2] ^= 0x10
    try cluster.folder.write(block, bytes)
    let damaged = try cluster.lode("dataset verify baskets")
    #expect(damaged.status == 1)
    #expect(damaged.text.contains("worker-1: "))
    try cluster.wait(until: "it is repaired") {
      try cluster.lode("dataset verify baskets").status == 0
    }
  }

  /// Neither data nor what was found is lost.
  @Test func allAreKilled() throws {
    let cluster = try TestCluster(workers: 2, options: options)
    let expected = try load(cluster)
    _ = try cluster.answer("job submit baskets \(mining)")
    for node in [cluster.coordinator] + cluster.workers.values.map({ $0 }) {
      node.signal(SIGKILL)
      _ = try node.waitForEnd()
    }
    try cluster.restartCoordinator()
    try cluster.addWorker("worker-1")
    try cluster.addWorker("worker-2")
    #expect(try Array(cluster.answer("job results 1 -o fimi").utf8) == expected)
    #expect(try cluster.answer("dataset verify baskets").contains(", 0 defects"))
    _ = try cluster.answer("job submit baskets \(mining)")
    #expect(try Array(cluster.answer("job results 2 -o fimi").utf8) == expected)
  }
}
