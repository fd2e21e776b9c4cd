import Blocks
import Coordination
import DiskBlockStore
import Glibc
import Messages
import SQLiteCatalog

/// A process for tests to kill: it stores, and says what it was told is durable.
///
///     StorageVictim store FOLDER COUNT       writes objects, deletes some, promises epochs
///     StorageVictim catalog FOLDER COUNT     commits to a catalog that exists
///     StorageVictim hold FOLDER              opens a store and waits for standard input to end
@main
struct StorageVictim {
  static func main() {
    let arguments = CommandLine.arguments
    do {
      switch (arguments.dropFirst().first, arguments.count) {
      case ("store", 4): try store(arguments[2], UInt64(arguments[3]) ?? 0)
      case ("catalog", 4): try commit(arguments[2], UInt64(arguments[3]) ?? 0)
      case ("hold", 3): try hold(arguments[2])
      default: exit(2)
      }
    } catch {
      say("error \(error)")
      exit(1)
    }
  }

  private static func store(_ folder: String, _ count: UInt64) throws(StoreError) {
    let store = try DiskBlockStore.open(folder)
    for number in 1...max(count, 1) {
      let id = ObjectID(owner: .job(JobID(number / 3 + 1)), kind: .level, number: number)
      let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: Int(number) * 700)
      try store.write(ObjectDescriptor(id: id, bytes: bytes), bytes)
      say("stored \(number)")
      try store.promise(cluster: ClusterID(DataSetID(high: 1, low: 2)), epoch: Epoch(number))
      say("promised \(number)")
      if number % 3 == 0 {
        try store.delete(id)
        say("deleted \(number)")
      }
    }
  }

  private static func commit(_ folder: String, _ count: UInt64) throws(CatalogError) {
    let catalog = try SQLiteCatalog(folder: folder)
    let first = try catalog.load().epoch.number + 1
    for number in first..<(first + max(count, 1)) {
      guard let name = try? Name("worker-\(number)") else { return }
      let id = ObjectID(owner: .job(JobID(number)), kind: .level, number: number)
      try catalog.commit([
        .claim(Epoch(number)),
        .putNode(
          NodeRecord(
            name: name, incarnation: Incarnation(number), rack: "", isDraining: false)),
        .putReplica(ReplicaRecord(object: id, node: name)),
      ])
      say("committed \(number)")
    }
  }

  private static func hold(_ folder: String) throws(StoreError) {
    let store = try DiskBlockStore.open(folder)
    say("holding \(getpid())")
    while readLine() != nil {}
    _ = store.count
  }

  /// Writes a line at once: what was said before the process died has been said.
  private static func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
  }
}
