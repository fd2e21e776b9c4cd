import Messages

// Messages of workers.

extension WireWorkerEnvelope {
  init(_ envelope: WorkerEnvelope, _ contents: inout ContentWriter) throws(WireError) {
    self.init()
    name = envelope.name.text
    incarnation = envelope.incarnation.number
    epoch = envelope.epoch.number
    message =
      switch envelope.message {
      case .hello(let hello): .hello(try Hello(hello))
      case .inventory(let part): .inventory(try InventoryPart(part))
      case .heartbeat(let heartbeat): .heartbeat(try Heartbeat(heartbeat))
      case .stored(let object, let order): .stored(Stored(object, order))
      case .storeFailed(let object, let failure): .storeFailed(try StoreFailed(object, failure))
      case .deleted(let object, let order): .deleted(WireRemoval(object, order))
      case .damaged(let object, let place): .damaged(Damaged(object, place))
      case .verified(let object, let failure): .verified(try Verified(object, failure))
      case .missing(let job, let level): .missing(try Missing(job, level))
      case .counted(let answer): .counted(try Counted(answer, &contents))
      case .countingFailed(let lease, let key, let ranges, let failure):
        .countingFailed(try CountingFailed(lease, key, ranges, failure))
      case .reduced(let job, let order, let reduction):
        .reduced(try Reduced(job, order, reduction, &contents))
      case .reducingFailed(let job, let order, let failure):
        .reducingFailed(try ReducingFailed(job, order, failure))
      case .leaving(let leases): .leaving(try Leaving(leases))
      case .fenced(let epoch): .fenced(epoch.number)
      }
  }

  func value(_ contents: inout ContentReader) throws(WireError) -> WorkerEnvelope {
    WorkerEnvelope(
      name: try checkedName(name, "the name of a worker"), incarnation: Incarnation(incarnation),
      epoch: Epoch(epoch), message: try messageValue(&contents))
  }

  private func messageValue(_ contents: inout ContentReader) throws(WireError) -> WorkerMessage {
    switch message {
    case .hello(let hello): .hello(try hello.value())
    case .inventory(let part): .inventory(try part.value())
    case .heartbeat(let heartbeat): .heartbeat(try heartbeat.value())
    case .stored(let stored): try stored.value()
    case .storeFailed(let failed): try failed.value()
    case .deleted(let removal): .deleted(try removal.value(), order: removal.order)
    case .damaged(let damaged): try damaged.value()
    case .verified(let verified): try verified.value()
    case .missing(let missing): try missing.value()
    case .counted(let answer): .counted(try answer.value(&contents))
    case .countingFailed(let failed): try failed.value()
    case .reduced(let reduced): try reduced.value(&contents)
    case .reducingFailed(let failed): try failed.value()
    case .leaving(let leaving): .leaving(leases: try numbers(leaving.leases, "leases"))
    case .fenced(let epoch): .fenced(Epoch(epoch))
    case nil: throw .unknown("what a worker says")
    }
  }
}

extension WireWorkerEnvelope.Stored {
  init(_ object: ObjectDescriptor, _ order: UInt64) {
    self.init()
    self.object = WireObjectDescriptor(object)
    self.order = order
  }

  func value() throws(WireError) -> WorkerMessage {
    try require(hasObject, "what is stored")
    return .stored(try object.value(), order: order)
  }
}

extension WireWorkerEnvelope.Hello {
  init(_ hello: WorkerHello) throws(WireError) {
    self.init()
    if let cluster = hello.cluster { self.cluster = WireUuid(cluster.id) }
    dataEndpoint = try text(hello.dataEndpoint, "a data endpoint")
    rack = try text(hello.rack, "a rack")
    threads = try unsigned(hello.threads, "the threads of a worker")
    memoryBytes = hello.memoryBytes
    freeBytes = hello.freeBytes
    software = try text(hello.software, "a version of software")
    objectCount = try unsigned(hello.objectCount, "the number of objects")
  }

  func value() throws(WireError) -> WorkerHello {
    WorkerHello(
      cluster: hasCluster ? ClusterID(cluster.value) : nil,
      dataEndpoint: try text(dataEndpoint, "a data endpoint"), rack: try text(rack, "a rack"),
      threads: try signed(threads, "the threads of a worker"), memoryBytes: memoryBytes,
      freeBytes: freeBytes, software: try text(software, "a version of software"),
      objectCount: try signed(objectCount, "the number of objects"))
  }
}

