import Apriori
import Messages
import TestSupport

@testable import Coordination

extension FakeWorker {
  /// Adds up what others have counted, candidate by candidate.
  mutating func reduce(
    _ order: ReducingOrder, random: inout SeededGenerator,
    report: (ObjectDescriptor, String) -> [UInt8]?
  ) throws -> WorkerMessage {
    orderCount += 1
    if Int.random(in: 0..<1_000, using: &random) < faults.failedReductions {
      return .reducingFailed(order.job, order: order.id, .failed("no memory"))
    }
    func read(_ source: ReportSource) throws -> CountReport? {
      switch source.report {
      case .value(let value): return value
      case .bytes(let bytes): return try CountReport(decoding: bytes)
      case .published(let object):
        return try report(object, source.endpoint).map { try CountReport(decoding: $0) }
      }
    }
    var lost = (reports: [Int](), polls: [Int]())
    var damaged = (reports: [Int](), polls: [Int]())
    var reports: [[UInt32: UInt64]] = []
    var allowances: [UInt64] = []
    for (place, entry) in order.reports.enumerated() {
      var counts: [UInt32: UInt64] = [:]
      var allowance: UInt64 = 0
      do {
        switch try read(entry.source) {
        case nil: lost.reports.append(place)
        case .all(let all):
          for (position, count) in all.enumerated() { counts[UInt32(position)] = UInt64(count) }
        case .above(let above, let positions, let above0):
          allowance = above
          for (position, count) in zip(positions, above0) { counts[position] = UInt64(count) }
        }
      } catch {
        damaged.reports.append(place)
      }
      reports.append(counts)
      allowances.append(allowance)
    }
    var polls: [(asked: Int, counts: [UInt32])] = []
    for (place, entry) in order.polls.enumerated() {
      do {
        switch try read(entry.source) {
        case .all(let counts): polls.append((entry.report, counts))
        case nil: lost.polls.append(place)
        case .above: damaged.polls.append(place)
        }
      } catch {
        damaged.polls.append(place)
      }
    }
    if !lost.reports.isEmpty || !lost.polls.isEmpty {
      return .reducingFailed(
        order.job, order: order.id, .unreachable(reports: lost.reports, polls: lost.polls))
    }
    if !damaged.reports.isEmpty || !damaged.polls.isEmpty {
      return .reducingFailed(
        order.job, order: order.id,
        .damaged(reports: damaged.reports, polls: damaged.polls, "it is cut"))
    }
    var candidates: [UInt32] = []
    var sums: [UInt32: UInt64] = [:]
    for position in 0..<UInt32(order.candidateCount) {
      guard reports.contains(where: { $0[position] != nil }) else { continue }
      var known: UInt64 = 0
      var silent: UInt64 = 0
      for (counts, allowance) in zip(reports, allowances) {
        if let count = counts[position] { known += count } else { silent += allowance }
      }
      if known + silent >= order.minimumSupport {
        candidates.append(position)
        sums[position] = known
      }
    }
    let lists = zip(reports, allowances).map { counts, allowance in
      allowance == 0 ? [] : candidates.filter { counts[$0] == nil }
    }
    if order.polls.isEmpty, lists.contains(where: { !$0.isEmpty }) {
      return answer(.open(lists), to: order, random: &random)
    }
    for poll in polls {
      for (position, count) in zip(lists[poll.asked], poll.counts) {
        sums[position, default: 0] += UInt64(count)
      }
    }
    if !polls.isEmpty { closedCount += 1 }
    let frequent = candidates.filter { sums[$0, default: 0] >= order.minimumSupport }
    return answer(
      .closed(
        FrequentCandidates(positions: frequent, counts: frequent.map { sums[$0, default: 0] })),
      to: order, random: &random)
  }

  private mutating func answer(
    _ reduction: RangeReduction, to order: ReducingOrder, random: inout SeededGenerator
  ) -> WorkerMessage {
    var bytes = reduction.encoded()
    if Int.random(in: 0..<1_000, using: &random) < faults.damagedReductions { bytes.removeLast() }
    if Bool.random(using: &random) { return .reduced(order.job, order: order.id, .bytes(bytes)) }
    lastPublished += 1
    let object = ObjectDescriptor(
      id: ObjectID(owner: .job(order.job), kind: .report, number: lastPublished), bytes: bytes)
    published[object.id] = bytes
    return .reduced(order.job, order: order.id, .published(object))
  }
}
