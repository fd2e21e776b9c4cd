public import Blocks
public import Messages

/// A run of neighbouring blocks that lie on the same workers: the unit of placement, counting and
/// re-cutting.
public struct ShardRecord: Sendable, Equatable {
  /// The first block's sequence number.
  public var firstBlock: UInt64
  /// Its blocks, in order.
  public var blocks: [ObjectDescriptor]
  /// Transactions of all its blocks.
  public var transactionCount: UInt64

  /// A shard.
  public init(firstBlock: UInt64, blocks: [ObjectDescriptor], transactionCount: UInt64) {
    self.firstBlock = firstBlock
    self.blocks = blocks
    self.transactionCount = transactionCount
  }
}

/// A data set that is visible.
public struct DataSetRecord: Sendable, Equatable {
  /// Its UUID.
  public var id: DataSetID
  /// Its name.
  public var name: Name
  /// Its version, from 1.
  public var version: UInt64
  /// Wanted copies of each object.
  public var replication: Int
  /// All transactions.
  public var transactionCount: UInt64
  /// Distinct items.
  public var itemCount: UInt64
  /// All blocks, in order, in shards.
  public var shards: [ShardRecord]
  /// The names of the items.
  public var dictionary: ObjectDescriptor
  /// The item counts of each block.
  public var counts: ObjectDescriptor
  /// Where it came from.
  public var source: String
  /// When it was added, in milliseconds since 1970.
  public var addedAt: UInt64
  /// The ingest that made it, so that a request asked again is answered again.
  public var ingest: RequestID

  /// A record.
  public init(
    id: DataSetID, name: Name, version: UInt64, replication: Int, transactionCount: UInt64,
    itemCount: UInt64, shards: [ShardRecord], dictionary: ObjectDescriptor,
    counts: ObjectDescriptor, source: String, addedAt: UInt64, ingest: RequestID
  ) {
    self.id = id
    self.name = name
    self.version = version
    self.replication = replication
    self.transactionCount = transactionCount
    self.itemCount = itemCount
    self.shards = shards
    self.dictionary = dictionary
    self.counts = counts
    self.source = source
    self.addedAt = addedAt
    self.ingest = ingest
  }
}

/// A job with its checkpoints.
public struct JobRecord: Sendable, Equatable {
  /// What users see; `levels` are the closed ones.
  public var summary: JobSummary
  /// The data set.
  public var dataSet: DataSetID
  /// The request that submitted it, so that a request asked again is answered again.
  public var request: RequestID
  /// The ranked items; nil until the job has begun.
  public var items: ObjectDescriptor?
  /// The closed levels, one entry each, from level 1 on.
  public var checkpoints: [ObjectDescriptor]

  /// A record.
  public init(
    summary: JobSummary, dataSet: DataSetID, request: RequestID, items: ObjectDescriptor?,
    checkpoints: [ObjectDescriptor]
  ) {
    self.summary = summary
    self.dataSet = dataSet
    self.request = request
    self.items = items
    self.checkpoints = checkpoints
  }
}

/// A worker that has joined once.
public struct NodeRecord: Sendable, Equatable {
  /// Its name.
  public var name: Name
  /// The highest incarnation seen.
  public var incarnation: Incarnation
  /// Its label.
  public var rack: String
  /// Whether an operator wants it emptied.
  public var isDraining: Bool

  /// A record.
  public init(name: Name, incarnation: Incarnation, rack: String, isDraining: Bool) {
    self.name = name
    self.incarnation = incarnation
    self.rack = rack
    self.isDraining = isDraining
  }
}

/// A replica that a worker has acknowledged.
public struct ReplicaRecord: Sendable, Hashable {
  /// The object.
  public var object: ObjectID
  /// The worker.
  public var node: Name

  /// A replica.
  public init(object: ObjectID, node: Name) {
    self.object = object
    self.node = node
  }
}

/// Everything the coordinator must not forget.
public struct CatalogState: Sendable, Equatable {
  /// The cluster.
  public var cluster: ClusterID
  /// The highest epoch ever claimed on this catalog.
  public var epoch: Epoch
  /// The highest job number ever given.
  public var lastJob: JobID
  /// Data sets, by id.
  public var dataSets: [DataSetRecord]
  /// Jobs, by number.
  public var jobs: [JobRecord]
  /// Nodes, by name.
  public var nodes: [NodeRecord]
  /// Replicas, by object, then node.
  public var replicas: [ReplicaRecord]

  /// The catalog of a cluster that has just been made.
  public init(cluster: ClusterID) {
    self.cluster = cluster
    epoch = .none
    lastJob = JobID(0)
    dataSets = []
    jobs = []
    nodes = []
    replicas = []
  }
}

/// One change of the catalog; the changes of one `persist` effect are made together or not at all.
public enum CatalogWrite: Sendable, Equatable {
  /// Claims a term; must be higher than all before.
  case claim(Epoch)
  /// Adds or replaces a data set.
  case putDataSet(DataSetRecord)
  /// Removes a data set and its replicas.
  case removeDataSet(DataSetID)
  /// Adds or replaces a job, and raises the highest job number to it.
  case putJob(JobRecord)
  /// Removes a job and its replicas.
  case removeJob(JobID)
  /// Adds or replaces a node.
  case putNode(NodeRecord)
  /// Removes a node and its replicas.
  case removeNode(Name)
  /// Adds a replica.
  case putReplica(ReplicaRecord)
  /// Removes a replica.
  case removeReplica(ReplicaRecord)
}

extension CatalogState {
  /// Changes that make this state of an empty catalog.
  public var writes: [CatalogWrite] {
    var writes: [CatalogWrite] = epoch == .none ? [] : [.claim(epoch)]
    writes += dataSets.map(CatalogWrite.putDataSet)
    writes += jobs.map(CatalogWrite.putJob)
    writes += nodes.map(CatalogWrite.putNode)
    writes += replicas.map(CatalogWrite.putReplica)
    return writes
  }

  /// Makes one change.
  /// - Complexity: O(records of the kind).
  public mutating func apply(_ write: CatalogWrite) {
    switch write {
    case .claim(let claimed): epoch = max(epoch, claimed)
    case .putDataSet(let record):
      dataSets.removeAll { $0.id == record.id }
      dataSets.append(record)
      dataSets.sort { ($0.id.high, $0.id.low) < ($1.id.high, $1.id.low) }
    case .removeDataSet(let id):
      dataSets.removeAll { $0.id == id }
      replicas.removeAll { $0.object.owner == .dataSet(id) }
    case .putJob(let record):
      jobs.removeAll { $0.summary.id == record.summary.id }
      jobs.append(record)
      jobs.sort { $0.summary.id < $1.summary.id }
      lastJob = max(lastJob, record.summary.id)
    case .removeJob(let id):
      jobs.removeAll { $0.summary.id == id }
      replicas.removeAll { $0.object.owner == .job(id) }
    case .putNode(let record):
      nodes.removeAll { $0.name == record.name }
      nodes.append(record)
      nodes.sort { $0.name < $1.name }
    case .removeNode(let name):
      nodes.removeAll { $0.name == name }
      replicas.removeAll { $0.node == name }
    case .putReplica(let record):
      guard !replicas.contains(record) else { return }
      replicas.append(record)
      replicas.sort { ($0.object, $0.node) < ($1.object, $1.node) }
    case .removeReplica(let record):
      replicas.removeAll { $0 == record }
    }
  }
}