extension WireWorkerEnvelope.InventoryPart {
  init(_ part: InventoryPart) throws(WireError) {
    self.init()
    try check(part.objects.count, InventoryPart.lengthLimit, "the length of an inventory part")
    index = try unsigned(part.index, "the number of an inventory part")
    partCount = try unsigned(part.partCount, "the number of inventory parts")
    objects = try [WireObjectDescriptor](part.objects, "an inventory part")
  }

  func value() throws(WireError) -> InventoryPart {
    try check(objects.count, InventoryPart.lengthLimit, "the length of an inventory part")
    guard index < partCount else {
      throw .invalid("the number of an inventory part", "it is \(index) of \(partCount)")
    }
    return InventoryPart(
      index: try signed(index, "the number of an inventory part"),
      partCount: try signed(partCount, "the number of inventory parts"),
      objects: try objects.values("an inventory part"))
  }
}

extension WireWorkerEnvelope.Heartbeat {
  init(_ heartbeat: WorkerHeartbeat) throws(WireError) {
    self.init()
    sequence = heartbeat.sequence
    leaseCount = try unsigned(heartbeat.leaseCount, "the number of leases")
    freeBytes = heartbeat.freeBytes
    bytesHeld = heartbeat.bytesHeld
  }

  func value() throws(WireError) -> WorkerHeartbeat {
    WorkerHeartbeat(
      sequence: sequence, leaseCount: try signed(leaseCount, "the number of leases"),
      freeBytes: freeBytes, bytesHeld: bytesHeld)
  }
}

extension WireWorkerEnvelope.StoreFailed {
  init(_ object: ObjectDescriptor, _ failure: StoreFailure) throws(WireError) {
    self.init()
    self.object = WireObjectDescriptor(object)
    self.failure = try WireStoreFailure(failure)
  }

  func value() throws(WireError) -> WorkerMessage {
    try require(hasObject && hasFailure, "what could not be stored, or why")
    return .storeFailed(try object.value(), try failure.value())
  }
}

extension WireWorkerEnvelope.Damaged {
  init(_ object: ObjectDescriptor, _ place: DamagePlace) {
    self.init()
    self.object = WireObjectDescriptor(object)
    self.place = wire(place)
  }

  func value() throws(WireError) -> WorkerMessage {
    try require(hasObject, "what is damaged")
    return .damaged(try object.value(), try known(place, "where an object was damaged"))
  }
}

extension WireWorkerEnvelope.Verified {
  init(_ object: ObjectDescriptor, _ failure: StoreFailure?) throws(WireError) {
    self.init()
    self.object = WireObjectDescriptor(object)
    if let failure { self.failure = try WireStoreFailure(failure) }
  }

  func value() throws(WireError) -> WorkerMessage {
    try require(hasObject, "what was verified")
    return .verified(try object.value(), hasFailure ? try failure.value() : nil)
  }
}

extension WireWorkerEnvelope.Missing {
  init(_ job: JobID, _ level: Int?) throws(WireError) {
    self.init()
    self.job = job.number
    if let level { self.level = try unsigned(level, "a missing level") }
  }

  func value() throws(WireError) -> WorkerMessage {
    .missing(JobID(job), level: hasLevel ? try signed(level, "a missing level") : nil)
  }
}

extension WireWorkerEnvelope.CountingFailed {
  init(
    _ lease: UInt64, _ key: CountingKey, _ ranges: [UInt32], _ failure: CountingFailure
  ) throws(WireError) {
    self.init()
    self.lease = lease
    self.key = try WireCountingKey(key)
    self.ranges = try numbers(ranges, "the ranges of a failure")
    switch failure {
    case .objectMissing(let object): reason = .objectMissing(WireObjectId(object))
    case .levelMismatch(let expected, let found):
      var mismatch = WireWorkerEnvelope.LevelMismatch()
      mismatch.expected = expected
      mismatch.found = found
      reason = .levelMismatch(mismatch)
    case .failed(let words): reason = .failed(try text(words, "why counting failed"))
    }
  }

  func value() throws(WireError) -> WorkerMessage {
    try require(hasKey, "the key of a failure")
    let failure: CountingFailure
    switch reason {
    case .objectMissing(let object): failure = .objectMissing(try object.value())
    case .levelMismatch(let mismatch):
      failure = .levelMismatch(expected: mismatch.expected, found: mismatch.found)
    case .failed(let words): failure = .failed(try text(words, "why counting failed"))
    case nil: throw .unknown("why counting failed")
    }
    return .countingFailed(
      lease: lease, key: try key.value(), ranges: try numbers(ranges, "the ranges of a failure"),
      failure)
  }
}

extension WireWorkerEnvelope.Leaving {
  init(_ leases: [UInt64]) throws(WireError) {
    self.init()
    self.leases = try numbers(leases, "leases")
  }
}
