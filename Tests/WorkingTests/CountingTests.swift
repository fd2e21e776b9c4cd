import Apriori
import Messages
import TestSupport
import Testing
import Working

/// The answers of a worker against brute force.
@Suite struct CountingTests {
  /// Counts every level of a random job in random block sets and compares.
  private func countJob(
    seed: UInt64, bySurvivors: Bool, isResident: Bool = false,
    _ change: (inout WorkerConfiguration) -> Void
  ) throws -> Driver {
    let fixture = try Fixture(seed: seed)
    var random = SeededGenerator(seed: seed ^ 0xABCD)
    var driver = try Driver.member(
      seed: seed, objects: fixture.objects, bytes: fixture.bytes,
      resident: isResident ? fixture.blocks : [:], change)
    driver.say(.openJob(fixture.opening()))
    #expect(fixture.levels.count >= 3)
    var lease: UInt64 = 0
    for level in 1...fixture.levels.count {
      driver.say(
        .openLevel(
          level == 1 || !bySurvivors ? fixture.whole(level) : fixture.bySurvivors(level)))
      let cut = Int.random(in: 1...5, using: &random)
      for shards in [[UInt32](0..<UInt32(cut)), [UInt32](UInt32(cut)..<6)] {
        var rules: [CountingRule] = []
        for range in fixture.ranges[level - 1] {
          switch Int.random(in: 0..<3, using: &random) {
          case 0: rules.append(.all)
          case 1: rules.append(.above(allowance: UInt64.random(in: 0...9, using: &random)))
          default:
            rules.append(
              .listed(
                .value(
                  (0..<UInt32(range.candidateCount)).filter { _ in
                    Bool.random(using: &random)
                  })))
          }
        }
        lease += 1
        driver.say(
          .count(
            CountingLease(
              id: lease, key: fixture.key(level, shards), attempt: 0,
              ranges: rules.enumerated().map { (UInt32($0), $1) })))
        if Bool.random(using: &random) { driver.settle() }
        driver.settle()
        let answers = driver.answers(lease)
        #expect(answers.map(\.range) == rules.indices.map(UInt32.init))
        for (range, report) in answers {
          #expect(
            report
              == fixture.expected(
                level: level, range: Int(range), shards: shards, rule: rules[Int(range)]))
        }
      }
    }
    #expect(driver.failures.isEmpty && driver.notes.allSatisfy { $0.hasPrefix("joined") })
    return driver
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func bruteForce(_ seed: UInt64) throws {
    let driver = try countJob(seed: seed, bySurvivors: true) {
      $0.threads = 1 + Int(seed % 3)
      $0.layout = Projection.Layout.allCases[Int(seed / 3) % 3]
    }
    #expect(driver.mostRunning <= 1 + Int(seed % 3))
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func tinyMemory(_ seed: UInt64) throws {
    let driver = try countJob(seed: seed, bySurvivors: seed % 2 == 0) {
      $0.threads = 1 + Int(seed % 3)
      $0.memoryLimit = seed % 4 == 0 ? 0 : 6_000
      $0.transactionsPerProjection = 4
    }
    // Nothing fits, so blocks are read again and again.
    #expect(driver.loadCount > driver.disk.count)
  }

  /// What is kept of projections whose rows are thrown away is a guess, right or wrong.
  @Test(arguments: 0..<30 as Range<UInt64>)
  func blocksReadAgain(_ seed: UInt64) throws {
    let memoryLimit = [0, 3_000, 6_000][Int(seed / 5) % 3]
    let driver = try countJob(seed: seed + 1, bySurvivors: seed % 2 == 0) {
      $0.threads = 1 + Int(seed % 3)
      $0.layout = seed % 4 == 0 ? .automatic : .sparse
      $0.rereadsBlocks = true
      $0.frequentShare = [nil, 0, 0.2, 0.6, 2][Int(seed) % 5]
      $0.memoryLimit = memoryLimit
      $0.transactionsPerProjection = 4
    }
    if memoryLimit == 0 { #expect(driver.loadCount > driver.disk.count) }
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func publishedAnswers(_ seed: UInt64) throws {
    let driver = try countJob(seed: seed, bySurvivors: true) {
      $0.inlineLimit = 0
      $0.transactionsPerProjection = 20
    }
    #expect(driver.publishedCount > 0)
    var closing = driver
    closing.say(.closeJob(JobID(7)))
    #expect(closing.served.isEmpty)
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func valuesOfResidentBlocks(_ seed: UInt64) throws {
    let driver = try countJob(seed: seed, bySurvivors: false, isResident: true) {
      $0.passesValues = true
      $0.memoryLimit = 0
      $0.threads = 2
    }
    #expect(driver.loadCount == 0)
    #expect(
      driver.sent.allSatisfy {
        guard case .counted(let answer) = $0.message else { return true }
        return answer.answers.allSatisfy {
          if case .value = $0.report { true } else { false }
        }
      })
  }

  @Test func publishedOpeningsAndLists() throws {
    let fixture = try Fixture(seed: 5)
    var driver = try Driver.member(seed: 5, objects: fixture.objects, bytes: fixture.bytes)
    func publish(_ number: UInt64, _ bytes: [UInt8]) -> ObjectDescriptor {
      let id = ObjectID(owner: .job(fixture.job), kind: .opening, number: number)
      driver.elsewhere[id] = bytes
      return ObjectDescriptor(id: id, bytes: bytes)
    }
    var job = fixture.opening()
    job.items = .published(publish(1, ItemList(fixture.ranked).encoded()))
    driver.say(.openJob(job))
    driver.say(
      .openLevel(
        fixture.opening(1, .whole(.published(publish(2, fixture.levels[0].encoded()))))))
    let survivors = SurvivorsList(fixture.survivors[0]).encoded()
    driver.say(.openLevel(fixture.opening(2, .survivors(.published(publish(3, survivors))))))
    let positions: [UInt32] = [0, 1]
    let list = publish(4, PositionList(positions).encoded())
    driver.say(
      .count(
        CountingLease(
          id: 1, key: fixture.key(2, [0, 3], .poll), attempt: 0,
          ranges: [(0, .listed(.published(list)))])))
    driver.settle()
    #expect(
      driver.answers(1).map(\.report) == [
        fixture.expected(level: 2, range: 0, shards: [0, 3], rule: .listed(.value(positions)))
      ])
  }

  @Test func duplicatesAreAnsweredAgainAndRunningOnesIgnored() throws {
    let fixture = try Fixture(seed: 8)
    var driver = try Driver.member(seed: 8, objects: fixture.objects, bytes: fixture.bytes)
    driver.say(.openJob(fixture.opening()))
    driver.say(.openLevel(fixture.whole(1)))
    let lease = fixture.lease(4, 1, [2, 4])
    for _ in 0..<3 { driver.say(.count(lease)) }
    driver.settle()
    let count = fixture.ranges[0].count
    #expect(driver.answers().count == count)
    driver.say(.count(lease))
    #expect(driver.outcomes.isEmpty)
    #expect(driver.answers().count == 2 * count)
    // Another lease about the same facts is answered under its own number.
    driver.say(.count(fixture.lease(9, 1, [2, 4])))
    #expect(driver.answers(9).count == count)
    driver.say(.cancel(leases: [9]))
    driver.sent = []
    driver.say(.count(lease))
    driver.settle()
    #expect(driver.answers(4).count == count)
  }

  @Test func aLaterLeaseTakesOverWhatRuns() throws {
    let fixture = try Fixture(seed: 9)
    var driver = try Driver.member(seed: 9, objects: fixture.objects, bytes: fixture.bytes)
    driver.say(.openJob(fixture.opening()))
    driver.say(.openLevel(fixture.whole(1)))
    driver.settle()
    driver.say(.count(fixture.lease(4, 1, [2])))
    driver.say(.count(fixture.lease(5, 1, [2])))
    driver.say(.cancel(leases: [4]))
    driver.settle()
    #expect(driver.answers(4).isEmpty)
    #expect(driver.answers(5).count == fixture.ranges[0].count)
  }

  @Test func partialAnswersAfterHalfASecond() throws {
    let fixture = try Fixture(seed: 10)
    var driver = try Driver.member(seed: 10, objects: fixture.objects, bytes: fixture.bytes)
    driver.say(.openJob(fixture.opening()))
    driver.say(.openLevel(fixture.whole(1)))
    driver.settle()
    driver.say(.count(fixture.lease(4, 1, [0, 1, 2, 3, 4, 5])))
    #expect(fixture.ranges[0].count > 1)
    while driver.countedCount == 0 { _ = driver.deliverOne() }
    #expect(driver.answers().isEmpty)
    driver.wait(600)
    #expect(driver.answers().count == 1)
    driver.settle()
    #expect(driver.answers().count == fixture.ranges[0].count)
  }

  @Test func jobsTakeTurns() throws {
    let fixture = try Fixture(seed: 11)
    var driver = try Driver.member(
      seed: 11, objects: fixture.objects, bytes: fixture.bytes)
    for job in [JobID(7), JobID(8)] {
      var opening = fixture.opening()
      opening.job = job
      driver.say(.openJob(opening))
      var level = fixture.whole(1)
      level.job = job
      driver.say(.openLevel(level))
    }
    driver.settle()
    for job in [JobID(7), JobID(8)] {
      for (index, _) in fixture.ranges[0].enumerated() {
        var key = fixture.key(1, [0])
        key.job = job
        driver.say(
          .count(
            CountingLease(
              id: job.number * 1_000 + UInt64(index), key: key, attempt: 0,
              ranges: [(UInt32(index), .all)])))
      }
    }
    driver.settle()
    let jobs = driver.sent.compactMap { envelope -> UInt64? in
      if case .counted(let answer) = envelope.message { answer.key.job.number } else { nil }
    }
    let half = jobs[..<(jobs.count / 2)]
    #expect(half.contains(7) && half.contains(8))
  }
}
