import Messages

/// A check of every replica of a data set.
struct Verification: Sendable {
  /// The replicas of one worker that were not asked for yet, the next one last.
  struct Queue: Sendable {
    let worker: Name
    var objects: [ObjectDescriptor]
  }

  let id: RequestID
  let owner: ObjectOwner
  /// By worker.
  var queues: [Queue]
  /// Questions without an answer, ascending, and when they were sent.
  var asked: [(key: CommandKey, descriptor: ObjectDescriptor, at: UInt64)] = []
  var report: VerificationReport

  init(id: RequestID, owner: ObjectOwner, _ registry: ObjectRegistry) {
    self.id = id
    self.owner = owner
    var objects: [Name: [ObjectDescriptor]] = [:]
    var count = 0
    for object in registry.objects(of: owner).reversed() {
      guard let descriptor = registry.descriptor(of: object) else { continue }
      for name in registry.holders(of: object) {
        objects[name, default: []].append(descriptor)
        count += 1
      }
    }
    queues = objects.keys.sorted().map { Queue(worker: $0, objects: objects[$0] ?? []) }
    report = VerificationReport(
      isComplete: count == 0, checkedCount: 0, replicaCount: count, unreachableCount: 0,
      defects: [])
  }

  /// Asks the next questions, and again those that were not answered.
  /// - Complexity: O(workers + questions).
  mutating func tick(_ cluster: Cluster, at: Moment, _ outbox: inout Outbox) {
    for index in queues.indices { ask(index, cluster, at, &outbox) }
    for index in asked.indices
    where at.milliseconds.subtractingOrZero(asked[index].at)
      >= cluster.configuration.resendMilliseconds
    {
      asked[index].at = at.milliseconds
      cluster.send(.verify(asked[index].descriptor), to: asked[index].key.worker, &outbox)
    }
    queues.removeAll { queue in
      queue.objects.isEmpty && !asked.contains { $0.key.worker == queue.worker }
    }
    report.isComplete = queues.isEmpty
  }

  private mutating func ask(
    _ index: Int, _ cluster: Cluster, _ at: Moment, _ outbox: inout Outbox
  ) {
    let name = queues[index].worker
    guard let member = cluster.members.worker(name), member.isServing else {
      report.unreachableCount += queues[index].objects.count
      queues[index].objects = []
      let before = asked.count
      asked.removeAll { $0.key.worker == name }
      report.unreachableCount += before - asked.count
      return
    }
    let limit = 2 * max(1, cluster.configuration.copiesPerWorker)
    var running = asked.count { $0.key.worker == name }
    while running < limit, let descriptor = queues[index].objects.popLast() {
      // A replica that went away in the meantime, as by a move, is none to check.
      guard cluster.registry.holders(of: descriptor.id).containsSorted(name) else {
        report.checkedCount += 1
        continue
      }
      asked.append((CommandKey(worker: name, object: descriptor.id), descriptor, at.milliseconds))
      cluster.send(.verify(descriptor), to: name, &outbox)
      running += 1
    }
  }

  /// Takes an answer; whether it is one to a question.
  mutating func answered(
    _ descriptor: ObjectDescriptor, _ failure: StoreFailure?, by name: Name
  ) -> Bool {
    let key = CommandKey(worker: name, object: descriptor.id)
    guard let index = asked.firstIndex(where: { $0.key == key && $0.descriptor == descriptor })
    else { return false }
    asked.remove(at: index)
    report.checkedCount += 1
    if let failure {
      report.defects.append(ReplicaDefect(node: name, object: descriptor.id, failure: failure))
    }
    return true
  }
}

/// The checks that run, and those that have ended lately.
struct Verifications: Sendable {
  static let runningLimit = 8
  static let memory = 64

  private var all: [Verification] = []

  /// Begins a check, or tells how far it is.
  mutating func verify(
    _ record: DataSetRecord, id: RequestID, _ cluster: Cluster, at: Moment, _ outbox: inout Outbox
  ) -> ClientResponse {
    if let known = all.first(where: { $0.id == id }) { return .verification(known.report) }
    guard all.count(where: { !$0.report.isComplete }) < Self.runningLimit else {
      return .refused(
        Refusal(
          .unavailable,
          "\(Self.runningLimit) data sets are being verified, which is the limit: try again later"))
    }
    if all.count >= Self.memory, let oldest = all.firstIndex(where: { $0.report.isComplete }) {
      all.remove(at: oldest)
    }
    var verification = Verification(id: id, owner: .dataSet(record.id), cluster.registry)
    verification.tick(cluster, at: at, &outbox)
    all.append(verification)
    return .verification(verification.report)
  }

  /// A worker has checked a replica; what turns out wrong is repaired from another one.
  mutating func verified(
    _ descriptor: ObjectDescriptor, _ failure: StoreFailure?, by name: Name,
    _ cluster: inout Cluster, at: Moment, _ outbox: inout Outbox
  ) {
    var isAnswer = false
    // A replica that was moved away while it was being checked is not wrong.
    let isHeld = cluster.registry.holders(of: descriptor.id).containsSorted(name)
    let failure = isHeld ? failure : nil
    for index in all.indices where all[index].answered(descriptor, failure, by: name) {
      isAnswer = true
    }
    guard isAnswer else { return }
    if failure != nil {
      cluster.registry.missing(
        descriptor.id, on: name, members: cluster.members, outbox: &outbox)
    }
    tick(cluster, at: at, &outbox)
  }

  mutating func tick(_ cluster: Cluster, at: Moment, _ outbox: inout Outbox) {
    for index in all.indices where !all[index].report.isComplete {
      all[index].tick(cluster, at: at, &outbox)
    }
  }
}
