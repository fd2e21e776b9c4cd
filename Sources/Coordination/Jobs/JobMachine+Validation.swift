import Messages

extension JobMachine {
  /// Stops the program where the job contradicts itself.
  func validateState() {
    guard let level else {
      invariant(stage != .counting && stage != .joining, "A job counts without a level.")
      invariant(leases.isEmpty, "Leases are out without a level.")
      return
    }
    var listed = 0
    for name in viewNames {
      guard let view = views[name] else {
        invariant(false, "A worker is listed without a view.")
        continue
      }
      listed += view.leases.count
      for lease in view.leases {
        invariant(leases[lease]?.worker == name, "A lease is listed at another worker.")
      }
    }
    invariant(listed == leases.count, "A lease is listed nowhere.")
    invariant(viewNames.count == views.count, "A view is listed nowhere.")
    invariant(
      level.closedCount == level.ranges.count(where: { $0.phase == .closed }),
      "Closed ranges are miscounted.")
    guard stage == .counting else { return }
    validateOrders(level)
    validateHomes(level)
    validateCover(level)
  }

  /// Every range that workers are to reduce has one order, or waits for one.
  private func validateOrders(_ level: OpenLevel) {
    for (left, right) in zip(level.orders, level.orders.dropFirst()) {
      invariant(left.id < right.id, "Orders are out of order.")
    }
    var ordered = 0
    for (range, state) in level.ranges.enumerated() {
      let isReducing = state.phase == .planning || state.phase == .closing
      let waits = level.unordered.containsSorted(UInt32(truncatingIfNeeded: range))
      switch state.reducer {
      case .pool: invariant(!waits, "A range waits for a worker, and the pool reduces it.")
      case .nobody: invariant(waits && isReducing, "A range is nobody's to reduce.")
      case .worker(let id):
        ordered += 1
        invariant(
          !waits && isReducing && level.index(ofOrder: id).map { level.orders[$0].range } == range,
          "A range is reduced by an order that is not out.")
      }
      let isPolled = state.phase == .polling || state.phase == .closing
      invariant(
        !isPolled || state.listCounts.count == state.reports.count,
        "A range is polled about other reports than it has.")
    }
    invariant(ordered == level.orders.count, "An order is out for a range that it is not about.")
  }

  /// Each piece is listed at its home, and what waits is counted.
  private func validateHomes(_ level: OpenLevel) {
    for (index, piece) in level.pieces.enumerated() {
      invariant(
        piece.home.map { level.homes[$0]?.pieces.contains(index) == true } ?? true,
        "A piece is not listed at its home.")
    }
    for (left, right) in zip(level.homes.all, level.homes.all.dropFirst()) {
      invariant(left.name < right.name, "Homes are out of order.")
    }
    for home in level.homes.all {
      invariant(
        home.waiting == home.pieces.reduce(0) { $0 + level.pieces[$1].waiting },
        "What waits for a worker is miscounted.")
    }
    let listed = level.homes.all.reduce(0) { $0 + $1.pieces.count }
    invariant(
      listed == level.pieces.count { $0.home != nil }, "A piece is listed at more than its home.")
    invariant(
      level.waitingCount == level.pieces.reduce(0) { $0 + $1.waitingCount },
      "Cells that wait are miscounted.")
  }

  /// Every open cell waits in a piece or is out on a lease: else the level would never close.
  private func validateCover(_ level: OpenLevel) {
    var cover = [[Bool]](
      repeating: Array(repeating: false, count: level.transactionCounts.count),
      count: level.ranges.count)
    func note(_ range: Int, _ piece: Piece) {
      let phase: CountingPhase = level.ranges[range].phase == .counting ? .nominate : .poll
      guard piece.phase == phase else { return }
      for shard in piece.shards { cover[range][Int(shard)] = true }
    }
    for piece in level.pieces {
      for range in piece.fresh { note(range, piece) }
      for range in piece.returned { note(Int(range), piece) }
    }
    for name in viewNames {
      for id in views[name]?.leases ?? [] {
        guard let lease = leases[id], !lease.isAbandoned else { continue }
        for range in lease.open { note(Int(range), level.pieces[lease.piece]) }
      }
    }
    for (range, state) in level.ranges.enumerated() {
      let open: [Int]
      switch state.phase {
      case .counting: open = state.ledger?.openShards ?? Array(level.transactionCounts.indices)
      case .polling: open = (state.ledger?.openPolls ?? []).flatMap(\.shards)
      case .planning, .closing, .closed: open = []
      }
      for shard in open {
        invariant(
          cover[range][shard], "\(level.name(ofRange: range)), shard \(shard) is nobody's to count."
        )
      }
    }
  }
}
