import CommandRunner
import Foundation
import Testing

/// A coordinator and workers as processes of their own, on loopback unless keys are given.
final class TestCluster {
  let folder: TemporaryFolder
  /// Where clients find it.
  let address: String
  private(set) var coordinator: BackgroundCommand
  private(set) var workers: [String: BackgroundCommand] = [:]
  private let options: String
  private let keys: String?
  private var starts = 0

  /// Starts `worker-1` to `worker-N`, and waits until they have joined.
  ///
  /// - Parameters:
  ///   - options: further options of the coordinator.
  ///   - host: where it listens.
  ///   - keys: a folder of `lode keygen` in `folder`.
  init(
    workers count: Int, options: String = "", host: String = "127.0.0.1", keys: String? = nil,
    in folder: TemporaryFolder? = nil
  ) throws {
    let folder = try folder ?? TemporaryFolder()
    self.folder = folder
    self.options = options
    self.keys = keys
    coordinator = try Self.startCoordinator(
      listening: "\(host):0", options, keys, in: folder, log: "coordinator.log")
    let said = coordinator.messages
    let start = try #require(said.range(of: "coordinator at "))
    address = String(said[start.upperBound...].prefix { $0 != "," })
    for number in 0..<count { try addWorker("worker-\(number + 1)") }
  }

  private static func startCoordinator(
    listening address: String, _ options: String, _ keys: String?, in folder: TemporaryFolder,
    log: String
  ) throws -> BackgroundCommand {
    let command = try BackgroundCommand(
      words("coordinator --data coordinator --threads 1 --listen \(address) \(options)")
        + (keys.map { ["--keys", "\($0)/coordinator"] } ?? []),
      in: folder, log: log)
    try command.wait(for: "clients find it")
    return command
  }

  /// Starts a worker and waits until it has joined.
  @discardableResult
  func addWorker(_ name: String, data: String? = nil) throws -> BackgroundCommand {
    starts += 1
    let worker = try BackgroundCommand(
      words("worker \(address) --data \(data ?? name) --name \(name) --threads 1")
        + (keys.map { ["--keys", "\($0)/worker"] } ?? []),
      in: folder, log: "\(name)-\(starts).log")
    try worker.wait(for: "joined")
    workers[name] = worker
    return worker
  }

  /// Starts the coordinator again, with its folder and address.
  func restartCoordinator() throws {
    starts += 1
    coordinator = try Self.startCoordinator(
      listening: address, options, keys, in: folder, log: "coordinator-\(starts).log")
  }

  /// Runs a command against the cluster.
  func lode(_ arguments: String, role: String = "admin") throws -> Outcome {
    try CommandRunner.run(
      words(arguments) + ["--cluster", address]
        + (keys.map { ["--keys", "\($0)/\(role)"] } ?? []),
      in: folder)
  }

  /// What a command writes when it must succeed.
  func answer(
    _ arguments: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let outcome = try lode(arguments)
    try #require(
      outcome.status == 0, "lode \(arguments): \(outcome.messages)",
      sourceLocation: sourceLocation)
    return outcome.text
  }

  /// An object of JSON that a command writes.
  func object(_ arguments: String) throws -> [String: Any] {
    try #require(try json(arguments) as? [String: Any])
  }

  /// An array of objects of JSON that a command writes.
  func objects(_ arguments: String) throws -> [[String: Any]] {
    try #require(try json(arguments) as? [[String: Any]])
  }

  private func json(_ arguments: String) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(answer(arguments + " -o json").utf8))
  }

  /// Submits a job and gives its id.
  func submit(_ arguments: String) throws -> String {
    let text = try answer("job submit \(arguments) --no-wait")
    try #require(text.wholeMatch(of: /[A-Za-z0-9._-]+\n/) != nil, "printed: \(text)")
    return String(text.dropLast())
  }

  /// Waits until a job counts a level; that it has ended before fails the test.
  func waitForLevel(_ level: Int, of job: String) throws {
    for _ in 0..<1_000 {
      let shown = try object("job show \(job)")
      if try #require(shown["level"] as? Int) >= level {
        try #require(shown["state"] as? String == "running", "the job was over too soon")
        return
      }
      usleep(5_000)
    }
    Issue.record("\(job) never came to level \(level)")
  }

  /// The state of a worker as the coordinator knows it; nil where it knows none.
  func state(of worker: String) throws -> String? {
    try objects("node list").first { $0["name"] as? String == worker }?["state"] as? String
  }

  /// Waits until `isTrue`; the test fails where that takes too long.
  func wait(
    until what: String, seconds: Int = 30, sourceLocation: SourceLocation = #_sourceLocation,
    _ isTrue: () throws -> Bool
  ) throws {
    for _ in 0..<seconds * 20 {
      if try isTrue() { return }
      usleep(50_000)
    }
    Issue.record("not within \(seconds) s: \(what)", sourceLocation: sourceLocation)
  }
}

/// Runs `lode` without a cluster; it must succeed.
func alone(_ arguments: String, in folder: TemporaryFolder) throws -> [UInt8] {
  let outcome = try CommandRunner.run(words(arguments), in: folder)
  try #require(outcome.status == 0, "lode \(arguments): \(outcome.messages)")
  return outcome.output
}

/// A command line without quotes, taken apart.
func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
