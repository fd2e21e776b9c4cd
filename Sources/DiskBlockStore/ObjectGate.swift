import Glibc
import Messages

/// Lets one thread at a time change an object, while other threads change others.
///
/// Without it a deletion that meets a write of the same object could remove the file and leave the
/// entry of the index.
final class ObjectGate: @unchecked Sendable {
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let left: UnsafeMutablePointer<pthread_cond_t>
  /// Guarded by `lock`.
  private var inside: Set<ObjectID> = []

  init() {
    lock = .allocate(capacity: 1)
    left = .allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    pthread_cond_init(left, nil)
  }

  deinit {
    pthread_cond_destroy(left)
    pthread_mutex_destroy(lock)
    left.deallocate()
    lock.deallocate()
  }

  /// Runs `body` while no other thread does for the same object; waits for one that does.
  func alone<Value>(
    with id: ObjectID, _ body: () throws(StoreError) -> Value
  ) throws(StoreError) -> Value {
    pthread_mutex_lock(lock)
    while !inside.insert(id).inserted { pthread_cond_wait(left, lock) }
    pthread_mutex_unlock(lock)
    defer {
      pthread_mutex_lock(lock)
      inside.remove(id)
      pthread_cond_broadcast(left)
      pthread_mutex_unlock(lock)
    }
    return try body()
  }
}
