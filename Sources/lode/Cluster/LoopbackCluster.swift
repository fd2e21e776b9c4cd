import Coordination
import Messages
import Runtime
import Synchronization
import Working

/// A coordinator and workers in this process, speaking over loopback and storing in one folder; for
/// `lode demo`.
final class LoopbackCluster: Sendable {
  /// Where clients find it.
  let address: HostAndPort
  private let coordinator: CoordinatorService
  private let workers: [WorkerService]
  private let threads: [Thread]
  private let failures: Failures

  /// Starts everything; workers may still be joining when this returns.
  ///
  /// - Parameter threadCount: threads of all workers together.
  init(workerCount: Int, in folder: String, threadCount: Int) throws {
    let loopback = HostAndPort(host: "127.0.0.1", port: 0)
    var configuration = CoordinatorConfiguration()
    configuration.replication = min(2, workerCount)
    configuration.parallelism = threadCount
    let coordinator = try CoordinatorService(
      data: folder + "/coordinator", listen: loopback, dataListen: loopback, keys: nil,
      configuration: configuration, note: { _ in })
    let address = try HostAndPort(coordinator.address, option: "--listen")
    let workers = try (1...workerCount).map { number in
      var configuration = WorkerConfiguration(
        name: try Name("worker-\(number)"), incarnation: Incarnation(0))
      configuration.threads = max(1, threadCount / workerCount)
      return try WorkerService(
        coordinator: address, data: folder + "/worker-\(number)", dataListen: loopback, keys: nil,
        configuration: configuration, note: { _ in })
    }
    let failures = Failures()
    self.coordinator = coordinator
    self.workers = workers
    self.address = address
    threads =
      [Thread { failures.note { try coordinator.run() } }]
      + workers.map { worker in Thread { failures.note { try worker.run() } } }
    self.failures = failures
  }

  /// Waits until all workers have joined.
  func waitForWorkers(_ connection: ClusterSettings) throws {
    let client = try connection.connect()
    while true {
      if let failure = failures.first { throw CommandFailure.failed(failure) }
      let nodes = try answer(of: client.ask(.listNodes)) { response -> [NodeSummary]? in
        guard case .nodes(let nodes) = response else { return nil }
        return nodes
      }
      if nodes.count(where: { $0.state == .alive }) == workers.count { return }
      pause(milliseconds: 10)
    }
  }

  /// Stops workers, then the coordinator, and waits for them.
  func stop() {
    for worker in workers { worker.stop() }
    for thread in threads.dropFirst() { thread.join() }
    coordinator.stop()
    threads.first?.join()
  }
}

/// The first error of several threads.
private final class Failures: Sendable {
  private let text = Mutex<String?>(nil)

  var first: String? { text.withLock { $0 } }

  func note(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      text.withLock { $0 = $0 ?? "\(error)" }
    }
  }
}
