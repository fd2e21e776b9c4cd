import Coordination
import DiskBlockStore
import Messages
import Runtime

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
