public import Apriori
public import Itemsets
public import Messages

/// Why a cluster without faults did not do what it was asked.
public enum QuietClusterError: Error, CustomStringConvertible {
  /// A request was refused.
  case refused(Refusal)
  /// It goes on for ever, or nothing happens any more.
  case halted(String)
  /// A process stopped.
  case stopped(String)
  /// A job failed, or its results cannot be read.
  case failed(String)

  /// What happened.
  public var description: String {
    switch self {
    case .refused(let refusal): "refused: \(refusal)"
    case .halted(let reason), .stopped(let reason), .failed(let reason): reason
    }
  }
}

extension QuietCluster {
  /// Adds a data set, as `lode dataset add` does.
  ///
  /// - Parameter chunks: all transactions, new names with the chunk they are first seen in.
  public mutating func ingest(
    _ name: String, chunks: [TransactionChunk]
  ) throws(QuietClusterError) {
    let opening = DataSetOpening(
      name: try Self.checkedName(name), replication: replication,
      transactionsPerBlock: transactionsPerBlock, source: "memory")
    let ingest = newRequest()
    try ask(.openDataSet(opening), id: ingest) { response -> Void? in
      if case .ingestOpened = response { () } else { nil }
    }
    var transactionCount: UInt64 = 0
    for (sequence, chunk) in chunks.enumerated() {
      transactionCount += UInt64(chunk.batch.count)
      let request = ClientRequest.putChunk(
        ingest: ingest, sequence: UInt64(sequence), bytes: chunk.encoded())
      try ask(request) { response -> Void? in
        guard case .ingesting(let progress) = response else { return nil }
        return progress.nextSequence > UInt64(sequence) ? () : nil
      }
    }
    let closing = ClientRequest.closeDataSet(
      ingest: ingest, chunkCount: UInt64(chunks.count), transactionCount: transactionCount)
    let summary = try ask(closing) { response -> DataSetSummary? in
      if case .dataSet(let summary) = response { summary } else { nil }
    }
    guard summary.transactionCount == transactionCount else {
      throw .failed("\(summary.transactionCount) of \(transactionCount) transactions were added")
    }
  }

  /// Mines a data set and fetches what was found, as `lode job submit` and `lode job results` do.
  public mutating func mine(
    _ name: String, minimumSupport: String
  ) throws(QuietClusterError) -> (items: RankedItems, levels: ClosedLevels) {
    let specification = JobSpecification(
      dataSet: try Self.checkedName(name), minimumSupport: minimumSupport, maximumLevel: nil,
      arguments: [])
    let job = try ask(.submitJob(specification)) { response -> JobID? in
      if case .job(let summary) = response { summary.id } else { nil }
    }
    let ended = try ask(.showJob(job)) { response -> JobSummary? in
      guard case .job(let summary) = response else { return nil }
      return [.queued, .running].contains(summary.state) ? nil : summary
    }
    guard ended.state == .done else { throw .failed("\(job) failed: \(ended.failure)") }
    let results = try ask(.openResults(job)) { response -> ResultDescription? in
      if case .results(let results) = response { results } else { nil }
    }
    do {
      return try decode(results)
    } catch let error as QuietClusterError {
      throw error
    } catch {
      throw .failed("\(job): \(error)")
    }
  }

  private func decode(
    _ results: ResultDescription
  ) throws -> (items: RankedItems, levels: ClosedLevels) {
    let endpoint = results.dataEndpoint
    let items = try RankedItems(decoding: fetch(results.items, from: endpoint))
    let levels = try results.levels.map {
      try Level(decoding: fetch($0, from: endpoint), rankCount: items.count)
    }
    let closed = ClosedLevels(
      levels: levels, transactionCount: results.job.transactionCount,
      minimumSupport: results.job.minimumSupport, completeLength: nil)
    return (items, closed)
  }

  /// A name for the cluster.
  static func checkedName(_ text: String) throws(QuietClusterError) -> Name {
    do {
      return try Name(text)
    } catch {
      throw .failed("\(error)")
    }
  }
}
