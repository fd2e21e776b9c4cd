import Glibc

/// A run of `lode` that goes on beside the tests, and is killed when nobody holds it any more.
public final class BackgroundCommand {
  private let folder: TemporaryFolder
  private let temporary: TemporaryFolder
  private let command: [String]
  private let log: String
  private let process: pid_t
  private var status: Int32?

  /// Starts `lode` with `arguments` in `folder`.
  ///
  /// - Parameter log: The name of a file in the folder, new or empty, for all that it writes.
  /// - Throws: `CommandRunnerError` when it cannot be started.
  public convenience init(
    _ arguments: [String], in folder: TemporaryFolder, log: String
  ) throws(CommandRunnerError) {
    try self.init(command: [CommandRunner.binary] + arguments, in: folder, log: log)
  }

  /// Starts a script of bash, in which `$lode` is the binary; what it starts it must end itself.
  public convenience init(
    script: String, in folder: TemporaryFolder, log: String
  ) throws(CommandRunnerError) {
    try self.init(
      command: ["/bin/bash", "-c", "lode=$0; \(script)", CommandRunner.binary], in: folder, log: log
    )
  }

  private init(
    command: [String], in folder: TemporaryFolder, log: String
  ) throws(CommandRunnerError) {
    try CommandRunner.checkBinary()
    self.folder = folder
    self.command = command
    self.log = log
    temporary = try TemporaryFolder()
    let file = "\(folder.path)/\(log)"
    process = try CommandRunner.start(
      command, in: folder, input: "/dev/null", output: file,
      messages: file, temporary: temporary)
  }

  deinit {
    guard status == nil else { return }
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
  }

  /// Everything it has written so far.
  public var messages: String {
    ((try? folder.read(log)).map { String(decoding: $0, as: UTF8.self) }) ?? ""
  }

  /// Sends it a signal.
  public func signal(_ number: Int32) {
    if status == nil { kill(process, number) }
  }

  /// Waits until it has written `text`.
  ///
  /// - Throws: `CommandRunnerError` with what it wrote when it ends before, or takes too long.
  public func wait(for text: String, seconds: Int = 30) throws(CommandRunnerError) {
    for _ in 0..<seconds * 100 {
      // Asked first, so that what it wrote last is seen.
      let hasEnded = try currentStatus() != nil
      if messages.contains(text) { return }
      if hasEnded { break }
      usleep(10_000)
    }
    throw CommandRunnerError(
      "\(command.joined(separator: " ")) did not say \"\(text)\" but:\n\(messages)")
  }

  /// Waits for its end.
  ///
  /// - Returns: The exit status, or 128 and the number of the signal that ended it.
  /// - Throws: `CommandRunnerError` with what it wrote when it takes too long.
  public func waitForEnd(seconds: Int = 30) throws(CommandRunnerError) -> Int32 {
    for _ in 0..<seconds * 100 {
      if let status = try currentStatus() { return status }
      usleep(10_000)
    }
    throw CommandRunnerError(
      "\(command.joined(separator: " ")) has not ended in \(seconds) s:\n\(messages)")
  }

  private func currentStatus() throws(CommandRunnerError) -> Int32? {
    if status == nil { status = try CommandRunner.status(of: process, command) }
    return status
  }
}
