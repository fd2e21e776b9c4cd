import Blocks
import Messages
import Testing

@testable import Coordination

@Suite struct NodeTests {
  @Test func drainingMovesEverythingAwayThenLetsGo() throws {
    var cluster = try TestCluster(["a", "b", "c"])
    _ = try cluster.add("sales", blocks: 9)
    let a = try Name("a")
    cluster.workers[a]?.leaseCount = 1
    guard case .node(let node) = try cluster.ask(.drainNode(a)) else { throw TestFailure("drain") }
    #expect(node.state == .draining)
    #expect(cluster.catalog.nodes.first?.isDraining == true)
    #expect(cluster.coordinator.cluster.members.countingWorkers.contains(a))
    let isEmpty = try cluster.run(seconds: 30) { $0.workers[a]?.objects.isEmpty == true }
    #expect(isEmpty)
    #expect(try cluster.state("a") == .draining, "it still works on a lease")
    cluster.workers[a]?.leaseCount = 0
    let isDrained = try cluster.run(seconds: 2) { ((try? $0.state("a")) ?? nil) == .drained }
    #expect(isDrained)
    #expect(try cluster.fewestCopies("sales") == 2)
    #expect(try cluster.layout("sales").contains("a") == false)
    #expect(try cluster.ask(.removeNode(a)) == .done)
    #expect(try cluster.state("a") == nil)
    #expect(cluster.catalog.nodes.map(\.name.text) == ["b", "c"])
    #expect(cluster.workers[a]?.refusals.last?.contains("was removed") == true)
  }

  @Test func withoutAnotherWorkerNothingIsTakenFromADrainingOne() throws {
    var cluster = try TestCluster(["a", "b"])
    _ = try cluster.add("sales", blocks: 4)
    _ = try cluster.ask(.drainNode(try Name("a")))
    try cluster.run(milliseconds: 20_000)
    #expect(try cluster.state("a") == .draining)
    #expect(try cluster.fewestCopies("sales") == 2)
    guard case .status(let status) = try cluster.ask(.status) else { throw TestFailure("status") }
    #expect(status.problems.contains { $0.contains("cannot be drained") && $0.contains("start 1") })
  }

  @Test func onlyDeadOrDrainedWorkersAreRemoved() throws {
    var cluster = try TestCluster(["a", "b", "c"])
    try cluster.run(milliseconds: 500)
    let a = try Name("a")
    guard case .refused(let refusal) = try cluster.ask(.removeNode(a)) else {
      throw TestFailure("an alive worker was removed")
    }
    #expect(refusal.kind == .invalid && refusal.message.contains("lode node drain a"))
    try cluster.crash("a")
    try cluster.run(milliseconds: 11_000)
    let id = cluster.nextID()
    #expect(try cluster.ask(.removeNode(a), id: id) == .done)
    #expect(try cluster.ask(.removeNode(a), id: id) == .done, "asked again, answered again")
    guard case .refused(let unknown) = try cluster.ask(.removeNode(a)) else {
      throw TestFailure("removed twice")
    }
    #expect(unknown.kind == .unknown)
    try cluster.restart("a")
    try cluster.run(milliseconds: 1_000)
    #expect(try cluster.state("a") == .alive, "it may join anew")
  }

  @Test func aNewWorkerReceivesItsShare() throws {
    var cluster = try TestCluster(["a", "b", "c"])
    _ = try cluster.add("sales", blocks: 24)
    let d = try Name("d")
    cluster.workers[d] = TestWorker(name: d)
    let record = try #require(cluster.coordinator.dataSets.first)
    for _ in 0..<600 {
      try cluster.run(milliseconds: 100)
      #expect(try cluster.fewestCopies("sales") >= 2, "copied first, deleted after")
    }
    #expect(cluster.coordinator.isQuiet && cluster.viewsAgree())
    let placement = cluster.coordinator.cluster.registry.placement
    let loads = cluster.names.map { placement.load(of: $0) }
    let mean = loads.reduce(0, +) / 4
    #expect(loads.allSatisfy { 4 * $0 >= 3 * mean }, "\(loads)")
    for shard in record.shards {
      let holders = Set(shard.blocks.map { cluster.coordinator.holders(of: $0.id) })
      #expect(holders.count == 1, "the blocks of a shard lie together")
    }
    let layout = try cluster.layout("sales")
    try cluster.run(milliseconds: 60_000)
    #expect(try cluster.layout("sales") == layout, "nothing goes to and fro")
  }

  @Test func removingADataSetDeletesItEverywhere() throws {
    var cluster = try TestCluster(["a", "b", "c"])
    _ = try cluster.add("sales", blocks: 4)
    _ = try cluster.add("other", blocks: 2)
    try cluster.crash("c")
    let id = cluster.nextID()
    let sales = try Name("sales")
    #expect(try cluster.ask(.removeDataSet(sales), id: id) == .done)
    #expect(try cluster.ask(.removeDataSet(sales), id: id) == .done)
    try cluster.restart("c")
    let isGone = try cluster.run(seconds: 30) { $0.coordinator.isQuiet && $0.viewsAgree() }
    #expect(isGone)
    #expect(cluster.catalog.dataSets.map(\.name.text) == ["other"])
    #expect(cluster.workers.values.allSatisfy { $0.quarantined.isEmpty })
    #expect(try cluster.add("sales", blocks: 1).blockCount == 1)
    guard case .dataSets(let all) = try cluster.ask(.listDataSets) else {
      throw TestFailure("no list")
    }
    #expect(all.map(\.name.text) == ["other", "sales"])
  }

  @Test func whatADropMissedOnADeadWorkerGoesWhenItReturnsInTheSameLife() throws {
    var cluster = try TestCluster(["a", "b"])
    _ = try cluster.add("sales", blocks: 3)
    let a = try Name("a")
    cluster.toWorkers = { _, name in name == a ? 0 : 1 }
    cluster.fromWorkers = { $0.name == a ? 0 : 1 }
    try cluster.run(milliseconds: 11_000)
    #expect(try cluster.ask(.removeDataSet(try Name("sales"))) == .done)
    cluster.toWorkers = { _, _ in 1 }
    cluster.fromWorkers = { _ in 1 }
    let isGone = try cluster.run(seconds: 10) { $0.disksAreEmpty && $0.coordinator.isQuiet }
    #expect(isGone)
  }
}
