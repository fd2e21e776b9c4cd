import CZeroMQ

/// Whether a client is connected, and why not.
public enum ConnectionState: Equatable, Sendable {
  /// No connection yet, or lost again; libzmq goes on trying.
  case connecting
  /// Connected, with the handshake done.
  case connected
  /// A handshake was ended by the server or not understood: most likely the server's key is
  /// another, one side has keys and the other none, or it is no Lode at all. libzmq may go on trying.
  case handshakeFailed
  /// The server refused this client's key. libzmq gives up; ``ClientEndpoint/reset()`` tries anew.
  case keyRefused
}

/// A socket connected to one server (DEALER), with the one thread that owns it.
///
/// It connects again by itself when the connection is lost. What was on its way then is lost, so
/// after the server has restarted, call ``reset()`` and begin anew.
public final class ClientEndpoint: Sendable {
  /// Called on the owning thread for every message; must return soon, and may call `send`.
  public typealias Handler = @Sendable (ReceivedMessage) -> Void
  /// Called on the owning thread with the frames of a message that was taken but not sent.
  public typealias DropHandler = @Sendable ([[UInt8]], DropReason) -> Void
  /// Called on the owning thread when the state of the connection changes.
  public typealias StateHandler = @Sendable (ConnectionState) -> Void

  private let queue: SendQueue
  private let counters = TransportCounters()
  private let thread: Monitor<OwnedThread?>
  private let state: SharedState

  /// Begins to connect to `address` and starts the owning thread; does not wait for the server.
  ///
  /// - Throws: ``TransportError``: a bad address, or one beyond this machine without keys.
  public init(
    context: ZeroMQContext, address: String, security: ClientSecurity,
    limits: TransportLimits = TransportLimits(), onDropped: DropHandler? = nil,
    onState: StateHandler? = nil, handler: @escaping Handler
  ) throws(TransportError) {
    let wakeUp = try WakeUp()
    queue = SendQueue(limits: limits, wakeUp: wakeUp)
    let state = SharedState()
    self.state = state
    let connector = Connector(
      context: context, address: try secureAddress(address, hasKeys: security.hasKeys),
      security: security, limits: limits)
    let loop = Handover(
      value: ClientLoop(
        connector: connector, connection: try connector.connect(), wakeUp: wakeUp, queue: queue,
        counters: counters, state: state, handler: handler, onDropped: onDropped, onState: onState)
    )
    thread = Monitor(try OwnedThread { loop.value.run() })
  }

  deinit { close() }

  /// Takes a message for the server, from any thread; it waits while there is no connection.
  ///
  /// - Throws: ``SendError``; above all `full`, when the server does not take what waits.
  public func send(_ frames: [[UInt8]]) throws(SendError) {
    try queue.offer(OutgoingMessage(peer: nil, frames: frames))
  }

  /// Throws the connection away with everything that waits on it, and connects anew.
  ///
  /// Messages taken before and not sent are reported as dropped; those taken after go to the new
  /// connection. For use when the server has restarted or fallen silent.
  public func reset() { queue.reset() }

  /// The state of the connection.
  public var connectionState: ConnectionState { state.value.withLock { $0 } }

  /// What it has done so far.
  public var statistics: TransportStatistics { counters.statistics(with: queue) }

  /// Hands what waits to libzmq, and waits for the owning thread.
  ///
  /// From a handler it returns at once and the thread ends after it.
  public func close() {
    queue.close()
    thread.withLock { $0.take() }?.join()
  }
}

private final class SharedState: Sendable {
  let value = Monitor(ConnectionState.connecting)
}

/// A connected socket with its monitor.
struct Connection {
  let socket: ZeroMQSocket
  let monitor: SocketMonitor

  /// Ends it; `lingers` says whether what libzmq holds may still be sent.
  func close(lingers: Bool) {
    // Should libzmq refuse, the socket lingers as long as its limits say.
    if !lingers { try? socket.set(ZMQ_LINGER, 0) }
    monitor.close()
    socket.close()
  }
}

/// Makes connections to one address, each with a socket and a random routing id of its own.
struct Connector: Sendable {
  let context: ZeroMQContext
  let address: EndpointAddress
  let security: ClientSecurity
  let limits: TransportLimits

  func connect() throws(TransportError) -> Connection {
    let socket = try context.socket(ZMQ_DEALER, limits: limits, isIPv6: address.isIPv6)
    try socket.set(ZMQ_RECONNECT_IVL, limits.reconnectMilliseconds)
    try socket.set(ZMQ_RECONNECT_IVL_MAX, limits.reconnectMillisecondsMaximum)
    try security.apply(to: socket)
    let monitor = try context.monitor(of: socket)
    guard zmq_connect(socket.handle, address.description) == 0 else {
      let code = zmq_errno()
      monitor.close()
      throw .cannotConnect(address: address.description, code: code)
    }
    return Connection(socket: socket, monitor: monitor)
  }
}

