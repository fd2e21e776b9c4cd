import Apriori
import Blocks
import Itemsets
import Messages
import TestSupport

@testable import Coordination

/// A worker that really counts, as simply as it can be done.
struct FakeWorker {
  /// What it may get wrong; each is a way to test the coordinator.
  struct Faults {
    /// In so many of a thousand answers the first count is one too high, with a right digest.
    var lies = 0
    /// In so many of a thousand the bytes are cut.
    var damages = 0
    /// In so many of a thousand leases it fails.
    var failures = 0
    /// It reports nothing at all.
    var isStuck = false
    /// It carries out no orders.
    var ignoresOrders = false
    /// In so many of a thousand orders what it answers is cut.
    var damagedReductions = 0
    /// In so many of a thousand orders it fails.
    var failedReductions = 0
  }

  struct Job {
    var items: [UInt32] = []
    var shards: [UInt32: [ObjectDescriptor]] = [:]
    var level: Level?
    var digest: UInt64 = 0
    var target = 0
    var ranges: [CandidateRange] = []
    var projections: [[UInt32]: Projection] = [:]
  }

  let name: Name
  var incarnation: Incarnation
  var isUp = true
  var epoch = Epoch.none
  var isWelcome = false
  var sentParts = 0
  var objects: [ObjectID: ObjectDescriptor] = [:]
  var published: [ObjectID: [UInt8]] = [:]
  var jobs: [JobID: Job] = [:]
  var faults = Faults()
  var threads = 1
  var heartbeats: UInt64 = 0
  var lastPublished: UInt64 = 0
  /// Leases that were answered and cells counted, repeats included.
  var leaseCount = 0
  var cellCount = 0
  var polledCount = 0
  /// Orders that were carried out, and how many of them closed a range after polls.
  var orderCount = 0
  var closedCount = 0
  var resendAt: UInt64 = 0
  var passesValues = false

  var peer: PeerID { PeerID(Array("\(name)-\(incarnation.number)".utf8)) }

  init(_ name: Name) {
    self.name = name
    incarnation = Incarnation(1)
  }

  mutating func restart() {
    incarnation = Incarnation(incarnation.number + 1)
    isUp = true
    isWelcome = false
    sentParts = 0
    jobs = [:]
    published = [:]
    faults.isStuck = false
  }

  func envelope(_ message: WorkerMessage) -> WorkerEnvelope {
    WorkerEnvelope(name: name, incarnation: incarnation, epoch: epoch, message: message)
  }

  var hello: WorkerMessage {
    .hello(
      WorkerHello(
        cluster: nil, dataEndpoint: name.text, rack: "", threads: threads, memoryBytes: 1 << 30,
        freeBytes: 1 << 40, software: "test", objectCount: objects.count))
  }

  private func inventory() -> WorkerMessage {
    .inventory(
      InventoryPart(
        index: 0, partCount: 1, objects: objects.values.sorted { $0.id < $1.id }))
  }

  /// What it says at a time without being asked.
  mutating func tick() -> [WorkerMessage] {
    if !isUp { return [] }
    if !isWelcome { return [hello] }
    heartbeats += 1
    let beat = WorkerMessage.heartbeat(
      WorkerHeartbeat(sequence: heartbeats, leaseCount: 0, freeBytes: 1 << 40, bytesHeld: 0))
    return sentParts == 0 ? [beat, inventory()] : [beat]
  }

