import Messages

// Messages of the coordinator.

extension WireCoordinatorEnvelope {
  init(_ envelope: CoordinatorEnvelope, _ contents: inout ContentWriter) throws(WireError) {
    self.init()
    cluster = WireUuid(envelope.cluster.id)
    epoch = envelope.epoch.number
    incarnation = envelope.incarnation.number
    message =
      switch envelope.message {
      case .welcome(let welcome): .welcome(try Welcome(welcome))
      case .refused(let reason): .refused(try text(reason, "why a worker is refused"))
      case .inventoryReceived(let index):
        .inventoryReceived(try unsigned(index, "the number of an inventory part"))
      case .heartbeatReceived(let sequence): .heartbeatReceived(sequence)
      case .introduceYourself: .introduceYourself(Nothing())
      case .replicate(let object, let sources, let order):
        .replicate(try Replicate(object, sources, order))
      case .delete(let object, let order): .delete(WireRemoval(object, order))
      case .quarantine(let object, let order): .quarantine(WireRemoval(object, order))
      case .verify(let object): .verify(WireObjectDescriptor(object))
      case .openJob(let opening): .openJob(try JobOpening(opening, &contents))
      case .openLevel(let opening): .openLevel(try LevelOpening(opening, &contents))
      case .count(let lease): .count(try Lease(lease, &contents))
      case .reduce(let order): .reduce(try Reduce(order, &contents))
      case .cancel(let leases): .cancel(try Cancel(leases))
      case .closeJob(let job): .closeJob(job.number)
      case .released: .released(Nothing())
      }
  }

  func value(_ contents: inout ContentReader) throws(WireError) -> CoordinatorEnvelope {
    try require(hasCluster, "the cluster")
    return CoordinatorEnvelope(
      cluster: ClusterID(cluster.value), epoch: Epoch(epoch),
      incarnation: Incarnation(incarnation), message: try messageValue(&contents))
  }

  private func messageValue(
    _ contents: inout ContentReader
  ) throws(WireError) -> CoordinatorMessage {
    switch message {
    case .welcome(let welcome): .welcome(try welcome.value())
    case .refused(let reason): .refused(try text(reason, "why a worker is refused"))
    case .inventoryReceived(let index):
      .inventoryReceived(index: try signed(index, "the number of an inventory part"))
    case .heartbeatReceived(let sequence): .heartbeatReceived(sequence: sequence)
    case .introduceYourself: .introduceYourself
    case .replicate(let replicate): try replicate.value()
    case .delete(let removal): .delete(try removal.value(), order: removal.order)
    case .quarantine(let removal): .quarantine(try removal.value(), order: removal.order)
    case .verify(let object): .verify(try object.value())
    case .openJob(let opening): .openJob(try opening.value(&contents))
    case .openLevel(let opening): .openLevel(try opening.value(&contents))
    case .count(let lease): .count(try lease.value(&contents))
    case .reduce(let order): .reduce(try order.value(&contents))
    case .cancel(let cancel): .cancel(leases: try numbers(cancel.leases, "leases"))
    case .closeJob(let job): .closeJob(JobID(job))
    case .released: .released
    case nil: throw .unknown("what the coordinator says")
    }
  }
}

extension WireCoordinatorEnvelope.Welcome {
  init(_ welcome: Welcome) throws(WireError) {
    self.init()
    heartbeatMilliseconds = welcome.heartbeatMilliseconds
    dataEndpoint = try text(welcome.dataEndpoint, "a data endpoint")
  }

  func value() throws(WireError) -> Welcome {
    Welcome(
      heartbeatMilliseconds: heartbeatMilliseconds,
      dataEndpoint: try text(dataEndpoint, "a data endpoint"))
  }
}

extension WireCoordinatorEnvelope.Replicate {
  init(_ object: ObjectDescriptor, _ sources: [String], _ order: UInt64) throws(WireError) {
    self.init()
    self.object = WireObjectDescriptor(object)
    self.sources = try texts(sources, "the sources of an object")
    self.order = order
  }

  func value() throws(WireError) -> CoordinatorMessage {
    try require(hasObject, "what is to be replicated")
    return .replicate(
      try object.value(), sources: try texts(sources, "the sources of an object"), order: order)
  }
}

