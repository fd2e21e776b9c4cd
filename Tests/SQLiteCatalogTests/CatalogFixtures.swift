import Blocks
import Glibc
import Messages
import SQLiteCatalog

let cluster = ClusterID(DataSetID(high: 0x8000_0000_0000_0001, low: 2))

/// The error that `body` throws; nil where it throws none.
func catalogError(_ body: () throws(CatalogError) -> Void) -> CatalogError? {
  do throws(CatalogError) {
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
