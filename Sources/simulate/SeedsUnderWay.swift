import Glibc

/// The seeds that threads are running, told when the process dies of a broken invariant.
enum SeedsUnderWay {
  static let limit = 64
  private nonisolated(unsafe) static let seeds: UnsafeMutablePointer<UInt64> = {
    let seeds = UnsafeMutablePointer<UInt64>.allocate(capacity: limit)
    seeds.initialize(repeating: .max, count: limit)
    return seeds
  }()

  /// Notes what a thread is running; nil for nothing.
  static func note(_ seed: UInt64?, thread: Int) {
    if thread < limit { seeds[thread] = seed ?? .max }
  }

  /// From now on a process that traps says which seeds it was running.
  static func tellWhenTrapped() {
    note(nil, thread: 0)
    for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS] {
      signal(number) { number in
        fflush(nil)
        SeedsUnderWay.tell()
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }

  /// Writes without allocating, as a signal handler must.
  private static func tell() {
    for thread in 0..<limit where seeds[thread] != .max {
      write("seed ")
      var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
      withUnsafeMutableBytes(of: &digits) { buffer in
        var rest = seeds[thread]
        var start = buffer.count
        repeat {
          start -= 1
          buffer[start] = UInt8(truncatingIfNeeded: rest % 10) + 48
          rest /= 10
        } while rest > 0 && start > 0
        _ = Glibc.write(2, buffer.baseAddress.map { $0 + start }, buffer.count - start)
      }
      write(" FAILED: it was under way when an invariant broke\n")
    }
  }

  private static func write(_ text: StaticString) {
    _ = Glibc.write(2, text.utf8Start, text.utf8CodeUnitCount)
  }
}
