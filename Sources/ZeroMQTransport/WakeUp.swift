import CZeroMQ
import Glibc

/// An event that any thread may raise and the owning thread of a socket polls for.
final class WakeUp: Sendable {
  let descriptor: Int32

  init() throws(TransportError) {
    descriptor = eventfd(0, LODE_EVENT_FLAGS)
    if descriptor < 0 { throw .unavailable(what: "cannot make an event", code: errno) }
  }

  deinit { close(descriptor) }

  /// Makes the next or current poll return.
  func raise() {
    // It fails only where the event stands at its greatest value, and so is raised.
    _ = eventfd_write(descriptor, 1)
  }

  /// Takes back what was raised.
  func lower() {
    var value: eventfd_t = 0
    _ = eventfd_read(descriptor, &value)
  }
}
