import Itemsets
import Messages

/// What a coordinator knows after a start: everything in its catalog, and what its own store holds.
extension Coordinator {
  /// The epoch is claimed: takes the catalog over and begins to serve.
  mutating func recover(_ at: Moment) {
    guard phase == .claiming, let catalog else { return }
    phase = .ready
    self.catalog = nil
    cluster.registry.lastRecordedJob = catalog.lastJob
    for record in catalog.nodes { cluster.members.restore(record, at: at) }
    var holders: [ObjectID: [Name]] = [:]
    for replica in catalog.replicas where cluster.members.worker(replica.node) != nil {
      holders[replica.object, default: []].append(replica.node)
    }
    var own: [ObjectID: ObjectDescriptor] = [:]
    for descriptor in ownObjects { own[descriptor.id] = descriptor }

    for record in catalog.dataSets {
      cluster.dataSets.add(record)
      restore(record, holders, own)
    }
    for record in catalog.jobs {
      let wanted = cluster.dataSets.record(record.dataSet)?.replication
      for descriptor in (record.items.map { [$0] } ?? []) + record.checkpoints {
        restore(
          descriptor, group: descriptor.id, keepsHere: true,
          wanted: wanted ?? cluster.configuration.replication, holders, own)
      }
      let manifest = ObjectID(owner: .job(record.summary.id), kind: .manifest, number: 0)
      if let descriptor = own[manifest] {
        restore(
          descriptor, group: manifest, keepsHere: true,
          wanted: wanted ?? cluster.configuration.replication, holders, own)
      }
    }
    // As of a checkpoint that had copies before it was recorded.
    for replica in catalog.replicas
    where !cluster.registry.holders(of: replica.object).containsSorted(replica.node) {
      cluster.registry.writes.append(.removeReplica(replica))
    }
    forgetStrangers()
    cluster.registry.reviewAll(members: cluster.members, outbox: &outbox)
    jobs.restore(catalog.jobs, lastJob: catalog.lastJob, &cluster, at: at, &outbox)
    outbox.add(
      .note(
        "coordinator of cluster \(cluster.clusterID), epoch \(cluster.epoch):"
          + " \(counted(catalog.dataSets.count, "data set")), \(counted(catalog.jobs.count, "job")),"
          + " \(counted(catalog.nodes.count, "worker")) on record"))
  }

  private mutating func restore(
    _ record: DataSetRecord, _ holders: [ObjectID: [Name]], _ own: [ObjectID: ObjectDescriptor]
  ) {
    for shard in record.shards {
      guard let first = shard.blocks.first else { continue }
      for block in shard.blocks {
        restore(
          block, group: first.id, keepsHere: false, wanted: record.replication, holders, own)
      }
    }
    for descriptor in [record.dictionary, record.counts] {
      restore(
        descriptor, group: descriptor.id, keepsHere: true, wanted: record.replication, holders,
        own)
    }
    let manifest = ObjectID(owner: .dataSet(record.id), kind: .manifest, number: 0)
    if let descriptor = own[manifest] {
      restore(
        descriptor, group: manifest, keepsHere: true, wanted: record.replication, holders, own)
    } else if let bytes = cluster.configuration.encodeManifest(.putDataSet(record)) {
      cluster.registry.keep(
        ObjectDescriptor(id: manifest, bytes: bytes), bytes, replication: record.replication,
        members: cluster.members, outbox: &outbox)
    }
  }

  private mutating func restore(
    _ descriptor: ObjectDescriptor, group: ObjectID, keepsHere: Bool, wanted: Int,
    _ holders: [ObjectID: [Name]], _ own: [ObjectID: ObjectDescriptor]
  ) {
    cluster.registry.restore(
      descriptor, group: group, wanted: wanted, holders: holders[descriptor.id] ?? [],
      keepsHere: keepsHere, isHere: own[descriptor.id] == descriptor)
  }

  /// Deletes here what an interrupted ingest or job has left: nothing refers to it.
  private mutating func forgetStrangers() {
    let strangers = ownObjects.filter { cluster.registry.descriptor(of: $0.id) != $0 }
    for descriptor in strangers where cluster.registry.descriptor(of: descriptor.id) == nil {
      outbox.add(.forget(descriptor.id))
    }
    if let first = strangers.first {
      outbox.add(
        .note(
          "the coordinator's own store had \(counted(strangers.count, "object")) of no data set or"
            + " job, such as \(first.id), left by what was interrupted; deleted"))
    }
  }
}
