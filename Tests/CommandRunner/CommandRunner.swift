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
  /// The most memory that it, or a command started by it, held at once, in bytes.
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
    guard access(binary, X_OK) == 0 else {
      throw CommandRunnerError(
        "there is no binary \(binary): set LODE to it, or run the tests with Tests/run")
    }
    return try spawn([binary] + arguments, in: folder, input: input, output: output)
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
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(
      &actions, STDOUT_FILENO, output ?? "\(kept.path)/output", O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(
      &actions, STDERR_FILENO, "\(kept.path)/messages", O_WRONLY | O_CREAT, 0o600)

    let temporary = try TemporaryFolder()
    let prefix = ["/usr/bin/env", "--ignore-environment", "--chdir", folder.path]
    let words = prefix + environment(temporary: temporary.path) + command
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process = pid_t()
    let failure = posix_spawn(&process, words[0], &actions, nil, &arguments, nil)
    guard failure == 0 else {
      throw CommandRunnerError("cannot run \(command[0]): \(String(cString: strerror(failure)))")
    }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(process, &status, 0, &usage) != process {
      if errno != EINTR { throw CommandRunnerError("cannot wait for \(command[0])") }
    }
    let signal = status & 0x7F
    return Outcome(
      status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal,
      output: output == nil ? try kept.read("output") : [],
      messages: String(decoding: try kept.read("messages"), as: UTF8.self),
      leftovers: temporary.names, peakBytes: usage.ru_maxrss << 10)
  }

  /// Little of the environment of the tests, so that it cannot change what is tested.
  private static func environment(temporary: String) -> [String] {
    let kept = ["PATH", "LD_LIBRARY_PATH"].compactMap { (name: String) -> String? in
      getenv(name).map { "\(name)=\(String(cString: $0))" }
    }
    return kept + ["LC_ALL=C.UTF-8", "TMPDIR=\(temporary)"]
  }
}
