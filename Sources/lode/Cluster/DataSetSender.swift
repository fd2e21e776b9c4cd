import Blocks
import Itemsets
import Messages
import Reports
import Runtime
import TransactionReaders

/// Reads files and sends their transactions to the coordinator, chunk by chunk.
struct DataSetSender {
  let name: Name
  let reading: ReadingSettings
  let replication: Int?
  let memory: String
  let temp: String?
  let cluster: ClusterSettings
  /// Whether to say how the inputs are read.
  var saysFormat = true

  /// Items in a chunk after which it is sent; a single huge transaction makes it longer.
  private static let itemsPerChunk = 1 << 16
  /// Bytes of new names in a chunk after which it is sent.
  private static let nameBytesPerChunk = 1 << 18

  /// Sends everything and waits until the data set is there.
  func send() throws -> DataSetSummary {
    let client = try cluster.connect()
    let ingest = RequestID.random()
    var reader = try openReader(MachineSettings(memory: memory, temp: temp))
    let opening = DataSetOpening(
      name: name, replication: replication, transactionsPerBlock: reading.blockTransactions,
      source: reading.input.joined(separator: " "))
    let endpoint = try answer(
      of: client.ask(.openDataSet(opening), id: ingest, deadlineMilliseconds: 10_000)
    ) { response -> String? in
      guard case .ingestOpened(let endpoint, _) = response else { return nil }
      return endpoint
    }
    let watch = try IngestWatch(ingest, client: cluster.connect())
    defer { watch.stop() }
    do {
      var chunks = ChunkSender(client: client, ingest: ingest, endpoint: endpoint, watch: watch)
      try sendAll(&reader, through: &chunks)
      try client.flushChunks(of: ingest) { () throws(ClientFailure) in try watch.check() }
      cluster.narrator.clear()
      LoadedTransactions.report(
        reader, name: name.text, transactions: chunks.transactionCount, items: chunks.itemCount,
        saysFormat: saysFormat, keptEmpty: reading.keepEmpty, narrator: cluster.narrator)
      return try close(
        .closeDataSet(
          ingest: ingest, chunkCount: chunks.sequence, transactionCount: chunks.transactionCount),
        client: client)
    } catch {
      cluster.narrator.clear()
      // Should this not arrive either, the coordinator gives the ingest up by itself.
      _ = try? client.ask(
        .abandonDataSet(ingest: ingest), id: .random(), deadlineMilliseconds: 2_000)
      if let error = error as? ReadError {
        throw CommandFailure.failed("\(error); nothing of \(name) was kept")
      }
      if let error = error as? ClientFailure, case .noCoordinator = error {
        throw CommandFailure.failed(
          "\(name) was not added: \(error). Nothing of it will be left; add it again")
      }
      throw error
    }
  }

  private func openReader(_ machine: MachineSettings) throws -> TransactionReader {
    do throws(ReadError) {
      return try TransactionReader(
        paths: reading.input, options: reading.options(machine: machine))
    } catch {
      throw error.kind == .usage ? CommandFailure.usage("\(error)") : CommandFailure.failed(error)
    }
  }

  private func sendAll(
    _ reader: inout TransactionReader, through chunks: inout ChunkSender
  ) throws {
    var dictionary = ItemDictionary()
    var batch = TransactionBatch()
    var nextShow = 0.0
    while try reader.read(into: &batch, dictionary: &dictionary) {
      if batch.items.count >= Self.itemsPerChunk || batch.count >= Self.itemsPerChunk
        || chunks.newNameBytes(dictionary) >= Self.nameBytesPerChunk
      {
        try chunks.send(&batch, dictionary)
      }
      let now = monotonicSeconds()
      if now >= nextShow {
        nextShow = now + 0.1
        cluster.narrator.show(
          LoadedTransactions.readingProgress(name.text, reader.summary))
      }
    }
    try chunks.send(&batch, dictionary)
  }

  /// Asks until every copy is stored, showing how far it is.
  private func close(
    _ request: ClientRequest, client: any ClusterClient
  ) throws -> DataSetSummary {
    while true {
      let response = try client.ask(request, id: .random(), deadlineMilliseconds: 30_000)
      let summary = try answer(of: response) { response -> DataSetSummary?? in
        switch response {
        case .dataSet(let summary): return .some(summary)
        case .ingesting(let progress):
          cluster.narrator.show(
            "\(name): \(grouped(progress.securedCount)) of \(grouped(progress.blockCount)) blocks"
              + " stored")
          return .some(nil)
        default: return nil
        }
      }
      if let summary {
        cluster.narrator.clear()
        return summary
      }
      pause(milliseconds: 50)
    }
  }
}

/// Makes chunks of transactions and numbers them.
private struct ChunkSender {
  let client: any ClusterClient
  let ingest: RequestID
  let endpoint: String
  let watch: IngestWatch
  private(set) var sequence: UInt64 = 0
  private(set) var transactionCount: UInt64 = 0
  private(set) var itemCount = 0

  init(client: any ClusterClient, ingest: RequestID, endpoint: String, watch: IngestWatch) {
    self.client = client
    self.ingest = ingest
    self.endpoint = endpoint
    self.watch = watch
  }

  /// Bytes of the names that have not been sent.
  func newNameBytes(_ dictionary: ItemDictionary) -> Int {
    dictionary.nameBytes.count - namesEnd(dictionary)
  }

  private func namesEnd(_ dictionary: ItemDictionary) -> Int {
    itemCount == 0 ? 0 : dictionary.nameRange(itemCount - 1).upperBound
  }

  /// Sends a batch with the names that are new in it, and empties it.
  mutating func send(_ batch: inout TransactionBatch, _ dictionary: ItemDictionary) throws {
    if batch.count == 0 { return }
    let start = namesEnd(dictionary)
    let chunk = TransactionChunk(
      names: Array(dictionary.nameBytes[start...]),
      nameEnds: (itemCount..<dictionary.count).map { dictionary.nameRange($0).upperBound - start },
      batch: batch)
    try watch.check()
    try client.put(chunk.encoded(), sequence: sequence, ingest: ingest, to: endpoint) {
      () throws(ClientFailure) in try watch.check()
    }
    sequence += 1
    transactionCount += UInt64(batch.count)
    itemCount = dictionary.count
    batch.removeAll()
  }
}
