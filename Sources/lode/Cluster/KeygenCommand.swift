import ArgumentParser
import ZeroMQTransport

/// `lode keygen`: keys for all roles of a cluster.
struct KeygenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keygen",
    abstract: "Make the keys of a cluster that reaches beyond this machine.",
    discussion: """
      Makes a folder with one folder for each role: coordinator, worker, client, admin. Copy to each
      machine the folder of what runs there, and no other; pass it with --keys.

      Example:
        lode keygen keys
        lode coordinator --data data --listen 10.0.0.5:7400 --keys keys/coordinator
        lode worker 10.0.0.5:7400 --data data --keys keys/worker
        lode status --cluster 10.0.0.5:7400 --keys keys/admin
      """)

  @Argument(help: "Folder to make; it must not exist.") var folder: String
  @Flag(name: .shortAndLong, help: "No summary; errors are still shown.") var quiet = false

  func run() throws {
    do {
      try KeyFolder.create(at: folder)
    } catch {
      throw CommandFailure.failed(error)
    }
    Narrator(isQuiet: quiet).say(
      "\(folder): keys of coordinator, worker, client and admin; copy to each machine only the"
        + " folder of its role")
  }
}
