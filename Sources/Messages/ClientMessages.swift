public import Blocks

/// A request's number, drawn by the client: the same request sent again has the same number.
public struct RequestID: Sendable, Hashable {
  /// 128 random bits.
  public let id: DataSetID

  /// A request by its number.
  public init(_ id: DataSetID) { self.id = id }
}

/// What an analyst asks a job to find; what can be decided about rules later is not part of it.
public struct JobSpecification: Sendable, Equatable {
  /// The data set.
  public var dataSet: Name
  /// The minimum support as written; it becomes a count once, in the coordinator.
  public var minimumSupport: String
  /// No level beyond this one; nil for no limit.
  public var maximumLevel: Int?
  /// The mining and output options as given, what `job results` goes by unless told otherwise.
  public var arguments: [String]

  /// A specification.
  public init(dataSet: Name, minimumSupport: String, maximumLevel: Int?, arguments: [String]) {
    self.dataSet = dataSet
    self.minimumSupport = minimumSupport
    self.maximumLevel = maximumLevel
    self.arguments = arguments
  }
}

/// A data set that is about to be sent.
public struct DataSetOpening: Sendable, Equatable {
  /// Its name, not in use.
  public var name: Name
  /// Replicas of each object; nil for the cluster's default.
  public var replication: Int?
  /// Transactions of a block, 1 to 65,536.
  public var transactionsPerBlock: Int
  /// Where it comes from, for people.
  public var source: String

  /// An opening.
  public init(name: Name, replication: Int?, transactionsPerBlock: Int, source: String) {
    self.name = name
    self.replication = replication
    self.transactionsPerBlock = transactionsPerBlock
    self.source = source
  }
}

/// What a client asks; all but `putChunk` travel on the control socket.
public enum ClientRequest: Sendable {
  /// Everything on one screen.
  case status
  /// All data sets.
  case listDataSets
  /// One data set.
  case showDataSet(Name)
  /// Removes a data set that no job uses.
  case removeDataSet(Name)
  /// Begins (or, asked again with the same number, follows) a check of every replica.
  case verifyDataSet(Name)
  /// Begins to add a data set; the request's id names the ingest.
  case openDataSet(DataSetOpening)
  /// One chunk of transactions of an ingest, encoded as ``TransactionChunk``; numbered from 0.
  case putChunk(ingest: RequestID, sequence: UInt64, bytes: [UInt8])
  /// All chunks are sent; asked again until the data set is there.
  case closeDataSet(ingest: RequestID, chunkCount: UInt64, transactionCount: UInt64)
  /// Gives an ingest up.
  case abandonDataSet(ingest: RequestID)
  /// Submits a job.
  case submitJob(JobSpecification)
  /// All jobs.
  case listJobs
  /// One job.
  case showJob(JobID)
  /// One job, as soon as more than so many of its levels are closed or it has ended; the question sent
  /// again is answered at once.
  case watchJob(JobID, closedLevels: Int)
  /// Stops a job.
  case cancelJob(JobID)
  /// Removes a job that has ended, with its results.
  case removeJob(JobID)
  /// Where the results of a job that is done can be fetched.
  case openResults(JobID)
  /// All nodes.
  case listNodes
  /// Moves everything away from a worker, then lets it go.
  case drainNode(Name)
  /// Forgets a worker that is dead or drained.
  case removeNode(Name)

  /// Whether only an admin may ask this.
  public var needsAdmin: Bool {
    switch self {
    case .removeDataSet, .drainNode, .removeNode: true
    default: false
    }
  }
}

/// Why a request was refused; each kind has an exit status and a remedy of its own.
public enum RefusalKind: UInt8, Sendable, CaseIterable {
  /// No such data set, job or node.
  case unknown = 1
  /// The name is in use.
  case nameTaken = 2
  /// Fewer workers than replicas.
  case tooFewWorkers = 3
  /// Blocks of the data set are lost.
  case dataLost = 4
  /// The role may not ask this.
  case forbidden = 5
  /// The request makes no sense, or not in this state.
  case invalid = 6
  /// An ingest was interrupted; nothing of it is left.
  case interrupted = 7
  /// The coordinator is not ready, or too busy: ask again.
  case unavailable = 8
  /// The coordinator failed.
  case failed = 9
}

/// A refusal.
public struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind.
  public var kind: RefusalKind
  /// What happened, where, and what to do.
  public var message: String

  /// A refusal.
  public init(_ kind: RefusalKind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// The message.
  public var description: String { message }
}

/// How far an ingest is.
public struct IngestProgress: Sendable, Equatable {
  /// The number of the first chunk that has not been taken.
  public var nextSequence: UInt64
  /// Blocks built so far.
  public var blockCount: Int
  /// Blocks of which all replicas are stored.
  public var securedCount: Int

  /// Progress.
  public init(nextSequence: UInt64, blockCount: Int, securedCount: Int) {
    self.nextSequence = nextSequence
    self.blockCount = blockCount
    self.securedCount = securedCount
  }
}

/// The results of a job: what to fetch from the coordinator's data endpoint.
public struct ResultDescription: Sendable, Equatable {
  /// The job.
  public var job: JobSummary
  /// Where to fetch.
  public var dataEndpoint: String
  /// The ranked items.
  public var items: ObjectDescriptor
  /// The closed levels, from level 1 on.
  public var levels: [ObjectDescriptor]

  /// A description.
  public init(
    job: JobSummary, dataEndpoint: String, items: ObjectDescriptor, levels: [ObjectDescriptor]
  ) {
    self.job = job
    self.dataEndpoint = dataEndpoint
    self.items = items
    self.levels = levels
  }
}

/// What the coordinator answers.
public enum ClientResponse: Sendable, Equatable {
  /// Refused.
  case refused(Refusal)
  /// To `status`.
  case status(ClusterStatus)
  /// To `listDataSets`, by name.
  case dataSets([DataSetSummary])
  /// To `showDataSet`, and to `closeDataSet` once it is there.
  case dataSet(DataSetSummary)
  /// To `openDataSet`: chunks may be put at this data endpoint, so many beyond the acknowledged.
  case ingestOpened(dataEndpoint: String, credits: Int)
  /// To `putChunk` and `closeDataSet`.
  case ingesting(IngestProgress)
  /// To `verifyDataSet`.
  case verification(VerificationReport)
  /// To `submitJob`, `showJob`, `watchJob` and `cancelJob`.
  case job(JobSummary)
  /// To `listJobs`, by number.
  case jobs([JobSummary])
  /// To `openResults`.
  case results(ResultDescription)
  /// To `listNodes`, by name.
  case nodes([NodeSummary])
  /// To `drainNode`.
  case node(NodeSummary)
  /// Done, and nothing to tell.
  case done
}
