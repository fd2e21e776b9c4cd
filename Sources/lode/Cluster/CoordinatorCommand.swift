import ArgumentParser
import Coordination

/// `lode coordinator`: places data, gives out work, adds counts up.
struct CoordinatorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coordinator",
    abstract: "Run the coordinator of a cluster.",
    discussion: """
      Runs until it is stopped (SIGTERM, Ctrl-C). Jobs go on where they were when it is started again
      with the same folder.

      Examples:
        lode coordinator --data /var/lib/lode
        lode coordinator --data /var/lib/lode --listen 10.0.0.5:7400 --keys keys/coordinator
      """)

  @Option(help: ArgumentHelp("Folder of the catalog; made if missing.", valueName: "dir"))
  var data: String

  @Option(
    help: ArgumentHelp(
      "Where workers and clients connect to; beyond this machine only with --keys.",
      valueName: "host:port"))
  var listen = "127.0.0.1:7400"

  @Option(
    help: ArgumentHelp(
      "Where objects are fetched and sent (default: the host of --listen, any port).",
      valueName: "host:port"))
  var dataListen: String?

  @Option(help: "Copies of each block, where a data set asks for no other number.")
  var replication = 2

  @Option(help: ArgumentHelp("Folder with the coordinator's keys.", valueName: "dir"))
  var keys: String?

  @Option(help: "Threads that add counts up (default: all cores).")
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Memory for reports and ingests, such as 4G or 50%; closed levels come on top.",
      valueName: "size"))
  var memory = "50%"

  @Option(
    help: ArgumentHelp(
      "Seconds of silence after which a worker gets no new work and its leases go to others.",
      valueName: "seconds"))
  var suspectAfter = 3.0

  @Option(
    help: ArgumentHelp(
      "Seconds of silence after which a worker's replicas are made anew elsewhere.",
      valueName: "seconds"))
  var deadAfter = 10.0

  @Option(
    help: ArgumentHelp(
      "Workers that count from which on they add counts up themselves, not the coordinator.",
      valueName: "workers"))
  var reducersFrom = 100

  @Flag(
    help: """
      Make the catalog of a lost disk anew from what the workers hold; the folder must be new. \
      Drains and unfinished jobs are forgotten.
      """
  )
  var rebuild = false

  @Flag(name: .shortAndLong, help: "No messages; errors are still shown.")
  var quiet = false

  mutating func validate() throws {
    let address = try HostAndPort(listen, option: "--listen")
    if !address.isLoopback, keys == nil {
      throw ValidationError(
        "--listen \(listen) reaches beyond this machine: give --keys with a folder of `lode keygen`"
      )
    }
    if let dataListen { _ = try HostAndPort(dataListen, option: "--data-listen") }
    if address.isWildcard, dataListen == nil {
      throw ValidationError(
        "--listen \(listen) is every address of this machine: say with --data-listen HOST:0 which one"
          + " workers fetch objects from")
    }
    if replication < 1 || replication > 16 {
      throw ValidationError("--replication \(replication): give a number from 1 to 16")
    }
    if let threads, threads < 1 || threads > 4096 {
      throw ValidationError("--threads \(threads): give a number from 1 to 4096")
    }
    if reducersFrom < 1 {
      throw ValidationError(
        "--reducers-from \(reducersFrom): give a number of workers of at least 1")
    }
    if MemorySize(memory) == nil {
      throw ValidationError(
        "--memory \(memory): give bytes such as 536870912, 512MiB or 4G, or a share such as 50%")
    }
    if !(suspectAfter >= 0.1 && deadAfter > suspectAfter && deadAfter <= 86_400) {
      throw ValidationError(
        "--suspect-after \(suspectAfter) --dead-after \(deadAfter): give seconds of at least 0.1, the"
          + " second more than the first")
    }
  }

  func run() throws {
    NodeProcess.holdStopSignals()
    let narrator = Narrator(isQuiet: quiet)
    let address = try HostAndPort(listen, option: "--listen")
    var configuration = CoordinatorConfiguration()
    configuration.replication = replication
    configuration.suspectMilliseconds = UInt64(suspectAfter * 1000)
    configuration.deadMilliseconds = UInt64(deadAfter * 1000)
    configuration.heartbeatMilliseconds = min(500, UInt64(suspectAfter * 1000) / 3)
    configuration.reducingWorkerCount = reducersFrom
    configuration.parallelism = threads ?? Machine.usableCores
    configuration.memoryLimit =
      MemorySize(memory)?.bytes(of: Machine.memoryBytes) ?? configuration.memoryLimit
    try CommandFailure.naming {
      let service = try CoordinatorService(
        data: data, listen: address,
        dataListen: dataListen.map { try HostAndPort($0, option: "--data-listen") }
          ?? HostAndPort(host: address.host, port: 0),
        keys: keys, configuration: configuration, isRebuilding: rebuild,
        note: { narrator.say($0) })
      NodeProcess.whenAskedToStop { service.stop() }
      let key = keys == nil ? "" : " --keys DIR"
      narrator.say("coordinator at \(service.address), data in \(data)")
      narrator.say("workers join with:  lode worker \(service.address) --data DIR\(key)")
      narrator.say("clients find it by: export LODE_CLUSTER=\(service.address)")
      try service.run()
      narrator.say("coordinator stopped; start it again with the same --data to go on")
    }
  }
}
