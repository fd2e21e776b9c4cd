import CZeroMQ
import Glibc

/// Why an endpoint or a context could not be made; the description says what to do about it.
public enum TransportError: Error, Equatable, CustomStringConvertible {
  /// `text` is no address, for the `reason` given.
  case badAddress(text: String, reason: String)
  /// An endpoint without keys was asked for at `address`, which others than this machine can reach.
  case keysRequired(address: String)
  /// The system or libzmq refused to listen at `address`; `code` is its errno.
  case cannotListen(address: String, code: Int32)
  /// The system or libzmq refused to make a socket for `address`; `code` is its errno.
  case cannotConnect(address: String, code: Int32)
  /// libzmq refused what every endpoint needs; `code` is its errno.
  case unavailable(what: String, code: Int32)
  /// The context was closed before.
  case closed

  /// What happened, where, and what to do.
  public var description: String {
    switch self {
    case .badAddress(let text, let reason):
      "\(text) is no address: \(reason); write HOST:PORT, for example 127.0.0.1:7400"
    case .keysRequired(let address):
      "refused to use \(address) without keys, because others than this machine reach it; "
        + "make keys with lode keygen DIR and give them with --keys, or use 127.0.0.1"
    case .cannotListen(let address, let code):
      "cannot listen at \(address): \(message(of: code)); \(listenRemedy(code))"
    case .cannotConnect(let address, let code):
      "cannot connect to \(address): \(message(of: code)); check the address"
    case .unavailable(let what, let code):
      "\(what): \(message(of: code)); \(resourceRemedy(code))"
    case .closed:
      "the network of this process is closed already; nothing more can be sent"
    }
  }

  private func listenRemedy(_ code: Int32) -> String {
    switch code {
    case EADDRINUSE: "another process listens there: stop it or choose another port"
    case EADDRNOTAVAIL, ENODEV: "this machine has no such address: choose one of its own"
    case EACCES: "ports below 1024 are for the administrator: choose another"
    default: resourceRemedy(code)
    }
  }

  private func resourceRemedy(_ code: Int32) -> String {
    switch code {
    case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
    case ELIBACC: "install ZeroMQ's library libzmq.so.5 (apt-get install libzmq5)"
    default: "check the address and the system's limits"
    }
  }
}

/// Why a message was not taken for sending.
public enum SendError: Error, Equatable, CustomStringConvertible {
  /// The queue holds as much as it may; try again when the peer has taken some.
  case full(messages: Int, bytes: Int)
  /// The message has no frames, too many frames, or too large ones for any peer to accept.
  case outsideLimits(frames: Int, largestFrame: Int)
  /// The endpoint was closed.
  case closed

  /// What happened and what to do.
  public var description: String {
    switch self {
    case .full(let messages, let bytes):
      "the queue is full with \(messages) messages of \(bytes) bytes; try again later"
    case .outsideLimits(let frames, let largestFrame):
      "a message of \(frames) frames, the largest of \(largestFrame) bytes, is outside the limits; "
        + "cut it into smaller messages"
    case .closed:
      "the endpoint is closed; open another"
    }
  }
}

/// Why a message that had been taken for sending was not sent.
public enum DropReason: Equatable, Sendable {
  /// No such peer is connected: it went away, or its connection was replaced.
  case unroutable
  /// The peer does not read, and as much waits for it as may.
  case wouldBlock
  /// The connection was reset before the message left.
  case reset
  /// libzmq refused for another reason; `code` is its errno.
  case failed(code: Int32)
}

/// libzmq's or the system's words for an errno, in lower case as they stand inside a sentence.
func message(of code: Int32) -> String {
  guard let words = zmq_strerror(code) else { return "error \(code)" }
  let text = String(cString: words)
  return text.prefix(1).lowercased() + text.dropFirst()
}

/// Stops the program when `condition` is false: only for mistakes of the program itself.
func invariant(_ condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fatalError("Internal error: \(message()) Please report it.") }
}
