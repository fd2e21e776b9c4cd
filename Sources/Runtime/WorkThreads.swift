import Apriori
import Glibc

/// Threads that carry out jobs in the order in which they come; each has counting memory of its own.
///
/// One thread makes a serial queue, as a catalog needs it.
final class WorkThreads: Sendable {
  typealias Work = @Sendable (CountingScratch) -> Void

  private struct Queue {
    var work: [Work] = []
    var next = 0
    var isStopping = false

    mutating func take() -> Work? {
      guard next < work.count else { return nil }
      defer {
        next += 1
        if next == work.count {
          work.removeAll(keepingCapacity: true)
          next = 0
        }
      }
      return work[next]
    }
  }

  private let queue = Monitor(Queue())
  private let threads: [Thread]

  init(count: Int) {
    let queue = queue
    threads = (0..<max(count, 1)).map { _ in
      Thread {
        let scratch = CountingScratch()
        while let work: Work = queue.wait(for: { queue in
          if let work = queue.take() { return .some(work) }
          return queue.isStopping ? .some(nil) : nil
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
      queue.update { $0.work.append(work) }
    } else {
      work(CountingScratch())
    }
  }

  /// Finishes what has been added, then ends the threads.
  func stop() {
    queue.update { $0.isStopping = true }
    for thread in threads { thread.join() }
  }
}
