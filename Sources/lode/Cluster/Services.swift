import ClusterTransport
import Coordination
import Messages
import Runtime
import WireFormat
import Working
import ZeroMQTransport

/// A coordinator with its folder, endpoints and threads.
final class CoordinatorService: Sendable {
  /// Where workers and clients connect to, as in `127.0.0.1:7400`.
  let address: String
  private let node: CoordinatorNode
  private let context: ZeroMQContext
  private let server: CoordinatorServer
  private let configuration: CoordinatorConfiguration
  private let isRebuilding: Bool
  private let note: @Sendable (String) -> Void

  /// Opens the folder and listens.
  init(
    data: String, listen: HostAndPort, dataListen: HostAndPort, keys: String?,
    configuration: CoordinatorConfiguration, isRebuilding: Bool = false,
    note: @escaping @Sendable (String) -> Void
  ) throws {
    let roleKeys = try keys.map { try KeyFolder.load(.coordinator, from: $0) }
    let folder = try CoordinatorFolder(path: data, isRebuilding: isRebuilding, note: note)
    node = CoordinatorNode(
      threads: configuration.parallelism, catalog: folder.catalog, store: folder.store)
    context = try ZeroMQContext()
    server = try CoordinatorServer(
      context: context, listen: listen.endpoint, dataListen: dataListen.endpoint, keys: roleKeys,
      node: node, note: note)
    address = String(server.controlEndpoint.trimmingPrefix("tcp://"))
    var configuration = configuration
    configuration.dataEndpoint = server.dataEndpoint
    configuration.software = Lode.version
    configuration.encodeManifest = { try? WireFormat.manifest(for: $0) }
    self.configuration = configuration
    self.isRebuilding = isRebuilding
    self.note = note
  }

  /// Runs on the calling thread until stopped.
  func run() throws {
    defer {
      server.close()
      context.close()
    }
    if isRebuilding {
      note("waiting for workers, to make the catalog anew from what they hold")
      try node.rebuild(
        configuration, transport: server,
        decodeManifest: { try? WireFormat.catalogWrite(fromManifest: $0) }, note: note)
    }
    try node.run(
      configuration, transport: server, seed: .random(in: .min ... .max), note: note)
  }

  func stop() { node.stop() }
}

/// A worker with its folder, endpoints and threads.
final class WorkerService: Sendable {
  private let node: WorkerNode
  private let context: ZeroMQContext
  private let connection: WorkerConnection
  private let configuration: WorkerConfiguration
  private let note: @Sendable (String) -> Void

  /// Opens the folder, listens and begins to connect; the incarnation comes from the folder.
  init(
    coordinator: HostAndPort, data: String, dataListen: HostAndPort, keys: String?,
    configuration: WorkerConfiguration, note: @escaping @Sendable (String) -> Void
  ) throws {
    let roleKeys = try keys.map { try KeyFolder.load(.worker, from: $0) }
    let folder = try WorkerStorage(path: data, note: note)
    node = WorkerNode(threads: configuration.threads, folder: folder)
    context = try ZeroMQContext()
    connection = try WorkerConnection(
      context: context, coordinator: coordinator.endpoint, dataListen: dataListen.endpoint,
      keys: roleKeys, node: node, note: note)
    var configuration = configuration
    configuration.incarnation = try folder.nextIncarnation(atLeast: unixMicroseconds())
    configuration.dataEndpoint = connection.dataEndpoint
    configuration.software = Lode.version
    self.configuration = configuration
    self.note = note
  }

  /// Runs on the calling thread until stopped.
  func run() throws {
    defer {
      connection.close()
      context.close()
    }
    try node.run(
      configuration, transport: connection, seed: .random(in: .min ... .max), note: note)
  }

  func stop() { node.requestStop() }
}

extension CommandFailure {
  /// Runs `body`; errors of nodes, transports and stores become failures of the command.
  static func naming<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as TransportError {
      throw failed(error)
    } catch let error as KeyFolderError {
      throw failed(error)
    } catch let error as StorageFailure {
      throw failed(error)
    } catch let error as NodeFailure {
      throw failed(error)
    }
  }
}
