import Glibc

/// Why a report could not be written; the description says what to do about it.
public enum OutputError: Error, Equatable, CustomStringConvertible {
  /// The reader of a pipe went away, as `head` does; a command ends quietly then.
  case closedPipe
  /// The system refused to write to `name`; `code` is its errno.
  case cannotWrite(name: String, code: Int32)
  /// The system refused a temporary file for sorting in `directory`; `code` is its errno.
  case cannotSpill(directory: String, code: Int32)
  /// `path` cannot be the file of `--to`.
  case unusableDestination(path: String, reason: String)
  /// The format or the order does not suit what is to be written.
  case unsuitable(String)

  /// What happened, where, and what to do.
  public var description: String {
    switch self {
    case .closedPipe:
      "the reader of the output went away"
    case .cannotWrite(let name, let code):
      "cannot write to \(name): \(systemMessage(code)); \(remedy(code))"
        + (isFile(name) ? ". Nothing was kept of it" : "")
    case .cannotSpill(let directory, let code):
      "cannot sort in the temporary folder \(directory): \(systemMessage(code)); "
        + "choose another with --temp, raise --memory, or ask for fewer rows with --top"
    case .unusableDestination(let path, let reason):
      "cannot write to \(path): \(reason)"
    case .unsuitable(let message):
      message
    }
  }

  /// Whether `name` is that of a file, which appears only when complete: not standard output, nor a
  /// device or pipe, which keep what they were given.
  private func isFile(_ name: String) -> Bool {
    if name == "standard output" { return false }
    var status = stat()
    return stat(name, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
  }

  private func remedy(_ code: Int32) -> String {
    switch code {
    case ENOSPC, EDQUOT: "free some space or choose a place elsewhere with --to"
    case EACCES, EPERM, EROFS: "choose a place you may write to with --to"
    case EFBIG: "raise the limit (ulimit -f) or choose a place elsewhere with --to"
    default: "check the device or choose a place elsewhere with --to"
    }
  }
}

/// The system's words for an errno, in lower case as they stand inside a sentence.
func systemMessage(_ code: Int32) -> String {
  let message = String(cString: strerror(code))
  return message.prefix(1).lowercased() + message.dropFirst()
}

/// Ends the process with a message: a mistake in the program, never in its input.
func invariantFailed(_ message: String) -> Never {
  fatalError("invariant: " + message)
}
