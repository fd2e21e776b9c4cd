public import Itemsets

/// What a job looks for, all exact and decided once.
public struct MiningPlan: Sendable {
  /// The smallest count of a frequent itemset, at least 1.
  public var minimumSupport: UInt64
  /// All transactions.
  public var transactionCount: UInt64
  /// No level beyond this one is counted; nil for no limit.
  public var maximumLevel: Int?
  /// How many block sets every range is counted in.
  public var blockSetCount: Int
  /// How many tasks should be at work at once.
  public var parallelism: Int

  /// A plan; numbers below 1 are taken as 1.
  public init(
    minimumSupport: UInt64, transactionCount: UInt64, maximumLevel: Int?, blockSetCount: Int,
    parallelism: Int
  ) {
    self.minimumSupport = max(minimumSupport, 1)
    self.transactionCount = transactionCount
    self.maximumLevel = maximumLevel
    self.blockSetCount = max(blockSetCount, 1)
    self.parallelism = max(parallelism, 1)
  }
}

/// One cell of a level: count the candidates of one range in one block set.
public struct CountingTask: Sendable {
  /// The closed level that the candidates come from.
  public let level: Level
  /// The range's number in the level.
  public let rangeIndex: Int
  /// The candidates.
  public let range: CandidateRange
  /// The block set's number in the job.
  public let blockSet: Int
  /// How to answer.
  public let mode: ReportMode
}

/// All reports about one range, to be turned into a piece of the next level.
public struct ReducingTask: Sendable {
  /// The closed level that the candidates come from.
  public let level: Level
  /// The range's number in the level.
  public let rangeIndex: Int
  /// The candidates.
  public let range: CandidateRange
  /// One report a block set.
  public let reports: [CountReport]
  /// The smallest count of a frequent itemset.
  public let minimumSupport: UInt64
}

/// The figures of a level that has closed.
public struct LevelSummary: Sendable, Equatable {
  /// The length of its cores.
  public let level: Int
  /// How many candidates were counted.
  public let candidateCount: UInt64
  /// How many of them were frequent, perfect extensions included.
  public let frequentCount: Int
}

/// The level loop of Apriori as a state machine: opens a level, asks for counts of (block set, candidate
/// range), is told them, and closes the level when every cell is covered once.
///
/// It does no counting and knows no thread, clock or network: whoever drives it carries out the
/// effects and reports back, in any order. Same plan and counts, same result.
///
/// R. Agrawal, R. Srikant: Fast algorithms for mining association rules. VLDB 1994.
public struct LevelLoop: Sendable {
  /// What is to be done next; the order of effects is a suggestion.
  public enum Effect: Sendable {
    /// Count and report with ``Event/counted(level:rangeIndex:blockSet:report:)``.
    case count(CountingTask)
    /// Reduce and report with ``Event/reduced(level:rangeIndex:segment:)``.
    case reduce(ReducingTask)
    /// A level is complete; for progress and checkpoints.
    case closed(LevelSummary)
    /// Nothing is left to do: ``LevelLoop/result`` holds the answer.
    case finished
  }

  /// What happened.
  public enum Event: Sendable {
    /// A block set's counts of a range arrived.
    case counted(level: Int, rangeIndex: Int, blockSet: Int, report: CountReport)
    /// A range's piece of the next level arrived.
    case reduced(level: Int, rangeIndex: Int, segment: LevelSegment)
  }

  private let plan: MiningPlan
  private var levels: [Level] = []
  private var ranges: [RangeState] = []
  private var openRangeCount = 0

  /// One range of the open level.
  private struct RangeState: Sendable {
    let range: CandidateRange
    let mode: ReportMode
    /// One a block set, nil until it has answered; given away when the range goes to be reduced.
    var reports: [CountReport?]
    var missingCount: Int
    var segment: LevelSegment?
  }

  /// A loop that has not begun.
  public init(plan: MiningPlan) {
    self.plan = plan
  }

  /// Begins with the frequent items: level 1 needs no counting, since reading counted every item.
  ///
  /// - Parameters:
  ///   - items: the frequent items in rank order.
  ///   - itemCount: all items, the candidates of level 1.
  public mutating func start(items: RankedItems, itemCount: Int) -> [Effect] {
    close(Level(items: items, itemCount: itemCount, transactionCount: plan.transactionCount))
  }

