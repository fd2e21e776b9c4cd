import Glibc

/// An open file or folder, closed when it goes out of scope.
struct OpenFile: ~Copyable {
  let descriptor: Int32
  let path: String

  /// Opens `path`; `mode` is for new files.
  init(_ path: String, _ flags: Int32, mode: mode_t = 0o640) throws(StoreError) {
    let opened = retrying { open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode) }
    guard opened >= 0 else { throw .failedCall("open", path) }
    descriptor = opened
    self.path = path
  }

  deinit { _ = close(descriptor) }

  /// The status of the file.
  func status() throws(StoreError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .failedCall("examine", path) }
    return status
  }

  /// Asks for the room of a new file, so that a full disk is noticed before anything is flushed.
  func reserve(_ length: Int) throws(StoreError) {
    guard length > 0 else { return }
    let code = posix_fallocate(descriptor, 0, off_t(length))
    // File systems that cannot reserve say so; then writing finds out.
    if [ENOSPC, EDQUOT, EFBIG].contains(code) { throw .failedCall("write", path, code) }
  }

  /// Writes all bytes at the file's end.
  func write(_ bytes: [UInt8]) throws(StoreError) {
    let code = bytes.withUnsafeBytes { source -> Int32 in
      var rest = UnsafeRawBufferPointer(source)
      while !rest.isEmpty {
        let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if written > 0 {
          rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        } else if errno != EINTR {
          return errno
        }
      }
      return 0
    }
    guard code == 0 else { throw .failedCall("write", path, code) }
  }

  /// Up to `length` bytes from `offset` on; fewer where the file ends before.
  ///
  /// The caller has checked `length` against the size of the file.
  func read(at offset: Int, length: Int) throws(StoreError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      count = 0
      while count < length {
        let target = UnsafeMutableRawBufferPointer(buffer).baseAddress.map { $0 + count }
        let got = pread(descriptor, target, length - count, off_t(offset + count))
        if got > 0 {
          count += got
        } else if got == 0 {
          return
        } else if errno != EINTR {
          code = errno
          return
        }
      }
    }
    guard code == 0 else { throw .failedCall("read", path, code) }
    return bytes
  }

  /// Makes the file's bytes, or the folder's names, durable.
  ///
  /// - Throws: ``StoreError/deviceFailed(path:reason:)``, after which nothing may be believed.
  func flush() throws(StoreError) {
    guard retrying({ fsync(descriptor) }) != 0 else { return }
    throw .deviceFailed(path: path, reason: systemMessage(errno))
  }
}

/// Repeats a call that a signal has interrupted.
func retrying(_ call: () -> Int32) -> Int32 {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}

/// Makes the names in a folder durable.
func flushFolder(_ path: String) throws(StoreError) {
  try OpenFile(path, O_RDONLY | O_DIRECTORY).flush()
}

/// Makes a folder unless it is there; true where it is new.
@discardableResult
func makeFolder(_ path: String) throws(StoreError) -> Bool {
  if mkdir(path, 0o750) == 0 { return true }
  guard errno == EEXIST else { throw .failedCall("make the folder", path) }
  return false
}

/// Makes a folder with those above it, durably.
func makeFolders(_ path: String) throws(StoreError) {
  var status = stat()
  if stat(path, &status) == 0 { return }
  let parent = parentFolder(of: path)
  if parent != path { try makeFolders(parent) }
  if try makeFolder(path) { try flushFolder(parent) }
}

/// The folder that holds `path`.
func parentFolder(of path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// Renames a file or folder, in place of one that has the new name; not durable before both folders
/// are flushed.
func renameFile(_ path: String, to target: String) throws(StoreError) {
  guard rename(path, target) == 0 else { throw .failedCall("rename", path) }
}

/// The names in a folder, ascending by bytes.
/// - Complexity: O(n log n).
func names(in folder: String) throws(StoreError) -> [String] {
  guard let stream = opendir(folder) else { throw .failedCall("list", folder) }
  defer { closedir(stream) }
  var names: [String] = []
  while true {
    errno = 0
    guard let entry = readdir(stream) else { break }
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != ".", name != ".." { names.append(name) }
  }
  guard errno == 0 else { throw .failedCall("list", folder) }
  return names.sorted()
}

/// Makes `bytes` the content of `path`, durably and all at once, through a file named `temporary`.
///
/// - Throws: Where it fails, `path` is as before and `temporary` is gone.
func replaceFile(_ path: String, with bytes: [UInt8], through temporary: String)
  throws(StoreError)
{
  do throws(StoreError) {
    let file = try OpenFile(temporary, O_WRONLY | O_CREAT | O_TRUNC)
    try file.reserve(bytes.count)
    try file.write(bytes)
    try file.flush()
    try renameFile(temporary, to: path)
  } catch {
    _ = unlink(temporary)
    throw error
  }
  try flushFolder(parentFolder(of: path))
}
