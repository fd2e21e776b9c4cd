import Messages

/// The workers, by name: who has joined in which life, and how long ago each was heard of.
struct Membership: Sendable {
  /// The most workers that a cluster may have.
  static let memberLimit = 4_096

  let clusterID: ClusterID
  /// The term that this coordinator has claimed.
  let epoch: Epoch
  private let configuration: CoordinatorConfiguration
  private var members: [Name: Member] = [:]
  /// All names, ascending.
  private(set) var names: [Name] = []
  /// Workers whose state has changed since this was last taken, in order, with repeats.
  private var changes: [Name] = []

  init(clusterID: ClusterID, epoch: Epoch, configuration: CoordinatorConfiguration) {
    self.clusterID = clusterID
    self.epoch = epoch
    self.configuration = configuration
  }

  /// The worker with a name.
  func worker(_ name: Name) -> Member? { members[name] }

  /// All workers, by name.
  var all: [Member] { names.compactMap { members[$0] } }

  /// Workers that may be given leases, ascending: alive, draining ones too, with a complete
  /// inventory, not set aside and not leaving.
  var countingWorkers: [Name] {
    names.filter { name in
      guard let member = members[name] else { return false }
      return member.liveness == .alive && member.isServing && !member.isSetAside
        && !member.isLeaving
    }
  }

  /// Says something to a worker; nothing happens where it is not connected.
  func send(_ message: CoordinatorMessage, to name: Name, _ outbox: inout Outbox) {
    guard let member = members[name], let peer = member.peer else { return }
    send(message, to: peer, incarnation: member.incarnation, &outbox)
  }

  /// Says something to a connection whose worker may be none.
  func send(
    _ message: CoordinatorMessage, to peer: PeerID, incarnation: Incarnation,
    _ outbox: inout Outbox
  ) {
    outbox.add(
      .send(
        CoordinatorEnvelope(
          cluster: clusterID, epoch: epoch, incarnation: incarnation, message: message),
        to: peer))
  }

  /// The workers whose state has changed since the last call, each once, ascending.
  mutating func takeChanges() -> [Name] {
    var distinct: [Name] = []
    for name in changes { distinct.insertSorted(name) }
    changes = []
    return distinct
  }

  // MARK: Coming and going

  /// Takes a worker from the catalog: it is awaited, and dead if it does not come in time.
  mutating func restore(_ record: NodeRecord, at: Moment) {
    names.insertSorted(record.name)
    members[record.name] = Member(record, lastHeard: at.milliseconds)
  }

  /// Takes a hello that may be accepted: as a new worker, a new life of a known one, or the same
  /// life once more.
  ///
  /// - Returns: The record that must be durable before the worker is welcome; nil where it is.
  mutating func admit(
    _ hello: WorkerHello, name: Name, incarnation: Incarnation, peer: PeerID, at: Moment
  ) -> NodeRecord? {
    let known = members[name]
    var member =
      known
      ?? Member(
        NodeRecord(name: name, incarnation: incarnation, rack: hello.rack, isDraining: false),
        lastHeard: at.milliseconds)
    let isNewLife = known?.peer == nil || known?.incarnation != incarnation
    let isRecorded = known?.incarnation == incarnation && known?.rack == hello.rack
    if isNewLife { member.begin(incarnation) }
    if !member.hasInventory { member.beginInventory(at: at) }
    member.peer = peer
    member.rack = hello.rack
    member.dataEndpoint = hello.dataEndpoint
    member.threads = hello.threads
    member.memoryBytes = hello.memoryBytes
    member.freeBytes = hello.freeBytes
    member.software = hello.software
    member.lastHeard = at.milliseconds
    member.liveness = .alive
    if isRecorded && (isNewLife || member.isWelcome) { member.isWelcome = true }
    names.insertSorted(name)
    members[name] = member
    if isNewLife || known?.liveness != .alive { changes.append(name) }
    return isRecorded ? nil : member.record
  }

  /// A worker's record is durable; false where a newer life has begun since.
  mutating func recorded(_ name: Name, _ incarnation: Incarnation) -> Bool {
    guard members[name]?.incarnation == incarnation else { return false }
    members[name]?.isWelcome = true
    return true
  }

  /// A worker has sent something.
  mutating func heard(from name: Name, peer: PeerID, at: Moment) {
    guard var member = members[name] else { return }
    member.lastHeard = at.milliseconds
    member.peer = peer
    if member.liveness != .alive { changes.append(name) }
    member.liveness = .alive
    members[name] = member
  }

  mutating func took(_ heartbeat: WorkerHeartbeat, from name: Name) {
    members[name]?.freeBytes = heartbeat.freeBytes
    members[name]?.leaseCount = max(0, heartbeat.leaseCount)
  }

