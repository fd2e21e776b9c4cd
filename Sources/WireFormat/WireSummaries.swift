import Messages

// What users are told of jobs, data sets and nodes.

extension WireJobSpecification {
  init(_ specification: JobSpecification) throws(WireError) {
    self.init()
    dataSet = specification.dataSet.text
    minimumSupport = try text(specification.minimumSupport, "a minimum support")
    if let level = specification.maximumLevel {
      maximumLevel = try unsigned(level, "the greatest level of a job")
    }
    arguments = try texts(specification.arguments, "the arguments of a job")
  }

  func value() throws(WireError) -> JobSpecification {
    JobSpecification(
      dataSet: try checkedName(dataSet, "the name of a data set"),
      minimumSupport: try text(minimumSupport, "a minimum support"),
      maximumLevel: hasMaximumLevel
        ? try signed(maximumLevel, "the greatest level of a job") : nil,
      arguments: try texts(arguments, "the arguments of a job"))
  }
}

extension WireLevelFigures {
  init(_ figures: LevelFigures) throws(WireError) {
    self.init()
    level = try unsigned(figures.level, "the length of a level")
    candidateCount = figures.candidateCount
    frequentCount = figures.frequentCount
    leaseCount = figures.leaseCount
    bytesReceived = figures.bytesReceived
    bytesSent = figures.bytesSent
    milliseconds = figures.milliseconds
  }

  func value() throws(WireError) -> LevelFigures {
    LevelFigures(
      level: try signed(level, "the length of a level"), candidateCount: candidateCount,
      frequentCount: frequentCount, leaseCount: leaseCount, bytesReceived: bytesReceived,
      bytesSent: bytesSent, milliseconds: milliseconds)
  }
}

extension WireJob {
  init(_ job: JobSummary) throws(WireError) {
    self.init()
    id = job.id.number
    specification = try WireJobSpecification(job.specification)
    state = wire(job.state)
    dataSetVersion = job.dataSetVersion
    transactionCount = job.transactionCount
    minimumSupport = job.minimumSupport
    level = try unsigned(job.level, "the level of a job")
    rangesClosed = try unsigned(job.rangesClosed, "the closed ranges of a job")
    rangeCount = try unsigned(job.rangeCount, "the ranges of a job")
    levels = try list(job.levels, "the levels of a job") { figures throws(WireError) in
      try WireLevelFigures(figures)
    }
    failure = try text(job.failure, "the failure of a job")
    submittedAt = job.submittedAt
    endedAt = job.endedAt
    software = try text(job.software, "a version of software")
    blockFormat = job.formats.block
    payloadFormat = job.formats.payload
  }

  func value() throws(WireError) -> JobSummary {
    try require(hasSpecification, "what a job looks for")
    var job = JobSummary(
      id: JobID(id), specification: try specification.value(),
      state: try known(state, "the state of a job"), dataSetVersion: dataSetVersion,
      transactionCount: transactionCount, submittedAt: submittedAt,
      software: try text(software, "a version of software"))
    job.formats = FormatVersions(block: blockFormat, payload: payloadFormat)
    job.minimumSupport = minimumSupport
    job.level = try signed(level, "the level of a job")
    job.rangesClosed = try signed(rangesClosed, "the closed ranges of a job")
    job.rangeCount = try signed(rangeCount, "the ranges of a job")
    job.levels = try list(levels, "the levels of a job") { figures throws(WireError) in
      try figures.value()
    }
    job.failure = try text(failure, "the failure of a job")
    job.endedAt = endedAt
    return job
  }
}

extension WireDataSet {
  init(_ dataSet: DataSetSummary) throws(WireError) {
    self.init()
    name = dataSet.name.text
    id = WireUuid(dataSet.id)
    version = dataSet.version
    transactionCount = dataSet.transactionCount
    itemCount = dataSet.itemCount
    blockCount = try unsigned(dataSet.blockCount, "the blocks of a data set")
    shardCount = try unsigned(dataSet.shardCount, "the shards of a data set")
    byteCount = dataSet.byteCount
    replication = try unsigned(dataSet.replication, "the replication of a data set")
    underReplicatedCount = try unsigned(
      dataSet.underReplicatedCount, "the objects with too few copies")
    lostBlocks = try numbers(dataSet.lostBlocks, "the lost blocks of a data set")
    source = try text(dataSet.source, "the source of a data set")
    addedAt = dataSet.addedAt
  }

  func value() throws(WireError) -> DataSetSummary {
    try require(hasID, "the id of a data set")
    return DataSetSummary(
      name: try checkedName(name, "the name of a data set"), id: id.value, version: version,
      transactionCount: transactionCount, itemCount: itemCount,
      blockCount: try signed(blockCount, "the blocks of a data set"),
      shardCount: try signed(shardCount, "the shards of a data set"), byteCount: byteCount,
      replication: try signed(replication, "the replication of a data set"),
      underReplicatedCount: try signed(
        underReplicatedCount, "the objects with too few copies"),
      lostBlocks: try numbers(lostBlocks, "the lost blocks of a data set"),
      source: try text(source, "the source of a data set"), addedAt: addedAt)
  }
}

