import Messages
import TestSupport
import Testing

@testable import Coordination

/// Crashes and restarts of everything, messages lost and doubled: at most one worker is down at a
/// time, so nothing that was acknowledged may be lost.
@Suite struct FaultTests {
  @Test(arguments: 0..<10 as Range<UInt64>)
  func whatWasAcknowledgedSurvives(seed: UInt64) throws {
    var cluster = try TestCluster(["a", "b", "c", "d"]) { $0.deadMilliseconds = 4_000 }
    let dice = Dice(seed: seed)
    var generator = SeededGenerator(seed: seed ^ 0xFACE)
    cluster.toWorkers = { _, _ in dice.copies() }
    cluster.fromWorkers = { _ in dice.copies() }
    _ = try cluster.add("kept", blocks: 5)
    var ingest: (id: RequestID, next: UInt64)?
    var down: String?
    for _ in 0..<40 {
      switch generator.next() % 6 {
      case 0:
        if let name = down {
          try cluster.restart(name)
          down = nil
        } else if try isWhole(cluster) {
          let name = ["a", "b", "c", "d"][Int(generator.next() % 4)]
          try cluster.crash(name)
          down = name
        }
      case 1: try cluster.restartCoordinator()
      case 2: ingest = (try? cluster.open("new\(generator.next())")).map { ($0, 0) }
      case 3:
        guard let (id, next) = ingest else { continue }
        _ = try? cluster.ask(
          .putChunk(
            ingest: id, sequence: next, bytes: TestCluster.chunk(from: 10 * Int(next), count: 10)))
        ingest = (id, next + 1)
      case 4:
        guard let (id, next) = ingest else { continue }
        _ = try? cluster.close(id, chunks: Int(next), transactions: 10 * Int(next))
        ingest = nil
      default: break
      }
      try cluster.run(milliseconds: 100 * (generator.next() % 60))
      #expect(cluster.stopReason == nil)
      for record in cluster.catalog.dataSets {
        for object in cluster.coordinator.objects(of: .dataSet(record.id)) {
          // No disk is ever lost here, so a copy is too few only where it was deleted too early.
          let copies = cluster.workers.values.count {
            $0.objects[object.id].map { object.matches($0.bytes) } == true
          }
          #expect(copies >= 2, "\(object.id) of \(record.name)")
        }
      }
    }
    if let down { try cluster.restart(down) }
    cluster.toWorkers = { _, _ in 1 }
    cluster.fromWorkers = { _ in 1 }
    // An ingest whose client is gone ends by its silence.
    let isSettled = try cluster.run(seconds: 200) { $0.coordinator.isQuiet && $0.viewsAgree() }
    #expect(isSettled)
    for record in cluster.coordinator.dataSets {
      #expect(try cluster.fewestCopies(record.name.text) == 2)
    }
    #expect(cluster.coordinator.dataSets == cluster.catalog.dataSets.sorted { $0.name < $1.name })
  }

  /// Whether every data set has two copies of everything on disks of workers that are up.
  private func isWhole(_ cluster: TestCluster) throws -> Bool {
    try cluster.coordinator.dataSets.allSatisfy { try cluster.fewestCopies($0.name.text) >= 2 }
  }
}
