import Coordination
import Messages
import Working

/// What the checkers remember.
struct Checks {
  /// Copies of objects that faults have destroyed.
  private var lostCopies: [ObjectID: Int] = [:]

  mutating func copyLost(of id: ObjectID) { lostCopies[id, default: 0] += 1 }

  /// Copies of an object that faults have destroyed so far.
  func lostCopies(of id: ObjectID) -> Int { lostCopies[id] ?? 0 }

  func wasLost(_ id: ObjectID) -> Bool { lostCopies[id] != nil }

  /// Whether another copy may go: never as many as there are replicas, all faults together.
  func mayLoseCopy(of id: ObjectID, _ scenario: Scenario) -> Bool {
    lostCopies(of: id) + 1 < scenario.replication
  }
}

/// Checks of single steps, at the boundary of the cores.
extension World {
  /// Workers whose disks hold the object whole.
  func holders(of object: ObjectDescriptor) -> Int {
    workers.count { $0.disk.holds(object) }
  }

  func objects(of record: DataSetRecord) -> [ObjectDescriptor] {
    record.shards.flatMap(\.blocks) + [record.dictionary, record.counts]
  }

  /// The catalog only grows in truth: epochs rise, what is final stays, checkpoints are added.
  func checkCommit(_ writes: [CatalogWrite], by machine: CoordinatorMachine) {
    for write in writes {
      switch write {
      case .claim(let epoch):
        if epoch <= catalog.epoch, mutant != .fencingSilent {
          fail("catalog", "epoch \(epoch) is claimed after \(catalog.epoch)")
        }
      case .putDataSet(let record): checkSecured(record)
      case .putJob(let record):
        guard let old = catalog.jobs.first(where: { $0.summary.id == record.summary.id }) else {
          continue
        }
        for object in record.checkpoints.dropFirst(old.checkpoints.count)
        where !machine.disk.holds(object) {
          fail("checkpoints", "\(object.id) is recorded and the coordinator does not store it")
        }
        if old.summary.state.isFinal, old.summary.state != record.summary.state {
          fail(
            "catalog", "\(old.summary.id) was \(old.summary.state) and is \(record.summary.state)")
        }
        // A job starts anew where its checkpoints cannot be had: with workers away, after a takeover.
        let mayStartAnew = progress.lastTooManyDown > 0 || coordinators.count > 1
        if !record.checkpoints.starts(with: old.checkpoints), !record.summary.state.isFinal,
          !mayStartAnew
        {
          fail("catalog", "\(old.summary.id) loses closed levels")
        }
      default: break
      }
    }
  }

  /// A data set becomes visible when each of its objects is safe on as many workers as wanted.
  private func checkSecured(_ record: DataSetRecord) {
    if catalog.dataSets.contains(where: { $0.id == record.id }) { return }
    for object in objects(of: record) {
      let copies = holders(of: object) + checks.lostCopies(of: object.id)
      if copies < record.replication {
        fail(
          "ingest", "\(object.id) is acknowledged with \(copies) of \(record.replication) copies")
      }
    }
  }

  /// A coordinator speaks only in the epoch that it has made durable.
  func checkSent(_ envelope: CoordinatorEnvelope, by machine: CoordinatorMachine) {
    if envelope.epoch != machine.claimed {
      fail(
        "epochs",
        "c\(machine.number) speaks in epoch \(envelope.epoch) and has claimed \(machine.claimed)")
    }
  }

  /// A worker speaks of its own life, in no epoch it has not promised, of no object it has not stored.
  func checkSent(_ envelope: WorkerEnvelope, by machine: WorkerMachine) {
    if envelope.epoch > machine.disk.promised {
      fail(
        "promises",
        "\(machine.name) speaks in epoch \(envelope.epoch), and \(machine.disk.promised) is promised"
      )
    }
    if envelope.incarnation.number != machine.incarnation || envelope.name != machine.name {
      fail("incarnations", "\(machine.name) speaks as another life")
    }
    if case .stored(let object, _) = envelope.message, !machine.disk.holds(object),
      !checks.wasLost(object.id)
    {
      fail(
        "storage", "\(machine.name) says it stores \(object.id), which would not survive a crash")
    }
  }

  /// Nothing is done for a coordinator that is fenced, nor before its promise is durable.
  func checkEffects(_ effects: [WorkerEffect], of event: WorkerEvent, on machine: WorkerMachine) {
    guard case .coordinator = event, let epoch = commandEpoch else { return }
    if let meant = commandIncarnation, meant.number != machine.incarnation, !effects.isEmpty {
      fail("incarnations", "\(machine.name) obeys what another life of it was told")
    }
    guard epoch != machine.disk.promised else { return }
    for effect in effects {
      switch effect {
      case .note, .stop: continue
      case .promise where epoch > machine.disk.promised: continue
      case .send(let envelope) where epoch < machine.disk.promised:
        if case .fenced = envelope.message { continue }
        fail("fencing", "\(machine.name) answers a fenced coordinator: \(brief(envelope.message))")
      default:
        fail(
          "fencing",
          "\(machine.name) acts for epoch \(epoch) and has promised \(machine.disk.promised):"
            + " \(brief(effect))")
      }
    }
  }

  /// A replica of something acknowledged goes only when enough others are there; one that the
  /// catalog does not count may go.
  func checkDeletion(of id: ObjectID, on machine: WorkerMachine) {
    guard let object = acknowledged(id), machine.disk.holds(object),
      catalog.replicas.contains(where: { $0.object == id && $0.node == machine.name })
    else { return }
    let others = holders(of: object) - 1 + checks.lostCopies(of: id)
    if others < scenario.replication {
      fail("storage", "\(machine.name) deletes \(id), which leaves \(others) copies")
    }
  }

  /// The object with this name, if a data set or a finished job in the catalog needs it.
  private func acknowledged(_ id: ObjectID) -> ObjectDescriptor? {
    switch id.owner {
    case .dataSet(let dataSet):
      guard let record = catalog.dataSets.first(where: { $0.id == dataSet }) else { return nil }
      return objects(of: record).first { $0.id == id }
    case .job(let job):
      guard let record = catalog.jobs.first(where: { $0.summary.id == job }),
        record.summary.state == .done
      else { return nil }
      return (record.checkpoints + [record.items].compactMap { $0 }).first { $0.id == id }
    }
  }

  /// What a client is told is durable.
  func checkReply(
    _ response: ClientResponse, id: RequestID, by machine: CoordinatorMachine
  ) {
    switch response {
    case .dataSet(let summary):
      if !catalog.dataSets.contains(where: { $0.id == summary.id }), !machine.isStale {
        fail("acknowledgement", "data set \(summary.name) is shown and not in the catalog")
      }
    case .job(let summary):
      guard !machine.isStale else { return }
      guard let record = catalog.jobs.first(where: { $0.summary.id == summary.id }) else {
        return fail("acknowledgement", "\(summary.id) is shown and not in the catalog")
      }
      if summary.state.isFinal, record.summary.state != summary.state {
        fail(
          "acknowledgement", "\(summary.id) is said to be \(summary.state) before that is durable")
      }
    default: break
    }
  }

  /// A drained worker is not needed for any acknowledged object.
  func checkDrained(_ machine: WorkerMachine) {
    for record in catalog.dataSets {
      for object in objects(of: record) {
        let others = workers.count {
          $0.number != machine.number && $0.disk.holds(object)
        }
        if others + checks.lostCopies(of: object.id) < record.replication {
          return fail(
            "drain", "\(machine.name) is drained and \(object.id) has \(others) other copies")
        }
      }
    }
  }
}
