import Glibc
import Messages
import Synchronization

/// The places in a data folder.
final class StoreFolder: Sendable {
  let path: String
  /// Ends with the process, or with the store.
  private let lock: FolderLock
  /// Numbers of temporary files.
  private let temporaryCount = Atomic<UInt64>(0)
  /// Held while a free name in `quarantine/` is looked for and taken.
  private let quarantining = Mutex<Void>(())

  var objects: String { "\(path)/objects" }
  var quarantine: String { "\(path)/quarantine" }
  var temporary: String { "\(path)/temporary" }
  var identity: String { "\(path)/identity" }

  /// Makes the folder unless it is there, and locks it.
  init(_ path: String) throws(StoreError) {
    self.path = path
    do throws(StoreError) {
      try makeFolders(path)
    } catch .disk(let path, _, let reason) {
      throw .folder(path: path, reason: reason)
    }
    guard access(path, R_OK | W_OK | X_OK) == 0 else {
      throw .folder(path: path, reason: systemMessage(errno))
    }
    lock = try FolderLock(folder: path)
  }

  func path(of id: ObjectID) -> String { "\(objects)/\(ObjectFile.path(of: id))" }

  /// A name in `temporary/` that nothing else uses.
  func newTemporaryPath() -> String {
    "\(temporary)/\(temporaryCount.wrappingAdd(1, ordering: .relaxed).newValue)"
  }

  /// Empties `temporary/`: what is in it was never acknowledged.
  func emptyTemporary() throws(StoreError) {
    for name in try names(in: temporary) where unlink("\(temporary)/\(name)") != 0 {
      _ = try setAside("temporary/\(name)")
    }
  }

  /// Moves a file or folder, named below the data folder, to `quarantine/`, durably.
  ///
  /// - Returns: Its new name below the data folder.
  func setAside(_ name: String) throws(StoreError) -> String {
    let short = name.hasPrefix("objects/") ? name.dropFirst("objects/".count) : name[...]
    let flat = String(short.map { $0 == "/" ? "." : $0 })
    let result = quarantining.withLock { _ -> Result<String, StoreError> in
      for attempt in 0..<Self.quarantineLimit {
        let target = "quarantine/\(flat)" + (attempt == 0 ? "" : ".\(attempt)")
        var status = stat()
        if lstat("\(path)/\(target)", &status) == 0 { continue }
        if rename("\(path)/\(name)", "\(path)/\(target)") == 0 { return .success(target) }
        return .failure(.failedCall("set aside", "\(path)/\(name)"))
      }
      return .failure(
        .disk(
          path: "\(path)/\(name)", operation: "set aside",
          reason: "there are \(Self.quarantineLimit) files of this name in quarantine, empty it"))
    }
    let target = try result.get()
    try flushFolder(quarantine)
    try flushFolder(parentFolder(of: "\(path)/\(name)"))
    return target
  }

  /// Files of one name in `quarantine/`.
  private static let quarantineLimit = 1000
}
