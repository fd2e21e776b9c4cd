import Messages
import ZeroMQTransport

extension TransportLimits {
  /// For control messages: every report of a lease is a frame of its own, and most are short.
  static var control: TransportLimits {
    var limits = TransportLimits()
    limits.framesPerMessage = MessageLimits.frames
    limits.frameBytesMaximum = MessageLimits.envelopeBytes
    limits.messageBytesMaximum = 4 * MessageLimits.envelopeBytes
    return limits
  }
}
