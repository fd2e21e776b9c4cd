import Blocks
import Foundation
import Messages

/// Prints `value` as JSON with keys in snake case, sorted.
func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy = .convertToSnakeCase
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// A job as JSON.
struct JobView: Encodable {
  struct LevelView: Encodable {
    let level: Int
    let candidates, frequent, leases, bytesReceived, bytesSent: UInt64
    let seconds: Double
  }

  let id, state, dataset: String
  let datasetVersion, transactions: UInt64
  let minSupport: String
  let minSupportCount: UInt64?
  let maxLevel: Int?
  let arguments: [String]
  let level, rangesClosed, ranges: Int
  let levels: [LevelView]
  let failure: String?
  let submittedAt, endedAt: String?
  let software: String
  let blockFormat, payloadFormat: UInt64

  init(_ job: JobSummary) {
    id = "\(job.id)"
    state = "\(job.state)"
    dataset = job.specification.dataSet.text
    datasetVersion = job.dataSetVersion
    transactions = job.transactionCount
    minSupport = job.specification.minimumSupport
    minSupportCount = job.minimumSupport == 0 ? nil : job.minimumSupport
    maxLevel = job.specification.maximumLevel
    arguments = job.specification.arguments
    level = job.level
    rangesClosed = job.rangesClosed
    ranges = job.rangeCount
    levels = job.levels.map {
      LevelView(
        level: $0.level, candidates: $0.candidateCount, frequent: $0.frequentCount,
        leases: $0.leaseCount, bytesReceived: $0.bytesReceived, bytesSent: $0.bytesSent,
        seconds: Double($0.milliseconds) / 1000)
    }
    failure = job.failure.isEmpty ? nil : job.failure
    submittedAt = isoTime(job.submittedAt)
    endedAt = isoTime(job.endedAt)
    software = job.software
    blockFormat = job.formats.block
    payloadFormat = job.formats.payload
  }
}

/// A data set as JSON.
struct DataSetView: Encodable {
  let name, id: String
  let version, transactions, items: UInt64
  let blocks, shards: Int
  let bytes: UInt64
  let replication, underReplicated: Int
  let lostBlocks: [UInt64]
  let source: String
  let addedAt: String?

  init(_ dataSet: DataSetSummary) {
    name = dataSet.name.text
    id = "\(dataSet.id)"
    version = dataSet.version
    transactions = dataSet.transactionCount
    items = dataSet.itemCount
    blocks = dataSet.blockCount
    shards = dataSet.shardCount
    bytes = dataSet.byteCount
    replication = dataSet.replication
    underReplicated = dataSet.underReplicatedCount
    lostBlocks = dataSet.lostBlocks
    source = dataSet.source
    addedAt = isoTime(dataSet.addedAt)
  }
}

/// A worker as JSON.
struct NodeView: Encodable {
  let name, state, dataEndpoint, rack: String
  let threads, objects: Int
  let bytes, freeBytes: UInt64
  let leases: Int
  let silentSeconds: Double
  let failures: Int
  let setAsideSeconds: Double
  let software: String

  init(_ node: NodeSummary) {
    name = node.name.text
    state = "\(node.state)"
    dataEndpoint = node.dataEndpoint
    rack = node.rack
    threads = node.threads
    objects = node.objectCount
    bytes = node.byteCount
    freeBytes = node.freeBytes
    leases = node.leaseCount
    silentSeconds = Double(node.silentMilliseconds) / 1000
    failures = node.failureCount
    setAsideSeconds = Double(node.setAsideMilliseconds) / 1000
    software = node.software
  }
}

/// The cluster as JSON.
struct StatusView: Encodable {
  let cluster: String
  let epoch: UInt64
  let software: String
  let uptimeSeconds: Double
  let replication: Int
  let nodes: [NodeView]
  let datasets: [DataSetView]
  let jobs: [JobView]
  let copiesRunning, copiesWaiting, quarantined: Int
  let problems: [String]

  init(_ status: ClusterStatus) {
    cluster = "\(status.cluster)"
    epoch = status.epoch.number
    software = status.software
    uptimeSeconds = Double(status.uptimeMilliseconds) / 1000
    replication = status.replication
    nodes = status.nodes.map(NodeView.init)
    datasets = status.dataSets.map(DataSetView.init)
    jobs = status.jobs.map(JobView.init)
    copiesRunning = status.copiesRunning
    copiesWaiting = status.copiesWaiting
    quarantined = status.quarantinedCount
    problems = status.problems
  }
}

/// The outcome of a verification as JSON.
struct VerificationView: Encodable {
  struct Defect: Encodable {
    let node, object, failure: String
  }

  let dataset: String
  let replicas, checked, unreachable: Int
  let defects: [Defect]

  init(_ name: Name, _ report: VerificationReport) {
    dataset = name.text
    replicas = report.replicaCount
    checked = report.checkedCount
    unreachable = report.unreachableCount
    defects = report.defects.map {
      Defect(node: $0.node.text, object: "\($0.object)", failure: readable($0.failure))
    }
  }
}

/// What is wrong with a replica, in words.
func readable(_ failure: StoreFailure) -> String {
  switch failure {
  case .unreachable: "not there"
  case .damaged: "bytes differ from their checksum"
  case .disk(let text): text
  }
}

private func isoTime(_ milliseconds: UInt64) -> String? {
  let text = readable(unixMilliseconds: milliseconds)
  return text.isEmpty ? nil : text.replacing(" ", with: "T") + "Z"
}
