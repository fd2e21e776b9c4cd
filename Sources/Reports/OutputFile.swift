import Glibc

/// Where a report goes.
public enum OutputDestination: Sendable, Equatable {
  /// The process's standard output.
  case standardOutput
  /// An open descriptor, which stays open; `name` is for messages.
  case descriptor(Int32, name: String)
  /// A file that appears under its name only when it is complete.
  case file(String)
}

/// Makes a write to a closed pipe, or beyond the limit of file sizes, return an error instead of
/// killing the process.
///
/// Call once at the start of a command, so that ``OutputError/closedPipe`` can be seen.
public func ignoreOutputSignals() {
  _ = signal(SIGPIPE, SIG_IGN)
  _ = signal(SIGXFSZ, SIG_IGN)
}

/// An open destination; a file is written beside its final place and renamed at the end.
///
/// Until ``commit()`` nothing is to be seen under the final name, and where the file system knows
/// nameless files nothing at all, even if the process is killed. A destination that is neither new
/// nor a regular file, such as `/dev/null` or a named pipe, is written to directly.
struct OutputFile: ~Copyable {
  private let name: String
  private let descriptor: Int32
  private let closes: Bool
  /// The final path and its folder; nil where bytes are written directly.
  private let replacing: (path: String, folder: String)?
  /// The name the file has until it is complete; nil for a nameless one.
  private var partialPath: String?

  init(_ destination: OutputDestination) throws(OutputError) {
    switch destination {
    case .standardOutput:
      self.init(name: "standard output", descriptor: STDOUT_FILENO, closes: false)
    case .descriptor(let open, let name):
      self.init(name: name, descriptor: open, closes: false)
    case .file(let path):
      let target = try OutputTarget(path)
      let opened = try target.open(name: path)
      self.init(
        name: path, descriptor: opened.descriptor, closes: true,
        replacing: target.folder.map { (target.path, $0) }, partialPath: opened.partialPath)
    }
  }

  private init(
    name: String, descriptor: Int32, closes: Bool, replacing: (path: String, folder: String)? = nil,
    partialPath: String? = nil
  ) {
    self.name = name
    self.descriptor = descriptor
    self.closes = closes
    self.replacing = replacing
    self.partialPath = partialPath
  }

  deinit {
    if closes { _ = close(descriptor) }
    if let partialPath { _ = unlink(partialPath) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
    let code = writeFully(descriptor, bytes)
    if code == EPIPE { throw OutputError.closedPipe }
    if code != 0 { throw OutputError.cannotWrite(name: name, code: code) }
  }

  /// Makes a file durable and gives it its name, in place of one that had it before.
  mutating func commit() throws(OutputError) {
    guard let replacing else { return }
    guard fsync(descriptor) == 0 else { throw failure() }
    if partialPath == nil { partialPath = try linkIntoFolder(replacing.folder) }
    if let path = partialPath {
      guard rename(path, replacing.path) == 0 else { throw failure() }
    }
    partialPath = nil
    let folder = open(replacing.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw failure() }
    defer { _ = close(folder) }
    // Some file systems cannot flush a folder and say EINVAL; the rename stands all the same.
    guard fsync(folder) == 0 || errno == EINVAL else { throw failure() }
  }

  /// Gives a nameless file a name beside the final one, which a rename can replace at once.
  private func linkIntoFolder(_ folder: String) throws(OutputError) -> String {
    for attempt in 0..<1000 {
      let path = "\(folder)/.lode-\(getpid())-\(attempt).partial"
      let source = "/proc/self/fd/\(descriptor)"
      if linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 { return path }
      if errno != EEXIST { break }
    }
    throw failure()
  }

  private func failure() -> OutputError {
    .cannotWrite(name: name, code: errno)
  }
}

/// What the path of `--to` turns out to be.
private struct OutputTarget {
  /// The path to write to, symbolic links resolved.
  let path: String
  /// The folder to write a new file in; nil where `path` is a device or pipe to write into.
  let folder: String?
  /// The permissions of the file that is replaced; nil for a new one.
  let mode: mode_t?

  init(_ path: String) throws(OutputError) {
    func refuse(_ reason: String) -> OutputError {
      .unusableDestination(path: path.isEmpty ? "''" : path, reason: reason)
    }
    guard !path.isEmpty else { throw refuse("give --to the name of a file") }
    var status = stat()
    let exists = stat(path, &status) == 0
    if exists, status.st_mode & S_IFMT == S_IFDIR {
      throw refuse("it is a folder; name a file in it")
    }
    if exists, status.st_mode & S_IFMT != S_IFREG {
      (self.path, folder, mode) = (path, nil, nil)
      return
    }
    if !exists, errno != ENOENT { throw refuse(systemMessage(errno)) }
    let permissions = status.st_mode & 0o777
    let resolved = exists ? resolvedPath(path) : path
    let parent = parentFolder(resolved)
    guard stat(parent, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw refuse("the folder \(parent) does not exist; create it or choose another")
    }
    guard !resolved.hasSuffix("/") else { throw refuse("it names a folder; name a file in it") }
    guard access(parent, W_OK | X_OK) == 0 else {
      throw refuse("the folder \(parent) cannot be written to; choose another")
    }
    if exists, access(path, W_OK) != 0 {
      throw refuse("the file is write-protected; remove it or choose another name")
    }
    (self.path, folder) = (resolved, parent)
    mode = exists ? permissions : nil
  }

  /// Opens the device, or a new file in the folder: nameless where the file system can.
  func open(name: String) throws(OutputError) -> (descriptor: Int32, partialPath: String?) {
    let opened: (descriptor: Int32, partialPath: String?)
    if let folder {
      if access("/proc/self/fd", X_OK) == 0, let nameless = openNamelessFile(in: folder) {
        opened = (nameless, nil)
      } else if let named = openNamedFile(in: folder) {
        opened = (named.descriptor, named.path)
      } else {
        throw OutputError.cannotWrite(name: name, code: errno)
      }
    } else {
      opened = (Glibc.open(path, O_WRONLY | O_CLOEXEC), nil)
      guard opened.descriptor >= 0 else {
        throw OutputError.cannotWrite(name: name, code: errno)
      }
    }
    // Where permissions cannot be set, those of a new file do.
    if let mode { _ = fchmod(opened.descriptor, mode) }
    return opened
  }
}

private func resolvedPath(_ path: String) -> String {
  guard let resolved = realpath(path, nil) else { return path }
  defer { free(resolved) }
  return String(cString: resolved)
}

private func parentFolder(_ path: String) -> String {
  var trimmed = path[...]
  while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
  guard let slash = trimmed.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  let folder = trimmed[..<slash]
  return folder.isEmpty ? "/" : String(folder)
}
