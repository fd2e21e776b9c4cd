public import Apriori

/// A report, or the answer to a poll, for whoever is to reduce a range.
public struct ReportSource: Sendable {
  /// `CountReport.digest` of what was accepted: what is read must have the same.
  public var digest: UInt64
  /// The report, where it is short; else what to fetch.
  public var report: Content<CountReport>
  /// The data endpoint of the worker that keeps it; empty where there is nothing to fetch.
  public var endpoint: String

  /// A report and where it lies.
  public init(digest: UInt64, report: Content<CountReport>, endpoint: String) {
    self.digest = digest
    self.report = report
    self.endpoint = endpoint
  }
}

/// An order to reduce one range: to fetch what others have counted, and add it up.
///
/// It says all that is needed, so that any worker can carry it out, and another one after it. Without
/// answers to polls the worker finds out what is open; with them it closes the range, and plans anew
/// where it does not know the plan any more: the same reports make the same plan.
public struct ReducingOrder: Sendable {
  /// The order's number in the coordinator's epoch; leases and orders share their numbers.
  public var id: UInt64
  /// The job.
  public var job: JobID
  /// The length of the closed level whose candidates were counted.
  public var level: Int
  /// The structure digest of that level.
  public var levelDigest: UInt64
  /// The range.
  public var range: UInt32
  /// The candidates of the range.
  public var candidateCount: Int
  /// The smallest count of a frequent itemset.
  public var minimumSupport: UInt64
  /// One report for each block set, with how it must answer; together they cover all transactions.
  public var reports: [(mode: ReportMode, source: ReportSource)]
  /// Answers to polls, each with the place of the report whose list it answers.
  public var polls: [(report: Int, source: ReportSource)]

  /// An order.
  public init(
    id: UInt64, job: JobID, level: Int, levelDigest: UInt64, range: UInt32, candidateCount: Int,
    minimumSupport: UInt64, reports: [(mode: ReportMode, source: ReportSource)],
    polls: [(report: Int, source: ReportSource)]
  ) {
    self.id = id
    self.job = job
    self.level = level
    self.levelDigest = levelDigest
    self.range = range
    self.candidateCount = candidateCount
    self.minimumSupport = minimumSupport
    self.reports = reports
    self.polls = polls
  }
}

/// What became of a range that was reduced.
public enum RangeReduction: Sendable, Equatable {
  /// It is closed with these frequent candidates.
  case closed(FrequentCandidates)
  /// For each report the candidates it was silent about and that can be frequent, ascending; empty
  /// where nobody is to be asked.
  case open([[UInt32]])
}

/// Why a range could not be reduced; reports and polls are named by their places in the order.
public enum ReducingFailure: Sendable, Equatable {
  /// These could not be fetched.
  case unreachable(reports: [Int], polls: [Int])
  /// These are not what they were announced to be.
  case damaged(reports: [Int], polls: [Int], String)
  /// The counts contradict each other.
  case contradiction(String)
  /// A limit was reached; the text says what.
  case failed(String)
}
