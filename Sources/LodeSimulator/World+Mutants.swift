import Apriori
import Coordination
import Messages

/// Mutants that lie in messages.
extension World {
  /// A worker's message as a mutant lets it arrive; nil where it loses it.
  func mutated(_ envelope: WorkerEnvelope, for machine: CoordinatorMachine) -> WorkerEnvelope? {
    guard let mutant else { return envelope }
    var envelope = envelope
    switch mutant {
    case .epochCheckRemoved:
      envelope.epoch = machine.claimed
      if case .fenced = envelope.message { return nil }
    case .fencingSilent:
      if case .fenced = envelope.message { return nil }
    case .incarnationIgnored:
      if let worker = workers.first(where: { $0.name == envelope.name }) {
        envelope.incarnation = Incarnation(worker.incarnation)
      }
    case .inventoryIgnored:
      if case .inventory(var part) = envelope.message {
        part.objects = believed(of: envelope.name)
        envelope.message = .inventory(part)
      }
    default:
      if case .counted(var answer) = envelope.message {
        answer.answers = answer.answers.map { mutated($0, of: answer) }
        envelope.message = .counted(answer)
      }
    }
    return envelope
  }

  /// What the catalog says a worker stores.
  private func believed(of name: Name) -> [ObjectDescriptor] {
    var known = catalog.dataSets.flatMap { objects(of: $0) }
    for job in catalog.jobs { known += job.checkpoints + [job.items].compactMap { $0 } }
    return known.filter { object in
      catalog.replicas.contains { $0.object == object.id && $0.node == name }
    }.sorted { $0.id < $1.id }
  }

  private func mutated(_ answer: RangeAnswer, of whole: CountingAnswer) -> RangeAnswer {
    let isRepeated = mutation.isRepeated(whole.lease)
    let isPart = mutation.isPart(whole.key, range: answer.range)
    let change: (UInt32) -> UInt32
    switch mutant {
    case .duplicatesAdded where chance.perMille(network.duplicatePerMille): change = { $0 &* 2 }
    case .attemptInKey where isRepeated: change = { $0 &* 2 }
    case .lateParentBesideChildren where isPart: change = { $0 &* 2 }
    case .repeatedAnswerOffByOne where isRepeated: change = { $0 &+ 1 }
    case .childAnswersOwnSilence where isPart && whole.key.phase == .poll,
      .pollAnsweredFromNominations where whole.key.phase == .poll:
      change = { _ in 0 }
    default: return answer
    }
    guard let report = decoded(answer.report) else { return answer }
    let changed: CountReport =
      switch report {
      case .all(let counts): .all(counts.map(change))
      case .above(let allowance, let positions, let counts):
        .above(allowance: allowance, positions: positions, counts: counts.map(change))
      }
    return RangeAnswer(
      range: answer.range, digest: changed.digest,
      report: scenario.passesValues ? .value(changed) : .bytes(changed.encoded()))
  }

  private func decoded(_ content: Content<CountReport>) -> CountReport? {
    switch content {
    case .value(let report): report
    case .bytes(let bytes): try? CountReport(decoding: bytes)
    case .published(let object):
      workers.lazy.compactMap { $0.published[object.id]?.bytes }.first.flatMap {
        try? CountReport(decoding: $0)
      }
    }
  }

  /// A coordinator's message as a mutant lets it arrive.
  func mutated(
    _ envelope: CoordinatorEnvelope, for machine: WorkerMachine
  ) -> CoordinatorEnvelope? {
    commandEpoch = envelope.epoch
    guard let mutant else { return envelope }
    var envelope = envelope
    switch mutant {
    case .epochCheckRemoved where envelope.epoch < machine.disk.promised:
      envelope.epoch = machine.disk.promised
    case .incarnationIgnored: envelope.incarnation = Incarnation(machine.incarnation)
    case .replicaDeletedEarly:
      if case .replicate(let object, let sources) = envelope.message {
        deleteAtSource(object, sources, for: machine, envelope)
      }
    case .releasedEarly:
      break
    default: break
    }
    return envelope
  }

  private func deleteAtSource(
    _ object: ObjectDescriptor, _ sources: [String], for machine: WorkerMachine,
    _ envelope: CoordinatorEnvelope
  ) {
    guard catalog.dataSets.contains(where: { .dataSet($0.id) == object.id.owner }) else { return }
    for source in sources {
      guard case .worker(let number, _)? = endpoints[source], workers[number].isResponsive else {
        continue
      }
      var order = envelope
      order.incarnation = Incarnation(workers[number].incarnation)
      order.message = .delete(object.id)
      return tell(workers[number], .coordinator(order))
    }
  }
}
