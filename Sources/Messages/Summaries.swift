public import Blocks

/// How a job stands.
public enum JobState: UInt8, Sendable, CaseIterable {
  /// Waits for its turn.
  case queued = 1
  /// Counts.
  case running = 2
  /// Complete; results are kept.
  case done = 3
  /// Cannot be completed.
  case failed = 4
  /// Stopped by a user.
  case cancelled = 5

  /// Whether nothing will change it any more.
  public var isFinal: Bool { self == .done || self == .failed || self == .cancelled }
}

/// The figures of one closed level.
public struct LevelFigures: Sendable, Equatable {
  /// The length of its cores.
  public var level: Int
  /// Candidates counted to find it.
  public var candidateCount: UInt64
  /// How many of them were frequent.
  public var frequentCount: UInt64
  /// Leases given out for it, repeated ones included.
  public var leaseCount: UInt64
  /// Bytes of reports received for it.
  public var bytesReceived: UInt64
  /// Bytes of openings, leases and polls sent for it.
  public var bytesSent: UInt64
  /// Milliseconds from its opening to its closing.
  public var milliseconds: UInt64

  /// Figures.
  public init(
    level: Int, candidateCount: UInt64, frequentCount: UInt64, leaseCount: UInt64 = 0,
    bytesReceived: UInt64 = 0, bytesSent: UInt64 = 0, milliseconds: UInt64 = 0
  ) {
    self.level = level
    self.candidateCount = candidateCount
    self.frequentCount = frequentCount
    self.leaseCount = leaseCount
    self.bytesReceived = bytesReceived
    self.bytesSent = bytesSent
    self.milliseconds = milliseconds
  }
}

/// A job as `job show` tells it; what `lode job show -o json` prints.
public struct JobSummary: Sendable, Equatable {
  /// The job.
  public var id: JobID
  /// What it looks for.
  public var specification: JobSpecification
  /// How it stands.
  public var state: JobState
  /// The version of the data set it is pinned to.
  public var dataSetVersion: UInt64
  /// All transactions of that version.
  public var transactionCount: UInt64
  /// The minimum support as a count; 0 until the job begins.
  public var minimumSupport: UInt64
  /// The level that is being counted, or the last that was; 0 before the first.
  public var level: Int
  /// Ranges of that level that are closed, and all of them.
  public var rangesClosed: Int
  /// All ranges of that level.
  public var rangeCount: Int
  /// The closed levels.
  public var levels: [LevelFigures]
  /// Why it failed; empty unless it did.
  public var failure: String
  /// When it was submitted, in milliseconds since 1970.
  public var submittedAt: UInt64
  /// When it ended, in milliseconds since 1970; 0 before.
  public var endedAt: UInt64
  /// The version of the software that ran it.
  public var software: String
  /// The formats of what it reads and leaves.
  public var formats = FormatVersions.current

  /// A job that was just submitted.
  public init(
    id: JobID, specification: JobSpecification, state: JobState = .queued, dataSetVersion: UInt64,
    transactionCount: UInt64, submittedAt: UInt64, software: String
  ) {
    self.id = id
    self.specification = specification
    self.state = state
    self.dataSetVersion = dataSetVersion
    self.transactionCount = transactionCount
    minimumSupport = 0
    level = 0
    rangesClosed = 0
    rangeCount = 0
    levels = []
    failure = ""
    self.submittedAt = submittedAt
    endedAt = 0
    self.software = software
  }
}

/// A data set as `dataset show` tells it.
public struct DataSetSummary: Sendable, Equatable {
  /// Its name.
  public var name: Name
  /// Its UUID.
  public var id: DataSetID
  /// Its version, from 1.
  public var version: UInt64
  /// All transactions.
  public var transactionCount: UInt64
  /// Distinct items.
  public var itemCount: UInt64
  /// Blocks.
  public var blockCount: Int
  /// Shards.
  public var shardCount: Int
  /// Bytes of one copy of all blocks.
  public var byteCount: UInt64
  /// Wanted copies of each object.
  public var replication: Int
  /// Objects with fewer live copies than wanted.
  public var underReplicatedCount: Int
  /// Blocks without any live copy, ascending; not empty means that jobs are refused.
  public var lostBlocks: [UInt64]
  /// Where it came from.
  public var source: String
  /// When it was added, in milliseconds since 1970.
  public var addedAt: UInt64

  /// A summary.
  public init(
    name: Name, id: DataSetID, version: UInt64, transactionCount: UInt64, itemCount: UInt64,
    blockCount: Int, shardCount: Int, byteCount: UInt64, replication: Int,
    underReplicatedCount: Int, lostBlocks: [UInt64], source: String, addedAt: UInt64
  ) {
    self.name = name
    self.id = id
    self.version = version
    self.transactionCount = transactionCount
    self.itemCount = itemCount
    self.blockCount = blockCount
    self.shardCount = shardCount
    self.byteCount = byteCount
    self.replication = replication
    self.underReplicatedCount = underReplicatedCount
    self.lostBlocks = lostBlocks
    self.source = source
    self.addedAt = addedAt
  }
}

