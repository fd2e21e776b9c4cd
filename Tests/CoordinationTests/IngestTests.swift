import Apriori
import Blocks
import Itemsets
import Messages
import TestSupport
import Testing

@testable import Coordination

@Suite struct IngestTests {
  @Test func aDataSetBecomesVisibleWithAllItsCopies() throws {
    var cluster = try TestCluster(["a", "b", "c"])
    let summary = try cluster.add("sales", blocks: 7)
    #expect(summary.transactionCount == 70)
    #expect(summary.itemCount == 6)
    #expect(summary.blockCount == 7)
    #expect(summary.underReplicatedCount == 0 && summary.lostBlocks.isEmpty)
    #expect(try cluster.fewestCopies("sales") == 2)
    #expect(try cluster.mostCopies("sales") == 2)
    #expect(cluster.viewsAgree())
    #expect(cluster.published.isEmpty, "nothing is served from memory when all is secured")
    #expect(Set(cluster.own.keys.map(\.kind)) == [.dictionary, .counts, .manifest])
    #expect(cluster.coordinator.isQuiet)
  }

  @Test func blocksHoldWhatWasSent() throws {
    var cluster = try TestCluster(["a", "b"])
    let ingest = try cluster.open("sales")
    for (sequence, first) in [0, 7, 14].enumerated() {
      _ = try cluster.ask(
        .putChunk(
          ingest: ingest, sequence: UInt64(sequence),
          bytes: TestCluster.chunk(from: first, count: 7)))
    }
    _ = try cluster.close(ingest, chunks: 3, transactions: 21)
    let record = try #require(cluster.coordinator.dataSets.first)
    let worker = try #require(cluster.workers[try Name("a")])
    var totals = [UInt64](repeating: 0, count: 6)
    var sizes: [Int] = []
    for descriptor in record.shards.flatMap(\.blocks) {
      let block = try BlockFormat.decode(try #require(worker.objects[descriptor.id]?.bytes))
      try block.addCounts(into: &totals)
      sizes.append(block.transactionCount)
    }
    #expect(sizes == [10, 10, 1])
    #expect(totals == [21, 5, 4, 4, 4, 4])
    let counts = try BlockCounts(
      decoding: try #require(cluster.own[record.counts.id]?.bytes))
    #expect(try counts.totals(itemCount: 6) == totals)
    let names = try DictionarySegment(
      decoding: try #require(cluster.own[record.dictionary.id]?.bytes))
    #expect(String(decoding: names.names, as: UTF8.self) == "breadmilkeggsteajamsalt")
  }

  @Test func lostAndRepeatedMessagesChangeNothing() throws {
    for seed in 0..<20 as Range<UInt64> {
      var cluster = try TestCluster(["a", "b", "c"])
      let dice = Dice(seed: seed)
      cluster.toWorkers = { _, _ in dice.copies() }
      cluster.fromWorkers = { _ in dice.copies() }
      let summary = try cluster.add("sales", blocks: 6)
      #expect(summary.blockCount == 6)
      #expect(try cluster.fewestCopies("sales") >= 2)
      cluster.toWorkers = { _, _ in 1 }
      cluster.fromWorkers = { _ in 1 }
      let isSettled = try cluster.run(seconds: 30) { $0.coordinator.isQuiet && $0.viewsAgree() }
      #expect(isSettled, "seed \(seed)")
    }
  }

  @Test func chunksOutOfOrderOrTwiceAreAnsweredWithTheNextOne() throws {
    var cluster = try TestCluster(["a", "b"])
    let ingest = try cluster.open("sales")
    let put = { (sequence: UInt64) in
      ClientRequest.putChunk(
        ingest: ingest, sequence: sequence,
        bytes: TestCluster.chunk(from: 10 * Int(sequence), count: 10))
    }
    let next = { (response: ClientResponse) -> UInt64? in
      guard case .ingesting(let progress) = response else { return nil }
      return progress.nextSequence
    }
    #expect(try next(cluster.ask(put(1))) == 0)
    #expect(try next(cluster.ask(put(0))) == 1)
    #expect(try next(cluster.ask(put(0))) == 1)
    #expect(try next(cluster.ask(put(2))) == 1)
    #expect(try next(cluster.ask(put(1))) == 2)
    #expect(try cluster.close(ingest, chunks: 2, transactions: 20).transactionCount == 20)
  }

  @Test func aDeadWorkerIsReplacedInMidIngest() throws {
    var cluster = try TestCluster(["a", "b", "c", "d"])
    let ingest = try cluster.open("sales")
    for sequence in 0..<8 {
      if sequence == 4 { try cluster.crash("b") }
      _ = try cluster.ask(
        .putChunk(
          ingest: ingest, sequence: UInt64(sequence),
          bytes: TestCluster.chunk(from: 10 * sequence, count: 10)))
    }
    let summary = try cluster.close(ingest, chunks: 8, transactions: 80)
    #expect(summary.underReplicatedCount == 0)
    // What b has acknowledged counts until it is dead.
    let isReplaced = try cluster.run(seconds: 30) {
      ((try? $0.fewestCopies("sales")) ?? 0) == 2 && (try? $0.state("b")) == .dead
    }
    #expect(isReplaced)
    try cluster.restart("b")
    let isSettled = try cluster.run(seconds: 30) { $0.coordinator.isQuiet && $0.viewsAgree() }
    #expect(isSettled)
    #expect(try cluster.mostCopies("sales") == 2, "what b still had was too much")
  }

  @Test func tooFewWorkersAreRefusedWithTheNumberNeeded() throws {
    var cluster = try TestCluster(["a", "b"])
    let response = try cluster.ask(
      .openDataSet(try TestCluster.opening("sales", replication: 3)))
    guard case .refused(let refusal) = response else { throw TestFailure("\(response)") }
    #expect(refusal.kind == .tooFewWorkers)
    #expect(refusal.message.contains("start 1 more"))
  }

  @Test func losingTooManyWorkersInterrupts() throws {
    var cluster = try TestCluster(["a", "b"])
    let ingest = try cluster.open("sales")
    _ = try cluster.ask(
      .putChunk(ingest: ingest, sequence: 0, bytes: TestCluster.chunk(from: 0, count: 25)))
    try cluster.crash("b")
    try cluster.run(milliseconds: 11_000)
    let response = try cluster.ask(
      .closeDataSet(ingest: ingest, chunkCount: 1, transactionCount: 25))
    guard case .refused(let refusal) = response else { throw TestFailure("\(response)") }
    #expect(refusal.kind == .interrupted)
    #expect(refusal.message.contains("Nothing of it is left"))
    try cluster.restart("b")
    let isEmpty = try cluster.run(seconds: 30) { cluster in
      cluster.disksAreEmpty && cluster.coordinator.isQuiet
    }
    #expect(isEmpty && cluster.own.isEmpty && cluster.published.isEmpty)
    #expect(cluster.catalog.dataSets.isEmpty && cluster.catalog.replicas.isEmpty)
  }

  @Test func anAbandonedOrSilentIngestLeavesNothing() throws {
    for isSilent in [false, true] {
      var cluster = try TestCluster(["a", "b"])
      let ingest = try cluster.open("sales")
      _ = try cluster.ask(
        .putChunk(ingest: ingest, sequence: 0, bytes: TestCluster.chunk(from: 0, count: 25)))
      if isSilent {
        try cluster.run(milliseconds: 61_000)
      } else {
        #expect(try cluster.ask(.abandonDataSet(ingest: ingest)) == .done)
      }
      try cluster.run(milliseconds: 1_000)
      #expect(cluster.disksAreEmpty)
      #expect(cluster.coordinator.isQuiet)
      let summary = try cluster.add("sales", blocks: 2)
      #expect(summary.blockCount == 2, "the name is free again")
    }
  }

  @Test func aRestartedCoordinatorSaysThatNothingIsLeft() throws {
    var cluster = try TestCluster(["a", "b"])
    let ingest = try cluster.open("sales")
    _ = try cluster.ask(
      .putChunk(ingest: ingest, sequence: 0, bytes: TestCluster.chunk(from: 0, count: 25)))
    try cluster.restartCoordinator()
    try cluster.run(milliseconds: 2_000)
    let response = try cluster.ask(
      .putChunk(ingest: ingest, sequence: 1, bytes: TestCluster.chunk(from: 25, count: 5)))
    guard case .refused(let refusal) = response else { throw TestFailure("\(response)") }
    #expect(refusal.kind == .interrupted)
    #expect(cluster.disksAreEmpty)
    #expect(cluster.workers.values.allSatisfy { $0.quarantined.count == 2 })
  }

  @Test func requestsAskedAgainAreAnsweredAgain() throws {
    var cluster = try TestCluster(["a", "b"])
    let id = cluster.nextID()
    let opening = ClientRequest.openDataSet(try TestCluster.opening("sales"))
    let first = try cluster.ask(opening, id: id)
    #expect(try cluster.ask(opening, id: id) == first)
    guard case .refused(let refusal) = try cluster.ask(opening) else {
      throw TestFailure("the name was given twice")
    }
    #expect(refusal.kind == .nameTaken)
    _ = try cluster.ask(
      .putChunk(ingest: id, sequence: 0, bytes: TestCluster.chunk(from: 0, count: 5)))
    let summary = try cluster.close(id, chunks: 1, transactions: 5)
    #expect(try cluster.ask(opening, id: id) == .dataSet(summary))
    try cluster.restartCoordinator()
    #expect(try cluster.close(id, chunks: 1, transactions: 5).name == summary.name)
  }

  @Test func aWrongCountAWrongItemAndARepeatedNameAreRefused() throws {
    var cluster = try TestCluster(["a", "b"])
    let good = TestCluster.chunk(from: 0, count: 5)
    let ingest = try cluster.open("one")
    _ = try cluster.ask(.putChunk(ingest: ingest, sequence: 0, bytes: good))
    #expect(throws: TestFailure.self) {
      try cluster.close(ingest, chunks: 1, transactions: 6)
    }
    for bad in [TestCluster.chunk(from: 1, count: 5), [1, 2, 3]] {
      let ingest = try cluster.open("two")
      let response = try cluster.ask(.putChunk(ingest: ingest, sequence: 0, bytes: bad))
      guard case .refused(let refusal) = response else { throw TestFailure("\(response)") }
      #expect(refusal.kind == .invalid)
    }
    let twice = try cluster.open("three")
    _ = try cluster.ask(.putChunk(ingest: twice, sequence: 0, bytes: good))
    guard case .refused = try cluster.ask(.putChunk(ingest: twice, sequence: 1, bytes: good))
    else { throw TestFailure("a name was taken twice") }
    try cluster.run(milliseconds: 1_000)
    #expect(cluster.coordinator.dataSets.isEmpty)
    #expect(cluster.disksAreEmpty)
  }

  @Test func shardsGrowWithTheDataSet() throws {
    var cluster = try TestCluster(["a"]) { $0.replication = 1 }
    _ = try cluster.add("sales", blocks: 33)
    let record = try #require(cluster.coordinator.dataSets.first)
    let ones = [Int](repeating: 1, count: 8)
    let twos = [Int](repeating: 2, count: 8)
    #expect(record.shards.map(\.blocks.count) == ones + twos + [4, 4, 1])
    #expect(record.shards.map(\.firstBlock).suffix(3) == [24, 28, 32])
  }

  @Test func chunksWaitWhileTooMuchIsNotSecured() throws {
    var cluster = try TestCluster(["a", "b"]) { $0.memoryLimit = 400 }
    let ingest = try cluster.open("sales")
    cluster.toWorkers = { envelope, _ in
      if case .replicate = envelope.message { return 0 }
      return 1
    }
    for sequence in 0..<6 {
      cluster.events.append(
        .client(
          .putChunk(
            ingest: ingest, sequence: UInt64(sequence),
            bytes: TestCluster.chunk(from: 10 * sequence, count: 10)),
          id: cluster.nextID(), from: PeerID([9]), role: .client))
      cluster.drain()
    }
    let before = cluster.replies.count
    try cluster.run(milliseconds: 2_000)
    #expect(cluster.replies.count == before, "what is not taken is not acknowledged")
    let taken = cluster.coordinator.ingests.open.first?.takenCount ?? 0
    #expect(taken >= 1 && taken < 6)
    cluster.toWorkers = { _, _ in 1 }
    try cluster.run(milliseconds: 3_000)
    #expect(cluster.coordinator.ingests.open.first?.takenCount == 6)
    #expect(try cluster.close(ingest, chunks: 6, transactions: 60).blockCount == 6)
  }

  @Test func aWorkerThatRestartsInMidIngestKeepsWhatItHas() throws {
    var cluster = try TestCluster(["a", "b"])
    let ingest = try cluster.open("sales")
    for sequence in 0..<4 {
      if sequence == 2 {
        try cluster.crash("a")
        try cluster.run(milliseconds: 1_000)
        try cluster.restart("a")
      }
      _ = try cluster.ask(
        .putChunk(
          ingest: ingest, sequence: UInt64(sequence),
          bytes: TestCluster.chunk(from: 10 * sequence, count: 10)))
    }
    #expect(try cluster.close(ingest, chunks: 4, transactions: 40).blockCount == 4)
    #expect(try cluster.fewestCopies("sales") == 2)
    #expect(cluster.workers[try Name("a")]?.quarantined.isEmpty == true)
  }

  @Test func aFullDiskSendsTheCopyElsewhere() throws {
    var cluster = try TestCluster(["a", "b", "c"])
    cluster.workers[try Name("b")]?.diskFailure = "No space left on device"
    let summary = try cluster.add("sales", blocks: 6)
    #expect(summary.underReplicatedCount == 0)
    #expect(cluster.workers[try Name("b")]?.objects.isEmpty == true)
    #expect(cluster.notes.contains { $0.contains("No space left on device") })
  }
}

/// How often a message arrives: mostly once, sometimes never or twice.
final class Dice {
  private var generator: SeededGenerator
  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  func copies() -> Int {
    let roll = generator.next() % 10
    return roll == 0 ? 0 : roll == 1 ? 2 : 1
  }
}
