import Messages

/// Comparing what is with what shall be.
extension ObjectRegistry {
  /// Whether all groups may be compared again, which for thousands takes long: many workers that come
  /// one after the other must not keep the coordinator busy with that.
  var mayReview: Bool {
    now >= reviewedAt + min(UInt64(groupOrder.count / 1_024) * 128, 2_000)
  }

  /// Compares all groups; after a worker has come, gone or changed its state.
  /// - Complexity: O(objects x replicas).
  mutating func reviewAll(members: Membership, outbox: inout Outbox) {
    needsReview = false
    reviewedAt = now
    for key in groupOrder { review(key, members: members, outbox: &outbox) }
  }

  /// Finds targets for a group, and gives the commands that bring it there.
  /// - Complexity: O(objects of the group x replicas + workers).
  mutating func review(_ key: ObjectID, members: Membership, outbox: inout Outbox) {
    retarget(key, members)
    guard let group = groups[key] else { return }
    var rank: Int?
    for id in group.objects {
      guard let lacking = copy(id, to: group, members: members, outbox: &outbox) else { continue }
      rank = min(rank ?? lacking, lacking)
    }
    setWaiting(key, rank)
    for id in group.objects { updateSecured(id, group, members, &outbox) }
    trim(key, members: members, outbox: &outbox)
    if group.isStrict { noteTroubles(of: group, members) }
  }

  /// Keeps the targets that can be kept and fills the places of the others.
  private mutating func retarget(_ key: ObjectID, _ members: Membership) {
    guard let group = groups[key] else { return }
    let avoided = group.avoided.filter { $0.until > now }
    if let until = avoided.map(\.until).min() { nextReviewAt = min(nextReviewAt ?? until, until) }
    func isAvoided(_ name: Name) -> Bool {
      avoided.contains { $0.name == name } || isRemoving(group, name)
    }
    var targets = group.targets.filter {
      members.worker($0)?.keepsReplicas == true && !isAvoided($0)
    }
    if group.objects.contains(where: { entries[$0]?.isSecured == false }) {
      // Something new does not wait for a worker that is silent and has nothing of it.
      targets.removeAll { members.worker($0)?.liveness != .alive && lacksAll(of: group, $0) }
    }
    var move = group.move
    if let planned = move, !targets.contains(planned.to) { move = nil }

    // Who holds everything already comes before any copy, as one that returns.
    for name in fullHolders(of: group)
    where name != move?.from && !isAvoided(name) && !targets.contains(name)
      && members.worker(name)?.keepsReplicas == true
    {
      if targets.count >= group.wanted {
        guard members.worker(name)?.isServing == true,
          let index = targets.firstIndex(where: { $0 != move?.to && lacksAll(of: group, $0) })
        else { continue }
        targets.remove(at: index)
      }
      targets.insertSorted(name)
    }
    if targets.count < group.wanted {
      let candidates = members.all.filter { member in
        member.keepsReplicas && !member.isLeaving && !isAvoided(member.name)
          && !targets.contains(member.name) && member.freeBytes >= group.size
      }
      // One that is silent for a moment, or about to join, only where there are no others.
      for isReady in [true, false] where targets.count < group.wanted {
        let chosen = placement.choose(
          group.wanted - targets.count, size: group.size,
          kept: targets.compactMap(members.worker),
          candidates: candidates.filter { $0.takesReplicas == isReady })
        for name in chosen { targets.insertSorted(name) }
      }
    }
    if targets.count < group.wanted {
      // A full disk may have room again, and no worker changes its state by that.
      let next = now &+ configuration.avoidMilliseconds
      nextReviewAt = min(nextReviewAt ?? next, next)
    }
    if targets != group.targets { changeGroup(key) { $0.targets = targets } }
    groups[key]?.avoided = avoided
    groups[key]?.move = move
  }

  /// The workers that hold all objects of a group, ascending.
  private func fullHolders(of group: ObjectGroup) -> [Name] {
    guard let first = group.objects.first, let entry = entries[first] else { return [] }
    return entry.holders.filter { name in
      group.objects.allSatisfy { entries[$0]?.holders.containsSorted(name) == true }
    }
  }

  /// Whether a worker was told to remove objects of a group and has not said that it did.
  private func isRemoving(_ group: ObjectGroup, _ name: Name) -> Bool {
    if commands.isEmpty { return false }
    return group.objects.contains {
      commands[CommandKey(worker: name, object: $0)]?.mayHaveRemoved == true
    }
  }

  private func lacksAll(of group: ObjectGroup, _ name: Name) -> Bool {
    group.objects.allSatisfy { entries[$0]?.holders.containsSorted(name) != true }
  }

