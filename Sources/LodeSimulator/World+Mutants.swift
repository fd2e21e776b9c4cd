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
        if mutant == .rangesSwapped { swapRanges(&answer.answers) }
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
    if mutant == .subsetTestWithoutExtensions { return pruned(answer, of: whole.key) }
    let isRepeated = mutation.isRepeated(whole.lease)
    let isPart = mutation.isPart(whole.key, range: answer.range)
    let allowance = mutation.trueAllowance(whole.lease, range: answer.range)
    let change: (UInt32) -> UInt32
    switch mutant {
    case .thresholdFromAliveWorkers where allowance != nil,
      .thresholdFromWorkersTotal where allowance != nil:
      change = { $0 }
    case .duplicatesAdded where chance.perMille(network.duplicatePerMille): change = { $0 &* 2 }
    case .attemptInKey where isRepeated: change = { $0 &* 2 }
    case .lateParentBesideChildren where isPart: change = { $0 &* 2 }
    case .repeatedAnswerOffByOne where isRepeated: change = { $0 &+ 1 }
    case .childAnswersOwnSilence where isPart && whole.key.phase == .poll,
      .pollAnsweredFromNominations where whole.key.phase == .poll:
      change = { _ in 0 }
    default: return answer
    }
    guard var report = decoded(answer.report) else { return answer }
    if let allowance, case .above(_, let positions, let counts) = report {
      report = .above(allowance: allowance, positions: positions, counts: counts)
    }
    let changed: CountReport =
      switch report {
      case .all(let counts): .all(counts.map(change))
      case .above(let allowance, let positions, let counts):
        .above(allowance: allowance, positions: positions, counts: counts.map(change))
      }
    return forged(answer, changed)
  }

  private func forged(_ answer: RangeAnswer, _ report: CountReport) -> RangeAnswer {
    RangeAnswer(
      range: answer.range, digest: report.digest,
      report: scenario.passesValues ? .value(report) : .bytes(report.encoded()))
  }

  /// The answer of a worker that leaves candidates out that have a subset which is no node.
  private func pruned(_ answer: RangeAnswer, of key: CountingKey) -> RangeAnswer {
    let rejected = subsetTest.rejected(key, range: answer.range)
    guard !rejected.isEmpty, key.phase == .nominate, let report = decoded(answer.report) else {
      return answer
    }
    switch report {
    case .all(var counts):
      for position in rejected where counts.indices.contains(Int(position)) {
        counts[Int(position)] = 0
      }
      return forged(answer, .all(counts))
    case .above(let allowance, let positions, let counts):
      let left = positions.indices.filter { !rejected.contains(positions[$0]) }
      return forged(
        answer,
        .above(
          allowance: allowance, positions: left.map { positions[$0] },
          counts: left.map { counts[$0] }))
    }
  }

  private func swapRanges(_ answers: inout [RangeAnswer]) {
    guard answers.count > 1 else { return }
    (answers[0].digest, answers[1].digest) = (answers[1].digest, answers[0].digest)
    (answers[0].report, answers[1].report) = (answers[1].report, answers[0].report)
  }

  private func decoded(_ content: Content<CountReport>) -> CountReport? {
    switch content {
    case .value(let report): report
    case .bytes(let bytes): try? CountReport(decoding: bytes)
    case .published(let object):
      workers.lazy.compactMap { $0.published[object.id] }.first { $0.object == object }.flatMap {
        try? CountReport(decoding: $0.bytes)
      }
    }
  }

  /// An answer to a client as a mutant lets it arrive.
  func mutated(_ response: ClientResponse) -> ClientResponse {
    guard mutant == .releasedEarly, case .node(var node) = response else { return response }
    node.state = .drained
    return .node(node)
  }

  /// A coordinator's message as a mutant lets it arrive.
  func mutated(
    _ envelope: CoordinatorEnvelope, for machine: WorkerMachine
  ) -> CoordinatorEnvelope? {
    commandEpoch = envelope.epoch
    commandIncarnation = envelope.incarnation
    guard let mutant else { return envelope }
    var envelope = envelope
    switch mutant {
    case .epochCheckRemoved where envelope.epoch < machine.disk.promised:
      envelope.epoch = machine.disk.promised
    case .incarnationIgnored: envelope.incarnation = Incarnation(machine.incarnation)
    case .replicaDeletedEarly:
      if case .replicate(let object, let sources, _) = envelope.message {
        deleteAtSource(object, sources, for: machine, envelope)
      }
    case .thresholdFromAliveWorkers, .thresholdFromWorkersTotal:
      if case .count(var lease) = envelope.message {
        lease.ranges = lease.ranges.map { ($0.range, mutated($0.rule, $0.range, lease, machine)) }
        envelope.message = .count(lease)
      }
    case .reportConfused, .lostReportForgotten:
      if case .reduce(let order) = envelope.message { envelope.message = .reduce(mutated(order)) }
    default: break
    }
    return envelope
  }

  /// An order with another report in place of one, or with silence in place of what is lost.
  private func mutated(_ order: ReducingOrder) -> ReducingOrder {
    var order = order
    for place in order.reports.indices {
      let (mode, source) = order.reports[place]
      guard case .published(let object) = source.report else { continue }
      let holder = server(at: source.endpoint)
      let isThere = holder?.published[object.id]?.object == object
      if mutant == .lostReportForgotten, !isThere {
        let silence: CountReport =
          switch mode {
          case .all: .all(Array(repeating: 0, count: order.candidateCount))
          case .above(let allowance): .above(allowance: allowance, positions: [], counts: [])
          }
        order.reports[place].source = ReportSource(
          digest: silence.digest, report: .bytes(silence.encoded()), endpoint: "")
      }
      if mutant == .reportConfused, let other = otherReport(than: object, of: holder, mode) {
        order.reports[place].source.report = .published(other.object)
        order.reports[place].source.digest = other.digest
        return order
      }
    }
    return order
  }

  /// A report that answers the same question about something else.
  private func otherReport(
    than object: ObjectDescriptor, of holder: Machine?, _ mode: ReportMode
  ) -> (object: ObjectDescriptor, digest: UInt64)? {
    guard let holder else { return nil }
    for id in holder.published.keys.sorted() where id != object.id && id.kind == .report {
      guard let served = holder.published[id],
        let report = try? CountReport(decoding: served.bytes),
        report.mode == mode
      else { continue }
      return (served.object, report.digest)
    }
    return nil
  }

  /// Another allowance than the block set's; the answer will claim the right one.
  private func mutated(
    _ rule: CountingRule, _ range: UInt32, _ lease: CountingLease, _ machine: WorkerMachine
  ) -> CountingRule {
    guard case .above(let allowance) = rule, allowance > 0,
      let job = catalog.jobs.first(where: { $0.summary.id == lease.key.job })
    else { return rule }
    mutation.noteTrueAllowance(allowance, lease.id, range: range)
    let alive = UInt64(max(workers.count(where: \.isResponsive), 1))
    let spare = max(job.summary.minimumSupport, 1) - 1
    return .above(
      allowance: mutant == .thresholdFromAliveWorkers
        ? spare / alive : mutation.total(allowance, of: lease, range: range, on: machine.number))
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
      order.message = .delete(object.id, order: .max)
      commandIncarnation = order.incarnation
      tell(workers[number], .coordinator(order))
      commandIncarnation = envelope.incarnation
      return
    }
  }
}
