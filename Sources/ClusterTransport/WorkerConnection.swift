public import Messages
public import Runtime
import Synchronization
import WireFormat
public import ZeroMQTransport

/// A worker's connection to its coordinator, and its data endpoint.
public final class WorkerConnection: WorkerTransport {
  /// Where others fetch objects from this worker.
  public var dataEndpoint: String { data.boundAddress }
  private let control: ClientEndpoint
  private let data: BulkServer
  private let fetcher: ObjectFetcher
  private let notes: LimitedNotes

  /// Connects and listens, and offers to `node` what arrives.
  ///
  /// - Parameters:
  ///   - coordinator: the coordinator's control endpoint, as in `tcp://10.0.0.5:7400`.
  ///   - dataListen: the data endpoint; port 0 for any.
  ///   - keys: the worker's; nil on loopback.
  ///   - note: given lines for the operator.
  public init(
    context: ZeroMQContext, coordinator: String, dataListen: String, keys: RoleKeys?,
    node: WorkerNode, note: @escaping @Sendable (String) -> Void
  ) throws {
    let notes = LimitedNotes(note)
    self.notes = notes
    data = try BulkServer(
      context: context, address: dataListen,
      security: keys?.policy(accepting: [.coordinator, .worker]) ?? .none,
      provider: { request in answer(request, from: node.published, kindsForClients: []) })
    let endpoint = CoordinatorDataEndpoint()
    control = try ClientEndpoint(
      context: context, address: coordinator,
      security: keys?.security(to: .coordinator) ?? .none, limits: .control,
      onState: { state in
        if let line = explanation(of: state, address: coordinator, hasKeys: keys != nil) {
          notes.say(.connection, line + "; trying again")
        }
      },
      handler: { message in
        do {
          let envelope = try WireFormat.decodeCoordinator(message.frames)
          if case .welcome(let welcome) = envelope.message {
            endpoint.set(welcome.dataEndpoint)
          }
          if !node.offer(envelope, bytes: message.frames.reduce(0) { $0 + $1.count }) {
            // What the coordinator hears nothing of it sends again.
            notes.say(.notTaken, "messages are lost: more arrive than the worker can handle")
          }
        } catch {
          notes.say(.refusedMessage, "a message from the coordinator was refused: \(error)")
        }
      })
    fetcher = try ObjectFetcher(
      context: context, security: keys?.security(to: .worker) ?? .none,
      securityToCoordinator: keys?.security(to: .coordinator),
      coordinator: { endpoint.get() })
  }

  /// Sends to the coordinator; a message that finds no room is lost, as any may be.
  public func send(_ envelope: WorkerEnvelope) {
    do {
      try control.send(WireFormat.encode(envelope))
    } catch {
      notes.say(.notSent, "a message to the coordinator was not sent: \(error)")
    }
  }

  /// Throws the connection away and makes a new one.
  public func reconnect() { control.reset() }

  /// Fetches from other workers or the coordinator.
  public func fetch(
    _ descriptor: ObjectDescriptor, sources: [String],
    completion: @escaping @Sendable (Result<[UInt8], StoreFailure>) -> Void
  ) {
    fetcher.fetch(descriptor, sources: sources, completion: completion)
  }

  /// Stops listening.
  public func close() {
    control.close()
    data.close()
    fetcher.close()
  }
}

/// What the welcome said, shared with the threads that fetch.
private final class CoordinatorDataEndpoint: Sendable {
  private let value = Mutex<String?>(nil)

  func set(_ text: String) { value.withLock { $0 = text } }
  func get() -> String? { value.withLock { $0 } }
}

/// Why there is no connection, in words; nil where there is nothing to say.
func explanation(of state: ConnectionState, address: String, hasKeys: Bool) -> String? {
  let address = address.trimmingPrefix("tcp://")
  return switch state {
  case .connecting, .connected: nil
  case .keyRefused:
    "the coordinator at \(address) refuses this key; use --keys with a folder of the right role that"
      + " `lode keygen` made for this cluster"
  case .handshakeFailed where hasKeys:
    "no handshake with \(address): what listens there has no keys, or those of another cluster, or is"
      + " no coordinator; check the address, and give both sides folders of the same `lode keygen`"
  case .handshakeFailed:
    "no handshake with \(address): what listens there asks for keys, or is no coordinator; check the"
      + " address, and give --keys with a folder that `lode keygen` made for this cluster"
  }
}
