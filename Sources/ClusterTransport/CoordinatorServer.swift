import Blocks
public import Coordination
public import Messages
public import Runtime
import Synchronization
import WireFormat
public import ZeroMQTransport

/// A coordinator's two endpoints: control for workers and clients, data for objects and chunks.
public final class CoordinatorServer: CoordinatorTransport {
  /// Where workers and clients connect to.
  public var controlEndpoint: String { control.boundAddress }
  /// Where objects are fetched and chunks are put.
  public let dataEndpoint: String
  private let control: ServerEndpoint
  private let data: BulkServer
  private let fetcher: ObjectFetcher
  private let puts: PendingPuts
  private let answers: ControlAnswers
  private let notes: LimitedNotes

  /// Listens, and offers to `node` what arrives.
  ///
  /// - Parameters:
  ///   - listen: the control endpoint, as in `tcp://127.0.0.1:7400`.
  ///   - dataListen: the data endpoint; port 0 for any.
  ///   - keys: the coordinator's, with those of all roles; nil on loopback.
  ///   - note: given a line for each message that cannot be understood.
  public init(
    context: ZeroMQContext, listen: String, dataListen: String, keys: RoleKeys?,
    node: CoordinatorNode, note: @escaping @Sendable (String) -> Void
  ) throws {
    let notes = LimitedNotes(note)
    self.notes = notes
    let policy = keys?.policy(accepting: [.worker, .client, .admin]) ?? .none
    let puts = PendingPuts()
    self.puts = puts
    data = try BulkServer(
      context: context, address: dataListen, security: policy,
      onPut: { put, reply in puts.take(put, reply, node: node) },
      provider: { request in
        answer(request, from: node.published, kindsForClients: [.items, .level])
      })
    dataEndpoint = data.boundAddress
    let answers = ControlAnswers(notes: notes)
    self.answers = answers
    control = try ServerEndpoint(
      context: context, address: listen, security: policy, limits: .control
    ) { message in
      answers.receive(message, node: node)
    }
    answers.open(control)
    fetcher = try ObjectFetcher(context: context, security: keys?.security(to: .worker) ?? .none)
  }

  /// Sends to a worker's connection; a message that finds no room is lost, as any may be.
  public func send(_ envelope: CoordinatorEnvelope, to peer: PeerID) {
    do {
      try control.send(to: peer.bytes, WireFormat.encode(envelope))
    } catch {
      notes.say(.notSent, "a message to a worker was not sent: \(error)")
    }
  }

  /// Answers a client's request or chunk.
  public func reply(_ response: ClientResponse, id: RequestID, to peer: PeerID) {
    if peer == PendingPuts.peer { return puts.answer(id, response) }
    do {
      try control.send(to: peer.bytes, WireFormat.encode(response: response, id: id))
    } catch {
      notes.say(.notSent, "an answer to a client was not sent: \(error)")
    }
  }

  /// Fetches from workers.
  public func fetch(
    _ descriptor: ObjectDescriptor, sources: [String],
    completion: @escaping @Sendable (Result<[UInt8], StoreFailure>) -> Void
  ) {
    fetcher.fetch(descriptor, sources: sources, completion: completion)
  }

  /// Stops listening.
  public func close() {
    control.close()
    answers.close()
    data.close()
    fetcher.close()
  }
}

/// Turns control messages into events, and answers those of another version at once.
private final class ControlAnswers: Sendable {
  private let endpoint = Mutex<ServerEndpoint?>(nil)
  private let notes: LimitedNotes

  init(notes: LimitedNotes) { self.notes = notes }

  func open(_ endpoint: ServerEndpoint) {
    self.endpoint.withLock { $0 = endpoint }
  }

  /// Lets the endpoint go, whose handler holds this.
  func close() {
    endpoint.withLock { $0 = nil }
  }

  func receive(_ message: ReceivedMessage, node: CoordinatorNode) {
    do {
      guard let event = try event(of: message) else {
        return notes.say(
          .refusedMessage, "a message from \(sender(of: message)) is not for a coordinator")
      }
      if !node.offer(event, bytes: message.frames.reduce(0) { $0 + $1.count }) {
        // Whoever sent it sends it again.
        notes.say(.notTaken, "messages are lost: more arrive than the coordinator can handle")
      }
    } catch WireError.version {
      let refusal = WireFormat.versionRefusal(of: message.frames)
      // A peer that speaks another language may not wait for the answer either.
      try? endpoint.withLock { $0 }?.send(to: message.peer, refusal)
      notes.say(
        .otherVersion,
        "a peer at \(sender(of: message)) speaks another version of the protocol; use the same"
          + " version of lode everywhere")
    } catch {
      notes.say(
        .refusedMessage, "a message from \(sender(of: message)) was refused: \(error)")
    }
  }

  /// What happens to the coordinator by a message; nil where it is for someone else.
  private func event(of message: ReceivedMessage) throws -> CoordinatorEvent? {
    let peer = PeerID(message.peer)
    let role = try role(of: message.userID)
    switch try WireFormat.header(of: message.frames).family {
    case .worker:
      return .worker(try WireFormat.decodeWorker(message.frames), from: peer, role: role)
    case .request:
      let (id, request) = try WireFormat.decodeRequest(message.frames)
      return .client(request, id: id, from: peer, role: role)
    case .coordinator, .response, .versionRefusal: return nil
    }
  }

  private func sender(of message: ReceivedMessage) -> String {
    message.remoteAddress ?? "an unknown address"
  }
}

/// A user id that no key of a role has.
private struct UnknownRole: Error, CustomStringConvertible {
  let description: String
}

/// The role that an authenticated user id stands for; without keys everyone is on this machine.
func role(of userID: String?) throws -> Messages.Role {
  switch userID {
  case nil: .loopback
  case "worker": .worker
  case "client": .client
  case "admin": .admin
  case "coordinator": .coordinator
  case .some(let other): throw UnknownRole(description: "no role is called \(other)")
  }
}

/// Serves a part of an object to those who may have it.
///
/// - Parameter kindsForClients: what clients and admins may fetch.
func answer(
  _ request: BulkRequest, from published: PublishedObjects, kindsForClients: [ObjectKind]
) -> BulkAnswer {
  guard let id = ObjectID(key: request.key) else { return .refused("this names no object") }
  guard let role = try? role(of: request.userID) else { return .refused("unknown role") }
  if role == .client || role == .admin, !kindsForClients.contains(id.kind) {
    return .refused("a \(role) may not fetch \(id.kind) objects")
  }
  guard let part = published.read(id, offset: request.offset, length: request.length) else {
    return .absent
  }
  return .bytes(part.bytes, totalLength: part.total)
}
