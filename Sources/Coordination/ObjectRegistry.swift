import Blocks
import Messages

/// Which objects there are, how many copies are wanted, and who holds them.
///
/// Objects lie in groups. Each group has targets, the workers that shall hold it; `review` compares
/// what is with what shall be and gives commands. A dead target is replaced, a draining one too, a
/// balanced one as well: everything that moves, moves in this one way.
struct ObjectRegistry: Sendable {
  let configuration: CoordinatorConfiguration
  /// Milliseconds of the coordinator's clock, set before each event.
  var now: UInt64 = 0
  var entries: [ObjectID: ObjectEntry] = [:]
  var groups: [ObjectID: ObjectGroup] = [:]
  /// The keys of all groups, ascending.
  var groupOrder: [ObjectID] = []
  /// The objects of each owner, ascending.
  var owned: [ObjectOwner: [ObjectID]] = [:]
  /// Bytes of unsecured objects by owner.
  var unsecuredBytes: [ObjectOwner: UInt64] = [:]
  /// Unsecured objects by owner.
  var unsecuredCounts: [ObjectOwner: Int] = [:]
  var contents: [Name: NodeContents] = [:]
  var placement = Placement()

  var commands: [CommandKey: StorageCommand] = [:]
  /// The order of the last command.
  var lastOrder: UInt64 = 0
  /// The keys of all commands, ascending.
  var commandOrder: [CommandKey] = []
  /// Throttled copies made onto a worker.
  var copiesIn: [Name: Int] = [:]
  /// Throttled copies read from a worker.
  var copiesOut: [Name: Int] = [:]
  /// Groups that lack copies, the rarest first.
  var waiting: [WaitingGroup] = []
  /// Objects that a joining worker is on record for and has not listed yet.
  var awaited: [Name: Set<ObjectID>] = [:]
  /// Owners that were dropped lately, the newest last: what returns of them is deleted.
  var droppedOwners: [ObjectOwner] = []

  /// The highest job number on record at the start.
  var lastRecordedJob = JobID(0)

  /// Objects on their way into the coordinator's own store.
  var storing: [Token: ObjectID] = [:]
  /// Objects on their way from a worker, to be stored here again.
  var fetching: [Token: ObjectID] = [:]
  /// Objects of the own store that are being read because somebody got damaged bytes.
  var verifyingHere: [Token: ObjectID] = [:]
  /// Objects that the own store should have and has not, ascending.
  var missingHere: [ObjectID] = []
  var nextFetchAt: UInt64 = 0

  /// Changes of the catalog that the event being handled has caused.
  var writes: [CatalogWrite] = []
  /// Objects that the event being handled has secured.
  var newlySecured: [ObjectDescriptor] = []
  /// Owners of strict groups that cannot have their copies any more, and why.
  var troubles: [(owner: ObjectOwner, reason: String)] = []
  var needsReview = false
  /// When all groups were last compared.
  var reviewedAt: UInt64 = 0
  /// When an avoided worker may be tried again.
  var nextReviewAt: UInt64?
  var nextRebalanceAt: UInt64 = 0

  init(configuration: CoordinatorConfiguration) { self.configuration = configuration }

  // MARK: Questions

  /// The workers that hold an object, ascending, in any state.
  func holders(of object: ObjectID) -> [Name] { entries[object]?.holders ?? [] }

  /// The workers that hold an object and can be asked for it, ascending.
  func liveHolders(of object: ObjectID, _ members: Membership) -> [Name] {
    holders(of: object).filter { members.worker($0)?.isServing == true }
  }

  /// Whether the coordinator's own store has an object.
  func isStoredHere(_ object: ObjectID) -> Bool { entries[object]?.isHere == true }

  /// The object with this name, nil where there is none.
  func descriptor(of object: ObjectID) -> ObjectDescriptor? { entries[object]?.descriptor }

  /// The objects of an owner, ascending.
  func objects(of owner: ObjectOwner) -> [ObjectID] { owned[owner] ?? [] }

  /// Whether nobody can give an object any more.
  ///
  /// A holder that has not come back since the coordinator's start counts until it is dead.
  func isLost(_ object: ObjectID, _ members: Membership) -> Bool {
    guard let entry = entries[object] else { return true }
    if entry.isHere || entry.isPublished { return false }
    return !entry.holders.contains { (members.worker($0)?.liveness ?? .dead) != .dead }
  }

  /// Blocks of a data set that no holder can give any more, ascending.
  ///
  /// A holder that has not come back since the coordinator's start counts until it is dead.
  func lostBlocks(of record: DataSetRecord, _ members: Membership) -> [UInt64] {
    record.shards.flatMap(\.blocks).map(\.id).filter { isLost($0, members) }.map(\.number)
  }

  /// Objects of an owner with fewer live copies than wanted.
  func underReplicatedCount(of owner: ObjectOwner, _ members: Membership) -> Int {
    objects(of: owner).count { object in
      guard let entry = entries[object], let group = groups[entry.group] else { return false }
      return liveHolders(of: object, members).count < group.wanted
    }
  }

