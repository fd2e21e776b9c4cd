import Synchronization
import ZeroMQTransport

/// Answers by an endpoint that is made after its handler.
final class Reply: Sendable {
  private let endpoint = Mutex<ServerEndpoint?>(nil)

  func open(_ endpoint: ServerEndpoint) { self.endpoint.withLock { $0 = endpoint } }

  func send(to peer: [UInt8], _ frames: [[UInt8]]) {
    try? endpoint.withLock { $0 }?.send(to: peer, frames)
  }
}

/// Messages that have arrived.
final class Received: Sendable {
  private let messages = Mutex<[[[UInt8]]]>([])

  var frames: [[[UInt8]]] { messages.withLock { $0 } }

  func add(_ frames: [[UInt8]]) { messages.withLock { $0.append(frames) } }
}
