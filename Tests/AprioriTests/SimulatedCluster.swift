import Apriori
import TestSupport

/// Errors that somebody could make: each is made by the driver below, never by the code under test.
enum Mutant: CaseIterable {
  /// Two attempts at one block set are summed.
  case attemptInKey
  /// The threshold of a report is the minimum support divided by the workers alive.
  case thresholdFromAliveWorkers
  /// The threshold of a report is the allowance of all that its worker holds.
  case thresholdFromWorkerTotal
  /// A part of a re-cut block set answers a poll by what it would itself have been silent about.
  case childAnswersOwnSilence
  /// The answer of a block set counts beside those of its parts.
  case lateParentBesideChildren
}

/// What went wrong in a simulation that no code under test should allow.
struct SimulationFailure: Error {
  let description: String
}

/// Mines sharded data by nominating and polling, with deliveries as a faulty cluster makes them: late,
/// twice, overlapping, re-cut.
struct SimulatedCluster {
  let data: ShardedData
  /// nil for the rule that a planner would choose.
  let rule: ReportRule?
  let mutant: Mutant?
  private var random: SeededGenerator
  private let scratch = CountingScratch()
  private(set) var pollCount = 0
  private(set) var droppedCount = 0
  private(set) var duplicateCount = 0

  init(_ data: ShardedData, seed: UInt64, rule: ReportRule?, mutant: Mutant? = nil) {
    self.data = data
    self.rule = rule
    self.mutant = mutant
    random = SeededGenerator(seed: seed)
  }

  /// Closed levels; the workers' levels are built from survivors and compared on the way.
  mutating func mine() throws -> [Level] {
    var levels = [data.firstLevel]
    var workerLevel = data.firstLevel
    while let level = levels.last, level.nodeCount > 0 {
      let target = Int.random(in: 1...12, using: &random)
      let cut = LevelCut(of: level, parallelism: 1, targets: target...target)
      var segments: [LevelSegment] = []
      var workerSegments: [LevelSegment] = []
      for (index, range) in cut.ranges.enumerated() {
        let closed = try close(
          range, index: index, level: level, workerLevel: workerLevel, cut: cut)
        segments.append(closed.segment)
        workerSegments.append(
          try expand(closed.survivors, of: range, level: workerLevel, scratch: scratch))
      }
      let next = Level(after: level, segments: segments, candidateCount: cut.candidateCount)
      workerLevel = Level(
        after: workerLevel, segments: workerSegments, candidateCount: cut.candidateCount)
      if workerLevel.structureDigest != next.structureDigest
        || workerLevel.segments.map(\.words) != next.segments.map(\.words)
      {
        throw SimulationFailure(description: "survivors of level \(next.length) make other words")
      }
      levels.append(next)
    }
    return levels
  }

  private mutating func close(
    _ range: CandidateRange, index: Int, level: Level, workerLevel: Level, cut: LevelCut
  ) throws -> ReducedRange {
    let chosen =
      rule
      ?? ReportRule(
        candidateCount: range.candidateCount, expectedFill: cut.expectedFill,
        allowances: data.allowances, blockSetCount: data.shards.count)
    var ledger = RangeLedger(
      name: "level \(level.length + 1), range \(index)", rule: chosen, allowances: data.allowances)
    var reports: [CountReport] = []
    var blockSets: [[Int]] = []
    var deliveries = deliveries(of: Array(data.shards.indices))
    while !ledger.isCovered || !deliveries.isEmpty {
      if deliveries.isEmpty { deliveries = random.parts(of: ledger.openShards) }
      let shards = deliveries.removeFirst()
      let report = try report(
        of: shards, range: range, level: workerLevel, mode: try ledger.mode(of: shards))
      let verdict = try ledger.accept(
        reportOf: shards, mode: report.mode, digest: report.digest)
      note(verdict)
      if verdict == .accepted || counts(verdict, shards, beside: blockSets) {
        reports.append(report)
        blockSets.append(shards)
      }
    }
    let plan = try nominations(reports: reports, range: range, minimumSupport: data.support)
    var polls: [(report: Int, reply: PollReply)] = []
    if mutant == nil || mutant == .childAnswersOwnSilence || reports.count == ledger.reportCount {
      polls = try poll(plan, &ledger, range: range, level: workerLevel)
    } else {
      // The ledger knows nothing of reports that a mutant has let in.
      for (report, list) in plan.lists.enumerated() where !list.isEmpty {
        let reply = try reply(
          of: blockSets[report], to: list, range: range, level: workerLevel, isPart: false)
        polls.append((report, reply))
      }
    }
    return try closeRange(
      range, of: level, plan: plan, polls: polls.shuffled(using: &random),
      minimumSupport: data.support, scratch: scratch)
  }