  /// Takes one event and says what to do now.
  ///
  /// - Throws: ``CountingError`` where a cell is reported twice with different counts. An equal
  ///   duplicate, and a report for a level that has closed, changes nothing.
  /// - Complexity: O(1) but for the event that closes a level, which cuts the next one in time linear
  ///   in its groups.
  public mutating func handle(_ event: Event) throws(CountingError) -> [Effect] {
    switch event {
    case .counted(let level, let rangeIndex, let blockSet, let report):
      guard level == levels.count, ranges.indices.contains(rangeIndex) else { return [] }
      return try take(report, of: blockSet, for: rangeIndex)
    case .reduced(let level, let rangeIndex, let segment):
      guard level == levels.count, ranges.indices.contains(rangeIndex),
        ranges[rangeIndex].segment == nil
      else { return [] }
      ranges[rangeIndex].segment = segment
      openRangeCount -= 1
      return openRangeCount == 0 ? closeOpenLevel() : []
    }
  }

  /// The closed levels so far; the answer once the loop has finished.
  public var result: ClosedLevels {
    ClosedLevels(
      levels: levels, transactionCount: plan.transactionCount, minimumSupport: plan.minimumSupport,
      completeLength: plan.maximumLevel)
  }

  private mutating func take(
    _ report: CountReport, of blockSet: Int, for rangeIndex: Int
  ) throws(CountingError) -> [Effect] {
    guard ranges[rangeIndex].reports.indices.contains(blockSet) else { return [] }
    if let known = ranges[rangeIndex].reports[blockSet] {
      if known == report { return [] }
      throw CountingError(
        "level \(levels.count + 1), range \(rangeIndex): block set \(blockSet) was counted twice with"
          + " different results; verify its blocks")
    }
    if ranges[rangeIndex].missingCount == 0 { return [] }
    ranges[rangeIndex].reports[blockSet] = report
    ranges[rangeIndex].missingCount -= 1
    guard ranges[rangeIndex].missingCount == 0 else { return [] }
    let task = ReducingTask(
      level: levels[levels.count - 1], rangeIndex: rangeIndex, range: ranges[rangeIndex].range,
      reports: ranges[rangeIndex].reports.compactMap { $0 }, minimumSupport: plan.minimumSupport)
    ranges[rangeIndex].reports = []
    return [.reduce(task)]
  }

  private mutating func closeOpenLevel() -> [Effect] {
    let candidateCount = ranges.reduce(UInt64(0)) { $0 + UInt64($1.range.candidateCount) }
    let segments = ranges.compactMap(\.segment)
    ranges = []
    return close(
      Level(
        after: levels[levels.count - 1], segments: segments, candidateCount: candidateCount))
  }

  private mutating func close(_ level: Level) -> [Effect] {
    let nodeCount = level.nodeCount
    let perfectCount = level.perfectExtensionCount
    if nodeCount + perfectCount > 0 { levels.append(level) }
    let summary = LevelSummary(
      level: level.length, candidateCount: level.candidateCount,
      frequentCount: nodeCount + perfectCount)
    var effects: [Effect] = [.closed(summary)]
    if nodeCount > 0, level.length < plan.maximumLevel ?? .max {
      effects += open(level)
    }
    if openRangeCount == 0 { effects.append(.finished) }
    return effects
  }

  private mutating func open(_ level: Level) -> [Effect] {
    let cut = LevelCut(of: level, parallelism: plan.parallelism)
    let mode = reportMode(of: cut)
    ranges = cut.ranges.map {
      RangeState(
        range: $0, mode: mode, reports: Array(repeating: nil, count: plan.blockSetCount),
        missingCount: plan.blockSetCount)
    }
    openRangeCount = ranges.count
    var effects: [Effect] = []
    effects.reserveCapacity(ranges.count * plan.blockSetCount + 1)
    for rangeIndex in ranges.indices {
      for blockSet in 0..<plan.blockSetCount {
        effects.append(
          .count(
            CountingTask(
              level: level, rangeIndex: rangeIndex, range: ranges[rangeIndex].range,
              blockSet: blockSet, mode: mode)))
      }
    }
    return effects
  }

  /// All ranges of a level are answered alike.
  private func reportMode(of cut: LevelCut) -> ReportMode {
    if cut.candidateCount < ReportRule.smallRange || cut.expectedFill > ReportRule.listFillLimit {
      return .all
    }
    return .above(allowance: plan.blockSetCount == 1 ? plan.minimumSupport - 1 : 0)
  }
}
