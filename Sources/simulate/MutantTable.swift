import Glibc
import LodeSimulator

/// Runs every mutant in a process of its own, since a broken invariant ends a process, and tells
/// which seed found it.
struct MutantTable {
  /// Seeds to try for each.
  var count: UInt64
  var firstSeed: UInt64

  /// One line a mutant; false where one survived.
  func check() -> Bool {
    var allCaught = true
    for mutant in Mutant.allCases {
      let output = run(mutant)
      let line = output.split(separator: "\n").last { $0.contains(" FAILED") }
      let name = "\(mutant)"
      let padding = String(repeating: " ", count: max(32 - name.count, 1))
      if let line {
        let reason =
          output.split(separator: "\n").first { $0.contains("Internal error: ") }
          .map { "\(line.prefix { $0 != "F" })invariant: \($0.drop { $0 != "I" })" } ?? "\(line)"
        print("\(name)\(padding)caught by \(reason)")
      } else {
        allCaught = false
        print("\(name)\(padding)SURVIVED \(count) seeds")
      }
    }
    return allCaught
  }

  /// What a run with a mutant says on both its outputs.
  private func run(_ mutant: Mutant) -> String {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return "" }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    let arguments = [
      CommandLine.arguments[0], "--mutant", mutant.rawValue, "--seed", "\(firstSeed)", "--count",
      "\(count)", "--quiet",
    ]
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var child: pid_t = 0
    let status = posix_spawn(&child, "/proc/self/exe", &actions, nil, &pointers, environ)
    for pointer in pointers { free(pointer) }
    posix_spawn_file_actions_destroy(&actions)
    close(ends[1])
    defer { close(ends[0]) }
    guard status == 0 else { return "" }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      let length = read(ends[0], &buffer, buffer.count)
      guard length > 0 else { break }
      output += buffer[..<length]
    }
    waitpid(child, nil, 0)
    return String(decoding: output, as: UTF8.self)
  }
}