  /// Where an object can be fetched, the best place first; not from `worker` itself.
  func sources(
    of entry: ObjectEntry, for worker: Name?, first: Name? = nil, _ members: Membership
  ) -> [String] {
    var names = entry.holders.filter { $0 != worker && members.worker($0)?.isServing == true }
    if let first, names.removeSorted(first) { names.insert(first, at: 0) }
    var endpoints = names.compactMap { members.worker($0)?.dataEndpoint }
    if entry.isPublished {
      endpoints.insert(configuration.dataEndpoint, at: 0)
    } else if entry.isHere {
      endpoints.append(configuration.dataEndpoint)
    }
    return endpoints
  }

  // MARK: Objects come and go

  /// Stores an object here and on `replication` workers, or as many as there are; when that is done,
  /// its job hears it by `secured`.
  mutating func keep(
    _ descriptor: ObjectDescriptor, _ bytes: [UInt8], replication: Int, members: Membership,
    outbox: inout Outbox
  ) {
    if let entry = entries[descriptor.id], entry.descriptor == descriptor {
      if !entry.isSecured { return }
      if entry.isHere {
        newlySecured.append(descriptor)
      } else {
        // Its own copy has been lost.
        setSecured(descriptor.id, false)
        store(descriptor, bytes, &outbox)
      }
      return
    }
    add(
      descriptor, bytes, group: descriptor.id, wanted: replication, isStrict: false,
      keepsHere: true, members: members, outbox: &outbox)
  }

  /// Adds an object whose bytes were just made: serves them until it is secured.
  mutating func add(
    _ descriptor: ObjectDescriptor, _ bytes: [UInt8], group key: ObjectID, wanted: Int,
    plannedBytes: UInt64 = 0, isStrict: Bool, keepsHere: Bool, members: Membership,
    outbox: inout Outbox
  ) {
    if entries[descriptor.id] != nil { remove(descriptor.id, &outbox, members) }
    insert(
      ObjectEntry(
        descriptor: descriptor, group: key, keepsHere: keepsHere, isRecorded: !isStrict),
      wanted: wanted, plannedBytes: plannedBytes, isStrict: isStrict)
    entries[descriptor.id]?.isPublished = true
    outbox.add(.publish(descriptor, bytes))
    if keepsHere { store(descriptor, bytes, &outbox) }
    review(key, members: members, outbox: &outbox)
  }

  /// Writes an object into the coordinator's own store.
  mutating func store(_ descriptor: ObjectDescriptor, _ bytes: [UInt8], _ outbox: inout Outbox) {
    let token = outbox.token(for: .registry)
    storing[token] = descriptor.id
    outbox.add(.store(token, descriptor, bytes))
  }

  /// Takes an object from the catalog, with the workers that are on record for it.
  mutating func restore(
    _ descriptor: ObjectDescriptor, group key: ObjectID, wanted: Int, holders: [Name],
    keepsHere: Bool, isHere: Bool
  ) {
    guard entries[descriptor.id] == nil else { return }
    insert(
      ObjectEntry(descriptor: descriptor, group: key, keepsHere: keepsHere, isRecorded: true),
      wanted: wanted, plannedBytes: 0, isStrict: false)
    entries[descriptor.id]?.isHere = isHere
    setSecured(descriptor.id, true)
    if keepsHere, !isHere { missingHere.insertSorted(descriptor.id) }
    for name in holders {
      entries[descriptor.id]?.holders.insertSorted(name)
      contents[name, default: NodeContents()].objects.insert(descriptor.id)
      contents[name]?.bytes &+= descriptor.length
    }
  }

  private mutating func insert(
    _ entry: ObjectEntry, wanted: Int, plannedBytes: UInt64, isStrict: Bool
  ) {
    let id = entry.descriptor.id
    let key = entry.group
    entries[id] = entry
    owned[id.owner, default: []].insertSorted(id)
    unsecuredCounts[id.owner, default: 0] += 1
    unsecuredBytes[id.owner, default: 0] &+= entry.descriptor.length
    if groups[key] == nil {
      groups[key] = ObjectGroup(
        objects: [], wanted: max(1, wanted), isStrict: isStrict, plannedBytes: plannedBytes)
      groupOrder.insertSorted(key)
    }
    changeGroup(key) { group in
      group.objects.insertSorted(id)
      group.bytes &+= entry.descriptor.length
    }
  }

  /// Changes a group, and with its size or targets what placement reckons with.
  mutating func changeGroup(_ key: ObjectID, _ change: (inout ObjectGroup) -> Void) {
    guard var group = groups[key] else { return }
    placement.remove(group.targets, size: group.size)
    change(&group)
    placement.add(group.targets, size: group.size)
    groups[key] = group
  }

