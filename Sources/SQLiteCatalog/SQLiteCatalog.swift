public import Coordination
import GRDB
import Glibc
public import Messages
import Synchronization

/// What a coordinator must not forget, in one SQLite file: all changes of a list or none, durable.
///
/// One connection, a write-ahead log, a flush at every commit. Every row carries a digest and every
/// table the sum of them, so that damage is an error and never another state. The folder is locked
/// by the coordinator's `DiskBlockStore`, which is opened first.
public final class SQLiteCatalog: Sendable {
  /// The file.
  public let path: String
  let queue: DatabaseQueue
  /// Set once the device has failed; nothing is committed after that.
  private let failure = Mutex<CatalogError?>(nil)

  /// Whether there is a catalog in a folder.
  public static func exists(in folder: String) -> Bool {
    let files = CatalogFiles(folder: folder)
    return files.exists || files.isBeingAdopted
  }

  /// Opens the catalog of a folder.
  ///
  /// - Throws: ``CatalogError/absent(path:)``, ``CatalogError/newerSchema(path:found:)``, or why the
  ///   file cannot be read.
  public init(folder: String) throws(CatalogError) {
    let files = CatalogFiles(folder: folder)
    try files.finishAdopting()
    guard files.exists else { throw .absent(path: files.catalog) }
    path = files.catalog
    let path = files.catalog
    queue = try Self.connect(path)
    let queue = queue
    try withCatalogErrors(path) {
      let migrator = catalogMigrator()
      let applied = try queue.read { try migrator.appliedIdentifiers($0) }
      guard !applied.isEmpty else { throw CatalogError.notACatalog(path: path) }
      let unknown = applied.subtracting(migrator.migrations)
      guard unknown.isEmpty else {
        throw CatalogError.newerSchema(path: path, found: unknown.sorted())
      }
      try migrator.migrate(queue)
    }
  }

  /// Makes the catalog of a new cluster.
  ///
  /// - Throws: ``CatalogError/alreadyExists(path:)``, or what the disk says; there is no catalog then.
  public static func create(
    in folder: String, cluster: ClusterID
  ) throws(CatalogError) -> SQLiteCatalog {
    guard !exists(in: folder) else {
      throw .alreadyExists(path: CatalogFiles(folder: folder).catalog)
    }
    return try rebuild(in: folder, cluster: cluster, from: [])
  }

  /// Makes a catalog of these changes and puts it in the place of one that is there.
  ///
  /// The one that was there is kept as `catalog.sqlite.replaced`. It must not be open.
  ///
  /// - Throws: What the disk says; then the catalog is the one that was there, or the new one.
  public static func rebuild(
    in folder: String, cluster: ClusterID, from writes: [CatalogWrite]
  ) throws(CatalogError) -> SQLiteCatalog {
    let files = CatalogFiles(folder: folder)
    try files.finishAdopting()
    try files.prepareMaking()
    let queue = try connect(files.making)
    try withCatalogErrors(files.making) {
      try catalogMigrator().migrate(queue)
      try queue.write { database in
        var writer = CatalogWriter(database, path: files.making)
        try writer.put(ClusterRow(id: cluster, epoch: .none, lastJob: JobID(0)))
        for write in writes { try writer.apply(write) }
        try writer.finish()
      }
      // The file is complete without its log once it is closed.
      try queue.close()
    }
    try files.adopt()
    return try SQLiteCatalog(folder: folder)
  }

  /// Everything, verified.
  ///
  /// - Throws: ``CatalogError/damaged(path:table:row:)`` where a row or table differs from its
  ///   digest, or what SQLite says.
  /// - Complexity: O(records).
  public func load() throws(CatalogError) -> CatalogState {
    try withCatalogErrors(path) {
      try queue.read { database in
        var reader = CatalogReader(database, path: path)
        return try reader.state()
      }
    }
  }

  /// Makes all changes durable, in order, or none of them.
  ///
  /// - Throws: ``CatalogError``; nothing has changed then.
  ///   ``CatalogError/staleEpoch(claimed:stored:)`` for a claim that is not higher than all before.
  ///   After ``CatalogError/deviceFailed(path:reason:)`` the process must stop.
  /// - Complexity: O(rows of the records); removing a node, O(replicas).
  public func commit(_ writes: [CatalogWrite]) throws(CatalogError) {
    if let failure = failure.withLock({ $0 }) { throw failure }
    do throws(CatalogError) {
      try withCatalogErrors(path) {
        try queue.write { database in
          var writer = CatalogWriter(database, path: path)
          for write in writes { try writer.apply(write) }
          try writer.finish()
        }
      }
    } catch {
      if case .deviceFailed = error { failure.withLock { $0 = error } }
      throw error
    }
  }

  /// Writes the log into the file and closes it; the catalog cannot be used afterwards.
  ///
  /// - Throws: What SQLite says; what was committed is safe all the same.
  public func close() throws(CatalogError) {
    try withCatalogErrors(path) { try queue.close() }
  }

  private static func connect(_ path: String) throws(CatalogError) -> DatabaseQueue {
    try withCatalogErrors(path) {
      var configuration = Configuration()
      configuration.foreignKeysEnabled = true
      configuration.label = "catalog"
      configuration.prepareDatabase { database in
        // Flushed at every commit: FULL, not GRDB's NORMAL, which may lose the last ones.
        try database.execute(
          sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON")
      }
      return try DatabaseQueue(path: path, configuration: configuration)
    }
  }
}
