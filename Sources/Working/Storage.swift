// What a worker stores: copies made, deleted, set aside, verified, and checked in the background.

import Messages

/// The objects of a worker and what is being done with them.
struct Storage: Sendable {
  /// One copy to be made here.
  struct Copy: Sendable {
    enum State: Sendable { case waiting, fetching, storing }
    enum Fate: Sendable { case keep, forget, delete, quarantine }

    let descriptor: ObjectDescriptor
    var sources: [String]
    var state = State.waiting
    /// The fetch that it waits for.
    var fetch: UInt64 = 0
    /// What a command that came in the meantime wants with the object.
    var fate = Fate.keep
  }

  /// One fetch of an object to be copied: there may be others of it that nobody waits for any more.
  struct Fetch: Sendable {
    let id: ObjectID
    let number: UInt64
  }

  /// Objects that are durable here.
  var held: [ObjectID: ObjectDescriptor] = [:]
  var copies: [ObjectID: Copy] = [:]
  /// Copies that have not begun, in order.
  var copyQueue: [ObjectID] = []
  var runningCopyCount = 0
  var deleting: Set<ObjectID> = []
  /// The last order of this epoch for each object that is here or under way.
  var orders: [ObjectID: UInt64] = [:]
  /// Objects to be verified, in order, and those being read.
  var verificationQueue: [ObjectDescriptor] = []
  var verifying: Set<ObjectID> = []
  /// What the scrub goes through, in order.
  var scrubList: [ObjectDescriptor] = []
  var nextScrubPlace = 0
  var nextScrub: UInt64
  var scrubRuns = false
  /// Damaged objects about which the coordinator has not commanded anything yet.
  var damaged: [ObjectDescriptor] = []
  var nextDamageReport: UInt64 = 0

  /// Copies, and verifications, that wait; the coordinator repeats what is dropped beyond.
  static let queueLimit = 4_096

  init(objects: [ObjectDescriptor], nextScrub: UInt64) {
    self.nextScrub = nextScrub
    for descriptor in objects { held[descriptor.id] = descriptor }
  }
}

extension Worker {
  /// Whether an order may be obeyed: nothing newer has been ordered for the object.
  mutating func accept(_ order: UInt64, for id: ObjectID) -> Bool {
    if let last = storage.orders[id], order < last { return false }
    storage.orders[id] = order
    return true
  }

  private mutating func sendStored(_ descriptor: ObjectDescriptor) {
    send(.stored(descriptor, order: storage.orders[descriptor.id] ?? 0))
  }

  /// Says that an object is not here (any more), as was ordered last.
  private mutating func sendDeleted(_ id: ObjectID) {
    send(.deleted(id, order: storage.orders.removeValue(forKey: id) ?? 0))
  }

  // MARK: Copies

  mutating func replicate(_ descriptor: ObjectDescriptor, sources: [String]) {
    let id = descriptor.id
    storage.damaged.removeAll { $0.id == id }
    guard id.kind.isStored else {
      return send(.storeFailed(descriptor, .disk("\(id) is of a kind that is never stored")))
    }
    if storage.held[id] == descriptor { return sendStored(descriptor) }
    if storage.deleting.contains(id) { return }
    if storage.copies[id] != nil {
      if storage.copies[id]?.state == .waiting { storage.copies[id]?.sources = sources }
      if storage.copies[id]?.fate == .forget, storage.copies[id]?.descriptor == descriptor {
        storage.copies[id]?.fate = .keep
      }
      return
    }
    guard storage.copies.count < Storage.queueLimit else { return }
    storage.copies[id] = Storage.Copy(descriptor: descriptor, sources: sources)
    storage.copyQueue.append(id)
    beginCopies()
  }

  private mutating func beginCopies() {
    while storage.runningCopyCount < max(configuration.copyLimit, 1), !storage.copyQueue.isEmpty {
      let id = storage.copyQueue.removeFirst()
      guard let copy = storage.copies[id] else { continue }
      lastToken += 1
      let fetch = Storage.Fetch(id: id, number: lastToken)
      storage.copies[id]?.state = .fetching
      storage.copies[id]?.fetch = fetch.number
      storage.runningCopyCount += 1
      effects.append(
        .fetch(token(for: .copyFetch(fetch)), copy.descriptor, sources: copy.sources))
    }
  }

  /// The copy that waits for a fetch.
  private func copy(awaiting fetch: Storage.Fetch) -> Storage.Copy? {
    guard let copy = storage.copies[fetch.id], copy.state == .fetching,
      copy.fetch == fetch.number
    else { return nil }
    return copy
  }

  mutating func copyFetched(_ fetch: Storage.Fetch, _ bytes: [UInt8]) {
    guard let copy = copy(awaiting: fetch) else { return }
    let id = fetch.id
    if copy.fate != .keep { return endCopy(id) }
    storage.copies[id]?.state = .storing
    // Another object of this name is replaced.
    storage.held[id] = nil
    effects.append(.store(token(for: .copyStore(id)), copy.descriptor, bytes))
  }

  mutating func copyStored(_ id: ObjectID) {
    guard let copy = storage.copies[id] else { return }
    storage.held[id] = copy.descriptor
    if copy.fate == .keep { sendStored(copy.descriptor) }
    endCopy(id)
  }