  /// Marks all objects of an owner as recorded; what is to be recorded of them, ascending.
  mutating func commit(_ owner: ObjectOwner) -> [ReplicaRecord] {
    var replicas: [ReplicaRecord] = []
    for id in objects(of: owner) {
      guard let entry = entries[id] else { continue }
      entries[id]?.isRecorded = true
      changeGroup(entry.group) { group in
        group.isStrict = false
        group.plannedBytes = 0
      }
      replicas += entry.holders.map { ReplicaRecord(object: id, node: $0) }
    }
    return replicas
  }

  /// From now on nothing about the owner's replicas is recorded: its record is being removed.
  mutating func stopRecording(_ owner: ObjectOwner) {
    for id in objects(of: owner) { entries[id]?.isRecorded = false }
  }

  /// Deletes everything of an owner, everywhere; recording that is the caller's affair.
  mutating func drop(_ owner: ObjectOwner, members: Membership, outbox: inout Outbox) {
    droppedOwners.removeAll { $0 == owner }
    droppedOwners.append(owner)
    if droppedOwners.count > 1_024 { droppedOwners.removeFirst() }
    for id in objects(of: owner) { remove(id, &outbox, members) }
    writes.removeAll { write in
      switch write {
      case .putReplica(let replica), .removeReplica(let replica): replica.object.owner == owner
      default: false
      }
    }
  }

  /// Deletes one object, everywhere.
  private mutating func remove(_ id: ObjectID, _ outbox: inout Outbox, _ members: Membership) {
    guard let entry = entries[id] else { return }
    let names = entry.holders + entry.copying
    for name in names {
      close(CommandKey(worker: name, object: id))
      removeHolder(name, of: id)
    }
    setSecured(id, true)
    entries[id] = nil
    for name in names { openDelete(of: id, on: name, members: members, outbox: &outbox) }
    missingHere.removeSorted(id)
    if entry.isPublished { outbox.add(.withdraw(id)) }
    if entry.keepsHere { outbox.add(.forget(id)) }
    owned[id.owner]?.removeSorted(id)
    if owned[id.owner]?.isEmpty == true {
      owned[id.owner] = nil
      unsecuredCounts[id.owner] = nil
      unsecuredBytes[id.owner] = nil
    }
    changeGroup(entry.group) { group in
      group.objects.removeSorted(id)
      group.bytes = group.bytes.subtractingOrZero(entry.descriptor.length)
      if group.objects.isEmpty { group.targets = [] }
    }
    if let group = groups[entry.group], group.objects.isEmpty {
      setWaiting(entry.group, nil)
      groups[entry.group] = nil
      groupOrder.removeSorted(entry.group)
    }
  }

  // MARK: Consequences

  mutating func takeTroubles() -> [(owner: ObjectOwner, reason: String)] {
    defer { troubles = [] }
    return troubles
  }

  mutating func takeNewlySecured() -> [ObjectDescriptor] {
    defer { newlySecured = [] }
    return newlySecured
  }

  mutating func takeWrites() -> [CatalogWrite] {
    defer { writes = [] }
    return writes
  }

  // MARK: Bookkeeping

  mutating func setSecured(_ id: ObjectID, _ isSecured: Bool) {
    guard let entry = entries[id], entry.isSecured != isSecured else { return }
    entries[id]?.isSecured = isSecured
    let length = entry.descriptor.length
    let bytes = unsecuredBytes[id.owner] ?? 0
    unsecuredBytes[id.owner] = isSecured ? bytes.subtractingOrZero(length) : bytes &+ length
    unsecuredCounts[id.owner, default: 0] += isSecured ? -1 : 1
  }

  mutating func addHolder(_ name: Name, of id: ObjectID) {
    awaited[name]?.remove(id)
    guard let entry = entries[id], !entry.holders.containsSorted(name) else { return }
    entries[id]?.holders.insertSorted(name)
    contents[name, default: NodeContents()].objects.insert(id)
    contents[name]?.bytes &+= entry.descriptor.length
    if entry.isRecorded { writes.append(.putReplica(ReplicaRecord(object: id, node: name))) }
  }

  mutating func removeHolder(_ name: Name, of id: ObjectID) {
    awaited[name]?.remove(id)
    guard let entry = entries[id], entry.holders.containsSorted(name) else { return }
    entries[id]?.holders.removeSorted(name)
    contents[name]?.objects.remove(id)
    let bytes = contents[name]?.bytes ?? 0
    contents[name]?.bytes = bytes.subtractingOrZero(entry.descriptor.length)
    if entry.isRecorded { writes.append(.removeReplica(ReplicaRecord(object: id, node: name))) }
  }

  mutating func setWaiting(_ key: ObjectID, _ rank: Int?) {
    guard let group = groups[key], group.waitingRank != rank else { return }
    if let old = group.waitingRank {
      waiting.removeSorted(WaitingGroup(liveCount: old, group: key))
    }
    if let rank { waiting.insertSorted(WaitingGroup(liveCount: rank, group: key)) }
    groups[key]?.waitingRank = rank
  }
}
