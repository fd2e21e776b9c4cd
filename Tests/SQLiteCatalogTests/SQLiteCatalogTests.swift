import Blocks
import CommandRunner
import Coordination
import GRDB
import Glibc
import Messages
import TestSupport
import Testing

@testable import SQLiteCatalog

@Suite struct SQLiteCatalogTests {
  let folder: TemporaryFolder
  var path: String { folder.path }

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: 1...8)
  func whatIsLoadedIsWhatWasCommitted(seed: UInt64) throws {
    var writes = RandomWrites(seed: seed)
    var oracle = CatalogState(cluster: cluster)
    var catalog: SQLiteCatalog? = try SQLiteCatalog.create(in: path, cluster: cluster)
    #expect(try catalog?.load() == oracle)
    for _ in 0..<30 {
      let list = (0..<writes.below(6)).map { _ in writes.write() }
      try catalog?.commit(list)
      for write in list { oracle.apply(write) }
      switch writes.below(6) {
      case 0:
        catalog = nil
        catalog = try SQLiteCatalog(folder: path)
      case 1:
        try catalog?.close()
        catalog = try SQLiteCatalog(folder: path)
      default: break
      }
      #expect(try catalog?.load() == oracle)
    }
    #expect(!oracle.replicas.isEmpty && !oracle.jobs.isEmpty)
  }

  @Test func aListIsCommittedAsAWholeOrNotAtAll() throws {
    var writes = RandomWrites(seed: 7)
    let catalog = try SQLiteCatalog.create(in: path, cluster: cluster)
    try catalog.commit([.claim(Epoch(5)), .putJob(writes.jobRecord())])
    let before = try catalog.load()
    for stale in [5, 4, 0] as [UInt64] {
      let list: [CatalogWrite] = [
        .putDataSet(writes.dataSetRecord()), .putReplica(writes.replica()), .claim(Epoch(stale)),
        .removeJob(before.jobs[0].summary.id),
      ]
      #expect(
        catalogError { () throws(CatalogError) in try catalog.commit(list) }
          == .staleEpoch(claimed: Epoch(stale), stored: Epoch(5)))
      #expect(try catalog.load() == before)
    }
    try catalog.commit([.claim(Epoch(6))])
    #expect(try catalog.load().epoch == Epoch(6))
  }

  @Test func aFolderWithoutACatalogSaysSo() throws {
    #expect(!SQLiteCatalog.exists(in: path))
    let error = catalogError { () throws(CatalogError) in _ = try SQLiteCatalog(folder: path) }
    #expect(error == .absent(path: "\(path)/catalog.sqlite"))
    #expect(error?.description.contains("--rebuild") == true)
    #expect(folder.names.isEmpty)
    let catalog = try SQLiteCatalog.create(in: path, cluster: cluster)
    #expect(SQLiteCatalog.exists(in: path))
    #expect(
      catalogError { () throws(CatalogError) in
        _ = try SQLiteCatalog.create(in: path, cluster: cluster)
      } == .alreadyExists(path: catalog.path))
    let missing = "\(path)/missing"
    guard
      case .inaccessible = catalogError({ () throws(CatalogError) in
        _ = try SQLiteCatalog.create(in: missing, cluster: cluster)
      })
    else {
      Issue.record("a folder that does not exist was used")
      return
    }
  }

  @Test func aLaterSchemaIsRefused() throws {
    try SQLiteCatalog.create(in: path, cluster: cluster).close()
    let queue = try DatabaseQueue(path: "\(path)/catalog.sqlite")
    try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('2: later')") }
    try queue.close()
    #expect(
      catalogError { () throws(CatalogError) in _ = try SQLiteCatalog(folder: path) }
        == .newerSchema(path: "\(path)/catalog.sqlite", found: ["2: later"]))
  }

  @Test func whatIsNoCatalogIsRefused() throws {
    let queue = try DatabaseQueue(path: "\(path)/catalog.sqlite")
    try queue.write { try $0.execute(sql: "CREATE TABLE stamps (price INTEGER)") }
    try queue.close()
    #expect(
      catalogError { () throws(CatalogError) in _ = try SQLiteCatalog(folder: path) }
        == .notACatalog(path: "\(path)/catalog.sqlite"))
    try folder.write("catalog.sqlite", "This is no database, whatever its name may say.\n")
    guard
      case .unreadable = catalogError({ () throws(CatalogError) in
        _ = try SQLiteCatalog(folder: path)
      })
    else {
      Issue.record("a text was opened as a catalog")
      return
    }
  }

  @Test func commitsAreFlushed() throws {
    let catalog = try SQLiteCatalog.create(in: path, cluster: cluster)
    #expect(try catalog.pragma("journal_mode") == "wal")
    #expect(try catalog.pragma("synchronous") == "2")
    #expect(try catalog.pragma("foreign_keys") == "1")
  }

  @Test func aRebuiltCatalogTakesThePlaceOfTheOldOne() throws {
    var writes = RandomWrites(seed: 3)
    let old = try SQLiteCatalog.create(in: path, cluster: cluster)
    try old.commit((0..<50).map { _ in writes.write() })
    // As a killed coordinator leaves it: with a log that belongs to the old file only.
    try folder.write("log", try folder.read("catalog.sqlite-wal"))
    try old.close()
    rename("\(path)/log", "\(path)/catalog.sqlite-wal")

    var oracle = CatalogState(cluster: cluster)
    let list = (0..<30).map { _ in writes.write() }
    for write in list { oracle.apply(write) }
    let rebuilt = try SQLiteCatalog.rebuild(in: path, cluster: cluster, from: list)
    #expect(try rebuilt.load() == oracle)
    try rebuilt.close()
    #expect(try SQLiteCatalog(folder: path).load() == oracle)
    #expect(
      folder.names.filter { !$0.hasSuffix("-shm") } == [
        "catalog.sqlite", "catalog.sqlite.replaced", "catalog.sqlite.replaced-wal",
      ])
  }

  /// Wherever a rebuild is interrupted, the catalog is the old one or the new one.
  @Test func anInterruptedRebuildIsFinishedByTheNextStart() throws {
    var writes = RandomWrites(seed: 4)
    let list = (0..<20).map { _ in writes.write() }
    let made = try TemporaryFolder()
    let new = try SQLiteCatalog.rebuild(in: made.path, cluster: cluster, from: list)
    let expected = try new.load()
    try new.close()
    let bytes = try made.read("catalog.sqlite")
    try SQLiteCatalog.create(in: path, cluster: cluster).close()

    try folder.write("catalog.sqlite.making", bytes.prefix(5000))
    #expect(try SQLiteCatalog(folder: path).load() == CatalogState(cluster: cluster))
    try folder.write("catalog.sqlite.made", bytes)
    #expect(try SQLiteCatalog(folder: path).load() == expected)
    try folder.write("catalog.sqlite.made", bytes)
    rename("\(path)/catalog.sqlite", "\(path)/catalog.sqlite.replaced")
    #expect(SQLiteCatalog.exists(in: path))
    #expect(try SQLiteCatalog(folder: path).load() == expected)
  }
}

extension SQLiteCatalog {
  func pragma(_ name: String) throws -> String? {
    try queue.unsafeRead { try String.fetchOne($0, sql: "PRAGMA \(name)") }
  }
}
