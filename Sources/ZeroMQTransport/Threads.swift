import Glibc

/// A thread that runs one closure and can be waited for.
struct OwnedThread: @unchecked Sendable {
  // A pthread_t names a thread; it is never changed.
  private let thread: pthread_t

  /// Starts a thread.
  ///
  /// - Throws: `unavailable` when the system allows no more threads.
  init(_ body: @escaping @Sendable () -> Void) throws(TransportError) {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(ThreadBody(body))
    let status = pthread_create(
      &thread, nil,
      { raw in
        guard let raw else { return nil }
        Unmanaged<ThreadBody>.fromOpaque(raw).takeRetainedValue().body()
        return nil
      }, box.toOpaque())
    guard status == 0 else {
      box.release()
      throw .unavailable(what: "cannot start a thread", code: status)
    }
    self.thread = thread
  }

  /// Whether the caller runs on this thread.
  var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }

  /// Waits until the thread has ended; from the thread itself, lets it end by itself.
  ///
  /// To be called once.
  func join() {
    if isCurrent { pthread_detach(thread) } else { pthread_join(thread, nil) }
  }

  /// Lets the thread end by itself, instead of `join`.
  func detach() { pthread_detach(thread) }
}

private final class ThreadBody: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// A lock with a condition to wait for, for a time at most.
///
/// Also where nobody waits: the thread sanitizer understands this lock, but not that of `Mutex`.
final class Monitor<State>: @unchecked Sendable {
  private var state: State
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>

  init(_ state: State) {
    self.state = state
    lock = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // The clock of the wall may jump.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(lock)
    changed.deallocate()
    lock.deallocate()
  }

  /// Runs `body` with the state to itself and wakes all who wait.
  func update<Result>(_ body: (inout State) -> Result) -> Result {
    pthread_mutex_lock(lock)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(lock)
    }
    return body(&state)
  }

  /// Runs `body` with the state to itself, and wakes nobody.
  func withLock<Result>(_ body: (inout State) -> Result) -> Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return body(&state)
  }

  /// Waits until `body` gives a value; nil when `deadline` passes first.
  func wait<Result>(until deadline: Instant? = nil, for body: (inout State) -> Result?) -> Result? {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while true {
      if let result = body(&state) { return result }
      if let deadline {
        var time = deadline.timespec
        if pthread_cond_timedwait(changed, lock, &time) == ETIMEDOUT { return body(&state) }
      } else {
        pthread_cond_wait(changed, lock)
      }
    }
  }
}

/// A time of the monotonic clock, in milliseconds.
struct Instant: Comparable, Sendable {
  var milliseconds: Int64

  /// The time now.
  static var now: Instant {
    var time = Glibc.timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }

  static func + (instant: Instant, milliseconds: Int) -> Instant {
    Instant(milliseconds: instant.milliseconds + Int64(milliseconds))
  }

  var timespec: Glibc.timespec {
    Glibc.timespec(
      tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
  }
}
