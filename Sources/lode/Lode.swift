import ArgumentParser
import Glibc
import Reports

/// The `lode` command: flags to configuration to wiring, nothing else.
@main
struct Lode: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "lode",
    abstract: "Finds what goes together: frequent itemsets and association rules.",
    discussion: """
      Example:
        lode mine baskets.csv --min-support 1% --min-confidence 50%
      """,
    version: version,
    subcommands: [
      MineCommand.self, DemoCommand.self, GenerateCommand.self, LimitsCommand.self,
      CoordinatorCommand.self, WorkerCommand.self, StatusCommand.self, DataSetCommand.self,
      JobCommand.self, NodeCommand.self, KeygenCommand.self,
    ])

  func run() throws {
    throw CommandFailure.usage("say what to do\n\n" + Self.helpMessage())
  }

  /// What the arguments ask for.
  ///
  /// ArgumentParser describes all commands to itself before it looks at the first word, which takes
  /// longer than mining a small file. So `mine` and what every job needs read plain arguments
  /// themselves, and others of `mine` are tried with its description alone; whatever that cannot make
  /// sense of (help, a version, a mistake) goes to the parser of all commands, which knows the words
  /// for it. Every configuration names its command: to make a name of a type's takes the parser a
  /// million instructions.
  private static func chosenWork() throws -> () throws -> Void {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.first == MineCommand.configuration.commandName {
      if let mine = Mine(plain: arguments.dropFirst()) { return mine.run }
      if let command = try? MineCommand.parseAsRoot(Array(arguments.dropFirst())) as? MineCommand {
        return command.run
      }
    }
    if arguments.first == JobCommand.configuration.commandName {
      let words = arguments.dropFirst(2)
      switch arguments.dropFirst().first {
      case "submit": if let submit = SubmitJob(plain: words) { return submit.run }
      case "results": if let results = WriteResults(plain: words) { return results.run }
      default: break
      }
    }
    var command = try parseAsRoot()
    return { try command.run() }
  }

  /// Exit status: 0 done, 1 the work failed, 2 wrong usage.
  static func main() {
    ignoreOutputSignals()
    StandardStreams.occupy()
    do {
      try chosenWork()()
      try flushStandardOutput()
    } catch let failure as CommandFailure {
      StandardError.say("lode: \(failure.message)")
      Glibc.exit(failure.status)
    } catch OutputError.closedPipe {
      // The reader has seen enough, as `head` has.
      Glibc.exit(0)
    } catch {
      let code = exitCode(for: error)
      let message = fullMessage(for: error)
      if code == .success {
        print(message)
        Glibc.exit(fflush(nil) == 0 || errno == EPIPE ? 0 : 1)
      }
      if code == .validationFailure {
        let prefix = "Error: "
        StandardError.say(
          message.hasPrefix(prefix) ? "lode: " + message.dropFirst(prefix.count) : message)
        Glibc.exit(2)
      }
      StandardError.say("lode: \(error)")
      Glibc.exit(1)
    }
  }
}

/// Sends on what `print` still holds; a closed pipe is no failure.
func flushStandardOutput() throws(CommandFailure) {
  if fflush(nil) != 0, errno != EPIPE {
    throw .failed("cannot write to standard output: \(String(cString: strerror(errno)))")
  }
}

/// Why a command ends with a message of its own.
struct CommandFailure: Error {
  let message: String
  let status: Int32

  /// The work failed.
  static func failed(_ error: some CustomStringConvertible) -> CommandFailure {
    CommandFailure(message: "\(error)", status: 1)
  }

  /// The command line is wrong, whatever the input holds.
  static func usage(_ message: String) -> CommandFailure {
    CommandFailure(message: message, status: 2)
  }
}
