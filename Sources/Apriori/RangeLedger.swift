/// What has been heard about one range: which block sets reported, who is to be polled, who answered.
///
/// The state machine of a reducer without the work: it holds no counts, only who covers what, so every
/// step takes time linear in the shards of one block set. Whoever drives it keeps the reports in the
/// order of acceptance and does the rest with two pure functions:
///
/// 1. *nominating*: ``accept(reportOf:mode:digest:)`` until ``isCovered``; then
///    ``nominations(reports:range:minimumSupport:)`` finds what is open.
/// 2. *polling*: ``beginPolling(_:)`` with that plan, then ``accept(pollOf:shards:count:digest:)``
///    until ``isAnswered``; then ``closeRange(_:of:plan:polls:minimumSupport:scratch:)``.
/// 3. *closed*: ``close()``. What comes late is still told apart: equal, superfluous or contradicting.
///
/// It knows no worker and no attempt. A result is named by its shards alone, so two attempts at the
/// same block set cannot both be summed.
public struct RangeLedger: Sendable {
  /// Where a range stands.
  public enum Phase: Sendable, Equatable {
    /// Reports are awaited.
    case nominating
    /// Answers to polls are awaited; at once complete where nobody is polled.
    case polling
    /// Nothing is awaited.
    case closed
  }

  /// What became of a result.
  public enum Acceptance: Sendable, Equatable {
    /// It counts. Reports are numbered from 0 in this order.
    case accepted
    /// Its block set has said the same before.
    case duplicate
    /// Its shards, or some of them, are covered by others. It is left out whole.
    case dropped
    /// It answers a question that nobody asked: wrong shards, mode, report or number of counts. The
    /// block set has to be asked again.
    case refused(CountingError)
  }

  /// Shards whose exact counts of one report's list are missing.
  public struct OpenPoll: Sendable, Equatable {
    /// The report whose list is to be counted.
    public let report: Int
    /// The shards to count it in, ascending; they may be divided among several answers.
    public let shards: [Int]

    /// A poll of a report's list in `shards`.
    public init(report: Int, shards: [Int]) {
      self.report = report
      self.shards = shards
    }
  }

  /// Where the range stands.
  public private(set) var phase = Phase.nominating
  private let name: String
  private let rule: ReportRule
  private let allowances: Allowances
  private var reports: ShardCover
  private var polls: ShardCover
  /// How many candidates each report has to be polled about.
  private var listCounts: [Int] = []
  private var reportedShardCount = 0
  private var polledShardCount = 0
  private var shardsToPoll = 0

  /// A range of which nothing is known.
  ///
  /// - Parameters:
  ///   - name: how errors call the range, as in "level 3, range 7".
  ///   - rule: how all block sets answer.
  ///   - allowances: those of the job; they say how many shards there are.
  public init(name: String, rule: ReportRule, allowances: Allowances) {
    self.name = name
    self.rule = rule
    self.allowances = allowances
    reports = ShardCover(shardCount: allowances.shardCount)
    polls = ShardCover(shardCount: allowances.shardCount)
  }

  /// Whether every shard has been reported on.
  public var isCovered: Bool { reportedShardCount == reports.shardCount }
  /// Whether every poll has been answered by every shard it goes to.
  public var isAnswered: Bool { phase != .nominating && polledShardCount == shardsToPoll }
  /// How many reports have been accepted.
  public var reportCount: Int { reports.resultCount }
  /// The shards that no report covers, ascending.
  public var openShards: [Int] { reports.shards(of: nil) }
  /// Whether no report covers a shard.
  public func isOpen(_ shard: Int) -> Bool { report(of: shard) == nil }
  /// The report that covers a shard, nil where it is open.
  public func report(of shard: Int) -> Int? {
    shard < reports.shardCount ? reports.owner(of: shard) : nil
  }
  /// The report about whose list a shard still has to be asked, nil where there is none.
  public func openPoll(of shard: Int) -> Int? {
    guard phase == .polling, let report = report(of: shard), listCounts[report] > 0,
      polls.owner(of: shard) == nil
    else { return nil }
    return report
  }
  /// The shards of an accepted report, ascending.
  public func shards(ofReport report: Int) -> [Int] { reports.shards(of: report) }

  /// How a block set has to answer: what its task says and its report must repeat.
  ///
  /// - Throws: ``CountingError`` for shards that are out of order or not there.
  public func mode(of shards: [Int]) throws(CountingError) -> ReportMode {
    guard reports.isBlockSet(shards) else {
      throw CountingError(
        "\(name): a block set is to be ascending shards of the \(reports.shardCount) of the data"
          + " set, and \(described(shards)) is not")
    }
    return try rule.mode(of: shards, allowances: allowances)
  }

