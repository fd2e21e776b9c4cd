import Messages

/// Moving groups to workers that carry far less than the others.
extension ObjectRegistry {
  /// Plans one move, if nothing else is to be copied: the group is copied first, deleted after.
  /// - Complexity: O(workers), and O(groups) where a worker is far below the mean.
  mutating func rebalance(members: Membership, outbox: inout Outbox) {
    guard now >= nextRebalanceAt, waiting.isEmpty, copiesIn.isEmpty else { return }
    nextRebalanceAt = now &+ configuration.resendMilliseconds
    let takers = members.all.filter(\.takesReplicas).sorted { left, right in
      let loads = (placement.load(of: left.name), placement.load(of: right.name))
      return loads.0 != loads.1 ? loads.0 < loads.1 : left.name < right.name
    }
    guard let lightest = takers.first, takers.count > 1 else { return }
    let load = placement.load(of: lightest.name)
    let total = takers.reduce(0.0) { $0 + Double(placement.load(of: $1.name)) }
    guard Double(load) < 0.75 * total / Double(takers.count) else { return }
    for donor in takers.reversed() where donor.name != lightest.name {
      let gap = placement.load(of: donor.name).subtractingOrZero(load)
      guard let key = movable(from: donor, to: lightest, gap: gap, members) else { continue }
      changeGroup(key) { group in
        group.targets.removeSorted(donor.name)
        group.targets.insertSorted(lightest.name)
        group.move = (from: donor.name, to: lightest.name)
      }
      review(key, members: members, outbox: &outbox)
      return
    }
  }

  /// The group whose move helps most: the largest that does not turn the tables, and of these the
  /// one that shares the fewest groups with its new neighbours.
  private func movable(
    from donor: Member, to taker: Member, gap: UInt64, _ members: Membership
  ) -> ObjectID? {
    var best: (key: ObjectID, size: UInt64, shared: Int)?
    for key in groupOrder {
      guard let group = groups[key], !group.isStrict, group.size > 0, group.size <= gap / 2,
        group.size <= taker.freeBytes, group.targets.containsSorted(donor.name),
        !group.targets.containsSorted(taker.name), group.targets.count >= group.wanted
      else { continue }
      let others = group.targets.filter { $0 != donor.name }
      let sharesRack =
        !taker.rack.isEmpty && others.contains { members.worker($0)?.rack == taker.rack }
      if sharesRack && donor.rack != taker.rack { continue }
      let isWhole = group.objects.allSatisfy { id in
        commands[CommandKey(worker: taker.name, object: id)] == nil
          && group.targets.allSatisfy { entries[id]?.holders.containsSorted($0) == true }
      }
      guard isWhole else { continue }
      let shared = others.reduce(0) { $0 + placement.sharedCount(taker.name, $1) }
      if let best, (best.size, -best.shared) >= (group.size, -shared) { continue }
      best = (key, group.size, shared)
    }
    return best?.key
  }
}
