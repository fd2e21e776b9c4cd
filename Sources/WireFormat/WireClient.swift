import Messages

// Requests of clients, and what they are answered.

extension WireClientRequest {
  init(_ request: ClientRequest, _ contents: inout ContentWriter) throws(WireError) {
    self.init()
    self.request =
      switch request {
      case .status: .status(Nothing())
      case .listDataSets: .listDataSets(Nothing())
      case .showDataSet(let name): .showDataSet(name.text)
      case .removeDataSet(let name): .removeDataSet(name.text)
      case .verifyDataSet(let name): .verifyDataSet(name.text)
      case .openDataSet(let opening): .openDataSet(try DataSetOpening(opening))
      case .putChunk(let ingest, let sequence, let bytes):
        .putChunk(Chunk(ingest, sequence, frame: try contents.append(bytes)))
      case .closeDataSet(let ingest, let chunkCount, let transactionCount):
        .closeDataSet(DataSetClosing(ingest, chunkCount, transactionCount))
      case .abandonDataSet(let ingest): .abandonDataSet(WireUuid(ingest.id))
      case .submitJob(let specification): .submitJob(try WireJobSpecification(specification))
      case .listJobs: .listJobs(Nothing())
      case .showJob(let job): .showJob(job.number)
      case .watchJob(let job, let closedLevels): .watchJob(try JobWatch(job, closedLevels))
      case .cancelJob(let job): .cancelJob(job.number)
      case .removeJob(let job): .removeJob(job.number)
      case .openResults(let job): .openResults(job.number)
      case .listNodes: .listNodes(Nothing())
      case .drainNode(let name): .drainNode(name.text)
      case .removeNode(let name): .removeNode(name.text)
      }
  }

  func value(_ contents: inout ContentReader) throws(WireError) -> ClientRequest {
    switch request {
    case .status: .status
    case .listDataSets: .listDataSets
    case .showDataSet(let name): .showDataSet(try checkedName(name, "the name of a data set"))
    case .removeDataSet(let name): .removeDataSet(try checkedName(name, "the name of a data set"))
    case .verifyDataSet(let name): .verifyDataSet(try checkedName(name, "the name of a data set"))
    case .openDataSet(let opening): .openDataSet(try opening.value())
    case .putChunk(let chunk): try chunk.value(&contents)
    case .closeDataSet(let closing): try closing.value()
    case .abandonDataSet(let ingest): .abandonDataSet(ingest: RequestID(ingest.value))
    case .submitJob(let specification): .submitJob(try specification.value())
    case .listJobs: .listJobs
    case .showJob(let job): .showJob(JobID(job))
    case .watchJob(let watch): try watch.value()
    case .cancelJob(let job): .cancelJob(JobID(job))
    case .removeJob(let job): .removeJob(JobID(job))
    case .openResults(let job): .openResults(JobID(job))
    case .listNodes: .listNodes
    case .drainNode(let name): .drainNode(try checkedName(name, "the name of a worker"))
    case .removeNode(let name): .removeNode(try checkedName(name, "the name of a worker"))
    case nil: throw .unknown("what a client asks")
    }
  }
}

extension WireClientRequest.JobWatch {
  init(_ job: JobID, _ closedLevels: Int) throws(WireError) {
    self.init()
    self.job = job.number
    self.closedLevels = try unsigned(closedLevels, "the closed levels of a job")
  }

  func value() throws(WireError) -> ClientRequest {
    .watchJob(
      JobID(job), closedLevels: try signed(closedLevels, "the closed levels of a job"))
  }
}

extension WireClientRequest.DataSetOpening {
  init(_ opening: DataSetOpening) throws(WireError) {
    self.init()
    name = opening.name.text
    if let replication = opening.replication {
      self.replication = try unsigned(replication, "the replication of a data set")
    }
    transactionsPerBlock = try unsigned(
      opening.transactionsPerBlock, "the transactions of a block")
    source = try text(opening.source, "the source of a data set")
  }

  func value() throws(WireError) -> DataSetOpening {
    DataSetOpening(
      name: try checkedName(name, "the name of a data set"),
      replication: hasReplication
        ? try signed(replication, "the replication of a data set") : nil,
      transactionsPerBlock: try signed(transactionsPerBlock, "the transactions of a block"),
      source: try text(source, "the source of a data set"))
  }
}

extension WireClientRequest.Chunk {
  init(_ ingest: RequestID, _ sequence: UInt64, frame: UInt32) {
    self.init()
    self.ingest = WireUuid(ingest.id)
    self.sequence = sequence
    self.frame = frame
  }

  func value(_ contents: inout ContentReader) throws(WireError) -> ClientRequest {
    try require(hasIngest, "the ingest of a chunk")
    return .putChunk(
      ingest: RequestID(ingest.value), sequence: sequence, bytes: try contents.take(frame))
  }
}