extension WireCoordinatorEnvelope.JobOpening {
  init(_ opening: JobOpening, _ contents: inout ContentWriter) throws(WireError) {
    self.init()
    job = opening.job.number
    transactionCount = opening.transactionCount
    items = try contents.append(opening.items) { ItemList($0).encoded() }
    shards = try list(opening.shards, "shards") { shard throws(WireError) in
      var message = WireCoordinatorEnvelope.Shard()
      message.number = shard.number
      message.blocks = try [WireObjectDescriptor](shard.blocks, "the blocks of a shard")
      return message
    }
  }

  func value(_ contents: inout ContentReader) throws(WireError) -> JobOpening {
    let shards = try list(shards, "shards") { shard throws(WireError) in
      ShardDescription(
        number: shard.number, blocks: try shard.blocks.values("the blocks of a shard"))
    }
    return JobOpening(
      job: JobID(job), transactionCount: transactionCount,
      items: try contents.take(items, "the items of a job"), shards: shards)
  }
}

extension WireCoordinatorEnvelope.LevelOpening {
  init(_ opening: LevelOpening, _ contents: inout ContentWriter) throws(WireError) {
    self.init()
    job = opening.job.number
    level = try unsigned(opening.level, "the length of a level")
    digest = opening.digest
    targetCandidateCount = try unsigned(
      opening.targetCandidateCount, "the candidates of a range")
    rangeCount = try unsigned(opening.rangeCount, "the number of ranges")
    content =
      switch opening.content {
      case .survivors(let survivors):
        .survivors(try contents.append(survivors) { SurvivorsList($0).encoded() })
      case .whole(let level): .whole(try contents.append(level) { $0.encoded() })
      }
  }

  func value(_ contents: inout ContentReader) throws(WireError) -> LevelOpening {
    let content: LevelContent
    switch self.content {
    case .survivors(let message): content = .survivors(try contents.take(message, "survivors"))
    case .whole(let message): content = .whole(try contents.take(message, "a level"))
    case nil: throw .unknown("how to come to a level")
    }
    return LevelOpening(
      job: JobID(job), level: try signed(level, "the length of a level"), digest: digest,
      targetCandidateCount: try signed(targetCandidateCount, "the candidates of a range"),
      rangeCount: try signed(rangeCount, "the number of ranges"), content: content)
  }
}

extension WireCoordinatorEnvelope.Lease {
  init(_ lease: CountingLease, _ contents: inout ContentWriter) throws(WireError) {
    self.init()
    id = lease.id
    key = try WireCountingKey(lease.key)
    attempt = try unsigned(lease.attempt, "the attempt of a lease")
    keepReports = lease.keepsReports
    try check(lease.ranges.count, MessageLimits.listLength, "the ranges of a lease")
    for (number, rule) in lease.ranges {
      var range = WireCoordinatorEnvelope.Range()
      range.range = number
      range.rule =
        switch rule {
        case .all: .all(WireCoordinatorEnvelope.Nothing())
        case .above(let allowance): .above(allowance)
        case .listed(let positions):
          .listed(try contents.append(positions) { PositionList($0).encoded() })
        }
      ranges.append(range)
    }
  }

  func value(_ contents: inout ContentReader) throws(WireError) -> CountingLease {
    try require(hasKey, "the key of a lease")
    _ = try ascending(ranges.map(\.range), "the ranges of a lease")
    var values: [(range: UInt32, rule: CountingRule)] = []
    for range in ranges { values.append((range.range, try range.value(&contents))) }
    return CountingLease(
      id: id, key: try key.value(), attempt: try signed(attempt, "the attempt of a lease"),
      ranges: values, keepsReports: keepReports)
  }
}

extension WireCoordinatorEnvelope.Range {
  func value(_ contents: inout ContentReader) throws(WireError) -> CountingRule {
    switch rule {
    case .all: .all
    case .above(let allowance): .above(allowance: allowance)
    case .listed(let message): .listed(try contents.take(message, "a list of candidates"))
    case nil: throw .unknown("how to answer about a range")
    }
  }
}

extension WireCoordinatorEnvelope.Cancel {
  init(_ leases: [UInt64]) throws(WireError) {
    self.init()
    self.leases = try numbers(leases, "leases")
  }
}
