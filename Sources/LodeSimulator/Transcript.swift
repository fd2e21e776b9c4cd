import Coordination
import Messages
import Working

/// A run for people: one line for each thing that happens.
final class Transcript {
  private let write: (String) -> Void

  init(_ write: @escaping (String) -> Void) { self.write = write }

  func add(_ line: String, at now: UInt64) {
    let milliseconds = String(now / 1_000)
    let padding = String(repeating: " ", count: max(6 - milliseconds.count, 0))
    let micros = String(now % 1_000 + 1_000).dropFirst()
    write("\(padding)\(milliseconds).\(micros)  \(line)")
  }
}

/// Short forms of messages, and their part in the digest.
extension World {
  func noteSent(
    _ envelope: CoordinatorEnvelope, to worker: WorkerMachine, from machine: CoordinatorMachine
  ) {
    note(
      "c\(machine.number) -> \(worker.name) (epoch \(envelope.epoch)) \(brief(envelope.message))")
    digest.add(envelope.epoch.number)
    switch envelope.message {
    case .replicate(let object, _, _): digest.add(object)
    case .delete(let id, _): digest.add(id)
    case .openLevel(let opening):
      digest.add(opening.digest)
      if mutant == .subsetTestWithoutExtensions {
        subsetTest.follow(opening, scratch: scratch) { machine.published[$0.id]?.bytes }
      }
      if case .whole = opening.content { probes.hit(.levelSentWhole, if: opening.level > 1) }
    case .count(let lease):
      digest.add(lease.key)
      digest.add(lease.id)
      probes.hit(.leaseRepeated, if: lease.attempt > 0)
      probes.hit(.pollAsked, if: lease.key.phase == .poll)
      probes.hit(.rangesSeveral, if: lease.ranges.contains { $0.range > 0 })
      mutation.noteLease(lease, to: worker.number)
    case .reduce(let order):
      digest.add(order.id)
      digest.add(UInt64(order.range))
      mutation.noteOrder(order, to: worker.number)
    default: break
    }
  }

  func noteSent(_ envelope: WorkerEnvelope, from machine: WorkerMachine) {
    note(
      "\(machine.name) -> c\(machine.connection.machine) (epoch \(envelope.epoch))"
        + " \(brief(envelope.message))")
    digest.add(envelope.epoch.number)
    switch envelope.message {
    case .stored(let object, _): digest.add(object)
    case .fenced: probes.hit(.workerFenced)
    case .inventory(let part): probes.hit(.inventoryInParts, if: part.partCount > 1)
    case .counted(let answer):
      digest.add(answer.key)
      for range in answer.answers {
        digest.add(UInt64(range.range))
        digest.add(range.digest)
      }
    case .reduced(_, let order, _), .reducingFailed(_, let order, _): digest.add(order)
    default: break
    }
  }

  /// A message has come to the coordinator: what the rare paths can be told from.
  func noteArrived(_ envelope: WorkerEnvelope) {
    switch envelope.message {
    case .counted(let answer): mutation.noteAnswer(answer, from: envelope.name, &probes)
    case .reduced(_, let order, _): mutation.noteReduced(order, &probes)
    case .reducingFailed(_, let order, let failure):
      mutation.noteEnd(ofOrder: order)
      if case .unreachable = failure {
        probes.hit(.reportNotFetched)
      } else {
        probes.hit(.reducingFailed)
      }
    case .stored(let object, _):
      guard let owner = catalog.dataSets.first(where: { .dataSet($0.id) == object.id.owner })
      else { return }
      probes.hit(.replicaRepaired, if: checks.wasLost(object.id))
      probes.hit(.replicaRebalanced, if: !checks.wasLost(object.id) && owner.version > 0)
    default: break
    }
  }

  func brief(_ message: CoordinatorMessage) -> String {
    switch message {
    case .welcome: "welcome"
    case .refused(let text): "refused: \(text)"
    case .inventoryReceived(let index): "inventory \(index) received"
    case .heartbeatReceived(let sequence): "heartbeat \(sequence) received"
    case .introduceYourself: "introduce yourself"
    case .replicate(let object, let sources, let order):
      "replicate \(object.id) from \(sources), order \(order)"
    case .delete(let id, let order): "delete \(id), order \(order)"
    case .quarantine(let id, let order): "quarantine \(id), order \(order)"
    case .verify(let object): "verify \(object.id)"
    case .openJob(let opening): "open \(opening.job), shards \(opening.shards.map(\.number))"
    case .openLevel(let opening):
      "open level \(opening.level) of \(opening.job), \(opening.rangeCount) ranges"
    case .count(let lease):
      "count lease \(lease.id) attempt \(lease.attempt): \(brief(lease.key)) ranges"
        + " \(lease.ranges.map(\.range))"
    case .reduce(let order):
      "reduce order \(order.id): \(order.job) level \(order.level) range \(order.range),"
        + " \(order.reports.count) reports, \(order.polls.count) polls"
    case .cancel(let leases): "cancel leases \(leases)"
    case .closeJob(let job): "close \(job)"
    case .released: "released"
    }
  }

