import CZeroMQ
import Glibc
import Synchronization

/// libzmq's context: its I/O threads, and the authentication of all endpoints of the process.
///
/// One a process is enough. Its authentication handler is bound before any endpoint can be, since
/// libzmq without one accepts any client key.
public final class ZeroMQContext: Sendable {
  /// libzmq's context may be used by any thread.
  private struct Handle: @unchecked Sendable { let raw: UnsafeMutableRawPointer }

  private let handle: Handle
  private let isClosed = Atomic<Bool>(false)
  private let names = Atomic<UInt64>(0)
  let authentication: AuthenticationHandler

  /// Makes a context and starts its authentication handler.
  ///
  /// Raises the process's soft limit of open files to the hard one (a million at most), since libzmq
  /// spins when it runs out of them. Better open the files of the process before.
  ///
  /// - Throws: ``TransportError/unavailable(what:code:)`` when the system refuses.
  public init(ioThreads: Int = 1, socketsMaximum: Int = 4096) throws(TransportError) {
    raiseOpenFileLimit()
    guard let raw = zmq_ctx_new() else {
      throw .unavailable(what: "cannot start ZeroMQ", code: zmq_errno())
    }
    zmq_ctx_set(raw, ZMQ_IO_THREADS, Int32(clamping: max(ioThreads, 1)))
    zmq_ctx_set(raw, ZMQ_MAX_SOCKETS, Int32(clamping: max(socketsMaximum, 16)))
    // Sockets that forget to say how long they linger do not linger at all.
    zmq_ctx_set(raw, ZMQ_BLOCKY, 0)
    do {
      authentication = try AuthenticationHandler(context: raw)
    } catch {
      zmq_ctx_term(raw)
      throw error
    }
    handle = Handle(raw: raw)
  }

  deinit { close() }

  /// Ends all endpoints of the context and waits for what they still send, bounded in time.
  ///
  /// Endpoints better be closed before; those that are not end by themselves. A handler that
  /// never returns keeps its endpoint, and is then left behind.
  ///
  /// - Returns: whether everything ended within `milliseconds`.
  @discardableResult
  public func close(withinMilliseconds milliseconds: Int = 3000) -> Bool {
    guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return true }
    zmq_ctx_shutdown(handle.raw)
    let ended = Monitor(false)
    // zmq_ctx_term waits for every socket; on a thread of its own it can be left to it.
    let term: @Sendable () -> Void = { [handle] in
      while zmq_ctx_term(handle.raw) != 0, zmq_errno() == EINTR {}
      ended.update { $0 = true }
    }
    guard let thread = try? OwnedThread(term) else { return false }
    let inTime = ended.wait(until: .now + milliseconds) { $0 ? true : nil } ?? false
    if inTime { thread.join() } else { thread.detach() }
    return inTime
  }

  /// Makes a socket that `TransportLimits` hold for.
  func socket(
    _ kind: Int32, limits: TransportLimits, isIPv6: Bool
  ) throws(TransportError) -> ZeroMQSocket {
    if isClosed.load(ordering: .acquiring) { throw .closed }
    let socket = try ZeroMQSocket(context: handle.raw, kind: kind, limits: limits)
    do {
      try socket.set(ZMQ_LINGER, max(limits.lingerMilliseconds, 0))
      // Zero would mean no limit, and less than zero to linger for ever.
      try socket.set(ZMQ_SNDHWM, max(limits.sendHighWaterMark, 1))
      try socket.set(ZMQ_RCVHWM, max(limits.receiveHighWaterMark, 1))
      try socket.set(ZMQ_HANDSHAKE_IVL, limits.handshakeMilliseconds)
      try socket.set(ZMQ_IPV6, isIPv6 ? 1 : 0)
      // What libzmq measures is larger by 33 bytes where it is encrypted.
      try socket.setLong(ZMQ_MAXMSGSIZE, Int64(limits.frameBytesMaximum) + 64)
      // Notices machines that vanished; stopped processes keep their connection.
      try socket.set(ZMQ_TCP_KEEPALIVE, 1)
      try socket.set(ZMQ_TCP_KEEPALIVE_IDLE, 30)
      try socket.set(ZMQ_TCP_KEEPALIVE_INTVL, 10)
      try socket.set(ZMQ_TCP_KEEPALIVE_CNT, 3)
    } catch {
      socket.close()
      throw error
    }
    return socket
  }

  /// Watches the connections of a socket.
  func monitor(of socket: ZeroMQSocket) throws(TransportError) -> SocketMonitor {
    try SocketMonitor(
      context: handle.raw, socket: socket, name: "inproc://lode.monitor.\(uniqueNumber())")
  }

  /// A number that no other part of this context was given.
  func uniqueNumber() -> UInt64 {
    names.wrappingAdd(1, ordering: .relaxed).newValue
  }
}

private func raiseOpenFileLimit() {
  var limit = rlimit()
  guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
    limit.rlim_cur < min(limit.rlim_max, 1 << 20)
  else { return }
  // Where there is no hard limit, some programs walk through all numbers up to the soft one.
  limit.rlim_cur = min(limit.rlim_max, 1 << 20)
  // The limit as it stands still does for small clusters.
  _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}
