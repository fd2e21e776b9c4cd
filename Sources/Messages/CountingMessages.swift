public import Apriori

/// Which question about its candidates a task asks.
public enum CountingPhase: UInt8, Sendable, CaseIterable {
  /// The first round: all counts, or those above an allowance.
  case nominate = 1
  /// The second round: exact counts of listed candidates.
  case poll = 2
}

/// What is counted, whoever counts it and however often: the key of a fact.
///
/// Attempt, lease, epoch and worker are the envelope and never part of the key: with the attempt in
/// it, two attempts would both be added up.
public struct CountingKey: Sendable, Hashable {
  /// The job.
  public var job: JobID
  /// The length of the closed level whose candidates are counted.
  public var level: Int
  /// Which round.
  public var phase: CountingPhase
  /// The block set: numbers of shards of the data set version, ascending.
  public var shards: [UInt32]
  /// The structure digest of the closed level, so that both sides count the same candidates.
  public var levelDigest: UInt64

  /// A key of one block set; with a range's number it names a cell's result.
  public init(
    job: JobID, level: Int, phase: CountingPhase, shards: [UInt32], levelDigest: UInt64
  ) {
    self.job = job
    self.level = level
    self.phase = phase
    self.shards = shards
    self.levelDigest = levelDigest
  }
}

/// How the candidates of one range are to be answered.
public enum CountingRule: Sendable {
  /// The count of every candidate.
  case all
  /// The counts above an allowance.
  case above(allowance: UInt64)
  /// The exact counts of these positions, ascending; the answer is `CountReport.all`, parallel to them.
  case listed(Content<[UInt32]>)
}

/// A piece of work for one worker: some ranges of one block set, worth about half a second.
public struct CountingLease: Sendable {
  /// The lease's number in the coordinator's epoch.
  public var id: UInt64
  /// What is counted.
  public var key: CountingKey
  /// How often these cells have been given out before.
  public var attempt: Int
  /// The ranges, ascending by number, each with its rule.
  public var ranges: [(range: UInt32, rule: CountingRule)]
  /// Whether reports that are not short stay with the worker, which serves them until the next level
  /// opens: another worker is going to reduce the ranges.
  public var keepsReports: Bool

  /// A lease.
  public init(
    id: UInt64, key: CountingKey, attempt: Int, ranges: [(range: UInt32, rule: CountingRule)],
    keepsReports: Bool = false
  ) {
    self.keepsReports = keepsReports
    self.id = id
    self.key = key
    self.attempt = attempt
    self.ranges = ranges
  }
}

/// The answer about one range of a lease.
public struct RangeAnswer: Sendable {
  /// The range's number.
  public var range: UInt32
  /// `CountReport.digest` of the decoded report: what duplicates are compared by; 0 of a report that is
  /// passed as a value, of which there is one.
  public var digest: UInt64
  /// The report.
  public var report: Content<CountReport>

  /// An answer.
  public init(range: UInt32, digest: UInt64, report: Content<CountReport>) {
    self.range = range
    self.digest = digest
    self.report = report
  }
}

/// Answers to a lease: all of its ranges, or some now and the others later.
public struct CountingAnswer: Sendable {
  /// The lease.
  public var lease: UInt64
  /// What was counted.
  public var key: CountingKey
  /// Answers, ascending by range.
  public var answers: [RangeAnswer]
  /// Time spent counting them, in microseconds of one thread.
  public var microseconds: UInt64

  /// An answer.
  public init(lease: UInt64, key: CountingKey, answers: [RangeAnswer], microseconds: UInt64) {
    self.lease = lease
    self.key = key
    self.answers = answers
    self.microseconds = microseconds
  }
}

/// Why a lease could not be answered.
public enum CountingFailure: Sendable, Equatable {
  /// The worker does not hold this object, or holds it damaged.
  case objectMissing(ObjectID)
  /// The worker's level has another digest than the lease's, even after it was sent explicitly.
  case levelMismatch(expected: UInt64, found: UInt64)
  /// A limit was reached or a count contradicts itself; the text says what and where.
  case failed(String)
}

/// One shard of a data set as a worker needs it: its blocks in order.
public struct ShardDescription: Sendable, Equatable {
  /// The shard's number in the data set version.
  public var number: UInt32
  /// Its blocks.
  public var blocks: [ObjectDescriptor]

  /// A shard.
  public init(number: UInt32, blocks: [ObjectDescriptor]) {
    self.number = number
    self.blocks = blocks
  }
}

/// What a worker must know of a job before it can count for it.
public struct JobOpening: Sendable {
  /// The job.
  public var job: JobID
  /// All transactions of the data set version.
  public var transactionCount: UInt64
  /// The dictionary ids of the items that are counted, by rank.
  ///
  /// Items in every transaction are perfect extensions of the root and have no rank here: they come
  /// last in the order of ranks.
  public var items: Content<[UInt32]>
  /// The shards that the worker may be asked about.
  public var shards: [ShardDescription]

  /// An opening.
  public init(
    job: JobID, transactionCount: UInt64, items: Content<[UInt32]>, shards: [ShardDescription]
  ) {
    self.job = job
    self.transactionCount = transactionCount
    self.items = items
    self.shards = shards
  }
}

/// How a worker comes to a closed level.
public enum LevelContent: Sendable {
  /// From the level before by the survivors of its candidates, range by range.
  case survivors(Content<[Survivors]>)
  /// As it is; counts may be left out.
  case whole(Content<Level>)
}

/// A closed level, whose candidates are going to be counted.
public struct LevelOpening: Sendable {
  /// The job.
  public var job: JobID
  /// The length of the level.
  public var level: Int
  /// The structure digest that the worker must arrive at.
  public var digest: UInt64
  /// How many candidates a range is cut after: `candidateRanges(of:targetCandidateCount:)`.
  public var targetCandidateCount: Int
  /// The ranges that this cut makes, to be checked.
  public var rangeCount: Int
  /// The ranges themselves, where messages are passed as values.
  public var ranges: [CandidateRange]?
  /// The level.
  public var content: LevelContent

  /// An opening.
  public init(
    job: JobID, level: Int, digest: UInt64, targetCandidateCount: Int, rangeCount: Int,
    ranges: [CandidateRange]? = nil, content: LevelContent
  ) {
    self.job = job
    self.level = level
    self.digest = digest
    self.targetCandidateCount = targetCandidateCount
    self.rangeCount = rangeCount
    self.ranges = ranges
    self.content = content
  }
}