extension WireClientRequest.DataSetClosing {
  init(_ ingest: RequestID, _ chunkCount: UInt64, _ transactionCount: UInt64) {
    self.init()
    self.ingest = WireUuid(ingest.id)
    self.chunkCount = chunkCount
    self.transactionCount = transactionCount
  }

  func value() throws(WireError) -> ClientRequest {
    try require(hasIngest, "the ingest that ends")
    return .closeDataSet(
      ingest: RequestID(ingest.value), chunkCount: chunkCount, transactionCount: transactionCount)
  }
}

extension WireClientResponse {
  init(_ response: ClientResponse) throws(WireError) {
    self.init()
    self.response =
      switch response {
      case .refused(let refusal): .refused(try Refusal(refusal))
      case .status(let status): .status(try WireClusterStatus(status))
      case .dataSets(let dataSets): .dataSets(try DataSets(dataSets))
      case .dataSet(let dataSet): .dataSet(try WireDataSet(dataSet))
      case .ingestOpened(let endpoint, let credits):
        .ingestOpened(try IngestOpened(endpoint, credits))
      case .ingesting(let progress): .ingesting(try IngestProgress(progress))
      case .verification(let report): .verification(try WireVerificationReport(report))
      case .job(let job): .job(try WireJob(job))
      case .jobs(let jobs): .jobs(try Jobs(jobs))
      case .results(let results): .results(try Results(results))
      case .nodes(let nodes): .nodes(try Nodes(nodes))
      case .node(let node): .node(try WireNode(node))
      case .done: .done(Nothing())
      }
  }

  func value() throws(WireError) -> ClientResponse {
    switch response {
    case .refused(let refusal): .refused(try refusal.value())
    case .status(let status): .status(try status.value())
    case .dataSets(let message): .dataSets(try message.dataSets.values())
    case .dataSet(let dataSet): .dataSet(try dataSet.value())
    case .ingestOpened(let opened): try opened.value()
    case .ingesting(let progress): .ingesting(try progress.value())
    case .verification(let report): .verification(try report.value())
    case .job(let job): .job(try job.value())
    case .jobs(let message): .jobs(try message.jobs.values())
    case .results(let results): .results(try results.value())
    case .nodes(let message): .nodes(try message.nodes.values())
    case .node(let node): .node(try node.value())
    case .done: .done
    case nil: throw .unknown("what the coordinator answers")
    }
  }
}

extension WireClientResponse.Refusal {
  init(_ refusal: Refusal) throws(WireError) {
    self.init()
    kind = wire(refusal.kind)
    message = try text(refusal.message, "the words of a refusal")
  }

  func value() throws(WireError) -> Refusal {
    Refusal(
      try known(kind, "why a request is refused"), try text(message, "the words of a refusal"))
  }
}

extension WireClientResponse.DataSets {
  init(_ dataSets: [DataSetSummary]) throws(WireError) {
    self.init()
    self.dataSets = try [WireDataSet](dataSets)
  }
}

extension WireClientResponse.Jobs {
  init(_ jobs: [JobSummary]) throws(WireError) {
    self.init()
    self.jobs = try [WireJob](jobs)
  }
}

extension WireClientResponse.Nodes {
  init(_ nodes: [NodeSummary]) throws(WireError) {
    self.init()
    self.nodes = try [WireNode](nodes)
  }
}

extension WireClientResponse.IngestOpened {
  init(_ endpoint: String, _ credits: Int) throws(WireError) {
    self.init()
    dataEndpoint = try text(endpoint, "a data endpoint")
    self.credits = try unsigned(credits, "the credits of an ingest")
  }

  func value() throws(WireError) -> ClientResponse {
    .ingestOpened(
      dataEndpoint: try text(dataEndpoint, "a data endpoint"),
      credits: try signed(credits, "the credits of an ingest"))
  }
}

extension WireClientResponse.IngestProgress {
  init(_ progress: IngestProgress) throws(WireError) {
    self.init()
    nextSequence = progress.nextSequence
    blockCount = try unsigned(progress.blockCount, "the blocks of an ingest")
    securedCount = try unsigned(progress.securedCount, "the secured blocks of an ingest")
  }

  func value() throws(WireError) -> IngestProgress {
    IngestProgress(
      nextSequence: nextSequence, blockCount: try signed(blockCount, "the blocks of an ingest"),
      securedCount: try signed(securedCount, "the secured blocks of an ingest"))
  }
}

extension WireClientResponse.Results {
  init(_ results: ResultDescription) throws(WireError) {
    self.init()
    job = try WireJob(results.job)
    dataEndpoint = try text(results.dataEndpoint, "a data endpoint")
    items = WireObjectDescriptor(results.items)
    levels = try [WireObjectDescriptor](results.levels, "the levels of a result")
  }

  func value() throws(WireError) -> ResultDescription {
    try require(hasJob && hasItems, "the job or the items of a result")
    return ResultDescription(
      job: try job.value(), dataEndpoint: try text(dataEndpoint, "a data endpoint"),
      items: try items.value(), levels: try levels.values("the levels of a result"))
  }
}
