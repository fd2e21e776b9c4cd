/// Runs one function on several threads at once, the calling one included.
package enum ComputePool {
  /// Runs `work` on `threadCount` threads at once and returns when all have returned.
  ///
  /// The calling thread is one of them, so a pool of one starts no thread at all.
  ///
  /// - Returns: how many threads ran; fewer than asked for where the system refused more.
  @discardableResult
  package static func run(threadCount: Int, _ work: @escaping @Sendable () -> Void) -> Int {
    var threads: [Thread] = []
    for _ in 1..<max(threadCount, 1) {
      let thread = Thread(work)
      if !thread.isRunning { break }
      threads.append(thread)
    }
    work()
    for thread in threads { thread.join() }
    return threads.count + 1
  }
}