  /// Takes a message; `fetch` gets published objects, `report` those of workers, `block` the blocks
  /// of the data set.
  mutating func handle(
    _ envelope: CoordinatorEnvelope, random: inout SeededGenerator,
    fetch: (ObjectID) -> [UInt8]?, report: (ObjectDescriptor, String) -> [UInt8]?,
    block: (ObjectID) -> Block?
  ) throws -> [WorkerMessage] {
    guard isUp, envelope.incarnation == incarnation, envelope.epoch >= epoch else { return [] }
    if envelope.epoch > epoch { epoch = envelope.epoch }
    switch envelope.message {
    case .welcome:
      isWelcome = true
      return [inventory()]
    case .introduceYourself:
      isWelcome = false
      sentParts = 0
      return [hello]
    case .inventoryReceived: sentParts = 1
    case .replicate(let descriptor, _, let order):
      objects[descriptor.id] = descriptor
      return [.stored(descriptor, order: order)]
    case .delete(let id, let order), .quarantine(let id, let order):
      objects[id] = nil
      return [.deleted(id, order: order)]
    case .verify(let descriptor): return [.verified(descriptor, nil)]
    case .openJob(let opening):
      var job = jobs[opening.job] ?? Job()
      guard
        let items = try value(of: opening.items, fetch, decode: { try ItemList(decoding: $0).ids })
      else { return [] }
      job.items = items
      for shard in opening.shards { job.shards[shard.number] = shard.blocks }
      jobs[opening.job] = job
    case .openLevel(let opening): return try open(opening, fetch)
    case .count(let lease):
      if faults.isStuck { return [] }
      return try count(lease, random: &random, fetch: fetch, block: block)
    case .reduce(let order):
      if faults.isStuck || faults.ignoresOrders { return [] }
      return [try reduce(order, random: &random, report: report)]
    case .closeJob(let id): jobs[id] = nil
    case .cancel, .heartbeatReceived, .released, .refused: break
    }
    return []
  }

  private func value<Value>(
    of content: Content<Value>, _ fetch: (ObjectID) -> [UInt8]?,
    decode: ([UInt8]) throws -> Value
  ) throws -> Value? {
    switch content {
    case .value(let value): return value
    case .bytes(let bytes): return try decode(bytes)
    case .published(let descriptor):
      guard let bytes = fetch(descriptor.id), descriptor.matches(bytes) else { return nil }
      return try decode(bytes)
    }
  }

  private mutating func open(
    _ opening: LevelOpening, _ fetch: (ObjectID) -> [UInt8]?
  ) throws -> [WorkerMessage] {
    guard var job = jobs[opening.job] else { return [.missing(opening.job, level: nil)] }
    if job.level?.length == opening.level, job.digest == opening.digest { return [] }
    let level: Level
    switch opening.content {
    case .whole(let content):
      guard let whole = try value(of: content, fetch, decode: { try Level(decoding: $0) }) else {
        return []
      }
      level = whole
    case .survivors(let content):
      guard let known = job.level, known.length == opening.level - 1 else {
        return [.missing(opening.job, level: opening.level)]
      }
      guard
        let survivors = try value(
          of: content, fetch, decode: { try SurvivorsList(decoding: $0).ranges })
      else { return [] }
      guard survivors.count == job.ranges.count else {
        return [.missing(opening.job, level: opening.level)]
      }
      let scratch = CountingScratch()
      var segments: [LevelSegment] = []
      for (range, list) in zip(job.ranges, survivors) {
        segments.append(try expand(list, of: range, level: known, scratch: scratch))
      }
      level = Level(after: known, segments: segments, candidateCount: 0)
    }
    job.level = level
    // A level that comes as a value is the coordinator's own, ranges and all.
    job.digest = opening.ranges == nil ? level.structureDigest : opening.digest
    job.ranges =
      opening.ranges
      ?? candidateRanges(of: level, targetCandidateCount: opening.targetCandidateCount)
    guard job.digest == opening.digest, job.ranges.count == opening.rangeCount else {
      throw TestFailure("a worker came to another level")
    }
    jobs[opening.job] = job
    return []
  }

