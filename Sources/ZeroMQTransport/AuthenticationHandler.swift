import CZeroMQ
import Glibc

/// Answers libzmq's questions whether a client's key is known (ZAP, ZeroMQ RFC 27).
///
/// Each CURVE server has its domain here, with its authorizer. Whatever is not exactly a known key
/// of a known domain is refused.
final class AuthenticationHandler: Sendable {
  private struct Domain {
    let authorizer: Authorizer
    var refusedCount: UInt64 = 0
  }

  private let domains: Domains

  /// Binds the handler and starts its thread, which ends with the context.
  init(context: UnsafeMutableRawPointer) throws(TransportError) {
    let socket = try ZeroMQSocket(context: context, kind: ZMQ_REP, limits: TransportLimits())
    try socket.set(ZMQ_LINGER, 0)
    guard zmq_bind(socket.handle, "inproc://zeromq.zap.01") == 0 else {
      throw .unavailable(what: "cannot start authentication", code: zmq_errno())
    }
    let domains = Domains()
    self.domains = domains
    let handover = Handover(value: socket)
    // The thread is not joined: it ends before zmq_ctx_term does, which waits for its socket.
    let thread = try OwnedThread {
      let socket = handover.value
      var poll = PollSet()
      poll.add(socket.handle)
      while poll.wait() {
        guard case .message(let request, _, _) = socket.receive(extraFrames: 0) else { continue }
        let reply = domains.reply(to: request)
        if case .failed = socket.send(OutgoingMessage(peer: nil, frames: reply)) { break }
      }
      socket.close()
    }
    thread.detach()
  }

  /// Registers the authorizer of a server.
  func add(_ domain: String, _ authorizer: @escaping Authorizer) {
    domains.table.withLock { $0[domain] = Domain(authorizer: authorizer) }
  }

  /// Forgets the authorizer of a server that is closed.
  func remove(_ domain: String) {
    domains.table.withLock { _ = $0.removeValue(forKey: domain) }
  }

  /// Keys refused in a domain.
  func refusedCount(_ domain: String) -> UInt64 {
    domains.table.withLock { $0[domain]?.refusedCount ?? 0 }
  }

  private final class Domains: Sendable {
    let table = Monitor<[String: Domain]>([:])

    /// Version, request id, domain, address, routing id, mechanism, key in; version, request id,
    /// status, words, user id, metadata out.
    func reply(to request: [[UInt8]]) -> [[UInt8]] {
      func answer(_ status: String, _ words: String, _ user: String = "") -> [[UInt8]] {
        [
          Array("1.0".utf8), request.count > 1 ? request[1] : [], Array(status.utf8),
          Array(words.utf8), Array(user.utf8), [],
        ]
      }
      guard request.count == 7, request[0] == Array("1.0".utf8) else {
        return answer("500", "malformed request")
      }
      let name = String(decoding: request[2], as: UTF8.self)
      guard let authorizer = table.withLock({ $0[name]?.authorizer }) else {
        return answer("400", "unknown domain")
      }
      // Outside the lock: the authorizer is the caller's code.
      if request[5] == Array("CURVE".utf8), let key = PublicKey(bytes: request[6]),
        let user = authorizer(key), !user.isEmpty, user.utf8.count <= 255
      {
        return answer("200", "OK", user)
      }
      table.withLock { $0[name]?.refusedCount += 1 }
      return answer("400", "unknown key")
    }
  }
}
