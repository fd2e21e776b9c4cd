import Apriori
import Blocks
import Messages
import TestSupport
import Working

/// Drives a worker: a disk, a pool and the data endpoint of a coordinator, all in memory, whose
/// outcomes are delivered in random order.
struct Driver {
  enum Outcome {
    case event(WorkerEvent)
    case work(WorkerToken, WorkerWork)
  }

  var worker: Worker
  var now: UInt64 = 0
  var random: SeededGenerator
  let scratch = CountingScratch()
  let incarnation: Incarnation
  var cluster = ClusterID(.init(high: 9, low: 9))
  var lastOrder: UInt64 = 0
  var epoch = Epoch(1)
  var disk: [ObjectID: (descriptor: ObjectDescriptor, bytes: [UInt8])] = [:]
  /// What can be fetched from others.
  var elsewhere: [ObjectID: [UInt8]] = [:]
  /// What the worker serves from memory.
  var served: [ObjectID: [UInt8]] = [:]
  var outcomes: [Outcome] = []
  var sent: [WorkerEnvelope] = []
  var notes: [String] = []
  var quarantined: [ObjectID] = []
  var stopped: String??
  var reconnectCount = 0
  var promised = Epoch.none
  var storeFailure: StoreFailure?
  var loadCount = 0
  var runningCount = 0
  var mostRunning = 0
  var countedCount = 0
  var publishedCount = 0

  init(
    seed: UInt64, objects: [ObjectDescriptor] = [], bytes: [ObjectID: [UInt8]] = [:],
    resident: [ObjectID: Block] = [:],
    _ change: (inout WorkerConfiguration) -> Void = { _ in }
  ) throws {
    incarnation = Incarnation(3)
    var configuration = WorkerConfiguration(name: try Name("w1"), incarnation: incarnation)
    change(&configuration)
    var begin = WorkerStart(
      cluster: nil, promised: .none, objects: objects, freeBytes: 1 << 30)
    begin.residentBlocks = resident
    random = SeededGenerator(seed: seed)
    worker = Worker(configuration: configuration, start: begin, seed: seed, at: 0)
    for object in objects {
      if let content = bytes[object.id] { disk[object.id] = (object, content) }
    }
    carryOut(worker.start(at: 0))
  }

  /// A driver whose worker is a member with nothing to do.
  static func member(
    seed: UInt64, objects: [ObjectDescriptor] = [], bytes: [ObjectID: [UInt8]] = [:],
    resident: [ObjectID: Block] = [:],
    _ change: (inout WorkerConfiguration) -> Void = { _ in }
  ) throws -> Driver {
    var driver = try Driver(seed: seed, objects: objects, bytes: bytes, resident: resident, change)
    driver.say(.welcome(Welcome(heartbeatMilliseconds: 500, dataEndpoint: "coordinator")))
    driver.settle()
    driver.say(.inventoryReceived(index: 0))
    driver.sent = []
    return driver
  }

  mutating func say(_ message: CoordinatorMessage) {
    handle(
      .coordinator(
        CoordinatorEnvelope(
          cluster: cluster, epoch: epoch, incarnation: incarnation, message: message)))
  }

  /// Says something that is ordered, with the next order.
  mutating func order(_ message: (UInt64) -> CoordinatorMessage) {
    lastOrder += 1
    say(message(lastOrder))
  }

  mutating func handle(_ event: WorkerEvent) {
    let effects = worker.handle(event, at: now)
    worker.validateState()
    carryOut(effects)
  }

  /// Lets time pass without outcomes.
  mutating func wait(_ milliseconds: UInt64) {
    for _ in 0..<(milliseconds / 100) {
      now += 100
      handle(.tick(freeBytes: 1 << 20))
    }
  }

  /// Delivers one outcome, whichever; false where there is none.
  mutating func deliverOne() -> Bool {
    guard !outcomes.isEmpty else { return false }
    let index = Int.random(in: 0..<outcomes.count, using: &random)
    switch outcomes.remove(at: index) {
    case .event(let event): handle(event)
    case .work(let token, let work):
      runningCount -= work.isCounting ? 1 : 0
      countedCount += work.isCounting ? 1 : 0
      handle(.performed(token, perform(work, scratch: scratch)))
    }
    return true
  }

  mutating func settle() {
    while deliverOne() {}
  }

