import Glibc

/// A thread that has been started.
package final class Thread: @unchecked Sendable {
  // Written once before anyone else can see it, then only joined.
  private var handle: pthread_t?

  /// Starts `body` on a new thread, unless the system has none left (see `isRunning`).
  package init(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(ThreadBody(body))
    let status = pthread_create(
      &thread, nil,
      { raw in
        guard let raw else { return nil }
        Unmanaged<ThreadBody>.fromOpaque(raw).takeRetainedValue().work()
        return nil
      }, box.toOpaque())
    if status == 0 {
      handle = thread
    } else {
      box.release()
    }
  }

  /// Whether the system gave a thread.
  package var isRunning: Bool { handle != nil }

  /// Waits for its end; once.
  package func join() {
    if let handle { pthread_join(handle, nil) }
  }
}

private final class ThreadBody: Sendable {
  let work: @Sendable () -> Void

  init(_ work: @escaping @Sendable () -> Void) {
    self.work = work
  }
}

/// A lock with a condition to wait for: what `Mutex` of the standard library lacks.
package final class Monitor<State>: @unchecked Sendable {
  private var state: State
  private var waitingCount = 0
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>

  package init(_ state: State) {
    self.state = state
    lock = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
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
  package func update<Result>(_ body: (inout State) -> Result) -> Result {
    pthread_mutex_lock(lock)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(lock)
    }
    return body(&state)
  }

  /// Waits until `body` gives a value.
  package func wait<Result>(for body: (inout State) -> Result?) -> Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while true {
      if let result = body(&state) { return result }
      pthread_cond_wait(changed, lock)
    }
  }

  /// Waits until `body` gives a value, and wakes only as many others as it has something for.
  ///
  /// - Parameter body: given the state and how many wait; gives the value and how many of these to wake.
  package func exchange<Result>(
    _ body: (inout State, Int) -> (result: Result?, wakes: Int)
  ) -> Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while true {
      let (result, wakes) = body(&state, waitingCount)
      for _ in 0..<min(wakes, waitingCount) { pthread_cond_signal(changed) }
      if let result { return result }
      waitingCount += 1
      pthread_cond_wait(changed, lock)
      waitingCount -= 1
    }
  }

  /// Waits until `body` gives a value, but no longer than this; nil where it did not.
  package func wait<Result>(milliseconds: UInt64, for body: (inout State) -> Result?) -> Result? {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    var end = timespec()
    clock_gettime(CLOCK_MONOTONIC, &end)
    let nanoseconds = UInt64(end.tv_nsec) + milliseconds % 1_000 * 1_000_000
    end.tv_sec += Int(milliseconds / 1_000 + nanoseconds / 1_000_000_000)
    end.tv_nsec = Int(nanoseconds % 1_000_000_000)
    while true {
      if let result = body(&state) { return result }
      if pthread_cond_timedwait(changed, lock, &end) == ETIMEDOUT { return body(&state) }
    }
  }
}
