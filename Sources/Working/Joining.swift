// How a worker becomes and stays a member: hello until it is welcome, its inventory part by part,
// heartbeats; hello anew when the coordinator does not know it or says nothing; leaving.

import Itemsets
import Messages

/// How the worker stands with the coordinator.
struct Membership: Sendable {
  enum Phase: Sendable {
    /// Says hello.
    case introducing
    /// Is welcome and tells what it stores.
    case listing
    /// Has told everything.
    case member
    /// Hands back its leases.
    case leaving
  }

  var phase = Phase.introducing
  /// When the message that waits for an answer is sent again.
  var nextSend: UInt64
  /// What is being told, as it was when the worker was welcomed.
  var inventory: [ObjectDescriptor] = []
  var part = 0
  var partAttempts = 0
  var heartbeatMilliseconds: UInt64
  var nextHeartbeat: UInt64
  var sequence: UInt64 = 0
  var lastHeard: UInt64
  /// Silence after which the worker connects anew; grows while nobody answers.
  var patience: UInt64
  /// Where published contents of the coordinator are.
  var dataEndpoint = ""
  var leavingSince: UInt64 = 0
  var isReleased = false
  /// Leases given back.
  var givenBack: [UInt64] = []

  /// An inventory part without an answer is sent so often before the inventory begins anew.
  static let partAttemptLimit = 5
  /// For how long a leaving worker waits to be released.
  static let leavingMilliseconds: UInt64 = 8_000

  init(configuration: WorkerConfiguration, at now: UInt64) {
    nextSend = now
    partLength = min(max(configuration.inventoryPartLength, 1), InventoryPart.lengthLimit)
    heartbeatMilliseconds = configuration.heartbeatMilliseconds
    nextHeartbeat = now
    lastHeard = now
    patience = configuration.coordinatorSilenceMilliseconds
  }

  /// Objects in a part.
  let partLength: Int

  var partCount: Int { max((inventory.count + partLength - 1) / partLength, 1) }
}

extension Worker {
  /// Says hello, and begins to wait for an answer.
  mutating func introduce() {
    membership.phase = .introducing
    membership.inventory = []
    membership.lastHeard = now
    sendHello()
  }

  private mutating func sendHello() {
    membership.nextSend =
      now + configuration.resendMilliseconds
      + random.number(upTo: configuration.resendMilliseconds / 4)
    send(
      .hello(
        WorkerHello(
          cluster: promises.cluster, dataEndpoint: configuration.dataEndpoint,
          rack: configuration.rack, threads: configuration.threads,
          memoryBytes: UInt64(max(configuration.memoryLimit, 0)), freeBytes: freeBytes,
          software: configuration.software, objectCount: storage.held.count)))
  }

  /// The coordinator does not know the worker, or says nothing.
  mutating func introduceAnew() {
    effects.append(.reconnect)
    introduce()
  }

  /// Does not know the worker (any more).
  mutating func unknownToCoordinator() {
    switch membership.phase {
    case .introducing: break
    case .leaving: membership.isReleased = true
    case .listing, .member: introduceAnew()
    }
  }

  mutating func welcomed(_ welcome: Welcome) {
    guard membership.phase != .leaving else { return }
    membership.heartbeatMilliseconds = max(welcome.heartbeatMilliseconds, 1)
    membership.dataEndpoint = welcome.dataEndpoint
    membership.nextHeartbeat = now
    membership.phase = .listing
    membership.inventory = storage.held.values.sorted { $0.id < $1.id }
    membership.part = 0
    membership.partAttempts = 0
    sendPart()
  }

  private mutating func sendPart() {
    if membership.partAttempts == Membership.partAttemptLimit {
      membership.part = 0
      membership.partAttempts = 0
    }
    membership.partAttempts += 1
    membership.nextSend = now + configuration.resendMilliseconds
    let first = membership.part * membership.partLength
    let end = min(first + membership.partLength, membership.inventory.count)
    send(
      .inventory(
        InventoryPart(
          index: membership.part, partCount: membership.partCount,
          objects: Array(membership.inventory[first..<end]))))
  }

  mutating func partReceived(_ index: Int) {
    guard membership.phase == .listing, index == membership.part else { return }
    membership.part += 1
    membership.partAttempts = 0
    if membership.part < membership.partCount { return sendPart() }
    membership.phase = .member
    let count = membership.inventory.count
    note("joined, in epoch \(promises.promised), with \(Itemsets.counted(count, "object")) stored")
    membership.inventory = []
  }

  mutating func tickMembership() {
    switch membership.phase {
    case .introducing:
      if now >= membership.nextSend { sendHello() }
    case .listing:
      if now >= membership.nextSend { sendPart() }
    case .member: break
    case .leaving: return tickLeaving()
    }
    sendHeartbeatIfDue()
    if now - membership.lastHeard >= membership.patience {
      let usual = configuration.coordinatorSilenceMilliseconds
      membership.patience = min(2 * membership.patience, 4 * usual) + random.number(upTo: usual / 4)
      if membership.phase == .member { note("the coordinator is silent; connecting anew") }
      introduceAnew()
    }
  }

  private mutating func sendHeartbeatIfDue() {
    guard membership.phase != .introducing, now >= membership.nextHeartbeat else { return }
    membership.nextHeartbeat = now + membership.heartbeatMilliseconds
    membership.sequence += 1
    send(
      .heartbeat(
        WorkerHeartbeat(
          sequence: membership.sequence,
          leaseCount: assignments.openLeaseCount + assignments.early.count, freeBytes: freeBytes,
          bytesHeld: UInt64(max(bytesHeld, 0)))))
  }

  /// Bytes of blocks, projections and levels in memory.
  public var bytesHeld: Int {
    jobs.values.reduce(projections.byteCount + blocks.byteCount) { $0 + $1.levelByteCount }
  }

  mutating func heard() {
    membership.lastHeard = now
    membership.patience = configuration.coordinatorSilenceMilliseconds
  }

  // MARK: Leaving

  /// Hands back what has not begun; what runs is finished.
  mutating func leave() {
    if membership.phase == .leaving { return }
    if membership.phase == .introducing { return stop(nil) }
    membership.phase = .leaving
    membership.leavingSince = now
    membership.givenBack = giveBackLeases()
    sendLeaving()
  }

  /// A lease that crossed the worker's farewell.
  mutating func giveBack(_ lease: UInt64) {
    if !membership.givenBack.contains(lease) { membership.givenBack.append(lease) }
    sendLeaving()
  }

  private mutating func sendLeaving() {
    membership.nextSend = now + configuration.resendMilliseconds
    send(.leaving(leases: membership.givenBack))
  }

  private mutating func tickLeaving() {
    sendHeartbeatIfDue()
    if now - membership.leavingSince >= Membership.leavingMilliseconds { return stop(nil) }
    if !membership.isReleased, now >= membership.nextSend { sendLeaving() }
    stopIfReleased()
  }

  /// Stops once the coordinator has taken everything back and nothing runs.
  mutating func stopIfReleased() {
    if membership.phase == .leaving, membership.isReleased, assignments.openLeaseCount == 0 {
      stop(nil)
    }
  }
}
