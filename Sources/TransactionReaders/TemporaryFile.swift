internal import Glibc

/// A file without a name: gone, whatever happens, when it is closed or the process ends.
struct TemporaryFile: ~Copyable {
  /// Bytes written so far.
  private(set) var size = 0
  private let descriptor: Int32
  private let directory: String

  /// Creates the file in `directory`; nil is `TMPDIR`, else `/tmp`.
  init(in directory: String?) throws(ReadError) {
    let place =
      directory ?? getenv("TMPDIR").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
      ?? "/tmp"
    self.directory = place
    var template = Array("\(place)/lode-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    let code = errno
    if descriptor < 0 { throw Self.error("cannot create a file", place, code) }
    unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Appends bytes at the end.
  mutating func append(_ bytes: [UInt8]) throws(ReadError) {
    var written = 0
    while written < bytes.count {
      let start = written
      let count = bytes.withUnsafeBytes { buffer in
        pwrite(descriptor, buffer.baseAddress.map { $0 + start }, bytes.count - start, size)
      }
      if count <= 0 {
        if count < 0, errno == EINTR { continue }
        throw Self.error("cannot write", directory, count < 0 ? errno : ENOSPC)
      }
      written += count
      size += count
    }
  }

  /// Appends up to `count` bytes from `offset` on to `bytes`; fewer only at the file's end.
  func read(_ count: Int, at offset: Int, to bytes: inout [UInt8]) throws(ReadError) {
    let start = bytes.count
    bytes.append(contentsOf: [UInt8](repeating: 0, count: count))
    var done = 0
    while done < count {
      let target = start + done
      let wanted = count - done
      let from = offset + done
      let got = bytes.withUnsafeMutableBytes { buffer in
        pread(descriptor, buffer.baseAddress.map { $0 + target }, wanted, from)
      }
      if got < 0, errno == EINTR { continue }
      if got < 0 { throw Self.error("cannot read back", directory, errno) }
      if got == 0 { break }
      done += got
    }
    bytes.removeLast(count - done)
  }

  private static func error(_ what: String, _ directory: String, _ code: Int32) -> ReadError {
    ReadError(
      .temporary, directory,
      """
      \(what) for grouping: \(systemMessage(code)); free space there, choose another folder with \
      --temp, or raise --memory
      """)
  }
}
