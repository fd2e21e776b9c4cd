import Messages

/// What users are told about the cluster.
extension Cluster {
  func summary(of record: DataSetRecord) -> DataSetSummary {
    let blocks = record.shards.flatMap(\.blocks)
    return DataSetSummary(
      name: record.name, id: record.id, version: record.version,
      transactionCount: record.transactionCount, itemCount: record.itemCount,
      blockCount: blocks.count, shardCount: record.shards.count,
      byteCount: blocks.reduce(0) { $0 &+ $1.length }, replication: record.replication,
      underReplicatedCount: registry.underReplicatedCount(of: .dataSet(record.id), members),
      lostBlocks: registry.lostBlocks(of: record, members), source: record.source,
      addedAt: record.addedAt)
  }

  func summary(of member: Member, at: Moment) -> NodeSummary {
    let contents = registry.contents[member.name] ?? NodeContents()
    return NodeSummary(
      name: member.name, state: member.state, dataEndpoint: member.dataEndpoint,
      rack: member.rack, threads: member.threads, objectCount: contents.objects.count,
      byteCount: contents.bytes, freeBytes: member.freeBytes, leaseCount: member.leaseCount,
      silentMilliseconds: at.milliseconds.subtractingOrZero(member.lastHeard),
      failureCount: member.failures.count,
      setAsideMilliseconds: member.setAsideUntil?.subtractingOrZero(at.milliseconds) ?? 0,
      software: member.software)
  }

  func status(
    jobs: [JobSummary], jobProblems: [String], startedAt: UInt64, at: Moment
  ) -> ClusterStatus {
    let dataSets = dataSets.all.map(summary)
    let nodes = members.all.map { summary(of: $0, at: at) }
    return ClusterStatus(
      cluster: clusterID, epoch: epoch, software: configuration.software,
      uptimeMilliseconds: at.milliseconds.subtractingOrZero(startedAt),
      replication: configuration.replication, nodes: nodes, dataSets: dataSets, jobs: jobs,
      copiesRunning: registry.commands.values.count { $0.kind == .copy },
      copiesWaiting: registry.waiting.count,
      quarantinedCount: members.all.reduce(0) { $0 + $1.quarantinedCount },
      problems: problems(nodes: nodes, dataSets: dataSets) + jobProblems)
  }

  /// What an operator should look at, the worst first.
  private func problems(nodes: [NodeSummary], dataSets: [DataSetSummary]) -> [String] {
    var problems: [String] = []
    for dataSet in dataSets where !dataSet.lostBlocks.isEmpty {
      let numbers = dataSet.lostBlocks.prefix(8).map { "\($0)" }.joined(separator: ", ")
      let more = dataSet.lostBlocks.count > 8 ? ", ..." : ""
      problems.append(
        "data set \(dataSet.name): no worker has block \(numbers)\(more)"
          + " (\(dataSet.lostBlocks.count) of \(dataSet.blockCount)): start the workers again that"
          + " stored it, or remove the data set and add it again")
    }
    for node in nodes where node.state == .dead {
      problems.append(
        "worker \(node.name) is dead (silent for \(node.silentMilliseconds / 1_000) s): start it"
          + " again, or run `lode node remove \(node.name)`")
    }
    let usable = members.all.count(where: \.takesReplicas)
    for dataSet in dataSets where dataSet.underReplicatedCount > 0 {
      let remedy =
        usable < dataSet.replication
        ? "start \(dataSet.replication - usable) more workers" : "copies are being made"
      problems.append(
        "data set \(dataSet.name): \(dataSet.underReplicatedCount) objects have fewer than"
          + " \(dataSet.replication) live copies: \(remedy)")
    }
    for node in nodes where node.setAsideMilliseconds > 0 {
      problems.append(
        "worker \(node.name) is set aside for \((node.setAsideMilliseconds + 59_999) / 60_000) min after"
          + " \(node.failureCount) failures: look at its log and restart it")
    }
    for member in members.all where member.quarantinedCount > 0 {
      problems.append(
        "worker \(member.name) set \(member.quarantinedCount) objects aside that the cluster does"
          + " not know: look into the quarantine of its data folder, and delete what is not needed")
    }
    let needed = dataSets.map(\.replication).max() ?? 0
    for node in nodes where node.state == .draining && node.objectCount > 0 && usable < needed {
      problems.append(
        "worker \(node.name) cannot be drained: its replicas need \(needed) other workers, and there"
          + " are \(usable); start \(needed - usable) more")
    }
    return problems
  }
}
