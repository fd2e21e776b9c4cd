// Reducing ranges: fetching what others have counted, adding it up, and keeping the plans of ranges
// that are being polled.

import Apriori
import Messages

/// The ranges that a worker was ordered to reduce.
struct Reductions: Sendable {
  /// Looked up, or gone through by ascending number.
  var byOrder: [UInt64: ReductionAtWork] = [:]
  /// Orders that have not begun, in order of arrival.
  var waiting: [UInt64] = []
  /// Orders begun so far.
  var beginnings: UInt64 = 0
  /// Plans of ranges that are being polled, oldest first.
  var plans: [(name: PlanName, plan: PollPlan)] = []

  /// Orders at once; the coordinator repeats those dropped beyond.
  static let orderLimit = 1_024
  /// Fetches under way for one order.
  static let fetchLimit = 16
  /// Plans kept; of one that is not the reports are fetched again.
  static let planLimit = 64

  func plan(of order: ReducingOrder) -> PollPlan? {
    let name = PlanName(order)
    return plans.first { $0.name == name }?.plan
  }

  mutating func keep(_ plan: PollPlan, of order: ReducingOrder) {
    let name = PlanName(order)
    plans.removeAll { $0.name == name }
    if plans.count >= Self.planLimit { plans.removeFirst() }
    plans.append((name, plan))
  }

  /// Whether no more may begin: while some fetch, others compute.
  func isBusy(threads: Int) -> Bool {
    byOrder.values.count { $0.isRunning } > threads
  }
}

/// What a plan is known by: the reports that it was made of.
struct PlanName: Sendable, Equatable {
  let job: JobID
  let level: Int
  let levelDigest: UInt64
  let range: UInt32
  let digests: [UInt64]

  init(_ order: ReducingOrder) {
    job = order.job
    level = order.level
    levelDigest = order.levelDigest
    range = order.range
    digests = order.reports.map(\.source.digest)
  }
}

/// One beginning of an order: it may be forgotten, and ordered again while what was begun for it
/// is still under way.
struct ReductionRun: Sendable {
  let order: UInt64
  let beginning: UInt64
}

/// One report of an order: those of block sets first, then the answers to polls.
struct ReportRun: Sendable {
  let reduction: ReductionRun
  let place: Int
}

/// An order that is being carried out.
struct ReductionAtWork: Sendable {
  enum State: Sendable {
    case waiting
    case fetching
    case computing
    /// What was answered, to be said again.
    case answered(WorkerMessage)
  }

  var order: ReducingOrder
  /// Its number among those begun; 0 while it waits.
  var beginning: UInt64 = 0
  var state = State.waiting
  /// The plan, where it is known: then only answers to polls are needed.
  var plan: PollPlan?
  /// Places of reports that are to be fetched, last first.
  var toFetch: [Int] = []
  var fetchCount = 0
  /// Places that could not be fetched once.
  var retried: Set<Int> = []
  /// Places that could not be fetched.
  var lost: [Int] = []

  init(_ order: ReducingOrder) { self.order = order }

  var run: ReductionRun { ReductionRun(order: order.id, beginning: beginning) }

  var isRunning: Bool {
    switch state {
    case .fetching, .computing: true
    case .waiting, .answered: false
    }
  }

  func source(_ place: Int) -> ReportSource {
    place < order.reports.count
      ? order.reports[place].source : order.polls[place - order.reports.count].source
  }

  mutating func take(_ bytes: [UInt8], at place: Int) {
    if place < order.reports.count {
      order.reports[place].source.report = .bytes(bytes)
    } else {
      order.polls[place - order.reports.count].source.report = .bytes(bytes)
    }
  }

  /// Forgets the reports, which are no longer needed.
  mutating func answer(_ message: WorkerMessage) {
    state = .answered(message)
    order.reports = []
    order.polls = []
    plan = nil
  }
}

extension Worker {
  mutating func take(_ order: ReducingOrder) {
    if membership.phase == .leaving { return }
    if let known = reductions.byOrder[order.id] {
      if case .answered(let message) = known.state { send(message) }
      return
    }
    makeJob(order.job)
    guard let job = jobs[order.job], order.level >= job.currentLevel,
      reductions.byOrder.count < Reductions.orderLimit
    else { return }
    reductions.byOrder[order.id] = ReductionAtWork(order)
    reductions.waiting.append(order.id)
    beginReductions()
  }

  mutating func beginReductions() {
    while !reductions.waiting.isEmpty, !reductions.isBusy(threads: max(configuration.threads, 1)) {
      begin(reductions.waiting.removeFirst())
    }
  }

