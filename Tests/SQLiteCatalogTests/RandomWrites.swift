import Blocks
import Coordination
import Messages
import TestSupport

/// Random changes of a catalog, over few names, so that things are replaced and removed often.
struct RandomWrites {
  var generator: SeededGenerator
  /// Claims only grow.
  var epoch: UInt64 = 0

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// Counts with all bits, so that no bit is lost on the way.
  mutating func number() -> UInt64 {
    Bool.random(using: &generator)
      ? UInt64.random(in: 0...9, using: &generator)
      : UInt64.random(in: 0...UInt64.max, using: &generator)
  }

  mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

  mutating func text() -> String {
    let texts = [
      "", "plain", "with 'quotes' and \"more\"", "two\nlines", "nul\u{0}inside", "\u{0}",
      "Grüße, 世界 👩‍👩‍👧", "e\u{301}", "%s; DROP TABLE jobs;--", "-0.5 %",
    ]
    return texts[below(texts.count)]
  }

  mutating func dataSet() -> DataSetID {
    DataSetID(high: [0, 1, .max][below(3)], low: UInt64(below(2)))
  }

  mutating func job() -> JobID { JobID([1, 2, 9, 10, 1 << 63, .max][below(6)]) }

  mutating func name() -> Name {
    let names = ["a", "B", "worker-1", "worker-10", "worker-9", "_"]
    guard let name = try? Name(names[below(names.count)]) else { fatalError("no name") }
    return name
  }

  mutating func object() -> ObjectID {
    let owner: ObjectOwner = Bool.random(using: &generator) ? .dataSet(dataSet()) : .job(job())
    let kind = ObjectKind.allCases[below(ObjectKind.allCases.count)]
    return ObjectID(owner: owner, kind: kind, number: number())
  }

  mutating func descriptor() -> ObjectDescriptor {
    ObjectDescriptor(id: object(), length: number(), checksum: number())
  }

  mutating func dataSetRecord() -> DataSetRecord {
    var shards: [ShardRecord] = []
    for _ in 0..<below(4) {
      let blocks = (0..<below(5)).map { _ in descriptor() }
      shards.append(
        ShardRecord(firstBlock: number(), blocks: blocks, transactionCount: number()))
    }
    return DataSetRecord(
      id: dataSet(), name: name(), version: number(), replication: below(5),
      transactionCount: number(), itemCount: number(), shards: shards, dictionary: descriptor(),
      counts: descriptor(), source: text(), addedAt: number(),
      ingest: RequestID(DataSetID(high: number(), low: number())))
  }

  mutating func jobRecord() -> JobRecord {
    let specification = JobSpecification(
      dataSet: name(), minimumSupport: text(), maximumLevel: below(2) == 0 ? nil : below(9) - 4,
      arguments: (0..<below(4)).map { _ in text() })
    var summary = JobSummary(
      id: job(), specification: specification, state: JobState.allCases[below(5)],
      dataSetVersion: number(), transactionCount: number(), submittedAt: number(),
      software: text())
    summary.formats = FormatVersions(block: number(), payload: number())
    summary.minimumSupport = number()
    summary.level = below(9)
    summary.rangesClosed = below(100)
    summary.rangeCount = below(100)
    for level in 0..<below(4) {
      summary.levels.append(
        LevelFigures(
          level: level, candidateCount: number(), frequentCount: number(), leaseCount: number(),
          bytesReceived: number(), bytesSent: number(), milliseconds: number()))
    }
    summary.failure = text()
    summary.endedAt = number()
    return JobRecord(
      summary: summary, dataSet: dataSet(),
      request: RequestID(DataSetID(high: number(), low: number())),
      items: below(2) == 0 ? nil : descriptor(),
      checkpoints: (0..<below(4)).map { _ in descriptor() })
  }

  mutating func replica() -> ReplicaRecord {
    // Few objects, so that the same replica is put twice and removed.
    let id = object()
    return ReplicaRecord(
      object: ObjectID(owner: id.owner, kind: .block, number: id.number % 4), node: name())
  }

  mutating func write() -> CatalogWrite {
    switch below(16) {
    case 0:
      epoch += UInt64(1 + below(3))
      return .claim(Epoch(epoch))
    case 1, 2, 3: return .putDataSet(dataSetRecord())
    case 4: return .removeDataSet(dataSet())
    case 5, 6, 7: return .putJob(jobRecord())
    case 8: return .removeJob(job())
    case 9, 10:
      return .putNode(
        NodeRecord(
          name: name(), incarnation: Incarnation(number()), rack: text(),
          isDraining: below(2) == 0))
    case 11: return .removeNode(name())
    case 12: return .removeReplica(replica())
    default: return .putReplica(replica())
    }
  }
}
