import Glibc

/// Seconds that this thread has had a processor: what else the machine does shows little in them.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The least seconds of one call among several rounds of calls, each long enough for the clock.
func leastSeconds(rounds: Int = 5, roundSeconds: Double = 0.0002, _ body: () -> Void) -> Double {
  var calls = 1
  while true {
    let started = now()
    for _ in 0..<calls { body() }
    if now() - started >= roundSeconds { break }
    calls *= 2
  }
  var least = Double.infinity
  for _ in 0..<rounds {
    let started = now()
    for _ in 0..<calls { body() }
    least = min(least, (now() - started) / Double(calls))
  }
  return least
}
