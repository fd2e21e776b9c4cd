import CommandRunner
import Glibc
import Testing

/// The shapes that users and scripts rely on, on a cluster where nothing goes wrong.
@Suite struct CommandTests {
  private func clusterWithBaskets(_ workers: Int, transactions: Int = 3000) throws -> TestCluster {
    let cluster = try TestCluster(workers: workers)
    _ = try alone(
      "generate quest --transactions \(transactions) --to baskets.dat -q", in: cluster.folder)
    _ = try cluster.answer("dataset add baskets baskets.dat --block-transactions 500")
    return cluster
  }

  @Test func listsAndStatus() throws {
    let cluster = try clusterWithBaskets(2)
    let submitted = try cluster.lode("job submit baskets --min-support 1%")
    #expect(submitted.text == "job-1\n")
    #expect(submitted.messages.contains("min support 1% = 30 of 3,000 transactions"))
    #expect(submitted.messages.contains("level 2: "))
    #expect(submitted.messages.contains("next: lode job results job-1"))

    let job = try cluster.object("job show job-1")
    #expect(job["id"] as? String == "job-1")
    #expect(job["state"] as? String == "done")
    #expect(job["dataset"] as? String == "baskets")
    #expect(try #require(job["level"] as? Int) >= 2)
    let levels = try #require(job["levels"] as? [[String: Any]])
    #expect(levels.first?["candidates"] is Int)
    #expect(try cluster.objects("job list").count == 1)

    let nodes = try cluster.objects("node list")
    #expect(nodes.map { $0["name"] as? String } == ["worker-1", "worker-2"])
    #expect(nodes.allSatisfy { $0["state"] as? String == "alive" })
    #expect(try cluster.objects("dataset list").first?["name"] as? String == "baskets")

    let status = try cluster.answer("status")
    for part in ["workers:", "worker-2  alive", "baskets", "job-1", "health: good"] {
      #expect(status.contains(part), "\(status)")
    }
    #expect(status.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(status)")
    let shown = try cluster.object("status")
    #expect((shown["problems"] as? [Any])?.isEmpty == true)

    #expect(try cluster.answer("dataset verify baskets").contains(", 0 defects"))
    // The reader has seen enough after a line.
    let piped = try CommandRunner.shell(
      "\"$lode\" status --watch --cluster \(cluster.address) | head -n 1", in: cluster.folder)
    #expect(piped.status == 0)
    #expect(piped.lines.count == 2)
    let full = try CommandRunner.shell(
      "\"$lode\" job submit baskets --no-wait --cluster \(cluster.address) >/dev/full",
      in: cluster.folder)
    #expect(full.status == 1)
    #expect(full.messages.contains("cannot write to standard output"))
  }

  /// Both commands read plain arguments themselves, and `--name=value` through ArgumentParser.
  @Test func plainArgumentsAreReadLikeOthers() throws {
    let cluster = try clusterWithBaskets(2)
    _ = try cluster.answer("job submit baskets --min-support 1% --min-confidence 30% --quiet")
    _ = try cluster.answer("job submit baskets --min-support=1% --min-confidence=30% --quiet")
    _ = try cluster.answer("job submit baskets --min-support 2% --max-length 2 --no-wait")
    let jobs = try cluster.objects("job list")
    #expect(jobs.count == 3)
    let arguments = jobs.compactMap { $0["arguments"] as? [String] }
    #expect(arguments.count == 3 && arguments[0] == arguments[1] && arguments[1] != arguments[2])
    _ = try cluster.answer("job watch job-3 -q")
    for options in [
      [], ["--output", "fimi", "--target", "itemsets"], ["-o", "csv", "--measures", "zhang"],
      ["--min-confidence", "80%", "--top", "3"], ["--target", "closed", "--min-length", "2"],
      ["--max-antecedent", "1", "--max-consequent", "none", "--min-lift", "1.5"],
      ["--memory", "64MiB", "--sort", "lift"],
    ] {
      let plain = try cluster.answer("job results job-1 \(options.joined(separator: " "))")
      var joined = stride(from: 0, to: options.count, by: 2).map {
        options[$0] == "-o" ? "--output=\(options[$0 + 1])" : "\(options[$0])=\(options[$0 + 1])"
      }
      joined.append("--temp=/tmp")
      let parsed = try cluster.answer("job results job-2 \(joined.joined(separator: " "))")
      #expect(plain == parsed && !plain.isEmpty, "\(options)")
    }
  }

  @Test func aWorkerIsDrainedAndRemoved() throws {
    let cluster = try clusterWithBaskets(2)
    try cluster.addWorker("worker-3")
    #expect(try cluster.lode("node drain worker-1").status == 0)
    try cluster.wait(until: "worker-1 is drained") {
      try cluster.state(of: "worker-1") == "drained"
    }
    let worker = try #require(cluster.workers["worker-1"])
    worker.signal(SIGTERM)
    #expect(try worker.waitForEnd(seconds: 10) == 0)
    try cluster.wait(until: "worker-1 is removed") {
      try cluster.lode("node remove worker-1").status == 0
    }
    #expect(try cluster.state(of: "worker-1") == nil)
    #expect(try cluster.answer("dataset verify baskets").contains(", 0 defects"))
  }

  @Test func nodesStopWhenAsked() throws {
    let cluster = try clusterWithBaskets(2, transactions: 20_000)
    let job = try cluster.submit("baskets --min-support 2")
    try cluster.waitForLevel(2, of: job)
    let worker = try #require(cluster.workers["worker-1"])
    worker.signal(SIGTERM)
    // Some send it to the process and to its group.
    worker.signal(SIGTERM)
    #expect(try worker.waitForEnd(seconds: 10) == 0)
    #expect(worker.messages.contains("worker worker-1 stopped"))
    cluster.coordinator.signal(SIGINT)
    #expect(try cluster.coordinator.waitForEnd(seconds: 10) == 0)
    // One that has lost its coordinator stops too.
    let other = try #require(cluster.workers["worker-2"])
    other.signal(SIGTERM)
    #expect(try other.waitForEnd(seconds: 10) == 0)
  }

  @Test func interruptingEndsFollowingOnly() throws {
    let cluster = try clusterWithBaskets(2, transactions: 20_000)
    let following = try BackgroundCommand(
      words("job submit baskets --min-support 2 --cluster \(cluster.address)"),
      in: cluster.folder, log: "following.log")
    try following.wait(for: "level 1")
    following.signal(SIGINT)
    #expect(try following.waitForEnd(seconds: 5) == 130)
    #expect(following.messages.contains("job-1 goes on; follow it with: lode job watch job-1"))
    #expect(try cluster.object("job show job-1")["state"] as? String == "running")
    #expect(try cluster.answer("job cancel job-1 -q").isEmpty)
    #expect(try cluster.object("job show job-1")["state"] as? String == "cancelled")
    #expect(try cluster.answer("job remove job-1 -q").isEmpty)
  }
}