  /// A part of the inventory has arrived; whether it is the one that is expected.
  mutating func took(_ part: InventoryPart, from name: Name, at: Moment) -> Bool {
    guard var member = members[name], !member.hasInventory,
      part.index == member.nextInventoryPart, part.index < part.partCount
    else { return false }
    if part.index == 0 { member.inventoryPartCount = part.partCount }
    // Another list than the one that was begun.
    guard part.partCount == member.inventoryPartCount else { return false }
    member.nextInventoryPart += 1
    member.lastListed = at.milliseconds
    members[name] = member
    return true
  }

  /// Asks a worker to say hello again whose inventory does not go on, as when it takes an old
  /// acknowledgement for a new one and believes that it has told everything.
  mutating func askAnewIfStuck(_ name: Name, at: Moment, _ outbox: inout Outbox) {
    guard let member = members[name], member.isWelcome, !member.hasInventory,
      at.milliseconds.subtractingOrZero(member.lastListed) >= configuration.deadMilliseconds
    else { return }
    members[name]?.lastListed = at.milliseconds
    send(.introduceYourself, to: name, &outbox)
  }

  /// All parts have arrived.
  mutating func inventoryCompleted(by name: Name) {
    members[name]?.hasInventory = true
    changes.append(name)
  }

  mutating func noteQuarantine(_ count: Int, on name: Name) {
    members[name]?.quarantinedCount += count
  }

  /// A worker says that it is about to stop.
  mutating func noteLeaving(_ name: Name) {
    if members[name]?.isLeaving == false { changes.append(name) }
    members[name]?.isLeaving = true
  }

  mutating func setDraining(_ name: Name) {
    members[name]?.isDraining = true
    changes.append(name)
  }

  mutating func setDrained(_ name: Name, _ isDrained: Bool) {
    guard let member = members[name], member.isDrained != isDrained else { return }
    members[name]?.isDrained = isDrained
    changes.append(name)
  }

  mutating func remove(_ name: Name) {
    members[name] = nil
    names.removeSorted(name)
    changes.append(name)
  }

  // MARK: Time

  /// Notes that a lease has failed on a worker; too many within the set-aside time set it aside.
  mutating func noteFailure(of name: Name, at: Moment) {
    guard var member = members[name] else { return }
    member.failures.append(at.milliseconds)
    if member.failures.count >= max(1, configuration.failureLimit), !member.isSetAside {
      member.setAsideUntil = at.milliseconds &+ configuration.setAsideMilliseconds
      changes.append(name)
    }
    let surplus = member.failures.count - max(1, configuration.failureLimit)
    if surplus > 0 { member.failures.removeFirst(surplus) }
    members[name] = member
  }

  /// Time has passed: workers become suspect or dead, failures are forgotten.
  /// - Complexity: O(workers).
  mutating func tick(at: Moment) {
    for name in names {
      guard var member = members[name] else { continue }
      let liveness = liveness(
        after: at.milliseconds.subtractingOrZero(member.lastHeard), of: member)
      var hasChanged = liveness != member.liveness
      member.liveness = liveness
      if let until = member.setAsideUntil, at.milliseconds >= until {
        member.setAsideUntil = nil
        member.failures = []
        hasChanged = true
      }
      if !member.failures.isEmpty, !member.isSetAside {
        member.failures.removeAll {
          at.milliseconds.subtractingOrZero($0) >= configuration.setAsideMilliseconds
        }
      }
      if hasChanged { changes.append(name) }
      members[name] = member
    }
  }

  private func liveness(after silence: UInt64, of member: Member) -> Member.Liveness {
    if silence >= configuration.deadMilliseconds { return .dead }
    if silence >= configuration.suspectMilliseconds { return .suspect }
    return member.peer == nil ? .suspect : .alive
  }

  func validateState() {
    invariant(names == names.sorted(), "The names of workers are in order.")
    invariant(Set(names) == Set(members.keys), "Every worker is listed once.")
    for name in names {
      guard let member = members[name] else { continue }
      invariant(!member.hasInventory || member.peer != nil, "An inventory came from somewhere.")
      invariant(!member.isWelcome || member.peer != nil, "A welcome worker has said hello.")
      invariant(member.liveness != .alive || member.peer != nil, "An alive worker was heard of.")
    }
  }
}

extension Member {
  /// Begins a new life: nothing of what the old one said holds any more, but its failures do.
  mutating func begin(_ incarnation: Incarnation) {
    self.incarnation = incarnation
    isWelcome = false
    hasInventory = false
    isLeaving = false
    isDrained = false
    leaseCount = 0
  }

  /// What it stores is listed from the beginning.
  mutating func beginInventory(at: Moment) {
    nextInventoryPart = 0
    quarantinedCount = 0
    lastListed = at.milliseconds
  }
}

extension UInt64 {
  /// The difference, 0 where it would be negative.
  func subtractingOrZero(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
