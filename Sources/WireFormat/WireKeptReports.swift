import Apriori
import Messages

// Reports that stay with those who counted them. There is one for each range of each block set, so what
// says where they are is packed: a list for each field.

extension WireKeptReports {
  /// The object that a report is, where it can be said among those that are kept.
  static func object<Value>(_ content: Content<Value>, of job: JobID) -> ObjectDescriptor? {
    guard case .published(let object) = content, object.id.owner == .job(job),
      object.id.kind == .report
    else { return nil }
    return object
  }

  mutating func append(_ place: UInt32, digest: UInt64, _ object: ObjectDescriptor) {
    places.append(place)
    digests.append(digest)
    numbers.append(object.id.number)
    lengths.append(object.length)
    checksums.append(object.checksum)
  }

  /// The number of reports; the lists are as long as each other, and places ascend.
  func checkedCount(_ field: String) throws(WireError) -> Int {
    let count = try ascending(places, field).count
    for other in [digests.count, numbers.count, lengths.count, checksums.count] {
      try checkSame(other, count, field)
    }
    return count
  }

  /// One of the reports.
  func content<Value>(_ index: Int, of job: JobID) -> Content<Value> {
    .published(
      ObjectDescriptor(
        id: ObjectID(owner: .job(job), kind: .report, number: numbers[index]),
        length: lengths[index], checksum: checksums[index]))
  }
}

/// Lists of one message that must be as long as each other.
private func checkSame(_ count: Int, _ expected: Int, _ field: String) throws(WireError) {
  guard count == expected else {
    throw .invalid(field, "a list has \(count) entries, another \(expected)")
  }
}

extension WireWorkerEnvelope.Counted {
  init(_ answer: CountingAnswer, _ contents: inout ContentWriter) throws(WireError) {
    self.init()
    lease = answer.lease
    key = try WireCountingKey(answer.key)
    microseconds = answer.microseconds
    try check(answer.answers.count, MessageLimits.listLength, "the number of answers")
    var kept = WireKeptReports()
    for range in answer.answers {
      if let object = WireKeptReports.object(range.report, of: answer.key.job) {
        kept.append(range.range, digest: range.digest, object)
        continue
      }
      var entry = WireWorkerEnvelope.RangeAnswer()
      entry.range = range.range
      entry.digest = range.digest
      entry.report = try contents.append(range.report) { $0.encoded() }
      answers.append(entry)
    }
    if !kept.places.isEmpty { self.kept = kept }
  }

  func value(_ contents: inout ContentReader) throws(WireError) -> CountingAnswer {
    try require(hasKey, "the key of an answer")
    let key = try key.value()
    let kept = kept
    let count = try kept.checkedCount("the ranges of an answer")
    var values: [RangeAnswer] = []
    values.reserveCapacity(answers.count + count)
    var next = 0
    func addKept(before range: UInt32?) {
      while next < count, range.map({ kept.places[next] < $0 }) ?? true {
        values.append(
          RangeAnswer(
            range: kept.places[next], digest: kept.digests[next],
            report: kept.content(next, of: key.job)))
        next += 1
      }
    }
    for answer in answers {
      addKept(before: answer.range)
      values.append(
        RangeAnswer(
          range: answer.range, digest: answer.digest,
          report: try contents.take(answer.report, "a count report")))
    }
    addKept(before: nil)
    _ = try ascending(values.map(\.range), "the ranges of an answer")
    return CountingAnswer(lease: lease, key: key, answers: values, microseconds: microseconds)
  }
}

extension WireCoordinatorEnvelope.Reduce {
  /// Adds the reports of an order, packed where they are kept by those who counted them.
  mutating func add(
    _ all: [(mode: ReportMode, source: ReportSource)], of job: JobID,
    _ contents: inout ContentWriter
  ) throws(WireError) {
    var kept = WireKeptReports()
    var endpoints: [String] = []
    var placeOf: [String: UInt32] = [:]
    var keepers: [UInt32] = []
    var modes: [UInt64] = []
    for (place, (mode, source)) in all.enumerated() {
      guard let object = WireKeptReports.object(source.report, of: job),
        let packed = Self.packed(mode)
      else {
        reports.append(try WireCoordinatorEnvelope.Report(mode, source, &contents))
        continue
      }
      let endpoint: UInt32
      if let known = placeOf[source.endpoint] {
        endpoint = known
      } else {
        endpoint = UInt32(truncatingIfNeeded: endpoints.count)
        placeOf[source.endpoint] = endpoint
        endpoints.append(try text(source.endpoint, "a data endpoint"))
      }
      kept.append(UInt32(truncatingIfNeeded: place), digest: source.digest, object)
      keepers.append(endpoint)
      modes.append(packed)
    }
    if kept.places.isEmpty { return }
    self.kept = kept
    self.endpoints = endpoints
    self.keepers = keepers
    self.modes = modes
  }

  /// One more than the allowance, 0 for all counts; nil where no number is left.
  private static func packed(_ mode: ReportMode) -> UInt64? {
    switch mode {
    case .all: 0
    case .above(let allowance): allowance < .max ? allowance + 1 : nil
    }
  }

  /// The reports of an order, in their order.
  func allReports(
    _ contents: inout ContentReader
  ) throws(WireError) -> [(mode: ReportMode, source: ReportSource)] {
    let field = "the reports of an order"
    let (kept, endpoints, keepers, modes) = (kept, endpoints, keepers, modes)
    let count = try kept.checkedCount(field)
    try checkSame(keepers.count, count, field)
    try checkSame(modes.count, count, field)
    try check(reports.count + count, MessageLimits.listLength, field)
    for endpoint in endpoints { _ = try text(endpoint, "a data endpoint") }
    guard kept.places.last.map({ Int($0) < reports.count + count }) ?? true else {
      throw .invalid(field, "there are \(reports.count + count), and one stands behind those")
    }
    var all: [(mode: ReportMode, source: ReportSource)] = []
    all.reserveCapacity(reports.count + count)
    var next = 0
    func addKept() throws(WireError) {
      while next < count, Int(kept.places[next]) == all.count {
        guard Int(keepers[next]) < endpoints.count else {
          throw .invalid(field, "one is kept by \(keepers[next]) of \(endpoints.count) workers")
        }
        all.append(
          (
            modes[next] == 0 ? .all : .above(allowance: modes[next] - 1),
            ReportSource(
              digest: kept.digests[next], report: kept.content(next, of: JobID(job)),
              endpoint: endpoints[Int(keepers[next])])
          ))
        next += 1
      }
    }
    for report in reports {
      try addKept()
      all.append(try report.value(&contents))
    }
    try addKept()
    return all
  }
}