  /// Takes the report of a block set.
  ///
  /// - Parameters:
  ///   - shards: the block set, ascending.
  ///   - mode: how it was answered; nil for as it was asked for, where that is not known yet.
  ///   - digest: of the decoded counts, ``CountReport/digest``.
  /// - Throws: ``CountingError`` where the same block set reported other counts before: a count is
  ///   corrupt somewhere, and the range cannot be trusted.
  public mutating func accept(
    reportOf shards: [Int], mode: ReportMode?, digest: UInt64
  ) throws(CountingError) -> Acceptance {
    let expected: ReportMode
    do throws(CountingError) {
      expected = try self.mode(of: shards)
    } catch {
      return .refused(error)
    }
    if let mode, mode != expected {
      return .refused(
        CountingError(
          "\(name): block set \(described(shards)) answered \(mode.described) where"
            + " \(expected.described) was asked for; count it again"))
    }
    switch reports.accept(shards, digest: digest) {
    case .accepted:
      reportedShardCount += shards.count
      return .accepted
    case .duplicate: return .duplicate
    case .overlapping: return .dropped
    case .contradicting:
      throw CountingError(
        "\(name): block set \(described(shards)) was counted twice with different results;"
          + " verify its blocks")
    }
  }

  /// Goes on to polling with what the reports have left open.
  ///
  /// - Returns: whom to ask; empty where the range can be closed at once.
  /// - Throws: ``CountingError`` where reports are missing or the plan is of other reports.
  /// - Complexity: O(shards).
  public mutating func beginPolling(_ plan: PollPlan) throws(CountingError) -> [OpenPoll] {
    try beginPolling(listCounts: plan.lists.map(\.count))
  }

  /// Goes on to polling with a plan that somebody else keeps.
  ///
  /// - Parameter listCounts: how many candidates each report has to be polled about.
  public mutating func beginPolling(listCounts: [Int]) throws(CountingError) -> [OpenPoll] {
    guard phase == .nominating, isCovered, listCounts.count == reports.resultCount else {
      throw CountingError(
        "\(name): a poll of \(listCounts.count) block sets cannot begin after"
          + " \(reports.resultCount) reports on \(reportedShardCount) of \(reports.shardCount)"
          + " shards")
    }
    self.listCounts = listCounts
    phase = .polling
    let open = openPolls
    shardsToPoll = open.reduce(0) { $0 + $1.shards.count }
    return open
  }

  /// The shards whose answers are missing, report by report.
  /// - Complexity: O(shards).
  public var openPolls: [OpenPoll] {
    guard phase == .polling else { return [] }
    var shards = [[Int]](repeating: [], count: reports.resultCount)
    for shard in 0..<reports.shardCount {
      guard let report = reports.owner(of: shard), listCounts[report] > 0,
        polls.owner(of: shard) == nil
      else { continue }
      shards[report].append(shard)
    }
    return shards.indices.filter { !shards[$0].isEmpty }
      .map { OpenPoll(report: $0, shards: shards[$0]) }
  }

  /// Takes the answer to a poll.
  ///
  /// - Parameters:
  ///   - report: the report whose list was counted.
  ///   - shards: what it was counted in: the block set of the report or a part of it, ascending.
  ///   - count: how many counts the answer holds.
  ///   - digest: of the decoded counts, ``PollReply/digest``.
  /// - Throws: ``CountingError`` where the same shards answered other counts before.
  public mutating func accept(
    pollOf report: Int, shards: [Int], count: Int, digest: UInt64
  ) throws(CountingError) -> Acceptance {
    guard phase != .nominating, listCounts.indices.contains(report), listCounts[report] > 0,
      listCounts[report] == count, reports.isBlockSet(shards),
      shards.allSatisfy({ reports.owner(of: $0) == report })
    else {
      return .refused(
        CountingError(
          "\(name): \(count) counts of shards \(described(shards)) answer no poll of report"
            + " \(report); ask again"))
    }
    switch polls.accept(shards, digest: digest) {
    case .accepted:
      polledShardCount += shards.count
      return .accepted
    case .duplicate: return .duplicate
    case .overlapping: return .dropped
    case .contradicting:
      throw CountingError(
        "\(name): shards \(described(shards)) answered a poll twice with different counts;"
          + " verify their blocks")
    }
  }

  /// Notes that the range has been closed.
  ///
  /// - Throws: ``CountingError`` where an answer is missing.
  public mutating func close() throws(CountingError) {
    guard isAnswered else {
      throw CountingError(
        "\(name): it cannot be closed, \(reports.shardCount - reportedShardCount) shards have not"
          + " reported and \(shardsToPoll - polledShardCount) have not answered")
    }
    phase = .closed
  }
}

/// Shards for a message, the first few of them.
private func described(_ shards: [Int]) -> String {
  let first = shards.prefix(8).map(String.init).joined(separator: ", ")
  return shards.count > 8 ? "[\(first), ... \(shards.count) in all]" : "[\(first)]"
}

extension ReportMode {
  fileprivate var described: String {
    switch self {
    case .all: "all counts"
    case .above(let allowance): "counts above \(allowance)"
    }
  }
}
