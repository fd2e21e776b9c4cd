import Glibc
import Testing

@testable import ZeroMQTransport

let loopback = "tcp://127.0.0.1:0"

/// Collects values from other threads and waits for them.
final class Collector<Value: Sendable>: Sendable {
  private let monitor = Monitor<[Value]>([])

  func append(_ value: Value) { monitor.update { $0.append(value) } }

  var values: [Value] { monitor.update { $0 } }

  /// Waits until `count` values are there, and gives all there are; fewer after `seconds`.
  @discardableResult
  func wait(for count: Int, seconds: Int = 5) -> [Value] {
    _ = monitor.wait(until: .now + seconds * 1000) { $0.count >= count ? true : nil }
    return values
  }
}

/// Keeps a thread waiting until it is opened.
final class Gate: Sendable {
  private let monitor = Monitor(false)

  func open() { monitor.update { $0 = true } }

  func pass(seconds: Int = 10) {
    _ = monitor.wait(until: .now + seconds * 1000) { $0 ? true : nil }
  }
}

/// Waits until `condition` holds; false after `seconds`.
func eventually(seconds: Int = 5, _ condition: () -> Bool) -> Bool {
  let deadline = Instant.now + seconds * 1000
  while Instant.now < deadline {
    if condition() { return true }
    usleep(2000)
  }
  return condition()
}

/// A server that sends every message back to its sender.
func echoServer(
  _ context: ZeroMQContext, address: String = loopback, security: SecurityPolicy = .none,
  limits: TransportLimits = TransportLimits(), seen: Collector<ReceivedMessage>? = nil
) throws -> ServerEndpoint {
  let weak = WeakServer()
  let server = try ServerEndpoint(
    context: context, address: address, security: security, limits: limits
  ) { message in
    seen?.append(message)
    try? weak.server.withLock { $0.value }?.send(to: message.peer, message.frames)
  }
  weak.server.withLock { $0.value = server }
  return server
}

/// Lets a handler reach its endpoint without keeping it alive.
final class WeakServer: Sendable {
  struct Reference { weak var value: ServerEndpoint? }
  let server = Monitor(Reference())
}

/// A client that collects what it receives.
func collectingClient(
  _ context: ZeroMQContext, to address: String, security: ClientSecurity = .none,
  limits: TransportLimits = TransportLimits(), into received: Collector<[[UInt8]]>
) throws -> ClientEndpoint {
  try ClientEndpoint(context: context, address: address, security: security, limits: limits) {
    received.append($0.frames)
  }
}

/// A plain TCP connection to an address in libzmq's form.
func rawConnection(to address: String) throws -> Int32 {
  let port = try #require(UInt16(address.split(separator: ":").last ?? ""))
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  var name = sockaddr_in()
  name.sin_family = sa_family_t(AF_INET)
  name.sin_port = port.bigEndian
  name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  let status = withUnsafePointer(to: &name) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  #expect(status == 0)
  return descriptor
}