  /// Answers to leases, by range, in the order they were sent.
  func answers(_ lease: UInt64? = nil) -> [(range: UInt32, report: CountReport)] {
    sent.flatMap { envelope -> [(range: UInt32, report: CountReport)] in
      guard case .counted(let answer) = envelope.message, lease ?? answer.lease == answer.lease
      else { return [] }
      return answer.answers.compactMap { entry in
        let report: CountReport? =
          switch entry.report {
          case .value(let value): value
          case .bytes(let bytes): try? CountReport(decoding: bytes)
          case .published(let descriptor):
            served[descriptor.id].flatMap { bytes in
              descriptor.matches(bytes) ? try? CountReport(decoding: bytes) : nil
            }
          }
        // What is passed as a value cannot be damaged, and has none.
        let digest = if case .value = entry.report { UInt64(0) } else { report?.digest }
        guard let report, digest == entry.digest else { return nil }
        return (entry.range, report)
      }
    }
  }

  var failures: [CountingFailure] {
    sent.compactMap {
      if case .countingFailed(_, _, _, let failure) = $0.message { failure } else { nil }
    }
  }

  private mutating func carryOut(_ effects: [WorkerEffect]) {
    for effect in effects {
      switch effect {
      case .send(let envelope): sent.append(envelope)
      case .promise(let token, _, let epoch):
        promised = epoch
        outcomes.append(.event(.promised(token)))
      case .fetch(let token, let descriptor, let sources):
        if let bytes = elsewhere[descriptor.id], !sources.isEmpty {
          outcomes.append(
            .event(
              descriptor.matches(bytes) ? .loaded(token, bytes) : .loadFailed(token, .damaged)))
        } else {
          outcomes.append(.event(.loadFailed(token, .unreachable)))
        }
      case .store(let token, let descriptor, let bytes):
        if let storeFailure {
          outcomes.append(.event(.storeFailed(token, storeFailure)))
        } else {
          disk[descriptor.id] = (descriptor, bytes)
          outcomes.append(.event(.stored(token, freeBytes: 1)))
        }
      case .load(let token, let descriptor):
        loadCount += 1
        if let found = disk[descriptor.id] {
          outcomes.append(
            .event(
              descriptor.matches(found.bytes)
                ? .loaded(token, found.bytes) : .loadFailed(token, .damaged)))
        } else {
          outcomes.append(.event(.loadFailed(token, .unreachable)))
        }
      case .delete(let token, let id):
        disk[id] = nil
        outcomes.append(.event(.deleted(token)))
      case .quarantine(let id):
        disk[id] = nil
        quarantined.append(id)
      case .publish(let descriptor, let bytes):
        served[descriptor.id] = bytes
        publishedCount += 1
      case .withdraw(let id): served[id] = nil
      case .perform(let token, let work):
        runningCount += work.isCounting ? 1 : 0
        mostRunning = max(mostRunning, runningCount)
        outcomes.append(.work(token, work))
      case .reconnect: reconnectCount += 1
      case .stop(let reason): stopped = .some(reason)
      case .note(let text):
        // Every worker says that it has joined; what tests look at are the troubles.
        if !text.hasPrefix("joined") { notes.append(text) }
      }
    }
  }
}

extension WorkerWork {
  var isCounting: Bool {
    if case .count = self { true } else { false }
  }
}

extension WorkerMessage {
  /// The message in one word, for transcripts.
  var word: String {
    switch self {
    case .hello(let hello): "hello \(hello.objectCount)"
    case .inventory(let part): "inventory \(part.index)/\(part.partCount)"
    case .heartbeat(let beat): "heartbeat \(beat.sequence)"
    case .stored(let descriptor, _): "stored \(descriptor.id.number)"
    case .storeFailed(let descriptor, let failure): "storeFailed \(descriptor.id.number) \(failure)"
    case .deleted(let id, _): "deleted \(id.number)"
    case .damaged(let descriptor, let place): "damaged \(descriptor.id.number) \(place)"
    case .verified(let descriptor, let failure):
      "verified \(descriptor.id.number) \(failure.map { "\($0)" } ?? "right")"
    case .missing(_, let level): "missing \(level.map { "level \($0)" } ?? "job")"
    case .counted(let answer): "counted \(answer.lease) \(answer.answers.map(\.range))"
    case .countingFailed(let lease, _, let ranges, _): "failed \(lease) \(ranges)"
    case .reduced(_, let order, _): "reduced \(order)"
    case .reducingFailed(_, let order, let failure): "not reduced \(order) \(failure)"
    case .leaving(let leases): "leaving \(leases)"
    case .fenced(let epoch): "fenced \(epoch)"
    }
  }
}

extension Driver {
  /// What was sent since the last call, heartbeats left out.
  mutating func words() -> [String] {
    defer { sent = [] }
    return sent.map(\.message.word).filter { !$0.hasPrefix("heartbeat") }
  }
}