extension WireNode {
  init(_ node: NodeSummary) throws(WireError) {
    self.init()
    name = node.name.text
    state = wire(node.state)
    dataEndpoint = try text(node.dataEndpoint, "a data endpoint")
    rack = try text(node.rack, "a rack")
    threads = try unsigned(node.threads, "the threads of a worker")
    objectCount = try unsigned(node.objectCount, "the number of objects")
    byteCount = node.byteCount
    freeBytes = node.freeBytes
    leaseCount = try unsigned(node.leaseCount, "the number of leases")
    silentMilliseconds = node.silentMilliseconds
    failureCount = try unsigned(node.failureCount, "the failures of a worker")
    setAsideMilliseconds = node.setAsideMilliseconds
    software = try text(node.software, "a version of software")
  }

  func value() throws(WireError) -> NodeSummary {
    NodeSummary(
      name: try checkedName(name, "the name of a worker"),
      state: try known(state, "the state of a worker"),
      dataEndpoint: try text(dataEndpoint, "a data endpoint"), rack: try text(rack, "a rack"),
      threads: try signed(threads, "the threads of a worker"),
      objectCount: try signed(objectCount, "the number of objects"), byteCount: byteCount,
      freeBytes: freeBytes, leaseCount: try signed(leaseCount, "the number of leases"),
      silentMilliseconds: silentMilliseconds,
      failureCount: try signed(failureCount, "the failures of a worker"),
      setAsideMilliseconds: setAsideMilliseconds,
      software: try text(software, "a version of software"))
  }
}

extension [WireJob] {
  init(_ jobs: [JobSummary]) throws(WireError) {
    self = try list(jobs, "the jobs") { job throws(WireError) in try WireJob(job) }
  }

  func values() throws(WireError) -> [JobSummary] {
    try list(self, "the jobs") { job throws(WireError) in try job.value() }
  }
}

extension [WireDataSet] {
  init(_ dataSets: [DataSetSummary]) throws(WireError) {
    self = try list(dataSets, "the data sets") { dataSet throws(WireError) in
      try WireDataSet(dataSet)
    }
  }

  func values() throws(WireError) -> [DataSetSummary] {
    try list(self, "the data sets") { dataSet throws(WireError) in try dataSet.value() }
  }
}

extension [WireNode] {
  init(_ nodes: [NodeSummary]) throws(WireError) {
    self = try list(nodes, "the nodes") { node throws(WireError) in try WireNode(node) }
  }

  func values() throws(WireError) -> [NodeSummary] {
    try list(self, "the nodes") { node throws(WireError) in try node.value() }
  }
}

extension WireClusterStatus {
  init(_ status: ClusterStatus) throws(WireError) {
    self.init()
    cluster = WireUuid(status.cluster.id)
    epoch = status.epoch.number
    software = try text(status.software, "a version of software")
    uptimeMilliseconds = status.uptimeMilliseconds
    replication = try unsigned(status.replication, "the default replication")
    nodes = try [WireNode](status.nodes)
    dataSets = try [WireDataSet](status.dataSets)
    jobs = try [WireJob](status.jobs)
    copiesRunning = try unsigned(status.copiesRunning, "the copies being made")
    copiesWaiting = try unsigned(status.copiesWaiting, "the copies waiting")
    quarantinedCount = try unsigned(status.quarantinedCount, "the objects set aside")
    problems = try texts(status.problems, "the problems")
  }

  func value() throws(WireError) -> ClusterStatus {
    try require(hasCluster, "the cluster")
    return ClusterStatus(
      cluster: ClusterID(cluster.value), epoch: Epoch(epoch),
      software: try text(software, "a version of software"),
      uptimeMilliseconds: uptimeMilliseconds,
      replication: try signed(replication, "the default replication"),
      nodes: try nodes.values(), dataSets: try dataSets.values(), jobs: try jobs.values(),
      copiesRunning: try signed(copiesRunning, "the copies being made"),
      copiesWaiting: try signed(copiesWaiting, "the copies waiting"),
      quarantinedCount: try signed(quarantinedCount, "the objects set aside"),
      problems: try texts(problems, "the problems"))
  }
}

extension WireVerificationReport {
  init(_ report: VerificationReport) throws(WireError) {
    self.init()
    isComplete = report.isComplete
    checkedCount = try unsigned(report.checkedCount, "the checked replicas")
    replicaCount = try unsigned(report.replicaCount, "the replicas")
    unreachableCount = try unsigned(report.unreachableCount, "the unreachable replicas")
    defects = try list(report.defects, "the defects") { defect throws(WireError) in
      var message = WireReplicaDefect()
      message.node = defect.node.text
      message.object = WireObjectId(defect.object)
      message.failure = try WireStoreFailure(defect.failure)
      return message
    }
  }

  func value() throws(WireError) -> VerificationReport {
    VerificationReport(
      isComplete: isComplete, checkedCount: try signed(checkedCount, "the checked replicas"),
      replicaCount: try signed(replicaCount, "the replicas"),
      unreachableCount: try signed(unreachableCount, "the unreachable replicas"),
      defects: try list(defects, "the defects") { defect throws(WireError) in
        try require(defect.hasObject && defect.hasFailure, "a defect")
        return ReplicaDefect(
          node: try checkedName(defect.node, "the name of a worker"),
          object: try defect.object.value(), failure: try defect.failure.value())
      })
  }
}
