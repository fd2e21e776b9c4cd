import CommandRunner
import Glibc
import Testing
import ZeroMQTransport

/// What cannot be done is refused soon, with what happened and what to do.
@Suite struct RefusalTests {
  private func expect(
    _ outcome: Outcome, _ status: Int32, _ parts: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.status == status, "\(outcome.messages)", sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
    for part in parts {
      #expect(
        outcome.messages.contains(part), "\(part) not in: \(outcome.messages)",
        sourceLocation: sourceLocation)
    }
  }

  @Test func requestsThatCannotBeGranted() throws {
    let cluster = try TestCluster(workers: 1, options: "--suspect-after 0.5 --dead-after 1")
    _ = try alone("generate quest --transactions 20000 --to baskets.dat -q", in: cluster.folder)
    expect(
      try cluster.lode("dataset add baskets baskets.dat"), 1,
      "2 replicas can only be had of as many workers", "--replication")
    let add = "dataset add baskets baskets.dat --replication 1 --block-transactions 1000"
    #expect(try cluster.lode(add).status == 0)
    expect(try cluster.lode(add), 1, "there is a data set baskets already", "another name")
    expect(try cluster.lode("dataset show other"), 1, "no data set other", "lode dataset list")
    expect(try cluster.lode("job submit other"), 1, "no data set other", "baskets")
    expect(try cluster.lode("job show job-9"), 1, "no job-9", "lode job list")
    expect(try cluster.lode("job results 9"), 1, "no job-9")
    expect(try cluster.lode("node drain other"), 1, "no worker other", "lode node list")
    expect(
      try cluster.lode("node remove worker-1"), 1, "worker-1 is alive", "lode node drain worker-1")
    expect(try cluster.lode("job submit baskets --min-support 2.5"), 2, "--min-support")
    expect(try cluster.lode("job show some/thing"), 2, "some/thing")
    try cluster.folder.write("bad.csv", "a,b\n\"open\n")
    expect(
      try cluster.lode("dataset add bad bad.csv --replication 1"), 1, "bad.csv",
      "nothing of bad was kept")

    let job = try cluster.submit("baskets --min-support 3")
    expect(try cluster.lode("job results \(job)"), 1, "\(job) has no results, it is")
    expect(try cluster.lode("dataset remove baskets"), 1, "is used by a job", "lode job list")
    expect(try cluster.lode("job remove \(job)"), 1, job, "cancel")
    #expect(try cluster.lode("job cancel \(job) -q").status == 0)
    expect(try cluster.lode("job results \(job)"), 1, "it is cancelled", "submit it again")
    expect(try cluster.lode("job watch \(job)"), 1, "\(job) was cancelled")
    let short = try cluster.submit("baskets --min-support 2% --max-length 2")
    #expect(try cluster.lode("job watch \(short) -q").status == 0)
    expect(
      try cluster.lode("job results \(short) --max-length 3"), 1, "itemsets of up to 2 items only")

    // Folders and names of others.
    let second = try CommandRunner.run(
      words("coordinator --data coordinator --listen 127.0.0.1:0"), in: cluster.folder)
    expect(second, 1, "in use by process", "--data")
    let taken = try CommandRunner.run(
      words("coordinator --data other --listen \(cluster.address)"), in: cluster.folder)
    expect(taken, 1, "cannot listen", cluster.address, "another port")
    let sharing = try CommandRunner.run(
      words("worker \(cluster.address) --data worker-1"), in: cluster.folder)
    expect(sharing, 1, "in use by process", "--data")

    // The only worker is lost, with all blocks.
    try #require(cluster.workers["worker-1"]).signal(SIGKILL)
    try cluster.wait(until: "worker-1 is dead") { try cluster.state(of: "worker-1") == "dead" }
    expect(
      try cluster.lode("job submit baskets"), 1, "blocks 0, 1, 2", "have no live copy",
      "start the workers")
    let unchecked = try cluster.lode("dataset verify baskets")
    #expect(unchecked.status == 1)
    #expect(unchecked.messages.contains("could not be checked"))
    #expect(try cluster.answer("status").contains("no worker has block 0"))
  }

  @Test func aFolderOfAnotherClusterAndAName() throws {
    let folder = try TemporaryFolder()
    let other = try TestCluster(workers: 1, in: folder)
    try #require(other.workers["worker-1"]).signal(SIGTERM)
    _ = try #require(other.workers["worker-1"]).waitForEnd()
    let cluster = try TestCluster(workers: 1)
    let stranger = try BackgroundCommand(
      words("worker \(cluster.address) --data worker-1 --name stranger"), in: folder,
      log: "stranger.log")
    #expect(try stranger.waitForEnd() == 1)
    #expect(stranger.messages.contains("belongs to cluster"))
    #expect(stranger.messages.contains("an empty folder"))

    let first = try #require(cluster.workers["worker-1"])
    try cluster.addWorker("worker-1", data: "elsewhere")
    #expect(try first.waitForEnd() == 1)
    #expect(first.messages.contains("a newer process has joined as worker worker-1"))
    #expect(first.messages.contains("--name"))
  }

  @Test func nobodyAnswers() throws {
    let folder = try TemporaryFolder()
    let start = time(nil)
    let outcome = try CommandRunner.run(words("status --cluster 127.0.0.1:1"), in: folder)
    expect(
      outcome, 1, "no coordinator answers at 127.0.0.1:1", "lode coordinator", "LODE_CLUSTER")
    #expect(time(nil) - start <= 15)
  }

  @Test func addressesAndKeysOnTheCommandLine() throws {
    let folder = try TemporaryFolder()
    for (arguments, part) in [
      ("coordinator --data c --listen 0.0.0.0:7400", "--keys"),
      ("coordinator --data c --listen 10.1.2.3:7400", "lode keygen"),
      ("coordinator --data c --listen 7400", "host and a port"),
      ("worker 10.1.2.3:7400 --data w", "--keys"),
      ("worker 127.0.0.1:7400 --data w --data-listen 0.0.0.0:0", "--data-listen"),
      ("status --cluster 10.1.2.3:7400", "--keys"),
      ("status --cluster 127.evil:7400", "--keys"),
      ("status --cluster 127.0.0.1:0", "port"),
      ("status --watch -o json", "--watch"),
    ] {
      expect(try CommandRunner.run(words(arguments), in: folder), 2, part)
    }
  }

  // MARK: Versions

  /// The first frame of a message in a version that nobody speaks.
  private func header(family: UInt8) -> [UInt8] {
    Array("LODE".utf8) + [99, 0, 99, 0, family] + [UInt8](repeating: 7, count: 16)
  }

  @Test func aCoordinatorOfAnotherVersion() throws {
    let folder = try TemporaryFolder()
    let context = try ZeroMQContext()
    let refusal = header(family: 5)
    let reply = Reply()
    let server = try ServerEndpoint(
      context: context, address: "tcp://127.0.0.1:0", security: .none
    ) { message in
      reply.send(to: message.peer, [refusal])
    }
    reply.open(server)
    defer {
      server.close()
      context.close()
    }
    let address = String(server.boundAddress.dropFirst("tcp://".count))
    expect(
      try CommandRunner.run(words("status --cluster \(address)"), in: folder), 1, "99", "version")
  }

  @Test func aClientOfAnotherVersion() throws {
    let cluster = try TestCluster(workers: 0)
    let context = try ZeroMQContext()
    let received = Received()
    let client = try ClientEndpoint(
      context: context, address: "tcp://\(cluster.address)", security: .none
    ) { received.add($0.frames) }
    defer {
      client.close()
      context.close()
    }
    for _ in 0..<3 { try client.send([header(family: 3), [0]]) }
    // What is no message at all is refused too, and ends nothing.
    try client.send([[1, 2, 3]])
    try cluster.coordinator.wait(for: "another version of the protocol")
    try cluster.coordinator.wait(for: "was refused")
    try cluster.wait(until: "a refusal has come") { !received.frames.isEmpty }
    #expect(received.frames.first?.first?[8] == 5)
    #expect(try cluster.lode("status").status == 0)
    #expect(cluster.coordinator.messages.split(separator: "\n").count <= 7, "the notes flood")
  }
}
