/// What an endpoint holds, sends and accepts at most, and how long it waits.
public struct TransportLimits: Equatable, Sendable {
  /// Frames of a message, without the routing id.
  public var framesPerMessage = 16
  /// Bytes of a frame; libzmq ends the connection of a peer that sends a larger one.
  public var frameBytesMaximum = 2 << 20
  /// Bytes of all frames of a message.
  public var messageBytesMaximum = 8 << 20
  /// Messages waiting in the queue of the endpoint.
  public var queuedMessagesMaximum = 4096
  /// Bytes waiting in the queue of the endpoint.
  public var queuedBytesMaximum = 64 << 20
  /// Messages waiting for one peer inside libzmq, beyond which sending to it would block.
  public var sendHighWaterMark = 256
  /// Messages of one peer waiting inside libzmq to be read, beyond which its connection stands still.
  public var receiveHighWaterMark = 64
  /// Milliseconds in which a stranger must complete the handshake.
  public var handshakeMilliseconds = 5000
  /// Milliseconds for which a closed endpoint still tries to send what libzmq holds.
  public var lingerMilliseconds = 500
  /// Milliseconds before the first attempt to connect again.
  public var reconnectMilliseconds = 100
  /// Milliseconds between attempts at most; they double up to this.
  public var reconnectMillisecondsMaximum = 2000

  /// The limits of control messages.
  public init() {}

  /// Whether a message of these frames may be sent.
  func allow(_ frames: [[UInt8]]) -> Bool {
    guard !frames.isEmpty, frames.count <= framesPerMessage else { return false }
    var total = 0
    for frame in frames {
      guard frame.count <= frameBytesMaximum else { return false }
      total += frame.count
    }
    return total <= messageBytesMaximum
  }
}
