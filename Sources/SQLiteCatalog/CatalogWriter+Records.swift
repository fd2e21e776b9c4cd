import Coordination
import Messages

extension CatalogWriter {
  /// Makes one change as `CatalogState.apply` does.
  mutating func apply(_ write: CatalogWrite) throws {
    switch write {
    case .claim(let epoch): try claim(epoch)
    case .putDataSet(let record): try put(record)
    case .removeDataSet(let id):
      try deleteDataSet(.text(id.description))
      try deleteReplicas(of: .dataSet(id))
    case .putJob(let record): try put(record)
    case .removeJob(let id):
      try deleteJob(.number(id.number))
      try deleteReplicas(of: .job(id))
    case .putNode(let record):
      try put(
        .nodes,
        [
          .text(record.name.text), .number(record.incarnation.number), .text(record.rack),
          .number(record.isDraining ? 1 : 0),
        ])
    case .removeNode(let name):
      try delete(.nodes, [.text(name.text)])
      try delete(.replicas, where: "node = ?", [.text(name.text)])
    case .putReplica(let record): try insert(.replicas, row(of: record))
    case .removeReplica(let record): try delete(.replicas, row(of: record))
    }
  }

  /// Writes the only row of `cluster`.
  mutating func put(_ cluster: ClusterRow) throws {
    try put(
      .cluster,
      [
        .number(1), .text(cluster.id.description), .number(cluster.epoch.number),
        .number(cluster.lastJob.number),
      ])
  }

  private mutating func claim(_ epoch: Epoch) throws {
    var cluster = try readCluster()
    guard epoch > cluster.epoch else {
      throw CatalogError.staleEpoch(claimed: epoch, stored: cluster.epoch)
    }
    cluster.epoch = epoch
    try put(cluster)
  }

  private func readCluster() throws -> ClusterRow {
    var reader = CatalogReader(database, path: path)
    return try reader.cluster().row
  }

  private mutating func row(of replica: ReplicaRecord) -> [CatalogValue] {
    [.text(names.text(of: replica.object)), .text(replica.node.text)]
  }

  /// All texts of the owner's objects lie between `owner/` and `owner0`, the character after `/`.
  private mutating func deleteReplicas(of owner: ObjectOwner) throws {
    let text = names.text(of: owner)
    try delete(
      .replicas, where: "object >= ? AND object < ?", [.text("\(text)/"), .text("\(text)0")])
  }

  private mutating func deleteDataSet(_ id: CatalogValue) throws {
    for table in [CatalogTable.blocks, .shards, .dataSets] { try delete(table, [id]) }
  }

  private mutating func deleteJob(_ id: CatalogValue) throws {
    for table in [CatalogTable.checkpoints, .levels, .jobArguments, .jobs] {
      try delete(table, [id])
    }
  }

  private mutating func values(of object: ObjectDescriptor?) -> [CatalogValue] {
    guard let object else { return [.none, .none, .none] }
    return [.text(names.text(of: object.id)), .number(object.length), .number(object.checksum)]
  }

  private mutating func put(_ record: DataSetRecord) throws {
    let id = CatalogValue.text(record.id.description)
    try deleteDataSet(id)
    var values: [CatalogValue] = [
      id, .text(record.name.text), .number(record.version), .integer(record.replication),
      .number(record.transactionCount), .number(record.itemCount),
    ]
    values += self.values(of: record.dictionary)
    values += self.values(of: record.counts)
    values += [
      .text(record.source), .number(record.addedAt), .text(record.ingest.id.description),
    ]
    try insert(.dataSets, values)
    for (position, shard) in record.shards.enumerated() {
      try insert(
        .shards,
        [id, .integer(position), .number(shard.firstBlock), .number(shard.transactionCount)])
      for (index, block) in shard.blocks.enumerated() {
        try insert(
          .blocks, [id, .integer(position), .integer(index)] + self.values(of: block))
      }
    }
  }

  /// Most of a job's record is as it was when it was last put: a level more, a checkpoint more.
  private mutating func put(_ record: JobRecord) throws {
    let summary = record.summary
    let id = CatalogValue.number(summary.id.number)
    var values: [CatalogValue] = [
      id, .text(record.dataSet.description), .text(record.request.id.description),
      .text(summary.specification.dataSet.text), .text(summary.specification.minimumSupport),
      summary.specification.maximumLevel.map { .integer($0) } ?? .none,
      .text("\(summary.state)"), .number(summary.dataSetVersion),
      .number(summary.transactionCount), .number(summary.minimumSupport), .integer(summary.level),
      .integer(summary.rangesClosed), .integer(summary.rangeCount), .text(summary.failure),
      .number(summary.submittedAt), .number(summary.endedAt), .text(summary.software),
      .number(summary.formats.block), .number(summary.formats.payload),
    ]
    values += self.values(of: record.items)
    try put(.jobs, values)
    try put(.jobArguments, of: [id], summary.specification.arguments.map { [.text($0)] })
    try put(
      .levels, of: [id],
      summary.levels.map { figures in
        [
          .integer(figures.level), .number(figures.candidateCount),
          .number(figures.frequentCount), .number(figures.leaseCount),
          .number(figures.bytesReceived), .number(figures.bytesSent),
          .number(figures.milliseconds),
        ]
      })
    var checkpoints: [[CatalogValue]] = []
    for checkpoint in record.checkpoints { checkpoints.append(self.values(of: checkpoint)) }
    try put(.checkpoints, of: [id], checkpoints)
    var cluster = try readCluster()
    guard summary.id > cluster.lastJob else { return }
    cluster.lastJob = summary.id
    try put(cluster)
  }
}
