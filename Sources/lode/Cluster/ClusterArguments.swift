public import ArgumentParser
import Glibc
public import Messages
import Runtime

/// The options that say where the cluster is, for commands that ask it something.
struct ClusterArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Address of the coordinator (default: LODE_CLUSTER, else 127.0.0.1:7400).",
      valueName: "host:port"))
  var cluster: String?

  @Option(
    help: ArgumentHelp(
      "Folder with the keys of a client or admin (default: LODE_KEYS).", valueName: "dir"))
  var keys: String?

  @Flag(name: .shortAndLong, help: "No progress and no summary; errors are still shown.")
  var quiet = false

  mutating func validate() throws {
    try settings.validate()
  }

  var settings: ClusterSettings {
    ClusterSettings(cluster: cluster, keys: keys, quiet: quiet)
  }

  var narrator: Narrator { settings.narrator }

  /// A conversation with the coordinator.
  func connect() throws -> any ClusterClient {
    try settings.connect()
  }

  /// Asks and hands the answer to `read`, which gives nil for an answer to another question.
  func ask<Answer>(
    _ request: ClientRequest, _ read: (ClientResponse) -> Answer?
  ) throws -> Answer {
    try answer(of: connect().ask(request), read)
  }
}

/// Where the cluster is.
struct ClusterSettings {
  var cluster: String?
  var keys: String?
  var quiet = false

  func validate() throws {
    let option = cluster == nil ? "LODE_CLUSTER" : "--cluster"
    let parsed = try HostAndPort(address, option: option)
    if parsed.port == 0 {
      throw ValidationError("\(option) \(address): give the port that the coordinator printed")
    }
    if !parsed.isLoopback, keys ?? environment("LODE_KEYS") == nil {
      throw ValidationError(
        "\(option) \(address) is beyond this machine: give --keys (or LODE_KEYS) with the folder of a"
          + " client or admin that `lode keygen` made")
    }
  }

  private var address: String {
    cluster ?? environment("LODE_CLUSTER") ?? "127.0.0.1:7400"
  }

  var narrator: Narrator { Narrator(isQuiet: quiet) }

  /// A conversation with the coordinator.
  func connect() throws -> any ClusterClient {
    let address = try HostAndPort(address, option: "--cluster")
    return try Connections.client(to: address, keys: keys ?? environment("LODE_KEYS"))
  }
}

/// The part of an answer that the question was for.
func answer<Answer>(
  of response: ClientResponse, _ read: (ClientResponse) -> Answer?
) throws(ClientFailure) -> Answer {
  if case .refused(let refusal) = response { throw .refused(refusal) }
  guard let answer = read(response) else {
    throw .unexpected(String("\(response)".prefix { $0 != "(" }))
  }
  return answer
}

/// The value of an environment variable that is set and not empty.
func environment(_ name: String) -> String? {
  guard let value = getenv(name), value.pointee != 0 else { return nil }
  return String(cString: value)
}

/// A host with a port, as in `10.0.0.5:7400` or `[::1]:7400`.
struct HostAndPort: Equatable, CustomStringConvertible {
  let host: String
  let port: UInt16

  /// Parses an address given to `option`.
  init(_ text: String, option: String) throws(ValidationError) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
      colon > text.startIndex
    else {
      throw ValidationError("\(option) \(text): give a host and a port, such as 127.0.0.1:7400")
    }
    host = String(text[..<colon])
    self.port = port
  }

  init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  var description: String { "\(host):\(port)" }

  /// As ZeroMQ writes it.
  var endpoint: String { "tcp://\(self)" }

  /// Whether only this machine can reach it.
  var isLoopback: Bool {
    // Names other than localhost count as remote, whatever they may resolve to.
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
    return host == "localhost" || host == "[::1]"
      || numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
  }

  /// Whether it stands for all addresses of this machine.
  var isWildcard: Bool { host == "*" || host == "0.0.0.0" || host == "[::]" }
}

extension Name: ExpressibleByArgument {
  /// A checked name.
  public init?(argument: String) {
    guard let name = try? Name(argument) else { return nil }
    self = name
  }
}

/// How lists and single things are shown.
enum ListFormat: String, ExpressibleByArgument, CaseIterable {
  case table
  case wide
  case json
}

/// The format option of lists.
struct ListArguments: ParsableArguments {
  @Option(name: .shortAndLong, help: "Format of the list.")
  var output = ListFormat.table
}
