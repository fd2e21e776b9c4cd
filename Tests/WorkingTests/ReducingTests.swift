import Apriori
import Messages
import TestSupport
import Testing

@testable import Working

/// A worker adds up what others have counted; what it counts itself stays fetchable.
@Suite struct ReducingTests {
  static let support: UInt64 = 24

  /// The reports of the shards about a range, each kept at a worker of its own.
  private func reports(
    _ fixture: Fixture, range: Int, rule: CountingRule, in driver: inout Driver
  ) -> [(mode: ReportMode, source: ReportSource)] {
    fixture.shards.map { shard in
      let report = fixture.expected(level: 1, range: range, shards: [shard.number], rule: rule)
      return (report.mode, keep(report, number: UInt64(shard.number), in: &driver))
    }
  }

  private func keep(
    _ report: CountReport, number: UInt64, in driver: inout Driver
  ) -> ReportSource {
    let bytes = report.encoded()
    let object = ObjectDescriptor(
      id: ObjectID(owner: .job(JobID(7)), kind: .report, number: number), bytes: bytes)
    driver.elsewhere[object.id] = bytes
    return ReportSource(digest: report.digest, report: .published(object), endpoint: "w\(number)")
  }

  private func order(
    _ id: UInt64, _ fixture: Fixture, range: Int = 0,
    _ reports: [(mode: ReportMode, source: ReportSource)],
    polls: [(report: Int, source: ReportSource)] = []
  ) -> ReducingOrder {
    ReducingOrder(
      id: id, job: fixture.job, level: 1, levelDigest: fixture.key(1, []).levelDigest,
      range: UInt32(range), candidateCount: fixture.ranges[0][range].candidateCount,
      minimumSupport: Self.support, reports: reports, polls: polls)
  }

  /// What brute force finds frequent.
  private func frequent(_ fixture: Fixture, range: Int = 0) -> FrequentCandidates {
    let all = fixture.shards.map(\.number)
    guard
      case .all(let counts) = fixture.expected(level: 1, range: range, shards: all, rule: .all)
    else { return FrequentCandidates(positions: [], counts: []) }
    let positions = counts.indices.filter { UInt64(counts[$0]) >= Self.support }
    return FrequentCandidates(
      positions: positions.map { UInt32($0) }, counts: positions.map { UInt64(counts[$0]) })
  }

  @Test func addsUpWhatOthersHaveCounted() throws {
    for seed in 1...5 as ClosedRange<UInt64> {
      let fixture = try Fixture(seed: seed)
      for rule in [CountingRule.all, .above(allowance: 0)] {
        for range in fixture.ranges[0].indices {
          var driver = try Driver.member(seed: seed) { $0.inlineLimit = seed % 2 == 0 ? 0 : 1_000 }
          let reports = reports(fixture, range: range, rule: rule, in: &driver)
          driver.say(.reduce(order(5, fixture, range: range, reports)))
          driver.settle()
          #expect(driver.reductions == [.closed(frequent(fixture, range: range))])
        }
      }
    }
  }

  /// Polls are answered after the plan: it is kept, and made anew where it is not known.
  @Test(arguments: [true, false]) func closesWithTheAnswersToPolls(keepsPlan: Bool) throws {
    let fixture = try Fixture(seed: 3)
    var polledCount = 0
    for range in fixture.ranges[0].indices {
      var driver = try Driver.member(seed: 3)
      // Three of each shard of twenty.
      let reports = reports(fixture, range: range, rule: .above(allowance: 3), in: &driver)
      driver.say(.reduce(order(5, fixture, range: range, reports)))
      driver.settle()
      guard case .open(let lists) = driver.reductions.first else { continue }
      polledCount += 1
      var polls: [(report: Int, source: ReportSource)] = []
      for (place, list) in lists.enumerated() where !list.isEmpty {
        let reply = fixture.expected(
          level: 1, range: range, shards: [UInt32(place)], rule: .listed(.value(list)))
        polls.append((place, keep(reply, number: 100 + UInt64(place), in: &driver)))
      }
      driver.sent = []
      if keepsPlan {
        // The reports are gone, and not needed.
        for shard in fixture.shards {
          driver.elsewhere[
            ObjectID(owner: .job(fixture.job), kind: .report, number: UInt64(shard.number))] = nil
        }
      } else {
        driver.say(.closeJob(fixture.job))
      }
      driver.say(.reduce(order(6, fixture, range: range, reports, polls: polls)))
      driver.settle()
      #expect(driver.reductions == [.closed(frequent(fixture, range: range))])
    }
    #expect(polledCount > 0)
  }

  @Test func aRepeatedOrderIsCarriedOutOnce() throws {
    let fixture = try Fixture(seed: 4)
    var driver = try Driver.member(seed: 4)
    let reports = reports(fixture, range: 0, rule: .all, in: &driver)
    driver.say(.reduce(order(5, fixture, reports)))
    driver.say(.reduce(order(5, fixture, reports)))
    driver.settle()
    #expect(driver.reductions.count == 1)
    driver.elsewhere = [:]
    driver.say(.reduce(order(5, fixture, reports)))
    #expect(driver.outcomes.isEmpty)
    #expect(driver.reductions.count == 2)
  }

