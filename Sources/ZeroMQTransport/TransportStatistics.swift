/// What an endpoint has done since it was opened.
public struct TransportStatistics: Equatable, Sendable {
  /// Messages received and handed to the handler.
  public var messagesReceived: UInt64 = 0
  /// Bytes of them.
  public var bytesReceived: UInt64 = 0
  /// Messages given to libzmq.
  public var messagesSent: UInt64 = 0
  /// Bytes of them.
  public var bytesSent: UInt64 = 0
  /// Messages taken but not sent, for any ``DropReason``.
  public var messagesDropped: UInt64 = 0
  /// Messages refused by ``SendError/full(messages:bytes:)``.
  public var messagesRefused: UInt64 = 0
  /// Messages received outside the limits, or malformed, and dropped.
  public var messagesMalformed: UInt64 = 0
  /// Handshakes that failed: wrong keys, no keys, or no ZeroMQ at all.
  public var handshakesFailed: UInt64 = 0
  /// Clients refused because their key is not known here.
  public var keysRefused: UInt64 = 0
  /// Messages that wait to be sent.
  public var messagesQueued = 0
  /// Bytes that wait to be sent.
  public var bytesQueued = 0
}

/// The counters behind ``TransportStatistics``, added to by the owning thread.
final class TransportCounters: Sendable {
  private let counts = Monitor(TransportStatistics())

  func add(_ change: (inout TransportStatistics) -> Void) {
    counts.withLock { change(&$0) }
  }

  func statistics(with queue: SendQueue, keysRefused: UInt64 = 0) -> TransportStatistics {
    var statistics = counts.withLock { $0 }
    statistics.messagesRefused = queue.refusedCount
    statistics.keysRefused = keysRefused
    (statistics.messagesQueued, statistics.bytesQueued) = queue.load
    return statistics
  }
}
