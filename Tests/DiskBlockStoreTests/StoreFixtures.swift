import Blocks
import CommandRunner
import DiskBlockStore
import Glibc
import Messages
import TestSupport

let dataSet = DataSetID(high: 0x1234_5678_9ABC_DEF0, low: 0x0FED_CBA9_8765_4321)

/// A block of the test's data set.
func blockID(_ number: UInt64) -> ObjectID {
  ObjectID(owner: .dataSet(dataSet), kind: .block, number: number)
}

/// An object with random bytes.
func randomObject(
  _ id: ObjectID, length: Int, seed: UInt64
) -> (descriptor: ObjectDescriptor, bytes: [UInt8]) {
  var generator = SeededGenerator(seed: seed)
  let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
  return (ObjectDescriptor(id: id, bytes: bytes), bytes)
}

/// All files below a folder, ascending, as paths relative to it.
func allFiles(_ folder: String, below prefix: String = "") -> [String] {
  guard let directory = opendir("\(folder)/\(prefix)") else { return [] }
  defer { closedir(directory) }
  var files: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    guard name != ".", name != ".." else { continue }
    let path = prefix.isEmpty ? name : "\(prefix)/\(name)"
    var status = stat()
    lstat("\(folder)/\(path)", &status)
    files += status.st_mode & S_IFMT == S_IFDIR ? allFiles(folder, below: path) : [path]
  }
  return files.sorted()
}

/// Makes `bytes` the content of a file, in place.
func overwrite(_ path: String, _ bytes: [UInt8]) {
  guard let file = fopen(path, "w") else { return }
  fwrite(bytes, 1, bytes.count, file)
  fclose(file)
}

/// The error that `body` throws; nil where it throws none.
func storeError(_ body: () throws(StoreError) -> Void) -> StoreError? {
  do throws(StoreError) {
    try body()
    return nil
  } catch {
    return error
  }
}

/// Runs a command of the shell; its status and standard output.
func shell(_ command: String) -> (status: Int32, output: String) {
  guard let pipe = popen(command, "r") else { return (-1, "") }
  var output: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = fread(&buffer, 1, buffer.count, pipe)
    if count == 0 { break }
    output += buffer[..<count]
  }
  return (pclose(pipe), String(decoding: output, as: UTF8.self))
}

/// The process that is there to be killed, beside the tests.
let victim: String = {
  var path = [CChar](repeating: 0, count: Int(PATH_MAX))
  let length = readlink("/proc/self/exe", &path, path.count - 1)
  let tests = String(
    decoding: path.prefix(max(length, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
  return tests.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/StorageVictim"
}()

/// Whether strace is there and may trace here.
let canTrace = shell("strace -o /dev/null -e inject=getpid:error=EIO true 2>/dev/null").status == 0

/// A small disk in memory, for as long as the value lives.
struct SmallDisk: ~Copyable {
  let folder: TemporaryFolder
  var path: String { folder.path }

  /// Whether this process may mount one.
  static let isPossible: Bool = {
    guard let folder = try? TemporaryFolder() else { return false }
    return shell("mount -t tmpfs none \(folder.path) 2>&1 && umount \(folder.path)").status == 0
  }()

  init(kibibytes: Int) throws {
    folder = try TemporaryFolder()
    _ = shell("mount -t tmpfs -o size=\(kibibytes)k none \(folder.path)")
  }

  deinit { _ = shell("umount -l \(folder.path)") }
}
