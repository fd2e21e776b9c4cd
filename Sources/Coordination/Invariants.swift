public import Messages

/// What must hold after every event, whatever happened; and what checkers may look at.
extension Coordinator {
  /// Stops the program where the state contradicts itself; for tests and simulations, after every
  /// event.
  /// - Complexity: O(state).
  public func validateState() {
    cluster.members.validateState()
    cluster.registry.validateState(cluster.members)
    cluster.dataSets.validateState()
    ingests.validateState(cluster)
    jobs.validateState()
    invariant(outbox.effects.isEmpty, "Every effect was handed out.")
    for record in cluster.dataSets.all {
      for block in record.shards.flatMap(\.blocks) {
        invariant(
          cluster.registry.descriptor(of: block.id) == block,
          "The registry knows \(block.id) of data set \(record.name).")
      }
    }
  }

  /// The term that this coordinator has claimed, or is about to.
  public var epoch: Epoch { cluster.epoch }

  /// Whether the claim is durable and requests are answered.
  public var isReady: Bool { phase == .ready }

  /// Whether it has asked to be stopped.
  public var isStopped: Bool { phase == .stopped }

  /// The data sets that are visible, by name.
  public var dataSets: [DataSetRecord] { cluster.dataSets.all }

  /// All objects of an owner that is known, ascending by id.
  public func objects(of owner: ObjectOwner) -> [ObjectDescriptor] {
    cluster.registry.objects(of: owner).compactMap(cluster.registry.descriptor)
  }

  /// The workers that hold an object as far as the coordinator knows, ascending, in any state.
  public func holders(of object: ObjectID) -> [Name] { cluster.registry.holders(of: object) }

  /// All jobs, by number.
  public var jobSummaries: [JobSummary] { jobs.summaries }

  /// How a worker stands; nil for an unknown one.
  public func state(of worker: Name) -> NodeState? { cluster.members.worker(worker)?.state }

  /// Whether nothing is being added, copied or deleted, nor waits to be.
  public var isQuiet: Bool {
    ingests.open.isEmpty && cluster.registry.commands.isEmpty && cluster.registry.waiting.isEmpty
      && !cluster.registry.needsReview
  }
}

extension DataSets {
  func validateState() {
    invariant(names == names.sorted(), "The names of data sets are in order.")
    invariant(all.count == names.count, "Every data set has a name.")
  }
}

extension ObjectRegistry {
  func validateState(_ members: Membership) {
    invariant(groupOrder == groups.keys.sorted(), "Every group is listed once, in order.")
    invariant(commandOrder == commands.keys.sorted(), "Every command is listed once, in order.")
    validateGroups()
    validateCommands(members)
    var contents: [Name: NodeContents] = [:]
    var unsecured: [ObjectOwner: Int] = [:]
    for (id, entry) in entries {
      invariant(groups[entry.group]?.objects.containsSorted(id) == true, "\(id) is in its group.")
      invariant(owned[id.owner]?.containsSorted(id) == true, "\(id) is among its owner's.")
      invariant(entry.holders == entry.holders.sorted(), "Holders are in order.")
      if !entry.isSecured { unsecured[id.owner, default: 0] += 1 }
      for name in entry.holders {
        invariant(!entry.copying.containsSorted(name), "\(name) need not copy \(id): it has it.")
        contents[name, default: NodeContents()].objects.insert(id)
        contents[name]?.bytes &+= entry.descriptor.length
        invariant(
          commands[CommandKey(worker: name, object: id)] == nil,
          "What is being removed is no replica: \(id) on \(name).")
        invariant(members.worker(name) != nil, "A holder of \(id) is a worker: \(name).")
      }
    }
    for name in Set(contents.keys).union(self.contents.keys) {
      let expected = contents[name] ?? NodeContents()
      let found = self.contents[name] ?? NodeContents()
      invariant(
        expected.objects == found.objects && expected.bytes == found.bytes,
        "What \(name) holds adds up.")
    }
    for owner in owned.keys {
      invariant(
        (unsecured[owner] ?? 0) == (unsecuredCounts[owner] ?? 0), "Unsecured objects add up.")
    }
  }

  private func validateGroups() {
    var placement = Placement()
    for (key, group) in groups {
      invariant(!group.objects.isEmpty, "A group has objects.")
      invariant(group.targets.count <= group.wanted, "No more targets than copies wanted.")
      invariant(group.targets == Array(Set(group.targets)).sorted(), "Targets are distinct.")
      invariant(
        (group.waitingRank != nil)
          == waiting.contains { $0.group == key && $0.liveCount == group.waitingRank },
        "A group that waits is in the queue.")
      invariant(
        group.bytes == group.objects.reduce(0) { $0 &+ (entries[$1]?.descriptor.length ?? 0) },
        "The bytes of a group add up.")
      placement.add(group.targets, size: group.size)
    }
    invariant(placement == self.placement, "The loads of workers add up.")
    invariant(waiting == waiting.sorted(), "The rarest comes first.")
    invariant(
      waiting.count == groups.values.count { $0.waitingRank != nil }, "Nothing waits twice.")
  }

  private func validateCommands(_ members: Membership) {
    var copiesIn: [Name: Int] = [:]
    for (key, command) in commands {
      invariant(members.worker(key.worker) != nil, "Commands are for workers: \(key.worker).")
      if command.kind == .copy {
        invariant(
          entries[key.object]?.copying.containsSorted(key.worker) == true,
          "A copy is of an object: \(key.object).")
      }
      if command.isThrottled { copiesIn[key.worker, default: 0] += 1 }
    }
    invariant(copiesIn == self.copiesIn, "Throttled copies add up.")
    invariant(
      entries.values.allSatisfy { entry in
        entry.copying.allSatisfy {
          commands[CommandKey(worker: $0, object: entry.descriptor.id)]?.kind == .copy
        }
      }, "Who copies was told to.")
  }
}
