import Messages

/// Giving commands to workers, and repeating them until they are acknowledged.
extension ObjectRegistry {
  /// How often another attempt is made on the same worker when no source could be read.
  static let fetchAttempts = 3
  /// After how many times the dead time a copy is given to another worker.
  static let copyPatience: UInt64 = 6

  mutating func openCopy(
    of id: ObjectID, on name: Name, source: Name? = nil, isThrottled: Bool = false,
    members: Membership, outbox: inout Outbox
  ) {
    let key = CommandKey(worker: name, object: id)
    guard commands[key] == nil else { return }
    entries[id]?.copying.insertSorted(name)
    if isThrottled {
      copiesIn[name, default: 0] += 1
      if let source { copiesOut[source, default: 0] += 1 }
    }
    open(.copy, source: source, isThrottled: isThrottled, key, members, &outbox)
  }

  /// Deletes a replica; from now on it does not count as one.
  ///
  /// The worker is told when as many others hold the object as shall hold it, see ``mayDelete``;
  /// until then the command can be taken back.
  mutating func openDelete(
    of id: ObjectID, on name: Name, members: Membership, outbox: inout Outbox
  ) {
    let key = CommandKey(worker: name, object: id)
    if let known = commands[key], known.kind != .copy { return }
    close(key)
    removeHolder(name, of: id)
    guard members.worker(name) != nil else { return }
    open(.delete, key, members, &outbox)
  }

  /// Has something set aside that a worker stores and the cluster does not know.
  mutating func openQuarantine(
    of id: ObjectID, on name: Name, members: Membership, outbox: inout Outbox
  ) {
    let key = CommandKey(worker: name, object: id)
    close(key)
    open(.quarantine, key, members, &outbox)
  }

  private mutating func open(
    _ kind: StorageCommand.Kind, source: Name? = nil, isThrottled: Bool = false,
    _ key: CommandKey, _ members: Membership, _ outbox: inout Outbox
  ) {
    lastOrder += 1
    commandOrder.insertSorted(key)
    commands[key] = StorageCommand(
      kind: kind, order: lastOrder, givenAt: now, source: source, isThrottled: isThrottled)
    send(key, members, &outbox)
  }

  /// A command is done with, one way or the other.
  @discardableResult
  mutating func close(_ key: CommandKey) -> StorageCommand? {
    guard let command = commands.removeValue(forKey: key) else { return nil }
    commandOrder.removeSorted(key)
    if command.kind == .copy { entries[key.object]?.copying.removeSorted(key.worker) }
    if command.isThrottled {
      release(key.worker, in: &copiesIn)
      if let source = command.source { release(source, in: &copiesOut) }
    }
    return command
  }

  private func release(_ name: Name, in counts: inout [Name: Int]) {
    let count = (counts[name] ?? 0) - 1
    counts[name] = count > 0 ? count : nil
  }

  /// Whether a worker has commands that it has not acknowledged.
  func hasCommands(for name: Name) -> Bool {
    guard let first = firstCommand(of: name) else { return false }
    return commandOrder[first].worker == name
  }

  /// The keys of a worker's commands, ascending.
  func commandKeys(of name: Name) -> [CommandKey] {
    guard let first = firstCommand(of: name) else { return [] }
    return Array(commandOrder[first...].prefix { $0.worker == name })
  }

  private func firstCommand(of name: Name) -> Int? {
    var low = 0
    var high = commandOrder.count
    while low < high {
      let middle = (low + high) / 2
      if commandOrder[middle].worker < name { low = middle + 1 } else { high = middle }
    }
    return low < commandOrder.count ? low : nil
  }

  private mutating func send(_ key: CommandKey, _ members: Membership, _ outbox: inout Outbox) {
    guard let command = commands[key], members.worker(key.worker)?.isServing == true else { return }
    switch command.kind {
    case .delete:
      guard command.sentAt != nil || mayDelete(key, members) else { return }
      members.send(.delete(key.object, order: command.order), to: key.worker, &outbox)
    case .quarantine:
      members.send(.quarantine(key.object, order: command.order), to: key.worker, &outbox)
    case .copy:
      guard let entry = entries[key.object] else { return }
      var sources = sources(of: entry, for: key.worker, first: command.source, members)
      if sources.isEmpty { return }
      // After a failure another source comes first.
      let turn = command.failureCount % sources.count
      sources = Array(sources[turn...] + sources[..<turn])
      members.send(
        .replicate(entry.descriptor, sources: sources, order: command.order), to: key.worker,
        &outbox)
    }
    commands[key]?.sentAt = now
  }

  /// Whether a worker need not hold an object: there is no such object, or as many others as shall
  /// hold it have said that they do, and are alive.
  private func mayDelete(_ key: CommandKey, _ members: Membership) -> Bool {
    guard let entry = entries[key.object], let group = groups[entry.group] else { return true }
    let others = entry.holders.count { name in
      guard name != key.worker, let member = members.worker(name) else { return false }
      return member.isServing && member.liveness == .alive
    }
    return others >= group.wanted
  }

  // MARK: What workers say

