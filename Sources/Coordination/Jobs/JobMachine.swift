import Apriori
import Itemsets
import Messages

/// A lease that is out.
struct LeaseState: Sendable {
  let id: UInt64
  let worker: Name
  /// The piece's place in the open level.
  let piece: Int
  let attempt: Int
  /// Ranges without an answer, ascending.
  var open: [UInt32]
  /// Of these, ranges whose answers are being fetched.
  var fetching: [UInt32] = []
  let sentAt: UInt64
  var resendAt: UInt64
  var resendInterval: UInt64
  /// Microseconds of a thread that it is thought to be worth; 0 where nothing is known.
  let estimate: UInt64
  /// Milliseconds after which it is thought to be answered.
  let expected: UInt64
  /// Its cells have been given to somebody else too; an answer is still taken.
  var isAbandoned = false
}

/// What a worker knows of a job, as far as the coordinator has told it.
struct WorkerView: Sendable {
  let incarnation: Incarnation
  /// Shards that it was told of; nil before the job was opened.
  var toldShards: [UInt32]?
  /// The length of the last level that was opened.
  var openedLevel = 0
  /// Its level was found to differ and has been sent as a whole.
  var wasCorrected = false
  /// When it last said that it lacks something.
  var reopenedAt: UInt64?
  /// Its leases, ascending.
  var leases: [UInt64] = []
  /// Microseconds of a thread that its leases are worth.
  var estimate: UInt64 = 0
  var hasAnswered = false
  /// Shards that it turned out not to hold.
  var notHolding: [UInt32] = []
}

/// One job on its journey: load, rank, then level by level open, count, close; at last secure all.
///
/// Its parts: `Loading` fetches what it begins with; `Levels` opens and closes; `Leases` hands cells
/// out; `Answers` takes counts; `Reducing` lets workers add them up; `Failures` takes cells back;
/// `Ending` stores levels and ends.
struct JobMachine: Sendable {
  enum Stage: Sendable, Equatable {
    case queued
    case loading
    case preparing
    case counting
    case joining
    case finishing
    case ended
  }

  /// What an effect's outcome is for.
  enum Awaited: Sendable {
    case submitted
    case object(Int, isFetched: Bool)
    case work
    case report(FetchedAnswer)
    case reduction(order: UInt64)
    case checkpoint
    case done(JobRecord)
    case ended
    case removed
  }

  /// An answer whose report has to be fetched.
  struct FetchedAnswer: Sendable {
    let worker: Name
    let lease: UInt64
    let key: CountingKey
    let answer: RangeAnswer
    let descriptor: ObjectDescriptor
    let isRetry: Bool
  }

  /// What users and the catalog see.
  var record: JobRecord
  var stage: Stage
  let policy: ContentPolicy
  let configuration: CoordinatorConfiguration
  /// Who waits for an answer, and to what.
  var callers: [(id: RequestID, peer: PeerID)] = []
  var isPersisted: Bool
  var dataSet: DataSetRecord?
  /// Where the items come from, where that is not the data set's objects.
  var source: ItemSource?
  var allowances: Allowances?
  var loading: Loading?
  var countedItems: Parcel<[UInt32]>?
  /// What is kept where no checkpoints are.
  var rankedItems: RankedItems?
  var closedLevels: [Level] = []
  var level: OpenLevel?
  /// Looked up only; see ``viewNames``.
  var views: [Name: WorkerView] = [:]
  /// The workers with a view, ascending.
  var viewNames: [Name] = []
  /// Looked up only; the views list them.
  var leases: [UInt64: LeaseState] = [:]
  /// The last lease that was given out.
  var lastLease: UInt64 = 0
  /// Looked up only.
  var awaited: [Token: Awaited] = [:]
  var checkpoints: [Checkpoint] = []
  /// The record as it will be when the job is done, while its manifest is being stored.
  var last: (record: JobRecord, manifest: ObjectDescriptor)?
  /// Microseconds of counting and what was counted in them, of this level and a part of earlier ones.
  var learnedMicroseconds = 0.0
  var learnedUnits = 0.0
  /// Since when some shard has no worker that can count it.
  var starvingSince: UInt64?
  /// What an operator should know.
  var problem: String?
  /// Ends of the job that are not durable yet.
  var pendingEnds = 0
  /// How it stood before its end, which may not be durable yet.
  var stateBeforeEnd: JobState?
  var isBeingRemoved = false
  /// Whether the catalog has forgotten the job.
  var isRemoved = false
  /// Until when workers that have not come back since a restart are waited for.
  var patience: UInt64 = 0
  /// The level to be opened when they are back or the patience is over.
  var postponed: PreparedLevel?
  /// Whether cells wait that others than the last speaker may take.
  var needsScheduling = false