  /// Sees to it that an object gets to its group's targets; how many live copies it has where it
  /// must wait for more, nil where it need not or cannot.
  private mutating func copy(
    _ id: ObjectID, to group: ObjectGroup, members: Membership, outbox: inout Outbox
  ) -> Int? {
    guard let entry = entries[id] else { return nil }
    for name in entry.copying where !group.targets.containsSorted(name) {
      openDelete(of: id, on: name, members: members, outbox: &outbox)
    }
    let hasSource = !sources(of: entry, for: nil, members).isEmpty
    var isWaiting = false
    for name in group.targets where !entry.holders.containsSorted(name) {
      let key = CommandKey(worker: name, object: id)
      // What it was to delete, and was not told to, is welcome there now.
      if let command = commands[key], command.kind == .delete, !command.mayHaveRemoved {
        close(key)
      }
      if !hasSource || commands[key] != nil { continue }
      if entry.isSecured {
        isWaiting = true
      } else {
        openCopy(of: id, on: name, members: members, outbox: &outbox)
      }
    }
    return isWaiting ? liveHolders(of: id, members).count : nil
  }

  /// Notes whether the copies are made that an acknowledgement needs.
  private mutating func updateSecured(
    _ id: ObjectID, _ group: ObjectGroup, _ members: Membership, _ outbox: inout Outbox
  ) {
    guard let entry = entries[id] else { return }
    let isStored = !entry.keepsHere || entry.isHere
    let isCopied =
      group.isStrict
      ? liveHolders(of: id, members).count >= group.wanted
      // Nobody waits for one that is silent: it gets its copy when it is back.
      : group.targets.allSatisfy {
        entry.holders.containsSorted($0) || members.worker($0)?.liveness != .alive
      }
    let isSecured = isStored && isCopied
    if !entry.isSecured, isSecured {
      setSecured(id, true)
      newlySecured.append(entry.descriptor)
    } else if entry.isSecured, !isSecured, group.isStrict {
      setSecured(id, false)
    }
    if isSecured, entry.isPublished {
      entries[id]?.isPublished = false
      outbox.add(.withdraw(id))
    }
  }

  /// Deletes the copies that are too many, once all wanted ones exist on targets that are alive.
  private mutating func trim(_ key: ObjectID, members: Membership, outbox: inout Outbox) {
    guard let group = groups[key], group.targets.count >= group.wanted,
      group.targets.allSatisfy({ name in
        members.worker(name)?.liveness == .alive && members.worker(name)?.isServing == true
          && group.objects.allSatisfy { entries[$0]?.holders.containsSorted(name) == true }
      })
    else { return }
    for id in group.objects {
      for name in holders(of: id) where !group.targets.containsSorted(name) {
        guard members.worker(name)?.isServing == true else { continue }
        openDelete(of: id, on: name, members: members, outbox: &outbox)
      }
    }
    groups[key]?.move = nil
  }

  /// An ingest must hear when its copies cannot be had.
  private mutating func noteTroubles(of group: ObjectGroup, _ members: Membership) {
    guard let first = group.objects.first else { return }
    if group.targets.count < group.wanted {
      let workers = group.targets.count
      troubles.append(
        (
          first.owner,
          "only \(workers) of the \(group.wanted) workers that must store each object are left"
            + " with room for it"
        ))
    } else if let lost = group.objects.first(where: { isLost($0, members) }) {
      troubles.append((lost.owner, "all workers that stored \(lost) are gone"))
    }
  }

  // MARK: Copies that wait

  /// Begins copies that wait, the rarest objects first, as many as the throttle allows.
  /// - Complexity: O(workers + groups looked at), at most 256 of these.
  mutating func beginCopies(members: Membership, outbox: inout Outbox) {
    let limit = max(1, configuration.copiesPerWorker)
    guard !waiting.isEmpty,
      members.names.contains(where: { copiesIn[$0, default: 0] < limit })
    else { return }
    for item in Array(waiting.prefix(256)) {
      guard let group = groups[item.group] else { continue }
      var isWaiting = false
      for id in group.objects {
        if !beginCopies(of: id, group, limit, members, &outbox) { isWaiting = true }
      }
      if !isWaiting { setWaiting(item.group, nil) }
    }
  }

  /// Whether all missing copies of an object have begun.
  private mutating func beginCopies(
    of id: ObjectID, _ group: ObjectGroup, _ limit: Int, _ members: Membership,
    _ outbox: inout Outbox
  ) -> Bool {
    guard let entry = entries[id] else { return true }
    var isDone = true
    for name in group.targets
    where !entry.holders.containsSorted(name)
      && commands[CommandKey(worker: name, object: id)] == nil
    {
      let source = liveHolders(of: id, members)
        .filter { copiesOut[$0, default: 0] < limit }
        .min { (copiesOut[$0, default: 0], $0) < (copiesOut[$1, default: 0], $1) }
      let isServing = members.worker(name)?.isServing == true
      guard isServing, source != nil || entry.isHere, copiesIn[name, default: 0] < limit else {
        isDone = false
        continue
      }
      openCopy(
        of: id, on: name, source: source, isThrottled: true, members: members, outbox: &outbox)
    }
    return isDone
  }
}