  /// A worker has an object, verified and durable, by the order that it names.
  mutating func stored(
    _ descriptor: ObjectDescriptor, order: UInt64, on name: Name, members: Membership,
    outbox: inout Outbox
  ) {
    let id = descriptor.id
    let key = CommandKey(worker: name, object: id)
    // It will say that it removed it.
    if commands[key]?.mayHaveRemoved == true { return }
    guard let entry = entries[id] else {
      openDelete(of: id, on: name, members: members, outbox: &outbox)
      return
    }
    // Something older under the same name: the copy that was asked for is still to come.
    guard entry.descriptor == descriptor else { return }
    if entry.holders.containsSorted(name) {
      close(key)
      return
    }
    // Said twice, perhaps, with a deletion in between: it says so again if it has the object.
    guard let command = commands[key], command.kind == .copy else {
      openCopy(of: id, on: name, members: members, outbox: &outbox)
      return
    }
    guard command.order == order else { return }
    close(key)
    addHolder(name, of: id)
    review(entry.group, members: members, outbox: &outbox)
  }

  /// A worker could not store an object.
  mutating func storeFailed(
    _ descriptor: ObjectDescriptor, _ failure: StoreFailure, on name: Name, members: Membership,
    outbox: inout Outbox
  ) {
    let key = CommandKey(worker: name, object: descriptor.id)
    guard var command = commands[key], command.kind == .copy,
      let entry = entries[key.object], entry.descriptor == descriptor
    else { return }
    command.failureCount += 1
    commands[key] = command
    switch failure {
    case .unreachable, .damaged:
      if failure == .damaged { verifySources(of: entry, but: name, members, &outbox) }
      // Sent again, from another source, when the time for it comes.
      if command.failureCount < Self.fetchAttempts { return }
    case .disk(let reason):
      outbox.add(.note("worker \(name) could not store \(descriptor.id): \(reason)"))
    }
    avoid(key, members: members, outbox: &outbox)
  }

  /// Has everybody read an object again from whom a worker got damaged bytes: what is rotten is
  /// reported as damaged then, and made anew.
  private mutating func verifySources(
    of entry: ObjectEntry, but worker: Name, _ members: Membership, _ outbox: inout Outbox
  ) {
    let id = entry.descriptor.id
    for name in liveHolders(of: id, members) where name != worker {
      members.send(.verify(entry.descriptor), to: name, &outbox)
    }
    if entry.isHere, !verifyingHere.values.contains(id) {
      let token = outbox.token(for: .registry)
      verifyingHere[token] = id
      outbox.add(.load(token, entry.descriptor))
    }
  }

  /// Gives a copy to another worker.
  private mutating func avoid(_ key: CommandKey, members: Membership, outbox: inout Outbox) {
    guard let group = entries[key.object]?.group else { return }
    close(key)
    groups[group]?.avoided.removeAll { $0.name == key.worker }
    groups[group]?.avoided.append((key.worker, now &+ configuration.avoidMilliseconds))
    // It may have stored the object nevertheless, and be only slow to say so.
    openDelete(of: key.object, on: key.worker, members: members, outbox: &outbox)
    review(group, members: members, outbox: &outbox)
  }

  /// A worker does not have an object any more, by the order that it names.
  mutating func deleted(
    _ id: ObjectID, order: UInt64, on name: Name, members: Membership, outbox: inout Outbox
  ) {
    let key = CommandKey(worker: name, object: id)
    guard let command = commands[key], command.mayHaveRemoved, command.order == order else {
      return
    }
    close(key)
    removeHolder(name, of: id)
    guard let group = entries[id]?.group else { return }
    review(group, members: members, outbox: &outbox)
  }

  /// A worker was found not to hold an object after all: it is copied there again.
  mutating func missing(
    _ id: ObjectID, on worker: Name, members: Membership, outbox: inout Outbox
  ) {
    guard let entry = entries[id], entry.holders.containsSorted(worker) else { return }
    removeHolder(worker, of: id)
    review(entry.group, members: members, outbox: &outbox)
  }

  /// A worker has found an object damaged and does not serve it any more; it repeats that until it
  /// is told what to do.
  mutating func damaged(
    _ descriptor: ObjectDescriptor, on name: Name, members: Membership, outbox: inout Outbox
  ) {
    let id = descriptor.id
    if let known = entries[id]?.descriptor, known != descriptor { return }
    missing(id, on: name, members: members, outbox: &outbox)
    let group = entries[id].flatMap { groups[$0.group] }
    if group?.targets.containsSorted(name) != true {
      openDelete(of: id, on: name, members: members, outbox: &outbox)
    }
  }

  // MARK: Time

  /// Sends again what was not acknowledged, and gives slow copies to others.
  /// - Complexity: O(open commands).
  mutating func repeatCommands(members: Membership, outbox: inout Outbox) {
    for key in commandOrder {
      guard let command = commands[key] else { continue }
      let patience = Self.copyPatience &* configuration.deadMilliseconds
      if command.kind == .copy, now.subtractingOrZero(command.givenAt) >= patience {
        outbox.add(
          .note("worker \(key.worker) did not store \(key.object) in time; another one will"))
        avoid(key, members: members, outbox: &outbox)
      } else if now.subtractingOrZero(command.sentAt ?? 0) >= configuration.resendMilliseconds
        || command.sentAt == nil
      {
        send(key, members, &outbox)
      }
    }
  }
}
