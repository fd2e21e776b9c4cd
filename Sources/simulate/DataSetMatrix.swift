import Apriori
import Blocks
import Itemsets
import LodeSimulator
import Messages
import Runtime
import TransactionReaders

/// Mines one data set in this process and by clusters of many shapes, and compares what they find.
struct DataSetMatrix {
  static let name = "data"
  static let workerCounts = [1, 2, 3, 8]
  static let greatestReplication = 3
  static let transactionsPerBlock = [500, 4_096, 65_536]
  /// Items in a chunk after which it is sent.
  private static let itemsPerChunk = 1 << 16

  let minimumSupport: String
  private let expectedItems: RankedItems
  private let expected: [JoinedLevel]
  private let chunks: [TransactionChunk]
  private let transactionCount: UInt64

  /// Reads a data set and mines it with the miner of `lode mine`.
  init(path: String, options: ReadingOptions, minimumSupport: String) throws {
    self.minimumSupport = minimumSupport
    var reader = try TransactionReader(paths: [path], options: options)
    var dictionary = ItemDictionary()
    var chunks: [TransactionChunk] = []
    var blocks: [Block] = []
    var builder = BlockBuilder(transactionsPerBlock: BlockLimits.transactions)
    var batch = TransactionBatch()
    var sentItems = 0
    var isReading = true
    while isReading {
      isReading = try reader.read(into: &batch, dictionary: &dictionary)
      guard batch.count > 0, !isReading || batch.items.count >= Self.itemsPerChunk else { continue }
      chunks.append(TransactionChunk(batch, namesFrom: sentItems, of: dictionary))
      sentItems = dictionary.count
      var next = 0
      while next < batch.count {
        next = try builder.append(batch, from: next)
        if next < batch.count, let block = builder.finish() { blocks.append(block) }
      }
      batch.removeAll()
    }
    if let block = builder.finish() { blocks.append(block) }
    var counts = [UInt64](repeating: 0, count: dictionary.count)
    for block in blocks { try block.addCounts(into: &counts) }
    self.chunks = chunks
    transactionCount = chunks.reduce(0) { $0 + UInt64($1.batch.count) }
    let minimum = try MinimumSupport(minimumSupport).count(of: transactionCount)
    expectedItems = RankedItems(dictionary: dictionary, counts: counts, minimumCount: minimum)
    let miner = LocalMiner(
      blocks: blocks, items: expectedItems, itemCount: dictionary.count,
      transactionCount: transactionCount, options: .init(threadCount: 1))
    expected = try miner.mine(minimumSupport: minimum, maximumLength: nil).levels
      .map { JoinedLevel($0) }
  }

  /// What was found without a cluster.
  var summary: String {
    let nodes = expected.reduce(0) { $0 + $1.segment.counts.count }
    return "\(transactionCount) transactions, \(expectedItems.count) frequent items,"
      + " \(expected.count) levels, \(nodes) nodes"
  }

  /// Tries every shape of cluster, and tells of each; false where one found anything else.
  func check(report: (_ line: String, _ isRight: Bool) -> Void) -> Bool {
    var allRight = true
    for workers in Self.workerCounts {
      for replication in 1...min(Self.greatestReplication, workers) {
        for transactions in Self.transactionsPerBlock {
          for reducesOnWorkers in [false, true] {
            let difference = difference(
              workers: workers, replication: replication, transactionsPerBlock: transactions,
              reducesOnWorkers: reducesOnWorkers)
            if difference != nil { allRight = false }
            report(
              "\(workers) workers, replication \(replication), blocks of \(transactions),"
                + " reduced by \(reducesOnWorkers ? "workers" : "the coordinator"):"
                + " \(difference ?? "the same")", difference == nil)
          }
        }
      }
    }
    return allRight
  }

  /// What one shape of cluster found differently; nil for nothing.
  private func difference(
    workers: Int, replication: Int, transactionsPerBlock: Int, reducesOnWorkers: Bool
  ) -> String? {
    do throws(QuietClusterError) {
      var cluster = try QuietCluster(
        workers: workers, replication: replication, transactionsPerBlock: transactionsPerBlock,
        reducesOnWorkers: reducesOnWorkers)
      try cluster.ingest(Self.name, chunks: chunks)
      let found = try cluster.mine(Self.name, minimumSupport: minimumSupport)
      return difference(found.items, found.levels)
    } catch {
      return "FAILED: \(error)"
    }
  }

  /// Everything that is written is made of the items and levels, so where these are equal every byte
  /// is; ids are the exception, they name dictionaries of which each data set has its own.
  private func difference(_ items: RankedItems, _ found: ClosedLevels) -> String? {
    if items.names != expectedItems.names || items.nameEnds != expectedItems.nameEnds
      || items.counts != expectedItems.counts || items.places != expectedItems.places
    {
      return "FAILED: other frequent items"
    }
    if found.transactionCount != transactionCount {
      return "FAILED: \(found.transactionCount) transactions"
    }
    if found.levels.count != expected.count { return "FAILED: \(found.levels.count) levels" }
    for (level, expected) in zip(found.levels, expected) where JoinedLevel(level) != expected {
      return "FAILED: another level \(level.length)"
    }
    return nil
  }
}

/// A level as one segment, however it was cut.
struct JoinedLevel: Equatable {
  let segment: LevelSegment
  let candidateCount: UInt64

  init(_ level: Level) {
    var joined = LevelSegment(length: level.length)
    for segment in level.segments {
      var path = [UInt32](repeating: 0, count: level.length - 1)
      var (word, node) = (0, 0)
      for _ in 0..<segment.groupCount {
        let shared = Int(segment.words[word])
        let perfectCount = Int(segment.words[word + 1])
        let extensionCount = Int(segment.words[word + 2])
        word += LevelSegment.headerLength
        for place in shared..<path.count {
          path[place] = segment.words[word]
          word += 1
        }
        let perfect = Array(segment.words[word..<word + perfectCount])
        word += perfectCount
        let extensions = Array(segment.words[word..<word + extensionCount])
        word += extensionCount
        joined.append(
          path: path, perfectExtensions: perfect, extensions: extensions,
          counts: Array(segment.counts[node..<node + extensionCount]))
        node += extensionCount
      }
    }
    segment = joined
    candidateCount = level.candidateCount
  }
}

extension TransactionChunk {
  /// A batch with the names of the items that are new since the first `count`.
  fileprivate init(
    _ batch: TransactionBatch, namesFrom count: Int, of dictionary: ItemDictionary
  ) {
    let start = count == 0 ? 0 : dictionary.nameRange(count - 1).upperBound
    self.init(
      names: Array(dictionary.nameBytes[start...]),
      nameEnds: (count..<dictionary.count).map { dictionary.nameRange($0).upperBound - start },
      batch: batch)
  }
}
