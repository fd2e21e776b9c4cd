import Coordination
import Messages

/// What a mutant needs to remember of the messages it forges, and what probes tell rare paths from.
struct Mutation {
  private struct Cell: Hashable {
    var key: CountingKey
    var range: UInt32
  }

  /// Who answered a cell first, and how often it was answered.
  private var answered: [Cell: (worker: Name, count: Int)] = [:]
  /// Leases by number and the worker they were given to; several coordinators may use one number.
  private var attempts: [UInt64: Int] = [:]
  /// The shards of the first lease of a range.
  private var parents: [Cell: [UInt32]] = [:]

  mutating func noteLease(_ lease: CountingLease, to worker: Int) {
    attempts[lease.id] = max(attempts[lease.id] ?? 0, lease.attempt)
    for range in lease.ranges {
      var key = lease.key
      key.shards = []
      let cell = Cell(key: key, range: range.range)
      if let known = parents[cell], known.count >= lease.key.shards.count { continue }
      parents[cell] = lease.key.shards
    }
  }

  mutating func noteAnswer(_ answer: CountingAnswer, from worker: Name, _ probes: inout Probes) {
    for range in answer.answers {
      let cell = Cell(key: answer.key, range: range.range)
      if let known = answered[cell] {
        probes.hit(.answerDuplicated)
        answered[cell] = (known.worker, known.count + 1)
      } else {
        answered[cell] = (worker, 1)
        probes.hit(.speculationWon, if: (attempts[answer.lease] ?? 0) > 0)
      }
    }
  }

  /// Whether a lease had been given out before.
  func isRepeated(_ lease: UInt64) -> Bool { (attempts[lease] ?? 0) > 0 }

  /// Whether a range was once given out with more shards than these.
  func isPart(_ key: CountingKey, range: UInt32) -> Bool {
    var whole = key
    whole.shards = []
    guard let known = parents[Cell(key: whole, range: range)] else { return false }
    return known.count > key.shards.count && key.shards.allSatisfy { known.contains($0) }
  }
}
