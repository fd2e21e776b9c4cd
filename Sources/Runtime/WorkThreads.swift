import Apriori
import Messages

/// Threads that carry out jobs in the order in which they come; each has counting memory of its own.
///
/// One thread makes a serial queue, as a catalog needs it.
final class WorkThreads: Sendable {
  typealias Work = @Sendable (CountingScratch) -> Void

  private struct Queue {
    var work = Fifo<Work>()
    var isStopping = false
  }

  private let queue = Monitor(Queue())
  private let threads: [Thread]

  init(count: Int) {
    let queue = queue
    threads = (0..<max(count, 1)).map { _ in
      Thread {
        let scratch = CountingScratch()
        while let work: Work = queue.wait(for: { queue in
          if queue.isStopping { return .some(nil) }
          return queue.work.popFirst().map { .some($0) }
        }) {
          work(scratch)
        }
      }
    }
  }

  /// Adds work; how much there may be is the caller's to bound.
  ///
  /// Where the system refused every thread it is done at once.
  func add(_ work: @escaping Work) {
    if threads.contains(where: \.isRunning) {
      queue.update { if !$0.isStopping { $0.work.append(work) } }
    } else {
      work(CountingScratch())
    }
  }

  /// Finishes what has begun and ends the threads; what has not begun is not done.
  func stop() {
    queue.update { queue in
      queue.isStopping = true
      queue.work.removeAll()
    }
    for thread in threads { thread.join() }
  }
}

/// Threads for disks: what is asked about one object is done in the order in which it was asked.
final class ObjectThreads: Sendable {
  private let threads: [WorkThreads]

  init(count: Int) {
    threads = (0..<max(count, 1)).map { _ in WorkThreads(count: 1) }
  }

  /// Adds work that concerns an object.
  func add(for id: ObjectID, _ work: @escaping @Sendable () -> Void) {
    let place = Int(UInt(bitPattern: id.hashValue) % UInt(threads.count))
    threads[place].add { _ in work() }
  }

  /// Adds work that concerns no object.
  func add(_ work: @escaping @Sendable () -> Void) {
    threads[0].add { _ in work() }
  }

  /// Ends the threads; what has not begun is left undone.
  func stop() {
    for thread in threads { thread.stop() }
  }
}
