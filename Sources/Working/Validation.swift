// What must hold after every event; tests and simulation ask.

import Messages

extension Worker {
  /// Stops the program where the worker contradicts itself: a mistake of this file's neighbours.
  /// - Complexity: O(everything the worker knows).
  public func validateState() {
    validateStorage()
    validateAssignments()
    validateJobs()
    let busy = waiting.values.count {
      switch $0 {
      case .projection, .count, .reduction: true
      default: false
      }
    }
    invariant(busy == busyCount, "\(busyCount) pieces of work are said to run, \(busy) do.")
    validateReductions()
    let projected = projections.entries.values.reduce(0) { $0 + $1.byteCount }
    invariant(projected == projections.byteCount, "The bytes of projections do not add up.")
    invariant(
      promises.pending.map { $0.epoch > promises.promised } ?? true,
      "An epoch is promised again that is not higher.")
  }

  private func validateStorage() {
    let running = storage.copies.values.count { $0.state != .waiting }
    invariant(
      running == storage.runningCopyCount && running <= max(configuration.copyLimit, 1),
      "\(running) copies run, \(storage.runningCopyCount) are said to.")
    invariant(
      storage.copies.count - running == storage.copyQueue.count,
      "Copies that wait are not those in the queue.")
    for id in storage.deleting {
      invariant(storage.held[id] == nil, "\(id) is held while it is deleted.")
    }
  }

  private func validateJobs() {
    invariant(
      Set(jobOrder) == Set(jobs.keys) && jobOrder.count == jobs.count,
      "The order of jobs does not list each once.")
    invariant(jobs.count <= Self.jobLimit, "Too many jobs are kept.")
    for job in jobs.values {
      invariant(job.levels.count <= 4, "\(job.id) keeps \(job.levels.count) levels.")
      for number in job.active {
        invariant(
          assignments.byNumber[number]?.idleJob == nil, "An assignment at rest counts as active.")
      }
    }
  }

  private func validateReductions() {
    var fetches: [UInt64: Int] = [:]
    var computing: Set<UInt64> = []
    for owner in waiting.values {
      switch owner {
      case .reportFetch(let run): fetches[run.reduction.beginning, default: 0] += 1
      case .reduction(let run): computing.insert(run.beginning)
      default: break
      }
    }
    var waitingCount = 0
    for (id, reduction) in reductions.byOrder {
      switch reduction.state {
      case .waiting: waitingCount += 1
      case .fetching:
        invariant(
          reduction.fetchCount > 0 && reduction.fetchCount == fetches[reduction.beginning] ?? 0,
          "Order \(id) waits for reports that nobody fetches.")
      case .computing:
        invariant(
          computing.contains(reduction.beginning), "Order \(id) waits for nobody's work.")
      case .answered: break
      }
    }
    invariant(
      waitingCount == reductions.waiting.count
        && reductions.waiting.allSatisfy { reductions.byOrder[$0] != nil },
      "Orders that wait are not those in the queue.")
    invariant(
      reductions.waiting.isEmpty || reductions.byOrder.values.contains { $0.isRunning },
      "Orders wait while none is carried out.")
  }

  private func validateAssignments() {
    var open: [UInt64: Int] = [:]
    var cells = 0
    for (number, assignment) in assignments.byNumber {
      invariant(assignments.numberOf[assignment.key] == number, "A key has lost its assignment.")
      cells += assignment.cells.count
      for (range, cell) in assignment.cells {
        if cell.answer == nil { open[cell.lease, default: 0] += 1 }
        guard let lease = assignments.leases[cell.lease] else {
          invariant(false, "A cell belongs to no lease.")
          continue
        }
        invariant(
          lease.assignment == number && lease.ranges.contains(range),
          "A cell belongs to a lease that does not know it.")
      }
      let hasWork = assignment.batch != nil || !assignment.waiting.isEmpty
      let isActive = jobs[assignment.key.job]?.active.contains(number) == true
      invariant(hasWork == isActive, "An assignment with work is not active, or one without is.")
    }
    invariant(cells == assignments.cellCount, "Cells do not add up.")
    invariant(
      assignments.numberOf.count == assignments.byNumber.count, "A key names no assignment.")
    for (id, lease) in assignments.leases {
      invariant(lease.openCount == open[id] ?? 0, "Lease \(id) has miscounted its cells.")
      invariant(
        lease.unsent.isEmpty != assignments.unsent.contains(id),
        "Lease \(id) has answers that nobody sends.")
    }
    let openLeases = assignments.leases.values.count { $0.openCount > 0 }
    invariant(openLeases == assignments.openLeaseCount, "Open leases do not add up.")
  }
}

/// Stops the program when `condition` is false: only for mistakes of the program itself.
@inline(__always)
func invariant(_ condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fatalError("Internal error: \(message()) Please report it.") }
}
