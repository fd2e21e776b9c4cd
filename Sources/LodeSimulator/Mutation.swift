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
      key.phase = .nominate
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

  /// Orders to reduce that are out: the worker, and whether it is to close the range after polls.
  private var orders: [UInt64: (worker: Int, closes: Bool)] = [:]
  private var fetchedReports: Set<ObjectDescriptor> = []

  mutating func noteOrder(_ order: ReducingOrder, to worker: Int) {
    orders[order.id] = (worker, !order.polls.isEmpty)
  }

  mutating func noteReduced(_ order: UInt64, _ probes: inout Probes) {
    guard let known = orders.removeValue(forKey: order) else { return }
    probes.hit(.rangeReducedElsewhere)
    probes.hit(.rangeClosedElsewhere, if: known.closes)
  }

  mutating func noteEnd(ofOrder order: UInt64) { orders[order] = nil }

  /// A worker has died, perhaps over orders.
  mutating func noteDeath(of worker: Int, _ probes: inout Probes) {
    let held = orders.filter { $0.value.worker == worker }
    probes.hit(.reducerDied, if: !held.isEmpty)
    for order in held.keys { orders[order] = nil }
  }

  mutating func noteFetch(of object: ObjectDescriptor, _ probes: inout Probes) {
    guard object.id.kind == .report else { return }
    probes.hit(.reportFetchedAgain, if: !fetchedReports.insert(object).inserted)
  }

  private struct LeaseRange: Hashable {
    var lease: UInt64
    var range: UInt32
  }
  private struct Load: Hashable {
    var job: JobID
    var level: Int
    var range: UInt32
    var worker: Int
  }
  private var trueAllowances: [LeaseRange: UInt64] = [:]
  private var loads: [Load: [(shards: [UInt32], allowance: UInt64)]] = [:]

  mutating func noteTrueAllowance(_ allowance: UInt64, _ lease: UInt64, range: UInt32) {
    trueAllowances[LeaseRange(lease: lease, range: range)] = allowance
  }

  /// The allowance that a lease was given out with, before it was forged.
  func trueAllowance(_ lease: UInt64, range: UInt32) -> UInt64? {
    trueAllowances[LeaseRange(lease: lease, range: range)]
  }

  /// The allowances of all block sets of a range that a worker was given.
  mutating func total(
    _ allowance: UInt64, of lease: CountingLease, range: UInt32, on worker: Int
  ) -> UInt64 {
    let load = Load(job: lease.key.job, level: lease.key.level, range: range, worker: worker)
    var known = loads[load] ?? []
    if !known.contains(where: { $0.shards == lease.key.shards }) {
      known.append((lease.key.shards, allowance))
    }
    loads[load] = known
    return known.reduce(0) { $0 + $1.allowance }
  }

  /// Whether a lease had been given out before.
  func isRepeated(_ lease: UInt64) -> Bool { (attempts[lease] ?? 0) > 0 }

  /// Whether a range was once given out with more shards than these.
  func isPart(_ key: CountingKey, range: UInt32) -> Bool {
    var whole = key
    whole.shards = []
    whole.phase = .nominate
    guard let known = parents[Cell(key: whole, range: range)] else { return false }
    return known.count > key.shards.count && key.shards.allSatisfy { known.contains($0) }
  }
}
