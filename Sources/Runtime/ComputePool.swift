import Glibc

/// A fixed number of threads that take work from one shared desk until it says that all is done.
///
/// The calling thread is one of them, so a pool of one starts no thread at all.
enum ComputePool {
  /// Runs `work` on `threadCount` threads at once and returns when all have returned.
  ///
  /// - Returns: how many threads ran; fewer than asked for where the system refused more.
  @discardableResult
  static func run(threadCount: Int, _ work: @escaping @Sendable () -> Void) -> Int {
    var threads: [pthread_t] = []
    for _ in 1..<max(threadCount, 1) {
      var thread = pthread_t()
      let box = Unmanaged.passRetained(ThreadBody(work))
      let status = pthread_create(
        &thread, nil,
        { raw in
          guard let raw else { return nil }
          Unmanaged<ThreadBody>.fromOpaque(raw).takeRetainedValue().work()
          return nil
        }, box.toOpaque())
      if status != 0 {
        box.release()
        break
      }
      threads.append(thread)
    }
    work()
    for thread in threads { pthread_join(thread, nil) }
    return threads.count + 1
  }
}

private final class ThreadBody: Sendable {
  let work: @Sendable () -> Void

  init(_ work: @escaping @Sendable () -> Void) {
    self.work = work
  }
}

/// A lock with a condition to wait for: what `Mutex` of the standard library lacks.
final class Monitor<State>: @unchecked Sendable {
  private var state: State
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>

  init(_ state: State) {
    self.state = state
    lock = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    pthread_cond_init(changed, nil)
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

  /// Waits until `body` gives a value.
  func wait<Result>(for body: (inout State) -> Result?) -> Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while true {
      if let result = body(&state) { return result }
      pthread_cond_wait(changed, lock)
    }
  }
}
