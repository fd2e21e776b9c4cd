import Messages

/// A worker as a value: it stores objects, counts candidates in its blocks, and obeys the coordinator
/// of the highest epoch it has promised.
///
/// It has no clock, disk, socket or thread. Whoever drives it carries the effects out, in any order,
/// and reports what came of them; the same events make the same effects. The files beside this one
/// hold its parts: Joining and Promises (the coordinator), Storage (objects), JobsAtWork and Levels
/// (what is counted), Leases (what is asked), Scheduling (what is done next), Projections (what is
/// kept for it), Reducing (what others have counted).
///
/// A lease is cut into cells, one a candidate range; its block set into pieces that fit in memory. A
/// cell is answered when its range has been counted in every piece, and the answer is kept until the
/// level is superseded, since any message may be lost and asked for again.
public struct Worker: Sendable {
  let configuration: WorkerConfiguration
  var now: UInt64
  var freeBytes: UInt64
  var random: RandomState
  var effects: [WorkerEffect] = []
  /// Who waits for the outcome of which effect.
  var waiting: [WorkerToken: Waiting] = [:]
  var lastToken: UInt64 = 0
  /// Pieces of work in the compute pool that count against its threads.
  var busyCount = 0
  var hasStopped = false

  var promises: Promises
  var membership: Membership
  var storage: Storage
  var jobs: [JobID: JobAtWork] = [:]
  /// Jobs, oldest first, and whose turn it is.
  var jobOrder: [JobID] = []
  var nextJob = 0
  var assignments = Assignments()
  var reductions = Reductions()
  var projections: ProjectionCache
  var blocks: BlockCache

  /// A worker that has not begun.
  ///
  /// - Parameters:
  ///   - start: what its folder holds.
  ///   - seed: spreads the attempts to reach the coordinator; never shows in a result.
  ///   - milliseconds: the shell's clock, which never goes back.
  public init(
    configuration: WorkerConfiguration, start: WorkerStart, seed: UInt64,
    at milliseconds: UInt64
  ) {
    self.configuration = configuration
    now = milliseconds
    freeBytes = start.freeBytes
    random = RandomState(seed: seed)
    promises = Promises(cluster: start.cluster, promised: start.promised)
    membership = Membership(configuration: configuration, at: milliseconds)
    storage = Storage(
      objects: start.objects, nextScrub: milliseconds + configuration.scrubMilliseconds)
    projections = ProjectionCache(limit: configuration.projectionLimit)
    blocks = BlockCache(resident: start.residentBlocks, limit: configuration.blockLimit)
  }

  /// Says hello.
  public mutating func start(at milliseconds: UInt64) -> [WorkerEffect] {
    now = max(now, milliseconds)
    introduce()
    return takeEffects()
  }

  /// Takes one event and says what to do now.
  /// - Complexity: O(message); work worth more goes to the compute pool.
  public mutating func handle(
    _ event: WorkerEvent, at milliseconds: UInt64
  ) -> [WorkerEffect] {
    now = max(now, milliseconds)
    if hasStopped { return [] }
    switch event {
    case .tick(let freeBytes):
      self.freeBytes = freeBytes
      tick()
    case .coordinator(let envelope): receive(envelope)
    case .promised(let token): settlePromise(take(token))
    case .diskFailed(_, let text): stop(text)
    case .loaded(let token, let bytes): loaded(bytes, for: take(token))
    case .loadFailed(let token, let failure): loadFailed(failure, for: take(token))
    case .stored(let token, let freeBytes):
      self.freeBytes = freeBytes
      if case .copyStore(let id) = take(token) { copyStored(id) }
    case .storeFailed(let token, let failure):
      if case .copyStore(let id) = take(token) { copyFailed(id, failure) }
    case .deleted(let token):
      if case .delete(let id) = take(token) { deleted(id) }
    case .performed(let token, let outcome): performed(outcome, for: take(token))
    case .stopRequested: leave()
    }
    schedule()
    return takeEffects()
  }

