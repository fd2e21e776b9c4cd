import Glibc

/// A folder of its own for a test, removed with all it holds.
public final class TemporaryFolder: Sendable {
  /// Where it is.
  public let path: String

  /// Makes the folder where temporary files belong on this machine.
  ///
  /// - Throws: `CommandRunnerError` when that place cannot be written to.
  public init() throws(CommandRunnerError) {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/lode-test-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let base = buffer.baseAddress, mkdtemp(base) != nil else { return nil }
      return String(cString: base)
    }
    guard let made else { throw CommandRunnerError("cannot make a folder in \(parent)") }
    path = made
  }

  deinit { Self.remove(path) }

  /// Writes a file and returns its name in the folder.
  @discardableResult
  public func write(
    _ name: String, _ bytes: some Collection<UInt8>
  ) throws(CommandRunnerError) -> String {
    guard let file = fopen("\(path)/\(name)", "w") else {
      throw CommandRunnerError("cannot write \(path)/\(name)")
    }
    defer { fclose(file) }
    let bytes = Array(bytes)
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
      throw CommandRunnerError("cannot write \(path)/\(name)")
    }
    return name
  }

  /// Writes a file of text and returns its name in the folder.
  @discardableResult
  public func write(_ name: String, _ text: String) throws(CommandRunnerError) -> String {
    try write(name, text.utf8)
  }

  /// All bytes of a file in the folder.
  public func read(_ name: String) throws(CommandRunnerError) -> [UInt8] {
    try readFile("\(path)/\(name)")
  }

  /// The names in the folder, in order.
  public var names: [String] { Self.names(in: path) }

  private static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    for name in names(in: path) { remove("\(path)/\(name)") }
    rmdir(path)
  }
}

/// Why a test could not run the command at all; no finding about the command.
public struct CommandRunnerError: Error, CustomStringConvertible {
  /// What happened.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// All bytes of the file at `path`.
public func readFile(_ path: String) throws(CommandRunnerError) -> [UInt8] {
  guard let file = fopen(path, "r") else { throw CommandRunnerError("cannot read \(path)") }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&chunk, 1, chunk.count, file)
    if count == 0 { return bytes }
    bytes += chunk[..<count]
  }
}
