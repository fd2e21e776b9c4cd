import Glibc

/// A lock on a data folder that ends with the process: two processes never use one folder.
///
/// It is an advisory lock (`flock`) on the file `lock`, in which the owner's process id stands for
/// people; the file stays behind and means nothing by itself.
public struct FolderLock: ~Copyable, Sendable {
  private let file: OpenFile

  /// Locks a folder.
  ///
  /// - Throws: ``StoreError/locked(path:process:)`` where another process has it.
  public init(folder: String) throws(StoreError) {
    file = try Self.lock(folder)
  }

  /// A child of this process that has not yet begun its own program shares the open file, so
  /// closing alone would leave it locked.
  deinit { _ = flock(file.descriptor, LOCK_UN) }

  private static func lock(_ folder: String) throws(StoreError) -> OpenFile {
    let file = try OpenFile("\(folder)/lock", O_RDWR | O_CREAT)
    if retrying({ flock(file.descriptor, LOCK_EX | LOCK_NB) }) != 0 {
      guard errno == EWOULDBLOCK else { throw .failedCall("lock", file.path) }
      let text = try String(decoding: file.read(at: 0, length: 20), as: UTF8.self)
      throw .locked(path: folder, process: Int32(text.prefix { $0 != "\n" }))
    }
    // The id is for messages only, so a full disk does not keep the folder from being used.
    _ = ftruncate(file.descriptor, 0)
    try? file.write(Array("\(getpid())\n".utf8))
    return file
  }
}