  private mutating func count(
    _ lease: CountingLease, random: inout SeededGenerator, fetch: (ObjectID) -> [UInt8]?,
    block: (ObjectID) -> Block?
  ) throws -> [WorkerMessage] {
    guard var job = jobs[lease.key.job] else { return [.missing(lease.key.job, level: nil)] }
    guard let level = job.level, level.length == lease.key.level else {
      return [.missing(lease.key.job, level: lease.key.level)]
    }
    let all = lease.ranges.map(\.range)
    if job.digest != lease.key.levelDigest {
      return [
        .countingFailed(
          lease: lease.id, key: lease.key, ranges: all,
          .levelMismatch(expected: lease.key.levelDigest, found: job.digest))
      ]
    }
    if Int.random(in: 0..<1_000, using: &random) < faults.failures {
      return [
        .countingFailed(lease: lease.id, key: lease.key, ranges: all, .failed("no memory"))
      ]
    }
    var blocks: [Block] = []
    for shard in lease.key.shards {
      guard let objects = job.shards[shard] else {
        return [.missing(lease.key.job, level: nil)]
      }
      for object in objects {
        guard self.objects[object.id] == object, let found = block(object.id) else {
          return [
            .countingFailed(
              lease: lease.id, key: lease.key, ranges: all, .objectMissing(object.id))
          ]
        }
        blocks.append(found)
      }
    }
    let projection: Projection
    if let known = job.projections[lease.key.shards] {
      projection = known
    } else {
      var rankOf = [UInt32](repeating: .max, count: Int(job.items.max() ?? 0) + 1)
      for (rank, id) in job.items.enumerated() { rankOf[Int(id)] = UInt32(rank) }
      projection = try Projection(
        blocks: blocks, rankOf: rankOf, rankCount: job.items.count, cacheLimit: 0)
      job.projections[lease.key.shards] = projection
      jobs[lease.key.job] = job
    }
    leaseCount += 1
    let scratch = CountingScratch()
    var answers: [RangeAnswer] = []
    for (range, rule) in lease.ranges {
      cellCount += 1
      let candidates = job.ranges[Int(range)]
      let report: CountReport
      switch rule {
      case .all:
        report = Apriori.count(
          candidates, of: level, in: projection, mode: .all, scratch: scratch)
      case .above(let allowance):
        report = Apriori.count(
          candidates, of: level, in: projection, mode: .above(allowance: allowance),
          scratch: scratch)
      case .listed(let content):
        polledCount += 1
        guard
          let list = try value(
            of: content, fetch, decode: { try PositionList(decoding: $0).positions })
        else { continue }
        report = .all(
          try Apriori.count(
            candidates, of: level, in: projection, positions: list, scratch: scratch))
      }
      answers.append(
        answer(
          report, range: range, job: lease.key.job, isKept: lease.keepsReports, random: &random))
    }
    // Some now, the others later: any division is allowed.
    let cut = Int.random(in: 0...answers.count, using: &random)
    return [answers[..<cut], answers[cut...]].filter { !$0.isEmpty }.map { part in
      .counted(
        CountingAnswer(
          lease: lease.id, key: lease.key, answers: Array(part), microseconds: UInt64(part.count)))
    }
  }

  private mutating func answer(
    _ report: CountReport, range: UInt32, job: JobID, isKept: Bool,
    random: inout SeededGenerator
  ) -> RangeAnswer {
    var report = report
    if Int.random(in: 0..<1_000, using: &random) < faults.lies, case .all(var counts) = report,
      !counts.isEmpty
    {
      counts[0] += 1
      report = .all(counts)
    }
    if passesValues {
      return RangeAnswer(range: range, digest: report.digest, report: .value(report))
    }
    var bytes = report.encoded()
    if Int.random(in: 0..<1_000, using: &random) < faults.damages {
      bytes.removeLast()
    }
    if isKept || Int.random(in: 0..<4, using: &random) == 0 {
      lastPublished += 1
      let descriptor = ObjectDescriptor(
        id: ObjectID(owner: .job(job), kind: .report, number: lastPublished), bytes: bytes)
      published[descriptor.id] = bytes
      return RangeAnswer(range: range, digest: report.digest, report: .published(descriptor))
    }
    return RangeAnswer(range: range, digest: report.digest, report: .bytes(bytes))
  }
}

struct TestFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
