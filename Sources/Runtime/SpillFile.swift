import Glibc

/// A file without a name: it goes with the process, however that ends.
final class SpillFile: Sendable {
  private let descriptor: Int32
  private let folder: String

  /// Makes an empty file in a folder.
  init(in folder: String) throws(SpillError) {
    self.folder = folder
    var name = Array("\(folder)/lode-XXXXXX".utf8CString)
    descriptor = mkstemp(&name)
    if descriptor < 0 { throw SpillError("cannot make a temporary file in \(folder)", errno) }
    unlink(name)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  func write(_ bytes: [UInt8], at offset: Int) throws(SpillError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done, offset + done)
      }
      if count < 0, errno == EINTR { continue }
      if count <= 0 { throw SpillError("cannot write a temporary file in \(folder)", errno) }
      done += count
    }
  }

  func read(at offset: Int, length: Int) throws(SpillError) -> [UInt8] {
    var failure: Int32?
    let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, done in
      while done < length {
        let count = pread(
          descriptor, buffer.baseAddress.map { $0 + done }, length - done, offset + done)
        if count < 0, errno == EINTR { continue }
        if count <= 0 {
          failure = count < 0 ? errno : EIO
          return
        }
        done += count
      }
    }
    if let failure { throw SpillError("cannot read a temporary file in \(folder)", failure) }
    return bytes
  }
}

/// A temporary file failed.
public struct SpillError: Error, CustomStringConvertible {
  /// What happened and what to do about it.
  public let description: String

  init(_ what: String, _ number: Int32) {
    description =
      "\(what): \(String(cString: strerror(number))); name a folder with more room with --temp, or"
      + " raise --memory"
  }
}