  func brief(_ message: WorkerMessage) -> String {
    switch message {
    case .hello(let hello): "hello, \(hello.objectCount) objects"
    case .inventory(let part): "inventory \(part.index) of \(part.partCount)"
    case .heartbeat(let heartbeat): "heartbeat \(heartbeat.sequence)"
    case .stored(let object, let order): "stored \(object.id), order \(order)"
    case .storeFailed(let object, let failure): "store of \(object.id) failed: \(failure)"
    case .deleted(let id, let order): "deleted \(id), order \(order)"
    case .damaged(let object, let place): "damaged \(object.id) (\(place))"
    case .verified(let object, let failure):
      "verified \(object.id): \(failure.map { "\($0)" } ?? "right")"
    case .missing(let job, let level): "missing \(job) level \(level.map(String.init) ?? "-")"
    case .counted(let answer):
      "counted lease \(answer.lease): \(brief(answer.key)) ranges \(answer.answers.map(\.range))"
    case .countingFailed(let lease, let key, let ranges, let failure):
      "counting failed, lease \(lease): \(brief(key)) ranges \(ranges): \(failure)"
    case .reduced(_, let order, _): "reduced, order \(order)"
    case .reducingFailed(_, let order, let failure): "reducing failed, order \(order): \(failure)"
    case .leaving(let leases): "leaving, hands back \(leases)"
    case .fenced(let epoch): "fenced by epoch \(epoch)"
    }
  }

  private func brief(_ key: CountingKey) -> String {
    "\(key.job) level \(key.level) \(key.phase) shards \(key.shards)"
  }

  func brief(_ effect: WorkerEffect) -> String {
    switch effect {
    case .send(let envelope): "send \(brief(envelope.message))"
    case .promise(_, _, let epoch): "promise \(epoch)"
    case .fetch(_, let object, _): "fetch \(object.id)"
    case .store(_, let object, _): "store \(object.id)"
    case .load(_, let object): "load \(object.id)"
    case .delete(_, let id): "delete \(id)"
    case .quarantine(let id): "quarantine \(id)"
    case .publish(let object, _): "publish \(object.id)"
    case .withdraw(let id): "withdraw \(id)"
    case .perform: "perform"
    case .reconnect: "reconnect"
    case .stop(let reason): "stop: \(reason ?? "")"
    case .note(let text): "note: \(text)"
    }
  }

  func brief(_ request: ClientRequest) -> String {
    switch request {
    case .putChunk(_, let sequence, let bytes): "put chunk \(sequence), \(bytes.count) bytes"
    case .openDataSet(let opening): "open data set \(opening.name)"
    case .closeDataSet: "close data set"
    case .abandonDataSet: "abandon data set"
    case .submitJob(let specification):
      "submit job on \(specification.dataSet) at \(specification.minimumSupport)"
    default: "\(request)"
    }
  }

  func brief(_ response: ClientResponse) -> String {
    switch response {
    case .refused(let refusal): "refused (\(refusal.kind)): \(refusal.message)"
    case .job(let job): "\(job.id) \(job.state) level \(job.level) \(job.failure)"
    case .dataSet(let summary): "data set \(summary.name), \(summary.blockCount) blocks"
    case .ingesting(let progress):
      "next chunk \(progress.nextSequence), \(progress.securedCount) of \(progress.blockCount) blocks"
    case .results(let results): "results of \(results.job.id), \(results.levels.count) levels"
    case .status: "status"
    case .node(let node): "node \(node.name) \(node.state), \(node.objectCount) objects"
    case .verification(let report):
      "verification: \(report.checkedCount) of \(report.replicaCount), \(report.defects.count) defects"
    default: "\(response)"
    }
  }

  func brief(_ task: ClientTask) -> String { "\(task)" }
}
