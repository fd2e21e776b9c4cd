import Glibc

/// A thread that handles events one after the other, and a tick when there was none for a while.
///
/// The queue is bounded for senders that can wait or lose (``offer(_:bytes:)``); outcomes of effects,
/// of which there are never more than effects, always find room (``post(_:)``).
final class EventLoop<Event: Sendable>: Sendable {
  private struct Queue {
    var events = Fifo<(event: Event, bytes: Int)>()
    var bytes = 0
    var isStopping = false
    var isInterrupted = false
  }

  private enum Turn {
    case event(Event)
    case interrupted
    case stopped
  }

  private let queue = Monitor(Queue())
  private let limit: Int
  private let byteLimit: Int

  /// - Parameters:
  ///   - limit: events that may wait when another one is offered.
  ///   - byteLimit: their bytes.
  init(limit: Int, byteLimit: Int) {
    self.limit = limit
    self.byteLimit = byteLimit
  }

  /// Adds an event, whatever the length of the queue.
  func post(_ event: Event) {
    queue.update { $0.events.append((event, 0)) }
  }

  /// Adds an event that came in `bytes`, unless the queue is full; false where it is, and the event
  /// is lost.
  @discardableResult
  func offer(_ event: Event, bytes: Int) -> Bool {
    queue.update { queue in
      if queue.events.count >= limit || queue.bytes > byteLimit - bytes { return false }
      queue.events.append((event, bytes))
      queue.bytes += bytes
      return true
    }
  }

  /// Makes ``run(tickMilliseconds:tick:handle:)`` return after the event it is handling.
  func stop() {
    queue.update { $0.isStopping = true }
  }

  /// Makes ``run(tickMilliseconds:tick:handle:)`` return like ``stop()``, but for once.
  func interrupt() {
    queue.update { $0.isInterrupted = true }
  }

  /// Handles events on the calling thread until stopped or interrupted; what waits then stays.
  ///
  /// - Parameter tick: called at least every `tickMilliseconds`, however busy the loop is.
  /// - Returns: whether it was stopped.
  @discardableResult
  func run(tickMilliseconds: UInt64, tick: () -> Void, handle: (Event) -> Void) -> Bool {
    var nextTick = monotonicMilliseconds()
    while true {
      let now = monotonicMilliseconds()
      if now >= nextTick {
        tick()
        nextTick = now + tickMilliseconds
      }
      let turn = queue.wait(milliseconds: nextTick - min(now, nextTick)) { queue -> Turn? in
        if queue.isStopping { return .stopped }
        if queue.isInterrupted {
          queue.isInterrupted = false
          return .interrupted
        }
        guard let (event, bytes) = queue.events.popFirst() else { return nil }
        queue.bytes -= bytes
        return .event(event)
      }
      switch turn {
      case .stopped: return true
      case .interrupted: return false
      case .event(let event): handle(event)
      case nil: break
      }
    }
  }
}

/// Milliseconds of a clock that never goes back.
public func monotonicMilliseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
}

/// Microseconds since 1970.
public func unixMicroseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1_000
}
