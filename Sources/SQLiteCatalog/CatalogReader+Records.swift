import Blocks
import Coordination
import Messages

/// The only row of the table `cluster`.
struct ClusterRow {
  let id: ClusterID
  var epoch: Epoch
  var lastJob: JobID
}

extension CatalogReader {
  /// Everything, verified row by row and table by table.
  /// - Complexity: O(rows).
  mutating func state() throws -> CatalogState {
    let tallies = try tallies()
    let path = path
    func check(_ table: CatalogTable, _ sum: UInt64) throws {
      guard tallies[table.name, default: 0] == sum else {
        throw CatalogError.damaged(path: path, table: table.name, row: nil)
      }
    }
    let cluster = try cluster()
    try check(.cluster, cluster.sum)
    var state = CatalogState(cluster: cluster.row.id)
    state.epoch = cluster.row.epoch
    state.lastJob = cluster.row.lastJob
    state.dataSets = try dataSets(check)
    state.jobs = try jobs(check)
    let nodesSum = try scan(.nodes) { row in
      state.nodes.append(
        NodeRecord(
          name: try row.name(), incarnation: Incarnation(try row.number()),
          rack: try row.text(), isDraining: try row.number() != 0))
    }
    try check(.nodes, nodesSum)
    let replicasSum = try scan(.replicas) { row in
      state.replicas.append(ReplicaRecord(object: try row.object(), node: try row.name()))
    }
    try check(.replicas, replicasSum)
    // Texts are stored in an order of their own.
    state.dataSets.sort { ($0.id.high, $0.id.low) < ($1.id.high, $1.id.low) }
    state.jobs.sort { $0.summary.id < $1.summary.id }
    state.nodes.sort { $0.name < $1.name }
    state.replicas.sort { ($0.object, $0.node) < ($1.object, $1.node) }
    return state
  }

  /// The row of the cluster, and the sum of its table.
  mutating func cluster() throws -> (row: ClusterRow, sum: UInt64) {
    var found: ClusterRow?
    let sum = try scan(.cluster) { row in
      _ = try row.number()
      found = ClusterRow(
        id: ClusterID(try row.uuid()), epoch: Epoch(try row.number()),
        lastJob: JobID(try row.number()))
    }
    guard let found else {
      throw CatalogError.damaged(path: path, table: CatalogTable.cluster.name, row: nil)
    }
    return (found, sum)
  }

  private mutating func dataSets(
    _ check: (CatalogTable, UInt64) throws -> Void
  ) throws -> [DataSetRecord] {
    var records: [DataSetRecord] = []
    var places: [DataSetID: Int] = [:]
    let sum = try scan(.dataSets) { row in
      let record = DataSetRecord(
        id: try row.uuid(), name: try row.name(), version: try row.number(),
        replication: try row.integer(), transactionCount: try row.number(),
        itemCount: try row.number(), shards: [], dictionary: try row.descriptor(),
        counts: try row.descriptor(), source: try row.text(), addedAt: try row.number(),
        ingest: RequestID(try row.uuid()))
      places[record.id] = records.count
      records.append(record)
    }
    try check(.dataSets, sum)
    let shardsSum = try scan(.shards) { row in
      guard let place = places[try row.uuid()],
        try row.integer() == records[place].shards.count
      else { throw row.damaged }
      records[place].shards.append(
        ShardRecord(
          firstBlock: try row.number(), blocks: [], transactionCount: try row.number()))
    }
    try check(.shards, shardsSum)
    let blocksSum = try scan(.blocks) { row in
      guard let place = places[try row.uuid()] else { throw row.damaged }
      let shard = try row.integer()
      guard records[place].shards.indices.contains(shard),
        try row.integer() == records[place].shards[shard].blocks.count
      else { throw row.damaged }
      records[place].shards[shard].blocks.append(try row.descriptor())
    }
    try check(.blocks, blocksSum)
    return records
  }

  private mutating func jobs(
    _ check: (CatalogTable, UInt64) throws -> Void
  ) throws -> [JobRecord] {
    var records: [JobRecord] = []
    var places: [UInt64: Int] = [:]
    let sum = try scan(.jobs) { row in
      let record = try row.job()
      places[record.summary.id.number] = records.count
      records.append(record)
    }
    try check(.jobs, sum)
    let argumentsSum = try scan(.jobArguments) { row in
      guard let place = places[try row.number()],
        try row.integer() == records[place].summary.specification.arguments.count
      else { throw row.damaged }
      records[place].summary.specification.arguments.append(try row.text())
    }
    try check(.jobArguments, argumentsSum)
    let levelsSum = try scan(.levels) { row in
      guard let place = places[try row.number()],
        try row.integer() == records[place].summary.levels.count
      else { throw row.damaged }
      records[place].summary.levels.append(
        LevelFigures(
          level: try row.integer(), candidateCount: try row.number(),
          frequentCount: try row.number(), leaseCount: try row.number(),
          bytesReceived: try row.number(), bytesSent: try row.number(),
          milliseconds: try row.number()))
    }
    try check(.levels, levelsSum)
    let checkpointsSum = try scan(.checkpoints) { row in
      guard let place = places[try row.number()],
        try row.integer() == records[place].checkpoints.count
      else { throw row.damaged }
      records[place].checkpoints.append(try row.descriptor())
    }
    try check(.checkpoints, checkpointsSum)
    return records
  }
}

extension CatalogRow {
  /// A job without its arguments, levels and checkpoints.
  fileprivate mutating func job() throws(CatalogError) -> JobRecord {
    let id = JobID(try number())
    let dataSet = try uuid()
    let request = RequestID(try uuid())
    let specification = JobSpecification(
      dataSet: try name(), minimumSupport: try text(), maximumLevel: try integerOrNone(),
      arguments: [])
    let stateText = try text()
    guard let state = JobState.allCases.first(where: { "\($0)" == stateText }) else {
      throw damaged
    }
    var summary = JobSummary(
      id: id, specification: specification, state: state, dataSetVersion: try number(),
      transactionCount: try number(), submittedAt: 0, software: "")
    summary.minimumSupport = try number()
    summary.level = try integer()
    summary.rangesClosed = try integer()
    summary.rangeCount = try integer()
    summary.failure = try text()
    summary.submittedAt = try number()
    summary.endedAt = try number()
    summary.software = try text()
    summary.formats = FormatVersions(block: try number(), payload: try number())
    return JobRecord(
      summary: summary, dataSet: dataSet, request: request, items: try descriptorOrNone(),
      checkpoints: [])
  }
}
