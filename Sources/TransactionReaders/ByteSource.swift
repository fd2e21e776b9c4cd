internal import Glibc
internal import Itemsets

/// The bytes of one input, decompressed where it is gzip, from a file or from standard input.
struct ByteSource: ~Copyable {
  /// The input as the user named it.
  let name: String
  /// Bytes read from the file so far, before decompression.
  private(set) var bytesConsumed = 0
  /// Whether the input is gzip.
  var isCompressed: Bool { inflater != nil }

  /// Bytes that are enough to recognise an input by, few because they are copied once more.
  private static let firstBytes = 4_096

  private let descriptor: Int32
  private let chunkBytes: Int
  /// Bytes read but not yet handed on: the first ones, and all compressed ones.
  private var held: [UInt8] = []
  private var heldStart = 0
  private var fileEnded = false
  private var inflater: Inflater?

  /// Opens a file, or standard input for `-`, and recognises gzip by its first bytes.
  init(_ path: String, chunkBytes: Int) throws(ReadError) {
    name = path == "-" ? "standard input" : path
    self.chunkBytes = max(chunkBytes, 1)
    if path == "-" {
      descriptor = STDIN_FILENO
    } else {
      descriptor = open(path, O_RDONLY | O_CLOEXEC)
      if descriptor < 0 { throw Self.openError(path, errno) }
    }
    // A pipe may give these bytes one by one.
    while held.count < 4, !fileEnded { try readHeld(min(Self.firstBytes, self.chunkBytes)) }
    if let error = Self.foreignFormat(held, name) { throw error }
    if held.starts(with: [0x1F, 0x8B]) {
      inflater = Inflater()
      if !isCompressed { throw ReadError(.readFailure, name, "no memory for decompression") }
    }
  }

  deinit {
    if descriptor > STDERR_FILENO { close(descriptor) }
  }

  /// Reads up to `buffer.count` bytes; 0 only at the end.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) -> Int {
    if isCompressed { return try readCompressed(into: buffer) }
    if heldStart < held.count {
      let count = min(buffer.count, held.count - heldStart)
      held.withUnsafeBytes { source in
        buffer.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: source[heldStart..<heldStart + count]))
      }
      heldStart += count
      return count
    }
    return fileEnded ? 0 : try readFile(into: buffer)
  }

  private mutating func readCompressed(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(ReadError) -> Int {
    while true {
      if heldStart == held.count {
        held.removeAll(keepingCapacity: true)
        heldStart = 0
        try readHeld(chunkBytes)
        if fileEnded {
          if inflater?.isBetweenMembers ?? true { return 0 }
          throw ReadError(
            .compressed, name, "the compressed data ends too soon; copy or download it again")
        }
      }
      let progress =
        held.withUnsafeMutableBytes { held in
          inflater?.inflate(
            UnsafeMutableRawBufferPointer(rebasing: held[heldStart...]), to: buffer)
        } ?? Inflater.Progress()
      heldStart += progress.consumed
      // What came before the damage is handed on first.
      if progress.produced > 0 { return progress.produced }
      if let damage = progress.damage {
        throw ReadError(
          .compressed, name,
          "the compressed data is damaged (\(damage)); test it with `gzip -t`, fetch it again")
      }
    }
  }

  /// Appends up to so many bytes of the file to `held`, or notes the end.
  private mutating func readHeld(_ byteCount: Int) throws(ReadError) {
    var chunk = [UInt8](repeating: 0, count: byteCount)
    let count = try readInto(&chunk)
    held.append(contentsOf: chunk[..<count])
  }

  private mutating func readInto(_ chunk: inout [UInt8]) throws(ReadError) -> Int {
    var failure: ReadError?
    let count = chunk.withUnsafeMutableBytes { buffer -> Int in
      do throws(ReadError) {
        return try readFile(into: buffer)
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    return count
  }

  private mutating func readFile(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(ReadError) -> Int {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, min(buffer.count, chunkBytes))
      if count > 0 {
        bytesConsumed += count
        return count
      }
      if count == 0 {
        fileEnded = true
        return 0
      }
      if errno == EINTR { continue }
      if errno == EISDIR { throw Self.directory(name) }
      throw ReadError(
        .readFailure, name,
        "reading failed after \(grouped(bytesConsumed)) bytes: \(systemMessage(errno))")
    }
  }

  /// Refuses what cannot be read before anything is, and gives the size of regular files.
  static func check(_ path: String) throws(ReadError) -> Int? {
    if path == "-" { return nil }
    var status = stat()
    if stat(path, &status) != 0 { throw openError(path, errno) }
    if status.st_mode & S_IFMT == S_IFDIR { throw directory(path) }
    if access(path, R_OK) != 0 { throw openError(path, errno) }
    return status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
  }

  /// Names formats that are not read, by their first bytes; nil for all others.
  private static func foreignFormat(_ bytes: [UInt8], _ name: String) -> ReadError? {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      return ReadError(
        .invalidUTF8, name, line: 1, "text in UTF-16; convert it with `iconv -f UTF-16 -t UTF-8`")
    }
    if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
      return ReadError(
        .binary, name,
        "a zip archive or a spreadsheet, not text; unpack it, or save the sheet as CSV UTF-8")
    }
    for (magic, tool) in [([0x28, 0xB5, 0x2F, 0xFD], "zstd"), ([0xFD, 0x37, 0x7A, 0x58], "xz")]
      as [([UInt8], String)] where bytes.starts(with: magic)
    {
      return ReadError(
        .compressed, name, "compressed by \(tool); read it with `\(tool) -dc FILE |` and input -")
    }
    return nil
  }

  private static func directory(_ path: String) -> ReadError {
    ReadError(.directory, path, "is a directory; name the files in it, such as \(path)/*.csv")
  }

  private static func openError(_ path: String, _ code: Int32) -> ReadError {
    switch code {
    case ENOENT, ENOTDIR:
      ReadError(.missingFile, path, "no such file; check the path, or give - for standard input")
    case EACCES, EPERM:
      ReadError(.permission, path, "no permission to read it; see `ls -l`, or run as its owner")
    default:
      ReadError(.readFailure, path, "cannot be opened: \(systemMessage(code))")
    }
  }
}

/// The system's words for an error number.
func systemMessage(_ code: Int32) -> String {
  strerror(code).map { String(cString: $0) } ?? "error \(code)"
}