  mutating func copyNotFetched(_ fetch: Storage.Fetch, _ failure: StoreFailure) {
    if copy(awaiting: fetch) != nil { copyFailed(fetch.id, failure) }
  }

  mutating func copyFailed(_ id: ObjectID, _ failure: StoreFailure) {
    guard let copy = storage.copies[id] else { return }
    if copy.fate == .keep { send(.storeFailed(copy.descriptor, failure)) }
    endCopy(id)
  }

  /// Forgets a running copy, and does what was commanded while it ran.
  private mutating func endCopy(_ id: ObjectID) {
    let copy = storage.copies.removeValue(forKey: id)
    storage.runningCopyCount -= 1
    switch copy?.fate {
    case .delete: delete(id)
    case .forget: if storage.held[id] == copy?.descriptor { delete(id) }
    case .quarantine: quarantine(id)
    case .keep, nil: break
    }
    beginCopies()
  }

  /// Gives up the copies that an older epoch ordered: nobody counts on them, and the news that one
  /// has ended might be lost for ever.
  ///
  /// Fetches are not waited for either: those from a coordinator that is dead take long to fail.
  mutating func forgetCopies() {
    storage.orders = [:]
    storage.copyQueue = []
    storage.copies = storage.copies.filter { $0.value.state == .storing }
    storage.runningCopyCount = storage.copies.count
    for (id, copy) in storage.copies where copy.fate == .keep {
      storage.copies[id]?.fate = .forget
    }
  }

  /// Stops a copy that waits; whether one runs, which then ends in `fate`.
  private mutating func intercept(_ id: ObjectID, fate: Storage.Copy.Fate) -> Bool {
    storage.damaged.removeAll { $0.id == id }
    guard let copy = storage.copies[id] else { return false }
    if copy.state == .waiting {
      storage.copies[id] = nil
      storage.copyQueue.removeAll { $0 == id }
      return false
    }
    storage.copies[id]?.fate = fate
    return true
  }

  // MARK: Removal

  mutating func delete(_ id: ObjectID) {
    if intercept(id, fate: .delete) || storage.deleting.contains(id) { return }
    guard storage.held.removeValue(forKey: id) != nil else { return sendDeleted(id) }
    storage.deleting.insert(id)
    effects.append(.delete(token(for: .delete(id)), id))
  }

  mutating func deleted(_ id: ObjectID) {
    storage.deleting.remove(id)
    sendDeleted(id)
  }

  mutating func quarantine(_ id: ObjectID) {
    if intercept(id, fate: .quarantine) || storage.deleting.contains(id) { return }
    if storage.held.removeValue(forKey: id) != nil { effects.append(.quarantine(id)) }
    sendDeleted(id)
  }

  // MARK: Verification

  mutating func verify(_ descriptor: ObjectDescriptor) {
    guard storage.held[descriptor.id] == descriptor else {
      return send(.verified(descriptor, .unreachable))
    }
    guard !storage.verifying.contains(descriptor.id),
      !storage.verificationQueue.contains(descriptor),
      storage.verificationQueue.count < Storage.queueLimit
    else { return }
    storage.verificationQueue.append(descriptor)
    beginVerifications()
  }

  private mutating func beginVerifications() {
    while storage.verifying.count < max(configuration.copyLimit, 1),
      !storage.verificationQueue.isEmpty
    {
      let descriptor = storage.verificationQueue.removeFirst()
      storage.verifying.insert(descriptor.id)
      effects.append(.load(token(for: .verification(descriptor)), descriptor))
    }
  }

  mutating func verified(_ descriptor: ObjectDescriptor, _ failure: StoreFailure?) {
    storage.verifying.remove(descriptor.id)
    send(.verified(descriptor, failure))
    if failure != nil { foundDamaged(descriptor) }
    beginVerifications()
  }

  /// An object could not be read as it was written; nothing where it has been deleted since.
  mutating func foundDamaged(_ descriptor: ObjectDescriptor) {
    guard storage.held[descriptor.id] == descriptor else { return }
    storage.held[descriptor.id] = nil
    effects.append(.quarantine(descriptor.id))
    send(.damaged(descriptor, .disk))
    if storage.damaged.count < Storage.queueLimit { storage.damaged.append(descriptor) }
  }

  mutating func tickStorage() {
    if now >= storage.nextDamageReport {
      storage.nextDamageReport = now + 5 * configuration.resendMilliseconds
      for descriptor in storage.damaged { send(.damaged(descriptor, .disk)) }
    }
    scrubIfIdle()
  }

  /// Reads one object in turn; while there is other work the disk is left alone.
  private mutating func scrubIfIdle() {
    let isIdle = busyCount == 0 && storage.copies.isEmpty && storage.verifying.isEmpty
    guard now >= storage.nextScrub, isIdle, !storage.scrubRuns else { return }
    storage.nextScrub = now + configuration.scrubMilliseconds
    if storage.nextScrubPlace >= storage.scrubList.count {
      storage.scrubList = storage.held.values.sorted { $0.id < $1.id }
      storage.nextScrubPlace = 0
    }
    while storage.nextScrubPlace < storage.scrubList.count {
      let descriptor = storage.scrubList[storage.nextScrubPlace]
      storage.nextScrubPlace += 1
      guard storage.held[descriptor.id] == descriptor else { continue }
      storage.scrubRuns = true
      effects.append(.load(token(for: .scrub(descriptor)), descriptor))
      return
    }
  }
}
