public import Coordination
import Messages

// Changes of the catalog as bytes that are kept: a lost catalog is rebuilt from them.

extension WireFormat {
  /// The version of the format of manifests that this program reads and writes.
  public static let manifestVersion: UInt16 = 1
  private static let manifestMagic = Array("LODEMANI".utf8)
  /// Magic, version and checksum.
  private static let manifestHeaderLength = 18

  /// A change of the catalog as bytes with a checksum of their own.
  ///
  /// - Throws: ``WireError`` where it is longer than a manifest may be.
  public static func manifest(for write: CatalogWrite) throws(WireError) -> [UInt8] {
    let body: [UInt8] = try serialize(try WireCatalogWrite(write))
    try check(body.count, MessageLimits.manifestBytes, "the length")
    var bytes = manifestMagic
    for shift in stride(from: UInt16(0), to: 16, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: manifestVersion >> shift))
    }
    let checksum = checksum64(body)
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: checksum >> shift))
    }
    return bytes + body
  }

  /// Reads what ``manifest(for:)`` wrote.
  ///
  /// - Throws: ``WireError`` where the bytes are no manifest, or were changed since.
  public static func catalogWrite(fromManifest bytes: [UInt8]) throws(WireError) -> CatalogWrite {
    guard bytes.count >= manifestHeaderLength, Array(bytes[..<8]) == manifestMagic else {
      throw .notAManifest
    }
    let version = UInt16(bytes[8]) | UInt16(bytes[9]) << 8
    guard version == manifestVersion else {
      throw .manifestVersion(found: version, supported: manifestVersion)
    }
    try check(
      bytes.count, MessageLimits.manifestBytes + manifestHeaderLength, "the length")
    let expected = bytes[10..<18].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let body = Array(bytes[manifestHeaderLength...])
    let found = checksum64(body)
    guard found == expected else { throw .checksum(expected: expected, found: found) }
    let message: WireCatalogWrite = try deserialize(body, "manifest")
    return try message.value()
  }
}

extension WireCatalogWrite {
  init(_ write: CatalogWrite) throws(WireError) {
    self.init()
    self.write =
      switch write {
      case .claim(let epoch): .claim(epoch.number)
      case .putDataSet(let record): .putDataSet(try WireDataSetRecord(record))
      case .removeDataSet(let id): .removeDataSet(WireUuid(id))
      case .putJob(let record): .putJob(try WireJobRecord(record))
      case .removeJob(let job): .removeJob(job.number)
      case .putNode(let record): .putNode(try WireNodeRecord(record))
      case .removeNode(let name): .removeNode(name.text)
      case .putReplica(let record): .putReplica(WireReplicaRecord(record))
      case .removeReplica(let record): .removeReplica(WireReplicaRecord(record))
      }
  }

  func value() throws(WireError) -> CatalogWrite {
    switch write {
    case .claim(let epoch): .claim(Epoch(epoch))
    case .putDataSet(let record): .putDataSet(try record.value())
    case .removeDataSet(let id): .removeDataSet(id.value)
    case .putJob(let record): .putJob(try record.value())
    case .removeJob(let job): .removeJob(JobID(job))
    case .putNode(let record): .putNode(try record.value())
    case .removeNode(let name): .removeNode(try checkedName(name, "the name of a worker"))
    case .putReplica(let record): .putReplica(try record.value())
    case .removeReplica(let record): .removeReplica(try record.value())
    case nil: throw .unknown("a change of the catalog")
    }
  }
}

extension WireDataSetRecord {
  init(_ record: DataSetRecord) throws(WireError) {
    self.init()
    id = WireUuid(record.id)
    name = record.name.text
    version = record.version
    replication = try unsigned(record.replication, "the replication of a data set")
    transactionCount = record.transactionCount
    itemCount = record.itemCount
    shards = try list(record.shards, "the shards of a data set") { shard throws(WireError) in
      var message = WireShardRecord()
      message.firstBlock = shard.firstBlock
      message.blocks = try [WireObjectDescriptor](shard.blocks, "the blocks of a shard")
      message.transactionCount = shard.transactionCount
      return message
    }
    dictionary = WireObjectDescriptor(record.dictionary)
    counts = WireObjectDescriptor(record.counts)
    source = try text(record.source, "the source of a data set")
    addedAt = record.addedAt
    ingest = WireUuid(record.ingest.id)
  }

  func value() throws(WireError) -> DataSetRecord {
    try require(hasID && hasIngest, "the id or the ingest of a data set")
    try require(hasDictionary && hasCounts, "the dictionary or the counts of a data set")
    return DataSetRecord(
      id: id.value, name: try checkedName(name, "the name of a data set"), version: version,
      replication: try signed(replication, "the replication of a data set"),
      transactionCount: transactionCount, itemCount: itemCount,
      shards: try list(shards, "the shards of a data set") { shard throws(WireError) in
        ShardRecord(
          firstBlock: shard.firstBlock,
          blocks: try shard.blocks.values("the blocks of a shard"),
          transactionCount: shard.transactionCount)
      }, dictionary: try dictionary.value(), counts: try counts.value(),
      source: try text(source, "the source of a data set"), addedAt: addedAt,
      ingest: RequestID(ingest.value))
  }
}

extension WireJobRecord {
  init(_ record: JobRecord) throws(WireError) {
    self.init()
    summary = try WireJob(record.summary)
    dataSet = WireUuid(record.dataSet)
    request = WireUuid(record.request.id)
    if let items = record.items { self.items = WireObjectDescriptor(items) }
    checkpoints = try [WireObjectDescriptor](record.checkpoints, "the checkpoints of a job")
  }

  func value() throws(WireError) -> JobRecord {
    try require(hasSummary && hasDataSet && hasRequest, "a job, its data set or its request")
    return JobRecord(
      summary: try summary.value(), dataSet: dataSet.value, request: RequestID(request.value),
      items: hasItems ? try items.value() : nil,
      checkpoints: try checkpoints.values("the checkpoints of a job"))
  }
}

extension WireNodeRecord {
  init(_ record: NodeRecord) throws(WireError) {
    self.init()
    name = record.name.text
    incarnation = record.incarnation.number
    rack = try text(record.rack, "a rack")
    isDraining = record.isDraining
  }

  func value() throws(WireError) -> NodeRecord {
    NodeRecord(
      name: try checkedName(name, "the name of a worker"), incarnation: Incarnation(incarnation),
      rack: try text(rack, "a rack"), isDraining: isDraining)
  }
}

extension WireReplicaRecord {
  init(_ record: ReplicaRecord) {
    self.init()
    object = WireObjectId(record.object)
    node = record.node.text
  }

  func value() throws(WireError) -> ReplicaRecord {
    try require(hasObject, "the object of a replica")
    return ReplicaRecord(
      object: try object.value(), node: try checkedName(node, "the name of a worker"))
  }
}
