import Apriori
import Messages

/// A report or the answer to a poll that has been accepted.
struct HeldAnswer: Sendable {
  let shards: [UInt32]
  let worker: Name
  /// The life of the worker in which it keeps what is to be fetched.
  let incarnation: Incarnation?
  let digest: UInt64
  let mode: ReportMode
  /// The report whose list was counted, of a poll.
  let report: Int
  /// Nil once it has been reduced.
  var content: Content<CountReport>?

  /// Whether its worker keeps it, to be fetched by another.
  var isElsewhere: Bool {
    if case .published = content { true } else { false }
  }
}

/// One range of the open level.
struct RangeState: Sendable {
  enum Phase: Sendable, Equatable {
    /// Reports are awaited.
    case counting
    /// The pool looks at the reports.
    case planning
    /// Answers to polls are awaited.
    case polling
    /// The pool looks at the answers.
    case closing
    /// The piece of the next level is there.
    case closed
  }

  /// Who looks at the reports or answers, in phases *planning* and *closing*.
  enum Reducer: Sendable, Equatable {
    /// The coordinator's pool.
    case pool
    /// A worker that is still to be found.
    case nobody
    /// The worker that has this order.
    case worker(order: UInt64)
  }

  var phase = Phase.counting
  var reducer = Reducer.pool
  /// Whether a worker has planned it, so that answers to polls stay with workers too.
  var isPlannedElsewhere = false
  /// The worker that has the plan, as far as is known.
  var planner: Name?
  /// The worker that failed to reduce it last.
  var avoided: Name?
  /// How often workers could not fetch its reports, failed otherwise, or took too long.
  var reducingAttempts = ReducingAttempts()
  /// Answers to polls count only from this lease on: before, other lists were asked about.
  var firstPollLease: UInt64 = 0
  /// Nil until the first report.
  var ledger: RangeLedger?
  /// In the order of acceptance.
  var reports: [HeldAnswer] = []
  var plan: PollPlan?
  /// How many candidates each report is polled about, once that is known.
  var listCounts: [Int] = []
  var lists: [Parcel<[UInt32]>?] = []
  /// In the order of acceptance.
  var polls: [HeldAnswer] = []
  var closed: ReducedRange?

  /// Whether all is there that was asked for.
  var isComplete: Bool {
    switch phase {
    case .counting: ledger?.isCovered ?? false
    case .polling: ledger?.isAnswered ?? false
    case .planning, .closing, .closed: false
    }
  }
}

/// How often workers did not reduce a range, by why.
struct ReducingAttempts: Sendable {
  var unreachable = 0
  var failures = 0
  var timeouts = 0
}

/// An order to reduce a range that is out.
struct OrderState: Sendable {
  let id: UInt64
  let range: Int
  let worker: Name
  let sentAt: UInt64
  var resendAt: UInt64
  var resendInterval: UInt64
  /// Its answer is being fetched or read.
  var isAnswered = false
  /// Its answer is being fetched from its worker.
  var isFetching = false
}

/// A closed level while its candidates are counted: which cells wait, who answers, what is closed.
struct OpenLevel: Sendable {
  var prepared: PreparedLevel
  let rule: ReportRule
  let allowances: Allowances
  let openedAt: UInt64
  var ranges: [RangeState]
  private(set) var pieces: [Piece] = []
  /// Where pieces are; looked up only.
  var pieceIndices: [PieceKey: Int] = [:]
  /// The pieces of each worker.
  private(set) var homes = Homes()
  /// Cells that wait in all pieces.
  private(set) var waitingCount = 0
  /// Who can count each shard now, ascending.
  var holders: [[Name]] = [] {
    didSet { heldShards = Self.shards(by: holders) }
  }
  /// The shards that each worker can count now, ascending; looked up only.
  private(set) var heldShards: [Name: [UInt32]] = [:]
  let transactionCounts: [UInt64]
  var closedCount = 0
  /// Every range before this one is closed.
  var firstOpenRange = 0
  /// Bytes of reports that wait for their range to be reduced.
  var bytesHeld: UInt64 = 0
  var leaseCount: UInt64 = 0
  var bytesReceived: UInt64 = 0
  /// Reports of the first round that were accepted, and their bytes.
  var reports = (count: UInt64(0), bytes: UInt64(0))
  var bytesSent: UInt64 = 0
  /// Objects served for this level, to be withdrawn when it closes.
  var published: [ObjectID] = []
  /// Whether the pool is encoding the whole level.
  var isEncodingWhole = false
  /// Whether ranges are reduced on workers, where reports are too long for messages.
  var isReducedOnWorkers = false
  /// Orders that are out, ascending.
  var orders: [OrderState] = []
  /// Ranges that wait for a worker to reduce them, ascending.
  var unordered: [UInt32] = []
  /// Who got the last order.
  var lastReducer: Name?
  /// What its ranges have left: the next level, and its survivors as they travel.
  var joined: PreparedLevel?
  var survivors: Parcel<[Survivors]>?
  /// Numbers of objects given out.
  var lastNumber: UInt64

  /// Opens a level whose data are counted in so many block sets at first.
  init(
    prepared: PreparedLevel, allowances: Allowances, transactionCounts: [UInt64],
    blockSetCount: Int, configuration: CoordinatorConfiguration, at: UInt64
  ) {
    self.prepared = prepared
    self.allowances = allowances
    self.transactionCounts = transactionCounts
    openedAt = at
    rule =
      configuration.reportRule
      ?? ReportRule(
        candidateCount: Int(clamping: prepared.candidateCount),
        expectedFill: prepared.cut.expectedFill, allowances: allowances,
        blockSetCount: blockSetCount, smallLevelLimit: configuration.smallLevelLimit)
    ranges = Array(repeating: RangeState(), count: prepared.cut.ranges.count)
    lastNumber = UInt64(prepared.level.length) << 40
  }