/// What the owning thread of a client does.
private final class ClientLoop {
  private let connector: Connector
  private var connection: Connection
  private let wakeUp: WakeUp
  private let queue: SendQueue
  private let counters: TransportCounters
  private let state: SharedState
  private let handler: ClientEndpoint.Handler
  private let onDropped: ClientEndpoint.DropHandler?
  private let onState: ClientEndpoint.StateHandler?
  /// Messages that libzmq did not take yet, the next one last.
  private var heldBack: [OutgoingMessage] = []

  init(
    connector: Connector, connection: Connection, wakeUp: WakeUp, queue: SendQueue,
    counters: TransportCounters, state: SharedState, handler: @escaping ClientEndpoint.Handler,
    onDropped: ClientEndpoint.DropHandler?, onState: ClientEndpoint.StateHandler?
  ) {
    self.connector = connector
    self.connection = connection
    self.wakeUp = wakeUp
    self.queue = queue
    self.counters = counters
    self.state = state
    self.handler = handler
    self.onDropped = onDropped
    self.onState = onState
  }

  func run() {
    var poll = pollSet()
    while poll.wait() {
      wakeUp.lower()
      let batch = queue.takeAll()
      if batch.isReset {
        drop(heldBack.reversed() + batch.abandoned, .reset)
        heldBack = []
        guard reconnect() else { break }
        poll = pollSet()
      }
      heldBack = batch.messages.reversed() + heldBack
      sendHeldBack()
      poll.setForSending(!heldBack.isEmpty, 0)
      if batch.isClosed || !receiveSome() { break }
      readMonitor()
    }
    queue.close()
    let batch = queue.takeAll()
    drop(heldBack.reversed() + batch.abandoned + batch.messages, .failed(code: LODE_ZMQ_ETERM))
    connection.close(lingers: true)
  }

  private func pollSet() -> PollSet {
    var poll = PollSet()
    poll.add(connection.socket.handle)
    poll.add(wakeUp)
    poll.add(connection.monitor.handle)
    return poll
  }

  /// Connects anew; false when the context was closed.
  private func reconnect() -> Bool {
    let fresh: Connection
    do throws(TransportError) { fresh = try connector.connect() } catch {
      // The old connection is better than none where the system has no room for another.
      return error != .closed
    }
    connection.close(lingers: false)
    connection = fresh
    change(to: .connecting)
    return true
  }

  private func sendHeldBack() {
    while let message = heldBack.last {
      let reason = connection.socket.send(message)
      if reason == .wouldBlock { return }
      heldBack.removeLast()
      if let reason {
        drop([message], reason)
        continue
      }
      queue.settle(message)
      counters.add { counts in
        counts.messagesSent += 1
        counts.bytesSent += UInt64(message.byteCount)
      }
    }
  }

  private func drop(_ messages: [OutgoingMessage], _ reason: DropReason) {
    for message in messages {
      queue.settle(message)
      counters.add { $0.messagesDropped += 1 }
      onDropped?(message.frames, reason)
    }
  }

  private func receiveSome() -> Bool {
    for _ in 0..<64 {
      switch connection.socket.receive(extraFrames: 0) {
      case .nothing: return true
      case .ended: return false
      case .malformed: counters.add { $0.messagesMalformed += 1 }
      case .message(let frames, _, let remoteAddress):
        counters.add { counts in
          counts.messagesReceived += 1
          counts.bytesReceived += UInt64(frames.reduce(0) { $0 + $1.count })
        }
        handler(
          ReceivedMessage(peer: [], userID: nil, remoteAddress: remoteAddress, frames: frames))
      }
    }
    return true
  }

  private func readMonitor() {
    while let event = connection.monitor.next() {
      switch event {
      case .connected: change(to: .connected)
      case .disconnected: if state.value.withLock({ $0 }) == .connected { change(to: .connecting) }
      case .closed: break
      case .handshakeFailed:
        counters.add { $0.handshakesFailed += 1 }
        change(to: .handshakeFailed)
      case .keyRefused:
        counters.add { $0.handshakesFailed += 1 }
        change(to: .keyRefused)
      }
    }
  }

  private func change(to next: ConnectionState) {
    let isChange = state.value.withLock { state in
      defer { state = next }
      return state != next
    }
    if isChange { onState?(next) }
  }
}
