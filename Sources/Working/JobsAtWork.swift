// The jobs that a worker counts for: their items and shards. Levels are in Levels.

import Messages

/// A job as a worker knows it.
struct JobAtWork: Sendable {
  enum Ranks: Sendable {
    /// Not told yet.
    case unknown
    /// Being fetched or made.
    case opening
    case ready(ItemRanks)
  }

  let id: JobID
  var ranks = Ranks.unknown
  /// By number.
  var shards: [UInt32: ShardDescription] = [:]
  /// By length.
  var levels: [Int: LevelState] = [:]
  /// The length of the level that is being counted in this epoch; 0 before the first.
  var currentLevel = 0
  /// Assignments with something to begin, oldest first.
  var active: [Int] = []
  var lastUsed: UInt64

  init(id: JobID, at now: UInt64) {
    self.id = id
    lastUsed = now
  }

  var readyRanks: ItemRanks? {
    if case .ready(let ranks) = ranks { ranks } else { nil }
  }

  var levelByteCount: Int {
    levels.values.reduce(0) { sum, state in
      if case .ready(let level) = state { sum + level.byteCount } else { sum }
    }
  }
}

extension Worker {
  /// Jobs known at once; beyond, the one not spoken of for longest is forgotten: its closing was lost.
  static var jobLimit: Int { 16 }

  mutating func openJob(_ opening: JobOpening) {
    makeJob(opening.job)
    for shard in opening.shards {
      if let known = jobs[opening.job]?.shards[shard.number], known != shard {
        projections.removeAll(of: opening.job)
      }
      jobs[opening.job]?.shards[shard.number] = shard
    }
    if case .unknown = jobs[opening.job]?.ranks {
      jobs[opening.job]?.ranks = .opening
      if case .published(let descriptor) = opening.items {
        effects.append(
          .fetch(
            token(for: .itemsFetch(opening.job)), descriptor, sources: [membership.dataEndpoint]))
      } else {
        rankItems(of: opening.job, opening.items)
      }
    }
    takeEarlyLeases()
  }

  /// Remembers the job, if only by its number.
  mutating func makeJob(_ id: JobID) {
    jobs[id]?.lastUsed = now
    if jobs[id] != nil { return }
    if jobs.count >= Self.jobLimit,
      let oldest = jobOrder.min(by: { (jobs[$0]?.lastUsed ?? 0) < (jobs[$1]?.lastUsed ?? 0) })
    {
      closeJob(oldest)
    }
    jobs[id] = JobAtWork(id: id, at: now)
    jobOrder.append(id)
  }

  mutating func rankItems(of job: JobID, _ items: Content<[UInt32]>) {
    effects.append(.perform(token(for: .items(job)), .rankItems(items)))
  }

  mutating func itemsRanked(_ job: JobID, _ outcome: WorkerOutcome) {
    guard case .opening = jobs[job]?.ranks else { return }
    switch outcome {
    case .ranked(let ranks):
      jobs[job]?.ranks = .ready(ranks)
      beginWaitingLevels(of: job)
      takeEarlyLeases()
    case .failed(let text):
      note("\(job) cannot be opened: \(text)")
      itemsFailed(job)
    default: itemsFailed(job)
    }
  }

  /// The items could not be had; they are asked for again as long as someone waits.
  mutating func itemsFailed(_ job: JobID) {
    guard case .opening = jobs[job]?.ranks else { return }
    jobs[job]?.ranks = .unknown
    ask(job, level: nil)
  }

  /// Asks for an opening, not more often than messages are resent.
  mutating func ask(_ job: JobID, level: Int?) {
    let question = Assignments.Question(job: job, level: level)
    if let last = assignments.asked[question], now - last < configuration.resendMilliseconds {
      return
    }
    if assignments.asked.count >= Assignments.questionLimit { assignments.asked = [:] }
    assignments.asked[question] = now
    send(.missing(job, level: level))
  }

  mutating func closeJob(_ job: JobID) {
    forgetOrders(of: job, below: .max)
    guard jobs[job] != nil else { return }
    forgetAssignments { $0.job == job }
    projections.removeAll(of: job)
    assignments.early.removeAll { $0.lease.key.job == job }
    jobs[job] = nil
    if let place = jobOrder.firstIndex(of: job) {
      jobOrder.remove(at: place)
      if nextJob > place { nextJob -= 1 }
    }
  }

  /// Forgets jobs that nobody has spoken of for long: their closing was lost.
  ///
  /// One that runs after all is opened again when something is asked of it.
  mutating func forgetIdleJobs() {
    for id in jobOrder {
      guard let job = jobs[id], now - job.lastUsed >= configuration.idleJobMilliseconds,
        job.active.isEmpty, !assignments.early.contains(where: { $0.lease.key.job == id }),
        !assignments.byNumber.values.contains(where: { assignment in
          assignment.key.job == id && assignment.cells.values.contains { $0.answer == nil }
        })
      else { continue }
      closeJob(id)
    }
  }

  /// Leases and answers of an older epoch are no longer wanted; items, levels and projections hold.
  mutating func forgetOldEpoch() {
    forgetCopies()
    for id in reductions.byOrder.keys.sorted() { forgetOrder(id) }
    forgetAssignments { _ in true }
    assignments.early = []
    assignments.asked = [:]
    for job in jobOrder {
      jobs[job]?.currentLevel = 0
      if case .opening = jobs[job]?.ranks { jobs[job]?.ranks = .unknown }
      jobs[job]?.dropOpenings()
    }
  }
}