  /// The length of the closed level.
  var length: Int { prepared.level.length }
  /// Whether every range is closed.
  var isClosed: Bool { closedCount == ranges.count }

  /// How errors call a range.
  func name(ofRange range: Int) -> String { "level \(length + 1), range \(range)" }

  func key(of piece: Piece, job: JobID) -> CountingKey {
    CountingKey(
      job: job, level: length, phase: piece.phase, shards: piece.shards,
      levelDigest: prepared.digest)
  }

  func transactionCount(of shards: [UInt32]) -> UInt64 {
    shards.reduce(0) { $0 + transactionCounts[Int($1)] }
  }

  /// Adds a piece of the first round or of polls and returns its place.
  mutating func add(_ blockSet: BlockSet, phase: CountingPhase) throws(CountingError) -> Int {
    let key = PieceKey(phase: phase, shards: blockSet.shards)
    if let known = pieceIndices[key] { return known }
    let mode = try rule.mode(of: blockSet.shards.map { Int($0) }, allowances: allowances)
    pieces.append(
      Piece(
        phase: phase, shards: blockSet.shards, mode: mode,
        transactionCount: transactionCount(of: blockSet.shards), home: blockSet.home,
        isShared: blockSet.isShared))
    pieceIndices[key] = pieces.count - 1
    if let home = blockSet.home { homes.add(pieces.count - 1, waiting: 0, to: home) }
    return pieces.count - 1
  }

  /// Changes a piece, and keeps count of what waits for whom.
  mutating func update(_ index: Int, _ change: (inout Piece) -> Void) {
    let old = (
      home: pieces[index].home, count: pieces[index].waitingCount, waiting: pieces[index].waiting
    )
    change(&pieces[index])
    waitingCount += pieces[index].waitingCount - old.count
    let waiting = pieces[index].waiting
    if let home = old.home, home == pieces[index].home {
      if waiting != old.waiting { homes.change(waiting: old.waiting, to: waiting, of: home) }
      return
    }
    if let home = old.home { homes.remove(index, waiting: old.waiting, from: home) }
    if let home = pieces[index].home { homes.add(index, waiting: waiting, to: home) }
  }

  /// Whether an answer about this range by this piece's block set would be accepted.
  /// - Complexity: O(shards).
  func isOpen(_ range: Int, for piece: Piece) -> Bool {
    switch (piece.phase, ranges[range].phase) {
    case (.nominate, .counting):
      return piece.shards.allSatisfy { ranges[range].ledger?.isOpen(Int($0)) ?? true }
    case (.poll, .polling):
      let first = piece.shards.first.flatMap { ranges[range].ledger?.openPoll(of: Int($0)) }
      return first != nil
        && piece.shards.allSatisfy { ranges[range].ledger?.openPoll(of: Int($0)) == first }
    default: return false
    }
  }

  /// The report that a poll of these shards is about.
  func report(of shards: [UInt32], in range: Int) -> Int? {
    shards.first.flatMap { ranges[range].ledger?.report(of: Int($0)) }
  }

  /// What `holders` says, by worker.
  private static func shards(by holders: [[Name]]) -> [Name: [UInt32]] {
    var shards: [Name: [UInt32]] = [:]
    for (shard, names) in holders.enumerated() {
      for name in names { shards[name, default: []].append(UInt32(truncatingIfNeeded: shard)) }
    }
    return shards
  }

  /// Whether a worker can count all shards of a piece.
  func canCount(_ worker: Name, _ shards: [UInt32]) -> Bool {
    shards.allSatisfy { holders[Int($0)].containsSorted(worker) }
  }

  /// How a range of a piece is to be answered; nil where nothing is asked any more.
  func countingRule(_ range: Int, of piece: Piece) -> CountingRule? {
    switch piece.phase {
    case .nominate:
      switch piece.mode {
      case .all: return .all
      case .above(let allowance): return .above(allowance: allowance)
      }
    case .poll:
      guard let report = report(of: piece.shards, in: range),
        ranges[range].lists.indices.contains(report), let list = ranges[range].lists[report]
      else { return nil }
      return .listed(list.content)
    }
  }

  /// Candidates times transactions of a cell: what its time is estimated by.
  func units(_ range: Int, of piece: Piece) -> Double {
    let transactions = Double(piece.transactionCount)
    switch piece.phase {
    case .nominate:
      return Double(prepared.cut.ranges[range].candidateCount) * transactions
    case .poll:
      guard let report = report(of: piece.shards, in: range),
        ranges[range].listCounts.indices.contains(report)
      else { return 0 }
      return Double(ranges[range].listCounts[report]) * transactions
    }
  }

  /// The place of an order that is out.
  /// - Complexity: O(log orders).
  func index(ofOrder id: UInt64) -> Int? {
    var low = 0
    var high = orders.count
    while low < high {
      let middle = (low + high) / 2
      if orders[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < orders.count && orders[low].id == id ? low : nil
  }

  /// Whether an answer stays with the worker that sends it, for another one to fetch.
  func isKept(_ range: Int, _ phase: CountingPhase) -> Bool {
    isReducedOnWorkers && (phase == .nominate || ranges[range].isPlannedElsewhere)
  }

  /// The ledger of a range as it is before the first report.
  func newLedger(_ range: Int) -> RangeLedger {
    RangeLedger(name: name(ofRange: range), rule: rule, allowances: allowances)
  }
}
