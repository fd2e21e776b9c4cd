import Glibc

/// Where a command talks; data goes to standard output.
enum StandardError {
  static let isTerminal = isatty(STDERR_FILENO) == 1

  /// Writes one line.
  static func say(_ line: String) {
    write(line + "\n")
  }

  /// Shows `line` in place of the transient line before; nothing unless on a terminal.
  static func show(_ line: String) {
    if isTerminal { write("\r\u{1B}[K" + line) }
  }

  /// Removes a transient line.
  static func clear() {
    show("")
  }

  private static func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

/// The three streams that every program is given, unless a daemon has closed them.
enum StandardStreams {
  /// Opens what is closed, so that no file of ours takes the number of a stream and is talked into.
  ///
  /// A closed standard output becomes one that cannot be written, as it was.
  static func occupy() {
    for (descriptor, mode) in [
      (STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY),
    ] where fcntl(descriptor, F_GETFD) == -1 {
      // The lowest free number is given, which is this one.
      _ = open("/dev/null", mode)
    }
  }
}

/// Tells how far a command is, unless it was asked to be quiet.
struct Narrator: Sendable {
  let isQuiet: Bool

  /// A line that stays.
  func say(_ line: @autoclosure () -> String) {
    if isQuiet { return }
    StandardError.clear()
    StandardError.say(line())
  }

  /// A line that the next one replaces; only on a terminal.
  func show(_ line: @autoclosure () -> String) {
    if !isQuiet { StandardError.show(line()) }
  }

  /// Removes the transient line.
  func clear() {
    if !isQuiet { StandardError.clear() }
  }
}

/// Seconds since some moment in the past, never running backwards.
func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