  private mutating func tick() {
    tickMembership()
    tickStorage()
    tickLeases()
    forgetIdleJobs()
  }

  private mutating func loaded(_ bytes: [UInt8], for owner: Waiting?) {
    switch owner {
    case .copyFetch(let fetch): copyFetched(fetch, bytes)
    case .verification(let descriptor): verified(descriptor, nil)
    case .scrub: storage.scrubRuns = false
    case .itemsFetch(let job): rankItems(of: job, .bytes(bytes))
    case .levelFetch(let run): levelFetched(run, bytes)
    case .listFetch(let cell): listFetched(cell, bytes)
    case .reportFetch(let run): reportFetched(run, bytes)
    case .block(let run): blockLoaded(run, bytes)
    default: break
    }
  }

  private mutating func loadFailed(_ failure: StoreFailure, for owner: Waiting?) {
    switch owner {
    case .copyFetch(let fetch): copyNotFetched(fetch, failure)
    case .verification(let descriptor): verified(descriptor, failure)
    case .scrub(let descriptor):
      storage.scrubRuns = false
      foundDamaged(descriptor)
    case .itemsFetch(let job): itemsFailed(job)
    case .levelFetch(let run): levelLost(run)
    case .listFetch(let cell): listLost(cell)
    case .reportFetch(let run): reportLost(run)
    case .block(let run): blockLost(run)
    default: break
    }
  }

  private mutating func performed(_ outcome: WorkerOutcome, for owner: Waiting?) {
    switch owner {
    case .items(let job): itemsRanked(job, outcome)
    case .level(let run): levelPerformed(run, outcome)
    case .projection(let run):
      busyCount -= 1
      projected(run, outcome)
    case .count(let run):
      busyCount -= 1
      counted(run, outcome)
    case .reduction(let run):
      busyCount -= 1
      reduced(run, outcome)
    default: break
    }
  }
}

/// Who waits for the outcome of an effect.
enum Waiting: Sendable {
  case promise(Epoch)
  case copyFetch(Storage.Fetch)
  case copyStore(ObjectID)
  case delete(ObjectID)
  case verification(ObjectDescriptor)
  case scrub(ObjectDescriptor)
  case itemsFetch(JobID)
  case items(JobID)
  case levelFetch(LevelRun)
  case level(LevelRun)
  case listFetch(CellRun)
  case block(BlockRun)
  case projection(PieceRun)
  case count(CellRun)
  case reportFetch(ReportRun)
  case reduction(ReductionRun)
}

extension Worker {
  /// A new token whose outcome goes to `owner`.
  mutating func token(for owner: Waiting) -> WorkerToken {
    lastToken += 1
    waiting[WorkerToken(lastToken)] = owner
    return WorkerToken(lastToken)
  }

  /// Who waits for the outcome of `token`; nil the second time.
  private mutating func take(_ token: WorkerToken) -> Waiting? {
    waiting.removeValue(forKey: token)
  }

  private mutating func takeEffects() -> [WorkerEffect] {
    defer { effects = [] }
    return effects
  }

  /// Gives work to the pool that takes the place of counting.
  mutating func performBusy(_ work: WorkerWork, for owner: Waiting) {
    busyCount += 1
    effects.append(.perform(token(for: owner), work))
  }

  mutating func send(_ message: WorkerMessage) {
    effects.append(
      .send(
        WorkerEnvelope(
          name: configuration.name, incarnation: configuration.incarnation,
          epoch: promises.promised, message: message)))
  }

  mutating func note(_ text: String) { effects.append(.note(text)) }

  /// Ends the process; nothing is done after it.
  mutating func stop(_ reason: String?) {
    if hasStopped { return }
    hasStopped = true
    effects.append(.stop(reason))
  }
}

/// SplitMix64: spreads attempts in time.
struct RandomState: Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// A number from 0 up to and with `limit`.
  mutating func number(upTo limit: UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return limit == .max ? mixed : (mixed ^ (mixed >> 31)) % (limit + 1)
  }
}
