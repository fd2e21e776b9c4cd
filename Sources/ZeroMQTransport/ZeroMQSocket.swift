import CZeroMQ
import Glibc

/// A libzmq socket, used by one thread at a time: made by one, then handed to its owning thread.
final class ZeroMQSocket {
  let handle: UnsafeMutableRawPointer
  private let part: UnsafeMutablePointer<zmq_msg_t>
  private let limits: TransportLimits
  private var isClosed = false

  init(
    context: UnsafeMutableRawPointer, kind: Int32, limits: TransportLimits
  ) throws(TransportError) {
    guard let handle = zmq_socket(context, kind) else {
      let code = zmq_errno()
      throw code == LODE_ZMQ_ETERM
        ? .closed : .unavailable(what: "cannot make a socket", code: code)
    }
    self.handle = handle
    self.limits = limits
    part = .allocate(capacity: 1)
    zmq_msg_init(part)
  }

  deinit {
    close()
    part.deallocate()
  }

  /// Ends the connections once what libzmq holds is sent, or the time to linger is over.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    zmq_msg_close(part)
    zmq_close(handle)
  }

  func set(_ option: Int32, _ value: Int) throws(TransportError) {
    var value = Int32(clamping: value)
    try check(zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size), option)
  }

  func setLong(_ option: Int32, _ value: Int64) throws(TransportError) {
    var value = value
    try check(zmq_setsockopt(handle, option, &value, MemoryLayout<Int64>.size), option)
  }

  func set(_ option: Int32, _ text: String) throws(TransportError) {
    try check(zmq_setsockopt(handle, option, text, text.utf8.count), option)
  }

  private func check(_ status: Int32, _ option: Int32) throws(TransportError) {
    if status != 0 {
      throw .unavailable(what: "cannot set option \(option) of a socket", code: zmq_errno())
    }
  }

  /// The address it is bound to, with the port the system chose.
  var boundAddress: String? {
    var text = [CChar](repeating: 0, count: 512)
    var size = text.count
    guard zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &size) == 0, size > 0 else { return nil }
    return String(decoding: text.prefix(size - 1).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  // MARK: Sending

  /// Sends a message without waiting; nil when it was sent, else why it was not.
  func send(_ message: OutgoingMessage) -> DropReason? {
    if let peer = message.peer, let code = send(peer, more: true) { return reason(code) }
    var isCut = false
    for (index, frame) in message.frames.enumerated() {
      guard let code = send(frame, more: index + 1 < message.frames.count) else { continue }
      if index == 0, message.peer == nil { return reason(code) }
      // The connection ended within the message. libzmq takes back the frames before and swallows
      // those after, which must be given to it, else they would open the next message.
      isCut = true
      if code == LODE_ZMQ_ETERM { break }
    }
    return isCut ? .unroutable : nil
  }

  private func send(_ bytes: [UInt8], more: Bool) -> Int32? {
    zmq_msg_close(part)
    invariant(zmq_msg_init_size(part, bytes.count) == 0, "out of memory.")
    bytes.withUnsafeBytes { source in
      if let base = source.baseAddress { memcpy(zmq_msg_data(part), base, source.count) }
    }
    while true {
      if zmq_msg_send(part, handle, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) >= 0 { return nil }
      let code = zmq_errno()
      if code != EINTR { return code }
    }
  }

  private func reason(_ code: Int32) -> DropReason {
    switch code {
    case EAGAIN: .wouldBlock
    case EHOSTUNREACH: .unroutable
    default: .failed(code: code)
    }
  }

  // MARK: Receiving

  enum Received {
    case message(frames: [[UInt8]], userID: String?, remoteAddress: String?)
    /// A message outside the limits; all of it was read and dropped.
    case malformed
    case nothing
    case ended
  }

  /// Takes the next message if there is one.
  ///
  /// - Parameter extraFrames: frames before the message: 1 for the routing id at a ROUTER.
  func receive(extraFrames: Int) -> Received {
    var frames: [[UInt8]] = []
    var byteCount = 0
    var isMalformed = false
    while true {
      while zmq_msg_recv(part, handle, ZMQ_DONTWAIT) < 0 {
        switch zmq_errno() {
        case EINTR: continue
        // Parts of a message arrive together, so only before the first there may be nothing.
        case EAGAIN: return frames.isEmpty && !isMalformed ? .nothing : .malformed
        default: return .ended
        }
      }
      let size = zmq_msg_size(part)
      byteCount += size
      let isAllowed =
        frames.count < limits.framesPerMessage + extraFrames && size <= limits.frameBytesMaximum
        && byteCount <= limits.messageBytesMaximum
      if isAllowed, !isMalformed {
        frames.append(Array(UnsafeRawBufferPointer(start: zmq_msg_data(part), count: size)))
      } else {
        isMalformed = true
        frames = []
      }
      if zmq_msg_more(part) == 0 { break }
    }
    guard !isMalformed, frames.count > extraFrames else { return .malformed }
    // The last frame is one of the body: frames of identity carry no user.
    return .message(
      frames: frames, userID: property("User-Id"), remoteAddress: property("Peer-Address"))
  }

  private func property(_ name: String) -> String? {
    guard let text = zmq_msg_gets(part, name) else { return nil }
    return String(cString: text)
  }
}

/// Something handed from the thread that made it to the thread that owns it from then on.
struct Handover<Value>: @unchecked Sendable {
  // The maker does not touch it again once the thread has started.
  let value: Value
}

/// Waits for sockets and events.
struct PollSet {
  private var items: [zmq_pollitem_t] = []

  /// Adds a socket to wait for.
  ///
  /// - Returns: its number in this set.
  @discardableResult
  mutating func add(_ socket: UnsafeMutableRawPointer, forSending: Bool = false) -> Int {
    items.append(
      zmq_pollitem_t(
        socket: socket, fd: 0, events: Int16(ZMQ_POLLIN | (forSending ? ZMQ_POLLOUT : 0)),
        revents: 0))
    return items.count - 1
  }

  /// Adds an event to wait for.
  @discardableResult
  mutating func add(_ wakeUp: WakeUp) -> Int {
    items.append(
      zmq_pollitem_t(socket: nil, fd: wakeUp.descriptor, events: Int16(ZMQ_POLLIN), revents: 0))
    return items.count - 1
  }

  /// Asks also, or no longer, whether the socket of this number can send.
  mutating func setForSending(_ isOn: Bool, _ index: Int) {
    items[index].events = Int16(ZMQ_POLLIN | (isOn ? ZMQ_POLLOUT : 0))
  }

  /// Waits until one of the set is ready, or `milliseconds` are over (-1: for ever).
  ///
  /// - Returns: false when the context was closed.
  mutating func wait(milliseconds: Int = -1) -> Bool {
    while zmq_poll(&items, Int32(items.count), milliseconds) < 0 {
      if zmq_errno() != EINTR { return false }
    }
    return true
  }

  /// Whether the one of this number is ready.
  func isReady(_ index: Int) -> Bool { items[index].revents != 0 }
}
