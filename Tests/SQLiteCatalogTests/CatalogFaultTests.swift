import CommandRunner
import Coordination
import Glibc
import Messages
import TestSupport
import Testing

@testable import SQLiteCatalog

@Suite struct CatalogFaultTests {
  let folder: TemporaryFolder
  var path: String { folder.path }

  init() throws { folder = try TemporaryFolder() }

  /// A catalog with some of everything, closed, and what it holds.
  private func filled(seed: UInt64, writes count: Int) throws -> CatalogState {
    var writes = RandomWrites(seed: seed)
    let catalog = try SQLiteCatalog.create(in: path, cluster: cluster)
    for _ in 0..<count { try catalog.commit([writes.write(), writes.write()]) }
    let state = try catalog.load()
    try catalog.close()
    return state
  }

  /// SQLite's own check finds few of these; the digests must find all that matter.
  @Test(arguments: 0..<4)
  func aFlippedBitIsAnErrorOrChangesNothing(part: UInt64) throws {
    let state = try filled(seed: 11, writes: 60)
    let bytes = try folder.read("catalog.sqlite")
    var generator = SeededGenerator(seed: part)
    var errors = 0
    for _ in 0..<150 {
      let bit = Int.random(in: 0..<(8 * bytes.count), using: &generator)
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      try writeAlone(flipped)
      do throws(CatalogError) {
        let loaded = try SQLiteCatalog(folder: path).load()
        #expect(loaded == state, "bit \(bit)")
      } catch {
        errors += 1
      }
    }
    #expect(errors > 10)
  }

  /// The catalog as a file without a log.
  private func writeAlone(_ bytes: [UInt8]) throws {
    unlink("\(path)/catalog.sqlite-wal")
    unlink("\(path)/catalog.sqlite-shm")
    try folder.write("catalog.sqlite", bytes)
  }

  @Test func everyCutIsAnError() throws {
    _ = try filled(seed: 12, writes: 30)
    let bytes = try folder.read("catalog.sqlite")
    for length in stride(from: 0, to: bytes.count, by: 1024) {
      try writeAlone(Array(bytes[..<length]))
      #expect(
        catalogError { () throws(CatalogError) in _ = try SQLiteCatalog(folder: path).load() }
          != nil, "\(length) bytes")
    }
  }

  /// Rows that vanish or change without their digest, as no flipped bit does but a fault of SQLite or
  /// a hand could.
  @Test func rowsThatWereChangedByOthersAreNamed() throws {
    _ = try filled(seed: 13, writes: 120)
    let bytes = try folder.read("catalog.sqlite")
    for (table, change) in [
      ("data_sets", "DELETE FROM replicas"), ("blocks", "DELETE FROM blocks WHERE position = 0"),
      ("jobs", "UPDATE jobs SET minimum_support = minimum_support + 1"),
      ("checkpoints", "UPDATE checkpoints SET checksum = 0"),
      ("nodes", "UPDATE nodes SET rack = 'b' || rack"),
      ("nodes", "DELETE FROM nodes WHERE name = (SELECT min(name) FROM nodes)"),
      ("cluster", "UPDATE cluster SET epoch = 0"), ("cluster", "DELETE FROM cluster"),
      ("tallies", "UPDATE tallies SET sum = 0 WHERE name = 'jobs'"),
      ("levels", "DELETE FROM levels WHERE position = 0"),
    ] {
      try writeAlone(bytes)
      let catalog = try SQLiteCatalog(folder: path)
      try catalog.queue.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA foreign_keys = OFF; " + change)
      }
      guard
        case .damaged(_, let named, _) = catalogError({ () throws(CatalogError) in
          _ = try catalog.load()
        })
      else {
        Issue.record("\(change)")
        continue
      }
      #expect(named == table || change.contains(named), "\(change): \(named)")
    }
  }

  /// Kills the process at its every file operation, the next ones going on with what it left.
  @Test(
    .enabled(if: canTrace, "strace cannot be used here"),
    arguments: ["pwrite64", "fdatasync", "ftruncate"])
  func killedAtAnyStepACommitIsWholeOrNot(call: String) throws {
    try SQLiteCatalog.create(in: path, cluster: cluster).close()
    var committed: UInt64 = 0
    var kills = 0
    for step in 1...300 {
      let (_, output) = shell(
        "exec strace -f -o /dev/null -e trace=\(call) -e inject=\(call):signal=SIGKILL:when=\(step)"
          + " \(victim) catalog \(path) 3 2>/dev/null")
      let said = output.split(separator: "\n").compactMap {
        UInt64($0.split(separator: " ").last ?? "")
      }
      #expect(!output.contains("error"), "\(output)")
      let state = try SQLiteCatalog(folder: path).load()
      let last = said.last ?? committed
      #expect(state.epoch.number == last || state.epoch.number == last + 1)
      #expect(UInt64(state.nodes.count) == state.epoch.number)
      #expect(UInt64(state.replicas.count) == state.epoch.number)
      #expect(state.lastJob == JobID(0))
      committed = state.epoch.number
      if said.count == 3 { break }
      kills += 1
      #expect(step < 300)
    }
    #expect(kills > 0, "\(call) was never called")
  }

  @Test(.enabled(if: canTrace, "strace cannot be used here"))
  func aFailedFlushIsNeverACommit() throws {
    try SQLiteCatalog.create(in: path, cluster: cluster).close()
    for step in 1...4 {
      let before = try SQLiteCatalog(folder: path).load().epoch.number
      let (_, output) = shell(
        "exec strace -f -o /dev/null -e trace=fdatasync -e inject=fdatasync:error=EIO:when=\(step)+"
          + " \(victim) catalog \(path) 3 2>/dev/null")
      let said = output.split(separator: "\n").filter { $0.hasPrefix("committed") }.count
      if output.contains("error") {
        #expect(output.contains("error the device did not keep"), "\(output)")
      }
      let after = try SQLiteCatalog(folder: path).load().epoch.number
      #expect(after - before == UInt64(said) || after - before == UInt64(said) + 1)
    }
  }
}
