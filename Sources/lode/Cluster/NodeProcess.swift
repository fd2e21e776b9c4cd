import Glibc

/// What a process that runs until it is told to stop needs of the system.
enum NodeProcess {
  /// Seconds that a node may take to end after it was asked to, before it is ended.
  private static let stopSeconds = 8

  /// Keeps SIGTERM and SIGINT for ``whenAskedToStop(_:)``; before any thread is started, since
  /// threads inherit it.
  static func holdStopSignals() { hold([SIGTERM, SIGINT]) }

  /// Calls `body` on a thread of its own at the first SIGTERM or SIGINT; another one a second
  /// later, or eight seconds, end the process.
  ///
  /// Nothing is lost by that: what was acknowledged is on disks, and the rest is done again.
  static func whenAskedToStop(_ body: @escaping @Sendable () -> Void) {
    startThread {
      wait(for: [SIGTERM, SIGINT], seconds: nil)
      body()
      // Some send it twice at once, to the process and to its group.
      sleep(1)
      wait(for: [SIGTERM, SIGINT], seconds: 0)
      if let signal = wait(for: [SIGTERM, SIGINT], seconds: stopSeconds - 1) {
        _exit(128 + signal)
      }
      StandardError.say("still busy \(stopSeconds) s after it was asked to stop: ended")
      _exit(0)
    }
  }

  /// Calls `body` at Ctrl-C, then ends the process; to be called before any thread is started.
  static func whenInterrupted(_ body: @escaping @Sendable () -> Void) {
    hold([SIGINT])
    startThread {
      wait(for: [SIGINT], seconds: nil)
      body()
      _exit(128 + SIGINT)
    }
  }

  private static func hold(_ signals: [Int32]) {
    var set = set(of: signals)
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// The first of these signals; nil where none came in time.
  @discardableResult
  private static func wait(for signals: [Int32], seconds: Int?) -> Int32? {
    var set = set(of: signals)
    while true {
      var signal: Int32 = -1
      if let seconds {
        var time = timespec(tv_sec: seconds, tv_nsec: 0)
        signal = sigtimedwait(&set, nil, &time)
        if signal < 0, errno == EAGAIN { return nil }
      } else {
        signal = sigwaitinfo(&set, nil)
      }
      if signal > 0 { return signal }
    }
  }

  private static func set(of signals: [Int32]) -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    return set
  }

  /// The name of this machine, as far as it can be a node's name; `worker` where it cannot.
  static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "worker" }
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The address of this machine that leads to `address`, found by asking the system for a route.
  static func localHost(towards address: HostAndPort) -> String? {
    if address.isLoopback { return "127.0.0.1" }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let host = address.host.trimmingPrefix("[").replacing("]", with: "")
    guard getaddrinfo(String(host), "\(address.port)", &hints, &found) == 0, let found else {
      return nil
    }
    defer { freeaddrinfo(found) }
    let descriptor = socket(found.pointee.ai_family, Int32(SOCK_DGRAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { Glibc.close(descriptor) }
    // Connecting a datagram socket sends nothing; it only chooses the route.
    guard connect(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else {
      return nil
    }
    var local = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let status = withUnsafeMutablePointer(to: &local) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        getsockname(descriptor, address, &length) == 0
          ? getnameinfo(
            address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) : -1
      }
    }
    guard status == 0 else { return nil }
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let name = String(decoding: bytes, as: UTF8.self)
    return name.contains(":") ? "[\(name)]" : name
  }

  private static func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body))
    let status = pthread_create(
      &thread, nil,
      { raw in
        guard let raw else { return nil }
        Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body()
        return nil
      }, box.toOpaque())
    if status == 0 {
      pthread_detach(thread)
    } else {
      // Without the thread the signals must do what they do by themselves.
      box.release()
      var set = set(of: [SIGTERM, SIGINT])
      pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }
  }
}