  /// Answers all polls of a plan.
  private mutating func poll(
    _ plan: PollPlan, _ ledger: inout RangeLedger, range: CandidateRange, level: Level
  ) throws -> [(report: Int, reply: PollReply)] {
    var polls: [(report: Int, reply: PollReply)] = []
    var open = try ledger.beginPolling(plan)
    if open.isEmpty != plan.isExact { throw SimulationFailure(description: "polls disagree") }
    while let poll = open.popLast() {
      pollCount += 1
      var answered: [[Int]] = []
      for shards in deliveries(of: poll.shards) {
        let reply = try reply(
          of: shards, to: plan.lists[poll.report], range: range, level: level,
          isPart: shards != ledger.shards(ofReport: poll.report))
        let verdict = try ledger.accept(
          pollOf: poll.report, shards: shards, count: reply.counts.count, digest: reply.digest)
        note(verdict)
        if verdict == .accepted || counts(verdict, shards, beside: answered) {
          polls.append((poll.report, reply))
          answered.append(shards)
        }
      }
      if open.isEmpty { open = ledger.openPolls }
    }
    try ledger.close()
    return polls
  }

  private mutating func note(_ verdict: RangeLedger.Acceptance) {
    if verdict == .dropped { droppedCount += 1 }
    if verdict == .duplicate { duplicateCount += 1 }
  }

  /// Whether the mutant takes what the ledger has not.
  private func counts(
    _ verdict: RangeLedger.Acceptance, _ shards: [Int], beside taken: [[Int]]
  ) -> Bool {
    switch (mutant, verdict) {
    case (.attemptInKey, .duplicate): true
    case (.lateParentBesideChildren, .dropped):
      taken.contains { Set($0).isStrictSubset(of: shards) }
    default: false
    }
  }

  /// Block sets in the order in which their results arrive: not all shards, some twice.
  private mutating func deliveries(of shards: [Int]) -> [[Int]] {
    var deliveries: [[Int]] = []
    for part in random.parts(of: shards) {
      switch Int.random(in: 0..<6, using: &random) {
      case 0: deliveries += [part, part]
      case 1: deliveries += random.parts(of: part)
      case 2: deliveries += random.parts(of: part) + [part]
      case 3: deliveries += [part] + random.parts(of: part)
      case 4 where random.oneIn(2): continue
      default: deliveries.append(part)
      }
    }
    if random.oneIn(3) { deliveries.shuffle(using: &random) }
    return deliveries
  }

  private mutating func projections(of shards: [Int]) throws -> [Projection] {
    let parts = random.oneIn(3) ? random.parts(of: shards) : [shards]
    return try parts.map {
      try data.projection(of: $0, layout: random.oneIn(2) ? .denseMerged : .sparse)
    }
  }

  private mutating func report(
    of shards: [Int], range: CandidateRange, level: Level, mode: ReportMode
  ) throws -> CountReport {
    let projections = try projections(of: shards)
    let report: CountReport
    if projections.count == 1 {
      report = count(range, of: level, in: projections[0], mode: mode, scratch: scratch)
    } else {
      let partMode = random.oneIn(2) ? ReportMode.all : .above(allowance: 0)
      report = try mergeReports(
        projections.map {
          count(range, of: level, in: $0, mode: partMode, scratch: scratch)
        }, range: range, mode: mode)
    }
    guard case .above(let allowance, let positions, let counts) = report else { return report }
    let threshold: UInt64
    switch mutant {
    case .thresholdFromAliveWorkers:
      threshold = (data.support - 1) / UInt64.random(in: 1...4, using: &random)
    case .thresholdFromWorkerTotal:
      let held = data.shards.indices.filter { shards.contains($0) || random.oneIn(2) }
      threshold = try data.allowances.allowance(of: held)
    default: return report
    }
    let kept = counts.indices.filter { counts[$0] > threshold }
    return .above(
      allowance: allowance, positions: kept.map { positions[$0] }, counts: kept.map { counts[$0] })
  }

  private mutating func reply(
    of shards: [Int], to list: [UInt32], range: CandidateRange, level: Level, isPart: Bool
  ) throws -> PollReply {
    let reply = try pollReply(
      summing: try projections(of: shards).map {
        try count(range, of: level, in: $0, positions: list, scratch: scratch)
      })
    guard isPart, mutant == .childAnswersOwnSilence else { return reply }
    let allowance = try data.allowances.allowance(of: shards)
    return PollReply(counts: reply.counts.map { $0 > allowance ? 0 : $0 })
  }
}

extension CountReport {
  var mode: ReportMode {
    switch self {
    case .all: .all
    case .above(let allowance, _, _): .above(allowance: allowance)
    }
  }
}