  private mutating func begin(_ id: UInt64) {
    guard var reduction = reductions.byOrder[id] else { return }
    let order = reduction.order
    reductions.beginnings += 1
    reduction.beginning = reductions.beginnings
    reduction.state = .fetching
    reduction.plan = order.polls.isEmpty ? nil : reductions.plan(of: order)
    let all = order.reports.count + order.polls.count
    let first = reduction.plan == nil ? 0 : order.reports.count
    reduction.toFetch = (first..<all).reversed().filter { place in
      if case .published = reduction.source(place).report { true } else { false }
    }
    reductions.byOrder[id] = reduction
    goOn(id)
  }

  /// Keeps some fetches under way; adds up once all reports are there.
  private mutating func goOn(_ id: UInt64) {
    guard var reduction = reductions.byOrder[id], case .fetching = reduction.state else { return }
    while reduction.fetchCount < Reductions.fetchLimit, let place = reduction.toFetch.popLast() {
      let source = reduction.source(place)
      guard case .published(let descriptor) = source.report else { continue }
      reduction.fetchCount += 1
      effects.append(
        .fetch(
          token(for: .reportFetch(ReportRun(reduction: reduction.run, place: place))), descriptor,
          sources: [source.endpoint]))
    }
    reductions.byOrder[id] = reduction
    guard reduction.fetchCount == 0 else { return }
    if reduction.lost.isEmpty {
      reductions.byOrder[id]?.state = .computing
      let work = ReducingWork(
        order: reduction.order, plan: reduction.plan, form: answerForm(reduction.order.job))
      performBusy(.reduce(work), for: .reduction(reduction.run))
    } else {
      let reports = reduction.order.reports.count
      let lost = reduction.lost.sorted()
      answer(
        id,
        .reducingFailed(
          reduction.order.job, order: id,
          .unreachable(
            reports: lost.filter { $0 < reports },
            polls: lost.filter { $0 >= reports }.map { $0 - reports })))
    }
  }

  /// Whether what was begun for an order is what it still waits for.
  private func isUnderWay(_ run: ReductionRun) -> Bool {
    reductions.byOrder[run.order]?.beginning == run.beginning
  }

  mutating func reportFetched(_ run: ReportRun, _ bytes: [UInt8]) {
    let id = run.reduction.order
    guard isUnderWay(run.reduction) else { return }
    reductions.byOrder[id]?.fetchCount -= 1
    reductions.byOrder[id]?.take(bytes, at: run.place)
    goOn(id)
  }

  /// A report could not be fetched; it is tried once more.
  mutating func reportLost(_ run: ReportRun) {
    let id = run.reduction.order
    guard isUnderWay(run.reduction) else { return }
    reductions.byOrder[id]?.fetchCount -= 1
    if reductions.byOrder[id]?.retried.insert(run.place).inserted == true {
      reductions.byOrder[id]?.toFetch.append(run.place)
    } else {
      reductions.byOrder[id]?.lost.append(run.place)
    }
    goOn(id)
  }

  mutating func reduced(_ run: ReductionRun, _ outcome: WorkerOutcome) {
    let id = run.order
    guard isUnderWay(run), let reduction = reductions.byOrder[id] else { return }
    let job = reduction.order.job
    switch outcome {
    case .reduced(let range):
      if let plan = range.plan { reductions.keep(plan, of: reduction.order) }
      if case .published(let descriptor) = range.content, let bytes = range.published {
        effects.append(.publish(descriptor, bytes))
      }
      answer(id, .reduced(job, order: id, range.content))
    case .notReduced(let failure): answer(id, .reducingFailed(job, order: id, failure))
    case .failed(let text): answer(id, .reducingFailed(job, order: id, .failed(text)))
    default: answer(id, .reducingFailed(job, order: id, .failed("the range was not reduced")))
    }
  }

  private mutating func answer(_ id: UInt64, _ message: WorkerMessage) {
    reductions.byOrder[id]?.answer(message)
    send(message)
    beginReductions()
  }

  // MARK: Ends

  /// Forgets an order; what is under way for it comes to nothing.
  mutating func forgetOrder(_ id: UInt64) {
    guard let reduction = reductions.byOrder.removeValue(forKey: id) else { return }
    reductions.waiting.removeAll { $0 == id }
    if case .answered(.reduced(_, _, .published(let descriptor))) = reduction.state {
      effects.append(.withdraw(descriptor.id))
    }
  }

  /// Forgets the orders of a job, and its plans, about levels below one.
  mutating func forgetOrders(of job: JobID, below level: Int) {
    for id in reductions.byOrder.keys.sorted() {
      guard let order = reductions.byOrder[id]?.order, order.job == job, order.level < level else {
        continue
      }
      forgetOrder(id)
    }
    reductions.plans.removeAll { $0.name.job == job && $0.name.level < level }
    beginReductions()
  }
}
