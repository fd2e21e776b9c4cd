import Glibc

/// What a run of a command left behind.
public struct Outcome: Sendable {
  /// The exit status; 128 and the number of the signal that ended it.
  public let status: Int32
  /// What it wrote to standard output.
  public let output: [UInt8]
  /// What it wrote to standard error.
  public let messages: String
  /// The temporary files that it did not remove.
  public let leftovers: [String]
  /// The most memory that it held at once, in bytes, as seen a millisecond before its end.
  ///
  /// Not what `wait4` tells, which includes the memory of the tests that it was started from.
  public let peakBytes: Int

  /// Standard output as text.
  public var text: String { String(decoding: output, as: UTF8.self) }

  /// The lines of standard output.
  public var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

  /// The lines of standard error.
  public var messageLines: [Substring] { messages.split(separator: "\n") }
}

/// Runs the real binary, as a user does.
public enum CommandRunner {
  /// The binary: what the variable `LODE` names, else the one beside the tests.
  public static let binary: String = {
    if let named = getenv("LODE") { return String(cString: named) }
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink("/proc/self/exe", &path, path.count - 1)
    let tests = String(
      decoding: path.prefix(max(length, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    return tests.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/lode"
  }()

  /// Runs `lode` with `arguments`.
  ///
  /// - Parameters:
  ///   - folder: The folder to run in, so that messages name files as a user would.
  ///   - input: A file for standard input.
  ///   - output: Where standard output goes; nil to keep it in the outcome.
  /// - Throws: `CommandRunnerError` when there is no binary.
  public static func run(
    _ arguments: [String], in folder: TemporaryFolder, input: String = "/dev/null",
    output: String? = nil
  ) throws(CommandRunnerError) -> Outcome {
    try checkBinary()
    return try spawn([binary] + arguments, in: folder, input: input, output: output)
  }

  static func checkBinary() throws(CommandRunnerError) {
    guard access(binary, X_OK) == 0 else {
      throw CommandRunnerError(
        "there is no binary \(binary): set LODE to it, or run the tests with Tests/run")
    }
  }

  /// Runs a script of bash, in which `$lode` is the binary.
  public static func shell(
    _ script: String, in folder: TemporaryFolder
  ) throws(CommandRunnerError) -> Outcome {
    try spawn(
      ["/bin/bash", "-c", "lode=$0; \(script)", binary], in: folder, input: "/dev/null", output: nil
    )
  }

  private static func spawn(
    _ command: [String], in folder: TemporaryFolder, input: String, output: String?
  ) throws(CommandRunnerError) -> Outcome {
    let kept = try TemporaryFolder()
    let temporary = try TemporaryFolder()
    let process = try start(
      command, in: folder, input: input, output: output ?? "\(kept.path)/output",
      messages: "\(kept.path)/messages", temporary: temporary)
    var peakBytes = 0
    while true {
      if let status = try status(of: process, command) {
        return Outcome(
          status: status, output: output == nil ? try kept.read("output") : [],
          messages: String(decoding: try kept.read("messages"), as: UTF8.self),
          leftovers: temporary.names, peakBytes: peakBytes)
      }
      peakBytes = max(peakBytes, try peakMemory(of: process))
      usleep(1000)
    }
  }

  /// Starts a process; what it writes is appended to files.
  static func start(
    _ command: [String], in folder: TemporaryFolder, input: String, output: String,
    messages: String, temporary: TemporaryFolder
  ) throws(CommandRunnerError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0)
    for (stream, file) in [(STDOUT_FILENO, output), (STDERR_FILENO, messages)] {
      posix_spawn_file_actions_addopen(
        &actions, stream, file, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    }
    let prefix = ["/usr/bin/env", "--ignore-environment", "--chdir", folder.path]
    let words = prefix + environment(temporary: temporary.path) + command
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process = pid_t()
    let failure = posix_spawn(&process, words[0], &actions, nil, &arguments, nil)
    guard failure == 0 else {
      throw CommandRunnerError("cannot run \(command[0]): \(String(cString: strerror(failure)))")
    }
    return process
  }

  /// The exit status of a process, 128 and the number of the signal that ended it; nil while it runs.
  static func status(of process: pid_t, _ command: [String]) throws(CommandRunnerError) -> Int32? {
    var status: Int32 = 0
    let ended = waitpid(process, &status, WNOHANG)
    guard ended == process else {
      guard ended == 0 || errno == EINTR else {
        throw CommandRunnerError("cannot wait for \(command[0])")
      }
      return nil
    }
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }

  /// Little of the environment of the tests, so that it cannot change what is tested.
  private static func environment(temporary: String) -> [String] {
    let kept = ["PATH", "LD_LIBRARY_PATH"].compactMap { (name: String) -> String? in
      getenv(name).map { "\(name)=\(String(cString: $0))" }
    }
    return kept + ["LC_ALL=C.UTF-8", "TMPDIR=\(temporary)"]
  }

  /// The most memory that a process has held, in bytes; 0 when it has ended.
  private static func peakMemory(of process: pid_t) throws(CommandRunnerError) -> Int {
    let status = String(decoding: try readFile("/proc/\(process)/status"), as: UTF8.self)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
  }
}
