import ArgumentParser
import Messages
import Working

/// `lode worker`: stores blocks and counts in them.
struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Run a worker that stores blocks and counts in them.",
    discussion: """
      Joins the coordinator at HOST:PORT and runs until it is stopped. SIGTERM or Ctrl-C hands back
      what it has not begun, and ends it.

      Examples:
        lode worker 127.0.0.1:7400 --data worker-1
        lode worker 10.0.0.5:7400 --data /var/lib/lode --keys keys/worker --rack east
      """)

  @Argument(help: ArgumentHelp("Address of the coordinator.", valueName: "host:port"))
  var coordinator: String

  @Option(help: ArgumentHelp("Folder of the worker's blocks; made if missing.", valueName: "dir"))
  var data: String

  @Option(
    help: ArgumentHelp(
      "Memory for blocks and projections, such as 8G or 50%; levels come on top.", valueName: "size"
    ))
  var memory = "75%"

  @Option(help: "Threads that count (default: all cores).")
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Name of the worker in the cluster (default: the machine's with the folder's).",
      valueName: "name"))
  var name: Name?

  @Option(
    help: ArgumentHelp(
      "What fails together with it; replicas are put into different racks.", valueName: "label"))
  var rack = ""

  @Option(help: ArgumentHelp("Folder with a worker's keys.", valueName: "dir"))
  var keys: String?

  @Option(
    help: ArgumentHelp(
      "Where others fetch blocks from it (default: the address that leads to the coordinator, any"
        + " port).",
      valueName: "host:port"))
  var dataListen: String?

  @Flag(name: .shortAndLong, help: "No messages; errors are still shown.")
  var quiet = false

  mutating func validate() throws {
    let address = try HostAndPort(coordinator, option: "the coordinator's address")
    if !address.isLoopback, keys == nil {
      throw ValidationError(
        "\(coordinator) is beyond this machine: give --keys with a folder of `lode keygen`")
    }
    if let dataListen {
      let listen = try HostAndPort(dataListen, option: "--data-listen")
      if listen.isWildcard {
        throw ValidationError(
          "--data-listen \(dataListen) is told to others: give the host by which they reach it")
      }
    }
    if let threads, threads < 1 || threads > 4096 {
      throw ValidationError("--threads \(threads): give a number from 1 to 4096")
    }
    if MemorySize(memory) == nil {
      throw ValidationError(
        "--memory \(memory): give bytes such as 536870912, 512MiB or 4G, or a share such as 50%")
    }
    if rack.utf8.count > Name.lengthLimit {
      throw ValidationError("--rack: a label has at most \(Name.lengthLimit) bytes")
    }
  }

  func run() throws {
    NodeProcess.holdStopSignals()
    let narrator = Narrator(isQuiet: quiet)
    let address = try HostAndPort(coordinator, option: "the coordinator's address")
    var configuration = WorkerConfiguration(
      name: try name ?? defaultName(), incarnation: Incarnation(0))
    configuration.rack = rack
    configuration.threads = threads ?? Machine.usableCores
    configuration.memoryLimit =
      MemorySize(memory)?.bytes(of: Machine.memoryBytes) ?? configuration.memoryLimit
    try CommandFailure.naming {
      narrator.say("worker \(configuration.name) joining \(address), data in \(data)")
      let service = try WorkerService(
        coordinator: address, data: data, dataListen: dataAddress(towards: address), keys: keys,
        configuration: configuration, note: { narrator.say($0) })
      NodeProcess.whenAskedToStop { service.stop() }
      try service.run()
      narrator.say("worker \(configuration.name) stopped")
    }
  }

  private func dataAddress(towards coordinator: HostAndPort) throws -> HostAndPort {
    if let dataListen { return try HostAndPort(dataListen, option: "--data-listen") }
    guard let host = NodeProcess.localHost(towards: coordinator) else {
      throw CommandFailure.failed(
        "no way leads to \(coordinator); check the address, or say with --data-listen HOST:0 by which"
          + " address of this machine others reach it")
    }
    return HostAndPort(host: host, port: 0)
  }

  /// The machine's name with that of the folder, so that several workers of a machine differ.
  private func defaultName() throws -> Name {
    let folder = data.split(separator: "/").last.map(String.init) ?? "data"
    let text = (NodeProcess.hostName + "-" + folder).map { character in
      character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
        ? character : "-"
    }
    do {
      return try Name(String(text.suffix(Name.lengthLimit).drop { $0 == "-" || $0 == "." }))
    } catch {
      throw CommandFailure.failed("the worker needs a name; give one with --name")
    }
  }
}