  @Test func saysWhichReportsItCannotFetch() throws {
    let fixture = try Fixture(seed: 5)
    var driver = try Driver.member(seed: 5)
    var reports = reports(fixture, range: 0, rule: .all, in: &driver)
    for number in [1, 4] as [UInt64] {
      driver.elsewhere[ObjectID(owner: .job(fixture.job), kind: .report, number: number)] = nil
    }
    driver.say(.reduce(order(5, fixture, reports)))
    driver.settle()
    #expect(driver.reducingFailures == [.unreachable(reports: [1, 4], polls: [])])
    // One that was counted anew is at another worker.
    for number in [1, 4] as [UInt32] {
      let report = fixture.expected(level: 1, range: 0, shards: [number], rule: .all)
      reports[Int(number)].source = keep(report, number: 50 + UInt64(number), in: &driver)
    }
    driver.say(.reduce(order(6, fixture, reports)))
    driver.settle()
    #expect(driver.reductions == [.closed(frequent(fixture))])
  }

  /// A report under the right name that is another one is not added up.
  @Test func refusesWhatWasNotAnnounced() throws {
    let fixture = try Fixture(seed: 6)
    var driver = try Driver.member(seed: 6)
    var reports = reports(fixture, range: 0, rule: .all, in: &driver)
    reports[2].source.digest ^= 1
    driver.say(.reduce(order(5, fixture, reports)))
    driver.settle()
    guard case .damaged(let places, let polls, _) = driver.reducingFailures.first else {
      Issue.record("\(driver.reducingFailures)")
      return
    }
    #expect(places == [2] && polls.isEmpty)
    // The same with a report that answers another question, and one about too few candidates.
    reports[2].source.digest ^= 1
    reports[3].mode = .above(allowance: 0)
    let short = CountReport.all([1])
    reports[5] = (.all, ReportSource(digest: short.digest, report: .value(short), endpoint: ""))
    driver.say(.reduce(order(6, fixture, reports)))
    driver.settle()
    guard case .damaged([3], [], _) = driver.reducingFailures.last else {
      Issue.record("\(driver.reducingFailures)")
      return
    }
    reports[3].mode = .all
    driver.say(.reduce(order(7, fixture, reports)))
    driver.settle()
    guard case .damaged([5], [], _) = driver.reducingFailures.last else {
      Issue.record("\(driver.reducingFailures)")
      return
    }
  }

  @Test func forgetsWhatIsCancelledOrOver() throws {
    let fixture = try Fixture(seed: 7)
    var driver = try Driver.member(seed: 7) { $0.inlineLimit = 0 }
    let reports = reports(fixture, range: 0, rule: .all, in: &driver)
    for id in 10..<14 as Range<UInt64> { driver.say(.reduce(order(id, fixture, reports))) }
    driver.say(.cancel(leases: [10, 12]))
    driver.settle()
    #expect(driver.sent.compactMap(\.message.order).sorted() == [11, 13])
    #expect(driver.served.count == 2)
    driver.say(.openJob(fixture.opening()))
    driver.say(.openLevel(fixture.whole(2)))
    driver.settle()
    #expect(driver.served.isEmpty)
    // That level is closed.
    driver.sent = []
    driver.say(.reduce(order(14, fixture, reports)))
    driver.settle()
    #expect(driver.sent.compactMap(\.message.order).isEmpty)
  }

  /// Reports that others fetch stay when their lease is not wanted any more, until the next level.
  @Test func keptReportsOutliveTheirLease() throws {
    let fixture = try Fixture(seed: 8)
    var driver = try Driver.member(seed: 8, objects: fixture.objects, bytes: fixture.bytes) {
      $0.keptReportLimit = 0
    }
    driver.say(.openJob(fixture.opening()))
    driver.say(.openLevel(fixture.whole(1)))
    driver.settle()
    var lease = fixture.lease(4, 1, [1, 3])
    lease.keepsReports = true
    driver.say(.count(lease))
    driver.settle()
    let answers = driver.answers(4)
    #expect(answers.count == fixture.ranges[0].count)
    #expect(driver.served.count == answers.count)
    for answer in answers {
      let expected = fixture.expected(
        level: 1, range: Int(answer.range), shards: [1, 3], rule: .all)
      #expect(answer.report == expected)
    }
    driver.say(.cancel(leases: [4]))
    #expect(driver.served.count == answers.count)
    driver.say(.openLevel(fixture.whole(2)))
    driver.settle()
    #expect(driver.served.isEmpty)
  }
}

extension WorkerMessage {
  /// The order that the message is about.
  fileprivate var order: UInt64? {
    switch self {
    case .reduced(_, let order, _), .reducingFailed(_, let order, _): order
    default: nil
    }
  }
}

extension Driver {
  /// What has become of ranges, in the order of the answers.
  fileprivate var reductions: [RangeReduction] {
    sent.compactMap { envelope in
      guard case .reduced(_, _, let content) = envelope.message else { return nil }
      switch content {
      case .value(let value): return value
      case .bytes(let bytes): return try? RangeReduction(decoding: bytes)
      case .published(let object):
        return served[object.id].flatMap { object.matches($0) ? $0 : nil }
          .flatMap { try? RangeReduction(decoding: $0) }
      }
    }
  }

  fileprivate var reducingFailures: [ReducingFailure] {
    sent.compactMap {
      if case .reducingFailed(_, _, let failure) = $0.message { failure } else { nil }
    }
  }
}