/// How a worker stands.
public enum NodeState: UInt8, Sendable, CaseIterable {
  /// Heard of lately.
  case alive = 1
  /// Not heard of for some seconds: gets no new work, and its work is given to others too.
  case suspect = 2
  /// Not heard of for long: its replicas are made anew elsewhere.
  case dead = 3
  /// Is being emptied.
  case draining = 4
  /// Is empty and may be stopped.
  case drained = 5
  /// Has not said yet what it stores, and takes no replicas and no work until then.
  case joining = 6
}

/// A worker as `node list` tells it.
public struct NodeSummary: Sendable, Equatable {
  /// Its name.
  public var name: Name
  /// How it stands.
  public var state: NodeState
  /// Where it serves objects.
  public var dataEndpoint: String
  /// Its label; empty where unlabelled.
  public var rack: String
  /// Threads that count.
  public var threads: Int
  /// Objects it stores.
  public var objectCount: Int
  /// Bytes of these objects.
  public var byteCount: UInt64
  /// Bytes free on its disk.
  public var freeBytes: UInt64
  /// Leases it works on.
  public var leaseCount: Int
  /// Milliseconds since it was last heard of.
  public var silentMilliseconds: UInt64
  /// Leases that failed on it lately; after too many it is set aside for an hour.
  public var failureCount: Int
  /// Milliseconds until it is used again; 0 unless set aside.
  public var setAsideMilliseconds: UInt64
  /// The version of its software.
  public var software: String

  /// A summary.
  public init(
    name: Name, state: NodeState, dataEndpoint: String, rack: String, threads: Int,
    objectCount: Int, byteCount: UInt64, freeBytes: UInt64, leaseCount: Int,
    silentMilliseconds: UInt64, failureCount: Int, setAsideMilliseconds: UInt64, software: String
  ) {
    self.name = name
    self.state = state
    self.dataEndpoint = dataEndpoint
    self.rack = rack
    self.threads = threads
    self.objectCount = objectCount
    self.byteCount = byteCount
    self.freeBytes = freeBytes
    self.leaseCount = leaseCount
    self.silentMilliseconds = silentMilliseconds
    self.failureCount = failureCount
    self.setAsideMilliseconds = setAsideMilliseconds
    self.software = software
  }
}

/// The whole cluster on one screen.
public struct ClusterStatus: Sendable, Equatable {
  /// The cluster.
  public var cluster: ClusterID
  /// The coordinator's term.
  public var epoch: Epoch
  /// The version of the coordinator's software.
  public var software: String
  /// Milliseconds since the coordinator started.
  public var uptimeMilliseconds: UInt64
  /// The default number of replicas.
  public var replication: Int
  /// Workers, by name.
  public var nodes: [NodeSummary]
  /// Data sets, by name.
  public var dataSets: [DataSetSummary]
  /// Jobs, by number.
  public var jobs: [JobSummary]
  /// Copies being made now.
  public var copiesRunning: Int
  /// Copies waiting to be made.
  public var copiesWaiting: Int
  /// Objects set aside on workers because the cluster does not know them.
  public var quarantinedCount: Int
  /// What an operator should look at, one sentence each; empty when all is well.
  public var problems: [String]

  /// A status.
  public init(
    cluster: ClusterID, epoch: Epoch, software: String, uptimeMilliseconds: UInt64,
    replication: Int, nodes: [NodeSummary], dataSets: [DataSetSummary], jobs: [JobSummary],
    copiesRunning: Int, copiesWaiting: Int, quarantinedCount: Int, problems: [String]
  ) {
    self.cluster = cluster
    self.epoch = epoch
    self.software = software
    self.uptimeMilliseconds = uptimeMilliseconds
    self.replication = replication
    self.nodes = nodes
    self.dataSets = dataSets
    self.jobs = jobs
    self.copiesRunning = copiesRunning
    self.copiesWaiting = copiesWaiting
    self.quarantinedCount = quarantinedCount
    self.problems = problems
  }
}

/// One replica that was found wrong.
public struct ReplicaDefect: Sendable, Equatable {
  /// Where.
  public var node: Name
  /// Which object.
  public var object: ObjectID
  /// What is wrong with it.
  public var failure: StoreFailure

  /// A defect.
  public init(node: Name, object: ObjectID, failure: StoreFailure) {
    self.node = node
    self.object = object
    self.failure = failure
  }
}

/// How far the check of every replica of a data set is, and what it found.
public struct VerificationReport: Sendable, Equatable {
  /// Whether every replica has been checked.
  public var isComplete: Bool
  /// Replicas checked.
  public var checkedCount: Int
  /// All replicas.
  public var replicaCount: Int
  /// Replicas on workers that are not alive.
  public var unreachableCount: Int
  /// What was found wrong; each is being repaired from another replica.
  public var defects: [ReplicaDefect]

  /// A report.
  public init(
    isComplete: Bool, checkedCount: Int, replicaCount: Int, unreachableCount: Int,
    defects: [ReplicaDefect]
  ) {
    self.isComplete = isComplete
    self.checkedCount = checkedCount
    self.replicaCount = replicaCount
    self.unreachableCount = unreachableCount
    self.defects = defects
  }
}
