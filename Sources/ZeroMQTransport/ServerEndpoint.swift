import CZeroMQ

/// A message as an endpoint received it, within its limits.
public struct ReceivedMessage: Sendable {
  /// The sender's routing id, to answer by.
  ///
  /// libzmq chooses it anew for every connection; it is no proof of who the sender is. Empty at a
  /// client, whose only peer is its server.
  public let peer: [UInt8]
  /// Who the sender's key belongs to, as the authorizer said; nil without CURVE.
  public let userID: String?
  /// The sender's address, for messages to people.
  public let remoteAddress: String?
  /// The frames of the message, at least one.
  public let frames: [[UInt8]]
}

/// A listening socket (ROUTER) with the one thread that owns it.
///
/// Messages of one peer arrive in order. Nothing waits for a peer: what one does not take is
/// dropped and reported, and the others notice nothing.
public final class ServerEndpoint: Sendable {
  /// Called on the owning thread for every message; must return soon, and may call `send`.
  public typealias Handler = @Sendable (ReceivedMessage) -> Void
  /// Called on the owning thread with the peer and frames of a message that could not be sent.
  public typealias DropHandler = @Sendable ([UInt8], [[UInt8]], DropReason) -> Void

  /// The address it listens at, with the port the system chose.
  public let boundAddress: String

  private let context: ZeroMQContext
  private let queue: SendQueue
  private let counters = TransportCounters()
  private let domain: String
  private let thread: Monitor<OwnedThread?>

  /// Listens at `address` and starts the owning thread.
  ///
  /// The first messages may come before this returns.
  ///
  /// - Throws: ``TransportError``: a bad address, one beyond this machine without keys, or one
  ///   that the system refuses.
  public init(
    context: ZeroMQContext, address: String, security: SecurityPolicy,
    limits: TransportLimits = TransportLimits(), onDropped: DropHandler? = nil,
    handler: @escaping Handler
  ) throws(TransportError) {
    self.context = context
    let address = try secureAddress(address, hasKeys: security.hasKeys)
    let wakeUp = try WakeUp()
    queue = SendQueue(limits: limits, wakeUp: wakeUp)
    let domain = "lode.\(context.uniqueNumber())"
    self.domain = domain
    let socket = try context.socket(ZMQ_ROUTER, limits: limits, isIPv6: address.isIPv6)
    try socket.set(ZMQ_ROUTER_MANDATORY, 1)
    try security.apply(to: socket, domain: domain)
    if case .curve(_, let authorizer) = security { context.authentication.add(domain, authorizer) }
    var isOpen = false
    defer { if !isOpen { context.authentication.remove(domain) } }
    let monitor = try context.monitor(of: socket)
    guard zmq_bind(socket.handle, address.description) == 0 else {
      let code = zmq_errno()
      monitor.close()
      throw .cannotListen(address: address.description, code: code)
    }
    boundAddress = socket.boundAddress ?? address.description
    let loop = Handover(
      value: ServerLoop(
        socket: socket, monitor: monitor, wakeUp: wakeUp, queue: queue, counters: counters,
        boundAddress: boundAddress, trustsUserID: security.hasKeys, handler: handler,
        onDropped: onDropped))
    thread = Monitor(try OwnedThread { loop.value.run() })
    isOpen = true
  }

  deinit { close() }

  /// Takes a message for a peer, from any thread.
  ///
  /// - Throws: ``SendError``; above all `full`, when the owning thread has not kept up.
  public func send(to peer: [UInt8], _ frames: [[UInt8]]) throws(SendError) {
    try queue.offer(OutgoingMessage(peer: peer, frames: frames))
  }

  /// What it has done so far.
  public var statistics: TransportStatistics {
    counters.statistics(
      with: queue, keysRefused: context.authentication.refusedCount(domain))
  }

  /// Hands what waits to libzmq, stops listening, and waits for the owning thread.
  ///
  /// From a handler it returns at once and the thread ends after it.
  public func close() {
    queue.close()
    thread.withLock { $0.take() }?.join()
    context.authentication.remove(domain)
  }
}

/// What the owning thread of a server does.
private final class ServerLoop {
  private let socket: ZeroMQSocket
  private let monitor: SocketMonitor
  private let wakeUp: WakeUp
  private let queue: SendQueue
  private let counters: TransportCounters
  private let boundAddress: String
  private let trustsUserID: Bool
  private let handler: ServerEndpoint.Handler
  private let onDropped: ServerEndpoint.DropHandler?

  init(
    socket: ZeroMQSocket, monitor: SocketMonitor, wakeUp: WakeUp, queue: SendQueue,
    counters: TransportCounters, boundAddress: String, trustsUserID: Bool,
    handler: @escaping ServerEndpoint.Handler,
    onDropped: ServerEndpoint.DropHandler?
  ) {
    self.socket = socket
    self.monitor = monitor
    self.wakeUp = wakeUp
    self.queue = queue
    self.counters = counters
    self.boundAddress = boundAddress
    self.trustsUserID = trustsUserID
    self.handler = handler
    self.onDropped = onDropped
  }

  func run() {
    var poll = PollSet()
    poll.add(socket.handle)
    poll.add(wakeUp)
    poll.add(monitor.handle)
    while poll.wait() {
      wakeUp.lower()
      let batch = queue.takeAll()
      for message in batch.messages { send(message) }
      if batch.isClosed || !receiveSome() { break }
      while let event = monitor.next() {
        if event == .handshakeFailed || event == .keyRefused {
          counters.add { $0.handshakesFailed += 1 }
        }
      }
    }
    queue.close()
    // Only where the context was closed below the endpoint does anything still wait.
    for message in queue.takeAll().messages { drop(message, .failed(code: LODE_ZMQ_ETERM)) }
    // libzmq stops listening later, by itself; who closes wants the address to be free.
    if !boundAddress.hasPrefix("inproc:"), zmq_unbind(socket.handle, boundAddress) == 0 {
      monitor.waitUntilClosed()
    }
    monitor.close()
    socket.close()
  }

  private func send(_ message: OutgoingMessage) {
    if let reason = socket.send(message) { return drop(message, reason) }
    queue.settle(message)
    counters.add { counts in
      counts.messagesSent += 1
      counts.bytesSent += UInt64(message.byteCount)
    }
  }

  private func drop(_ message: OutgoingMessage, _ reason: DropReason) {
    queue.settle(message)
    counters.add { $0.messagesDropped += 1 }
    onDropped?(message.peer ?? [], message.frames, reason)
  }

  /// Takes what has arrived, some at a time, so that sending is not kept waiting.
  ///
  /// - Returns: false when the context was closed.
  private func receiveSome() -> Bool {
    for _ in 0..<64 {
      switch socket.receive(extraFrames: 1) {
      case .nothing: return true
      case .ended: return false
      case .malformed: counters.add { $0.messagesMalformed += 1 }
      case .message(let frames, let userID, let remoteAddress):
        let body = Array(frames.dropFirst())
        counters.add { counts in
          counts.messagesReceived += 1
          counts.bytesReceived += UInt64(body.reduce(0) { $0 + $1.count })
        }
        // Without CURVE a client may claim any user id in its handshake.
        handler(
          ReceivedMessage(
            peer: frames[0], userID: trustsUserID ? userID : nil, remoteAddress: remoteAddress,
            frames: body))
      }
    }
    return true
  }
}
