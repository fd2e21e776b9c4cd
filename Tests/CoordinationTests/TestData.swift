import Blocks
import Itemsets
import Messages
import Testing

@testable import Coordination

extension TestCluster {
  /// A chunk of transactions `first..<first + count`; number n has the items 0 and n % 5 + 1.
  static func chunk(from first: Int, count: Int) -> [UInt8] {
    var batch = TransactionBatch()
    for number in first..<first + count {
      batch.items += [0, UInt32(number % 5 + 1)]
      batch.ends.append(batch.items.count)
    }
    var names: [UInt8] = []
    var ends: [Int] = []
    if first == 0 {
      for name in ["bread", "milk", "eggs", "tea", "jam", "salt"] {
        names += Array(name.utf8)
        ends.append(names.count)
      }
    }
    return TransactionChunk(names: names, nameEnds: ends, batch: batch).encoded()
  }

  static func opening(
    _ name: String, replication: Int? = nil, transactionsPerBlock: Int = 10
  ) throws -> DataSetOpening {
    DataSetOpening(
      name: try Name(name), replication: replication,
      transactionsPerBlock: transactionsPerBlock, source: "test")
  }

  /// Opens an ingest; its id.
  mutating func open(_ name: String, replication: Int? = nil) throws -> RequestID {
    let id = nextID()
    let opening = try Self.opening(name, replication: replication)
    guard case .ingestOpened = try ask(.openDataSet(opening), id: id) else {
      throw TestFailure("\(name) was not opened")
    }
    return id
  }

  /// Adds a data set of so many blocks of ten transactions.
  mutating func add(
    _ name: String, blocks: Int, replication: Int? = nil
  ) throws -> DataSetSummary {
    let ingest = try open(name, replication: replication)
    for sequence in 0..<blocks {
      _ = try ask(
        .putChunk(
          ingest: ingest, sequence: UInt64(sequence),
          bytes: Self.chunk(from: 10 * sequence, count: 10)))
    }
    return try close(ingest, chunks: blocks, transactions: 10 * blocks)
  }

  /// Closes an ingest and waits for the data set.
  mutating func close(
    _ ingest: RequestID, chunks: Int, transactions: Int
  ) throws -> DataSetSummary {
    for _ in 0..<300 {
      let response = try ask(
        .closeDataSet(
          ingest: ingest, chunkCount: UInt64(chunks), transactionCount: UInt64(transactions)))
      switch response {
      case .dataSet(let summary): return summary
      case .ingesting: try run(milliseconds: 100)
      default: throw TestFailure("\(response)")
      }
    }
    throw TestFailure("the data set does not become visible")
  }

  /// What the workers' disks have of a data set's blocks, as in `0: a b, 1: b c`.
  func layout(_ name: String) throws -> String {
    let record = try #require(coordinator.cluster.dataSets.record(named: try Name(name)))
    return record.shards.flatMap(\.blocks).map { block in
      let holders = names.filter { workers[$0]?.objects[block.id]?.descriptor == block }
      return "\(block.id.number): " + holders.map(\.text).joined(separator: " ")
    }.joined(separator: ", ")
  }

  /// The copies on disks of live workers of every object of a data set, the fewest.
  func fewestCopies(_ name: String) throws -> Int {
    let record = try #require(coordinator.cluster.dataSets.record(named: try Name(name)))
    return coordinator.objects(of: .dataSet(record.id)).map { descriptor in
      workers.values.count {
        $0.isUp && $0.objects[descriptor.id].map { descriptor.matches($0.bytes) } == true
      }
    }.min() ?? 0
  }

  /// The most copies, dead workers included.
  func mostCopies(_ name: String) throws -> Int {
    let record = try #require(coordinator.cluster.dataSets.record(named: try Name(name)))
    return coordinator.objects(of: .dataSet(record.id)).map { descriptor in
      workers.values.count { $0.objects[descriptor.id] != nil }
    }.max() ?? 0
  }

  /// Whether the coordinator's view, the catalog and the disks agree about every replica.
  func viewsAgree() -> Bool {
    var disks: Set<ReplicaRecord> = []
    for (name, worker) in workers {
      for id in worker.objects.keys { disks.insert(ReplicaRecord(object: id, node: name)) }
    }
    var view: Set<ReplicaRecord> = []
    for id in coordinator.cluster.registry.entries.keys {
      for name in coordinator.holders(of: id) {
        view.insert(ReplicaRecord(object: id, node: name))
      }
    }
    return view == disks && Set(catalog.replicas) == view
  }

  var disksAreEmpty: Bool { workers.values.allSatisfy { $0.objects.isEmpty } }

  func state(_ name: String) throws -> NodeState? { coordinator.state(of: try Name(name)) }
}

struct TestFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
