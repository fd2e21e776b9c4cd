// The levels of a job as they are opened: from the level before by its survivors, or whole.

import Messages

/// How far a worker is with a level.
enum LevelState: Sendable {
  /// Waits for the job's items or for the level before.
  case waiting(LevelOpening)
  /// Is being fetched or made; the serial number tells a replaced attempt apart.
  case opening(LevelOpening, serial: UInt64)
  case ready(LevelAtWork)
  /// Even the whole level is not what the coordinator counts with.
  case wrong(digest: UInt64, CountingFailure)
}

/// An attempt to open a level.
struct LevelRun: Sendable {
  let job: JobID
  let level: Int
  let serial: UInt64
}

extension JobAtWork {
  /// Forgets levels that are not ready.
  mutating func dropOpenings() {
    levels = levels.filter {
      if case .ready = $0.value { true } else { false }
    }
  }
}

extension LevelOpening {
  var isWhole: Bool {
    if case .whole = content { true } else { false }
  }
}

extension Worker {
  mutating func openLevel(_ opening: LevelOpening) {
    guard opening.level >= 1 else { return }
    makeJob(opening.job)
    guard var job = jobs[opening.job], opening.level >= job.currentLevel - 1 else { return }
    if opening.level > job.currentLevel {
      // This level is closed, so nobody waits for counts that led to it.
      job.currentLevel = opening.level
      job.levels = job.levels.filter { $0.key >= opening.level - 1 }
      jobs[opening.job] = job
      forgetAssignments { $0.job == opening.job && $0.level < opening.level }
      forgetOrders(of: opening.job, below: opening.level)
      assignments.early.removeAll {
        $0.lease.key.job == opening.job && $0.lease.key.level < opening.level
      }
    }
    if isNews(opening, to: job.levels[opening.level]) { begin(opening) }
  }

  /// Whether an opening tells something that the state of its level does not cover.
  private func isNews(_ opening: LevelOpening, to state: LevelState?) -> Bool {
    switch state {
    case nil: true
    case .waiting(let known), .opening(let known, _):
      known.digest != opening.digest
        || known.targetCandidateCount != opening.targetCandidateCount
        || (opening.isWhole && !known.isWhole)
    case .ready(let level):
      level.digest != opening.digest
        || level.targetCandidateCount != opening.targetCandidateCount
        || level.ranges.count != opening.rangeCount
    case .wrong(let digest, _): digest != opening.digest || opening.isWhole
    }
  }

  private mutating func begin(_ opening: LevelOpening) {
    let (job, level) = (opening.job, opening.level)
    // What was counted with another level, or cut of it, is not asked for any more.
    forgetAssignments { $0.job == job && $0.level == level }
    guard let ranks = jobs[job]?.readyRanks else {
      jobs[job]?.levels[level] = .waiting(opening)
      if case .unknown = jobs[job]?.ranks { ask(job, level: nil) }
      return
    }
    var base: LevelAtWork?
    if !opening.isWhole {
      switch jobs[job]?.levels[level - 1] {
      case .ready(let ready): base = ready
      case .waiting, .opening:
        jobs[job]?.levels[level] = .waiting(opening)
        return
      case .wrong, nil:
        jobs[job]?.levels[level] = nil
        return ask(job, level: level)
      }
    }
    lastToken += 1
    let run = LevelRun(job: job, level: level, serial: lastToken)
    jobs[job]?.levels[level] = .opening(opening, serial: run.serial)
    if let descriptor = opening.publishedContent {
      effects.append(
        .fetch(token(for: .levelFetch(run)), descriptor, sources: [membership.dataEndpoint]))
    } else {
      let work = LevelWork(opening: opening, base: base, rankCount: ranks.rankCount)
      effects.append(.perform(token(for: .level(run)), .openLevel(work)))
    }
  }

  /// The opening that `run` works on, unless it has been replaced.
  private func opening(of run: LevelRun) -> LevelOpening? {
    guard case .opening(let opening, run.serial) = jobs[run.job]?.levels[run.level] else {
      return nil
    }
    return opening
  }

  mutating func levelFetched(_ run: LevelRun, _ bytes: [UInt8]) {
    guard let opening = opening(of: run) else { return }
    begin(opening.fetched(bytes))
  }

  mutating func levelLost(_ run: LevelRun) {
    guard opening(of: run) != nil else { return }
    jobs[run.job]?.levels[run.level] = nil
    ask(run.job, level: run.level)
  }

  mutating func levelPerformed(_ run: LevelRun, _ outcome: WorkerOutcome) {
    guard let opening = opening(of: run) else { return }
    switch outcome {
    case .levelOpened(let level):
      jobs[run.job]?.levels[run.level] = .ready(level)
    case .levelDiffers(let found):
      reject(opening, .levelMismatch(expected: opening.digest, found: found))
    case .failed(let text): reject(opening, .failed(text))
    default: reject(opening, .failed("the level could not be opened"))
    }
    beginWaitingLevels(of: run.job)
    takeEarlyLeases()
  }

  /// Asks for the whole level once; a whole one that does not fit either fails its leases.
  private mutating func reject(_ opening: LevelOpening, _ failure: CountingFailure) {
    if opening.isWhole {
      jobs[opening.job]?.levels[opening.level] = .wrong(digest: opening.digest, failure)
    } else {
      jobs[opening.job]?.levels[opening.level] = nil
      assignments.asked[.init(job: opening.job, level: opening.level)] = nil
      ask(opening.job, level: opening.level)
    }
  }

  /// Begins levels that waited for the items or the level before.
  mutating func beginWaitingLevels(of job: JobID) {
    for level in (jobs[job]?.levels.keys).map({ $0.sorted() }) ?? [] {
      if case .waiting(let opening) = jobs[job]?.levels[level] { begin(opening) }
    }
  }
}

extension LevelOpening {
  fileprivate var publishedContent: ObjectDescriptor? {
    switch content {
    case .survivors(.published(let descriptor)), .whole(.published(let descriptor)): descriptor
    default: nil
    }
  }

  /// The opening with its content here.
  fileprivate func fetched(_ bytes: [UInt8]) -> LevelOpening {
    var copy = self
    switch content {
    case .survivors: copy.content = .survivors(.bytes(bytes))
    case .whole: copy.content = .whole(.bytes(bytes))
    }
    return copy
  }
}
