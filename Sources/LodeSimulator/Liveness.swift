import Coordination
import Messages

/// What must be well once faults have ended.
extension World {
  /// A job of many candidates on slow workers may take long; it hangs when nothing advances so long.
  private static var hangMicroseconds: UInt64 { 150_000_000 }
  /// How long all may take once faults have ended, however it advances.
  private static var longestMicroseconds: UInt64 { 1_500_000_000 }

  /// Looks at the world from outside, every now and then.
  func inspect() {
    add(.inspect, after: 100_000)
    let away = workers.count {
      !$0.isResponsive || network.isCut(from: $0.place, to: coordinators[primary].place, at: now)
        || network.isCut(from: coordinators[primary].place, to: $0.place, at: now)
    }
    if away >= scenario.replication { progress.lastTooManyDown = now }
    guard isCalm else { return }
    if now > calmSince + 4_000_000 { endStaleCoordinators() }
    let isLate =
      now > max(calmSince, progress.lastAdvance) + Self.hangMicroseconds
      || now > calmSince + Self.longestMicroseconds
    guard clients.allSatisfy(\.isDone) || isLate else { return }
    if let reason = unfinished() {
      if isLate { fail("liveness", reason) }
    } else {
      checkReadable()
      if progress.deepestJob < 3 {
        fail("world", "no job went through three levels, only \(progress.deepestJob)")
      }
      isFinished = true
    }
  }

  /// A coordinator that nobody talks to any more does not learn that it was replaced: its operator
  /// stops it.
  private func endStaleCoordinators() {
    for machine in coordinators where machine.isStale && machine.isRunning {
      note("c\(machine.number) is stopped by its operator")
      machine.endProcess()
      machine.isGone = true
    }
  }

  /// What is still missing; nil when all is well.
  private func unfinished() -> String? {
    if let client = clients.first(where: { !$0.isDone }), let task = client.task {
      return "client \(client.number) is not done with \(brief(task)), step \(client.step)"
    }
    if coordinators.contains(where: { $0.isStale && $0.isRunning }) {
      return "a coordinator that was replaced still runs"
    }
    guard coordinators[primary].isRunning else { return "the coordinator is down" }
    if let worker = workers.first(where: { !$0.isRunning && !$0.isRetired }) {
      return "\(worker.name) is down"
    }
    if catalog.lastJob.number > progress.submissionCount {
      return "\(progress.submissionCount) submissions made \(catalog.lastJob.number) jobs"
    }
    return unsettledCatalog() ?? leftovers()
  }

  private func unsettledCatalog() -> String? {
    for job in catalog.jobs {
      guard job.summary.state.isFinal else { return "\(job.summary.id) is \(job.summary.state)" }
      guard job.summary.state == .done else { continue }
      for object in job.checkpoints + [job.items].compactMap({ $0 }) {
        if let reason = underReplicated(object, replication: scenario.replication) { return reason }
      }
    }
    for record in catalog.dataSets {
      for object in objects(of: record) {
        if let reason = underReplicated(object, replication: record.replication) { return reason }
      }
    }
    return nil
  }

  private func underReplicated(_ object: ObjectDescriptor, replication: Int) -> String? {
    let copies = workers.count { $0.isRunning && $0.disk.holds(object) }
    return copies < replication ? "\(object.id) has \(copies) of \(replication) copies" : nil
  }

  /// Objects that belong to nothing in the catalog, on any disk.
  private func leftovers() -> String? {
    for machine in workers as [Machine] + [coordinators[primary]] {
      guard machine.isRunning else { continue }
      for object in machine.disk.objects where !isKnown(object.id.owner) {
        return "\(object.id) is left on place \(machine.place) and belongs to nothing"
      }
      // A worker that missed the end of a job keeps it until it knows too many: that is meant so.
      if machine is CoordinatorMachine, let id = machine.published.keys.min() {
        return "\(id) is still served from memory by the coordinator"
      }
    }
    return nil
  }

  private func isKnown(_ owner: ObjectOwner) -> Bool {
    switch owner {
    case .dataSet(let id): catalog.dataSets.contains { $0.id == id }
    case .job(let id): catalog.jobs.contains { $0.summary.id == id }
    }
  }
}
