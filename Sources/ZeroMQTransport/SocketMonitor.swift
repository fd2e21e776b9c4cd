import CZeroMQ
import Glibc

/// Reads what libzmq tells of the connections of one socket; belongs to the socket's thread.
final class SocketMonitor {
  enum Event: Equatable {
    case connected
    case disconnected
    /// The address listened at is free again.
    case closed
    /// The other side ended the handshake, or this one did, for another reason than a key.
    case handshakeFailed
    /// The authentication of the server refused the key.
    case keyRefused
  }

  private let reader: ZeroMQSocket
  private let observed: ZeroMQSocket

  init(
    context: UnsafeMutableRawPointer, socket: ZeroMQSocket, name: String
  ) throws(TransportError) {
    let events =
      ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED
      | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
      | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
    guard zmq_socket_monitor(socket.handle, name, Int32(events)) == 0 else {
      throw .unavailable(what: "cannot watch connections", code: zmq_errno())
    }
    observed = socket
    reader = try ZeroMQSocket(context: context, kind: ZMQ_PAIR, limits: TransportLimits())
    try reader.set(ZMQ_LINGER, 0)
    // libzmq's thread would wait for a full reader. The owner empties it at every turn.
    try reader.set(ZMQ_RCVHWM, 0)
    guard zmq_connect(reader.handle, name) == 0 else {
      throw .unavailable(what: "cannot watch connections", code: zmq_errno())
    }
  }

  var handle: UnsafeMutableRawPointer { reader.handle }

  /// The next event if there is one.
  func next() -> Event? {
    while case .message(let frames, _, _) = reader.receive(extraFrames: 0) {
      guard let head = frames.first, head.count >= 2 else { continue }
      switch Int32(head[0]) | Int32(head[1]) << 8 {
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .connected
      case ZMQ_EVENT_DISCONNECTED: return .disconnected
      case ZMQ_EVENT_CLOSED: return .closed
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return .keyRefused
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        return .handshakeFailed
      default: continue
      }
    }
    return nil
  }

  /// Waits until the address listened at is free again, for a short time at most.
  func waitUntilClosed() {
    var poll = PollSet()
    poll.add(handle)
    let deadline = Instant.now + 500
    while Instant.now < deadline, poll.wait(milliseconds: 50) {
      while let event = next() { if event == .closed { return } }
    }
  }

  /// Stops watching, before the socket is closed.
  func close() {
    zmq_socket_monitor(observed.handle, nil, 0)
    reader.close()
  }
}
