import Apriori
import Messages

// Orders to reduce ranges, and what becomes of them.

extension WireCoordinatorEnvelope.Reduce {
  init(_ order: ReducingOrder, _ contents: inout ContentWriter) throws(WireError) {
    self.init()
    id = order.id
    job = order.job.number
    level = try unsigned(order.level, "the level of an order")
    levelDigest = order.levelDigest
    range = order.range
    candidateCount = try unsigned(order.candidateCount, "the candidates of a range")
    minimumSupport = order.minimumSupport
    try check(order.reports.count, MessageLimits.listLength, "the reports of an order")
    try check(order.polls.count, MessageLimits.listLength, "the polls of an order")
    try add(order.reports, of: order.job, &contents)
    for (asked, source) in order.polls {
      var poll = WireCoordinatorEnvelope.Poll()
      poll.digest = source.digest
      poll.report = try contents.append(source.report) { $0.encoded() }
      poll.endpoint = try text(source.endpoint, "a data endpoint")
      poll.asked = try unsigned(asked, "the report of a poll")
      polls.append(poll)
    }
  }

  func value(_ contents: inout ContentReader) throws(WireError) -> ReducingOrder {
    try check(polls.count, MessageLimits.listLength, "the polls of an order")
    let candidateCount = try signed(candidateCount, "the candidates of a range")
    try check(candidateCount, MessageLimits.candidates, "the candidates of a range")
    let reports = try allReports(&contents)
    var polls: [(report: Int, source: ReportSource)] = []
    for poll in self.polls {
      let asked = try signed(poll.asked, "the report of a poll")
      guard asked < reports.count else {
        throw .invalid("the report of a poll", "it is \(asked) of \(reports.count)")
      }
      polls.append((asked, try poll.value(&contents)))
    }
    return ReducingOrder(
      id: id, job: JobID(job), level: try signed(level, "the level of an order"),
      levelDigest: levelDigest, range: range, candidateCount: candidateCount,
      minimumSupport: minimumSupport, reports: reports, polls: polls)
  }
}

extension WireCoordinatorEnvelope.Report {
  init(
    _ mode: ReportMode, _ source: ReportSource, _ contents: inout ContentWriter
  ) throws(WireError) {
    self.init()
    digest = source.digest
    report = try contents.append(source.report) { $0.encoded() }
    endpoint = try text(source.endpoint, "a data endpoint")
    self.mode =
      switch mode {
      case .all: .all(WireCoordinatorEnvelope.Nothing())
      case .above(let allowance): .above(allowance)
      }
  }

  func value(
    _ contents: inout ContentReader
  ) throws(WireError) -> (mode: ReportMode, source: ReportSource) {
    let source = ReportSource(
      digest: digest, report: try contents.take(report, "a count report"),
      endpoint: try text(endpoint, "a data endpoint"))
    switch mode {
    case .all: return (.all, source)
    case .above(let allowance): return (.above(allowance: allowance), source)
    case nil: throw .unknown("how a report must answer")
    }
  }
}

extension WireCoordinatorEnvelope.Poll {
  func value(_ contents: inout ContentReader) throws(WireError) -> ReportSource {
    ReportSource(
      digest: digest, report: try contents.take(report, "the answer to a poll"),
      endpoint: try text(endpoint, "a data endpoint"))
  }
}

extension WireWorkerEnvelope.Reduced {
  init(
    _ job: JobID, _ order: UInt64, _ reduction: Content<RangeReduction>,
    _ contents: inout ContentWriter
  ) throws(WireError) {
    self.init()
    self.job = job.number
    self.order = order
    self.reduction = try contents.append(reduction) { $0.encoded() }
  }

  func value(_ contents: inout ContentReader) throws(WireError) -> WorkerMessage {
    .reduced(JobID(job), order: order, try contents.take(reduction, "a reduced range"))
  }
}

extension WireWorkerEnvelope.ReducingFailed {
  init(_ job: JobID, _ order: UInt64, _ failure: ReducingFailure) throws(WireError) {
    self.init()
    self.job = job.number
    self.order = order
    reason =
      switch failure {
      case .unreachable(let reports, let polls):
        .unreachable(try WireWorkerEnvelope.Places(reports, polls, ""))
      case .damaged(let reports, let polls, let words):
        .damaged(try WireWorkerEnvelope.Places(reports, polls, words))
      case .contradiction(let words):
        .contradiction(try text(words, "why counts contradict each other"))
      case .failed(let words): .failed(try text(words, "why reducing failed"))
      }
  }

  func value() throws(WireError) -> WorkerMessage {
    let failure: ReducingFailure
    switch reason {
    case .unreachable(let places):
      let (reports, polls) = try places.value()
      failure = .unreachable(reports: reports, polls: polls)
    case .damaged(let places):
      let (reports, polls) = try places.value()
      failure = .damaged(
        reports: reports, polls: polls, try text(places.reason, "why reports are damaged"))
    case .contradiction(let words):
      failure = .contradiction(try text(words, "why counts contradict each other"))
    case .failed(let words): failure = .failed(try text(words, "why reducing failed"))
    case nil: throw .unknown("why reducing failed")
    }
    return .reducingFailed(JobID(job), order: order, failure)
  }
}

extension WireWorkerEnvelope.Places {
  init(_ reports: [Int], _ polls: [Int], _ words: String) throws(WireError) {
    self.init()
    self.reports = try places(reports)
    self.polls = try places(polls)
    reason = try text(words, "why reports are damaged")
  }

  func value() throws(WireError) -> (reports: [Int], polls: [Int]) {
    (
      try numbers(reports, "the reports of a failure").map { Int($0) },
      try numbers(polls, "the polls of a failure").map { Int($0) }
    )
  }
}

/// Places in an order, for the wire.
private func places(_ places: [Int]) throws(WireError) -> [UInt32] {
  try list(places, "the reports of a failure") { place throws(WireError) in
    guard let number = UInt32(exactly: place) else {
      throw .invalid("the reports of a failure", "\(place) is no place")
    }
    return number
  }
}