  var id: JobID { record.summary.id }
  var summary: JobSummary { record.summary }
  /// What users are told: that it has ended only once that is durable.
  var shownSummary: JobSummary {
    guard pendingEnds > 0, let stateBeforeEnd else { return summary }
    var shown = summary
    shown.state = stateBeforeEnd
    shown.endedAt = 0
    shown.failure = ""
    return shown
  }
  var isRunning: Bool { stage != .queued && stage != .ended }
  /// Whether it runs, or has ended without that being durable yet.
  var isUnderWay: Bool { isRunning || (stage == .ended && !summary.state.isFinal) }
  var keepsCheckpoints: Bool { !keepsLevels }
  private let keepsLevels: Bool

  init(
    record: JobRecord, isPersisted: Bool, configuration: CoordinatorConfiguration
  ) {
    self.configuration = configuration
    self.record = record
    self.isPersisted = isPersisted
    stage = record.summary.state.isFinal ? .ended : .queued
    policy = ContentPolicy(job: record.summary.id, configuration: configuration)
    keepsLevels = !configuration.keepsCheckpoints
  }

  /// A new token for an effect of this job.
  mutating func token(_ purpose: Awaited, _ outbox: inout Outbox) -> Token {
    let token = outbox.token(for: .job(id))
    awaited[token] = purpose
    return token
  }

  mutating func perform(_ work: JobWork, _ outbox: inout Outbox) {
    outbox.add(.perform(token(.work, &outbox), .job(work)))
  }

  func note(_ text: String, _ outbox: inout Outbox) { outbox.add(.note("\(id): \(text)")) }

  /// Microseconds of a thread for a candidate and a transaction; nil before anything was counted.
  var rate: Double? { learnedUnits > 0 ? learnedMicroseconds / learnedUnits : nil }

  /// The outcome of an effect of this job.
  mutating func finished(
    _ outcome: JobEffectOutcome, token: Token, _ cluster: inout Cluster, at now: Moment,
    _ outbox: inout Outbox
  ) {
    guard let purpose = awaited.removeValue(forKey: token) else { return }
    switch (purpose, outcome) {
    case (.submitted, .persisted): submitted(&outbox)
    case (.object(let index, _), .loaded(let bytes)):
      loaded(bytes, index: index, &cluster, at: now, &outbox)
    case (.object(let index, let isFetched), .loadFailed):
      loadFailed(index: index, isFetched: isFetched, &cluster, at: now, &outbox)
    case (.report(let fetched), .loaded(let bytes)):
      reportLoaded(fetched, bytes, &cluster, at: now, &outbox)
    case (.report(let fetched), .loadFailed):
      reportFailed(fetched, &cluster, at: now, &outbox)
    case (.reduction(let order), .loaded(let bytes)):
      reductionLoaded(order, bytes, &outbox)
    case (.reduction(let order), .loadFailed):
      reductionFailed(order, "its answer could not be fetched", &cluster, at: now, &outbox)
    case (.work, .performed(let outcome)):
      performed(outcome, &cluster, at: now, &outbox)
    case (.done(let record), .persisted): done(record, &cluster, &outbox)
    case (.ended, .persisted):
      pendingEnds -= 1
      cluster.registry.drop(.job(id), members: cluster.members, outbox: &outbox)
      if !isBeingRemoved { answerCallers(.job(summary), &outbox) }
    case (.removed, .persisted):
      cluster.registry.drop(.job(id), members: cluster.members, outbox: &outbox)
      isRemoved = true
      answerCallers(.done, &outbox)
    default: break
    }
  }

  private mutating func performed(
    _ outcome: JobOutcome, _ cluster: inout Cluster, at now: Moment, _ outbox: inout Outbox
  ) {
    guard isRunning else { return }
    switch outcome {
    case .begun(let begun): self.begun(begun, &cluster, at: now, &outbox)
    case .resumed(let resumed): self.resumed(resumed, &cluster, at: now, &outbox)
    case .reduced(let reduced): self.reduced(reduced, &cluster, at: now, &outbox)
    case .joined(let prepared): joined(prepared, &cluster, at: now, &outbox)
    case .packed(let survivors): packed(survivors, &cluster, at: now, &outbox)
    case .encoded(let encoded): self.encoded(encoded, &cluster, at: now, &outbox)
    case .failed(let reason): workFailed(reason, &cluster, at: now, &outbox)
    }
  }

  mutating func answerCallers(_ response: ClientResponse, _ outbox: inout Outbox) {
    for caller in callers { outbox.add(.reply(response, id: caller.id, to: caller.peer)) }
    callers = []
  }

  private mutating func submitted(_ outbox: inout Outbox) {
    isPersisted = true
    answerCallers(.job(summary), &outbox)
    outbox.add(.progress(summary))
  }
}
