import Coordination
import DiskBlockStore
import Messages
import Runtime
import SQLiteCatalog
import Synchronization

/// A worker's folder: the block store behind the shell's protocol.
struct WorkerStorage: WorkerFolder {
  private let store: DiskBlockStore

  /// Opens a folder, made if missing, and says what was found damaged in it.
  init(path: String, note: (String) -> Void) throws(StorageFailure) {
    store = try storing { () throws(StoreError) in try DiskBlockStore.open(path) }
    for finding in store.findings { note("\(finding)") }
  }

  var cluster: ClusterID? { store.cluster }
  var promised: Epoch { store.promised }
  var inventory: [ObjectDescriptor] { store.inventory }

  /// Bytes free on the disk; 0 where it does not say.
  var freeBytes: UInt64 { (try? store.freeBytes()) ?? 0 }

  func nextIncarnation(atLeast minimum: UInt64) throws(StorageFailure) -> Incarnation {
    try storing { () throws(StoreError) in try store.nextIncarnation(atLeast: minimum) }
  }

  func promise(_ cluster: ClusterID, _ epoch: Epoch) throws(StorageFailure) {
    try storing { () throws(StoreError) in try store.promise(cluster: cluster, epoch: epoch) }
  }

  func write(_ descriptor: ObjectDescriptor, _ bytes: [UInt8]) throws(StorageFailure) {
    try storing { () throws(StoreError) in try store.write(descriptor, bytes) }
  }

  func read(_ descriptor: ObjectDescriptor) throws(StorageFailure) -> [UInt8] {
    try storing { () throws(StoreError) in try store.read(descriptor) }
  }

  func read(_ id: ObjectID, offset: UInt64, length: Int) throws(StorageFailure)
    -> (bytes: [UInt8], total: UInt64)?
  {
    do throws(StoreError) {
      let part = try store.read(id, offset: offset, length: length)
      return (part.bytes, part.totalLength)
    } catch .notFound {
      return nil
    } catch {
      throw StorageFailure(error)
    }
  }

  func delete(_ id: ObjectID) throws(StorageFailure) {
    try storing { () throws(StoreError) in try store.delete(id) }
  }

  func quarantine(_ id: ObjectID) throws(StorageFailure) {
    try storing { () throws(StoreError) in try store.quarantine(id) }
  }
}

/// A coordinator's folder: its catalog, and the store of dictionaries and checkpoints.
struct CoordinatorFolder {
  let catalog: any Catalog
  let store: any ObjectStore

  /// Opens a folder, made if missing; no other process may use it.
  init(path: String, isRebuilding: Bool, note: (String) -> Void) throws {
    // The store locks the folder, for the catalog too.
    store = try WorkerStorage(path: path, note: note)
    if isRebuilding, SQLiteCatalog.exists(in: path) {
      throw CommandFailure.failed(
        "\(path) has a catalog; --rebuild makes one for a folder that has none: name a new folder, or"
          + " leave --rebuild out")
    }
    catalog = try CatalogFile(folder: path, isRebuilding: isRebuilding)
  }
}

/// The catalog behind the shell's protocol.
private final class CatalogFile: Catalog {
  private let folder: String
  private let catalog: Mutex<SQLiteCatalog?>

  /// Opens the catalog of a folder; makes one for a new cluster unless it is going to be rebuilt.
  init(folder: String, isRebuilding: Bool) throws(StorageFailure) {
    self.folder = folder
    if isRebuilding {
      catalog = Mutex(nil)
      return
    }
    catalog = Mutex(
      try Self.storing { () throws(CatalogError) in
        if SQLiteCatalog.exists(in: folder) { return try SQLiteCatalog(folder: folder) }
        return try SQLiteCatalog.create(
          in: folder, cluster: ClusterID(RequestID.random().id))
      })
  }

  private func opened() throws(StorageFailure) -> SQLiteCatalog {
    guard let catalog = catalog.withLock({ $0 }) else {
      throw StorageFailure(.fatal, "the catalog of \(folder) has not been rebuilt")
    }
    return catalog
  }

  func load() throws(StorageFailure) -> CatalogState {
    let catalog = try opened()
    return try Self.storing { () throws(CatalogError) in try catalog.load() }
  }

  func commit(_ writes: [CatalogWrite]) throws(StorageFailure) {
    let catalog = try opened()
    try Self.storing { () throws(CatalogError) in try catalog.commit(writes) }
  }

  func replace(with state: CatalogState) throws(StorageFailure) {
    let rebuilt = try Self.storing { () throws(CatalogError) in
      try SQLiteCatalog.rebuild(in: folder, cluster: state.cluster, from: state.writes)
    }
    catalog.withLock { $0 = rebuilt }
  }

  private static func storing<Value>(
    _ body: () throws(CatalogError) -> Value
  ) throws(StorageFailure) -> Value {
    do throws(CatalogError) {
      return try body()
    } catch {
      throw StorageFailure(.fatal, "\(error)")
    }
  }
}

extension StorageFailure {
  /// What a store's error means for a node.
  init(_ error: StoreError) {
    let kind: Kind =
      switch error {
      case .deviceFailed: .fatal
      case .notFound, .wrongBytes, .otherContent, .damaged: .damaged
      default: .refused
      }
    self.init(kind, error.description)
  }
}

private func storing<Value>(
  _ body: () throws(StoreError) -> Value
) throws(StorageFailure) -> Value {
  do throws(StoreError) {
    return try body()
  } catch {
    throw StorageFailure(error)
  }
}
