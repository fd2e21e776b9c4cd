import Blocks
import Messages

/// Adding a data set: open, put chunks within the credits, close until it is there.
extension World {
  func advanceIngest(_ client: Client, dataSet: Int, name: String) {
    switch client.step {
    case .begin:
      client.ingest = Client.IngestWork()
      client.ingest.id = client.newID()
      client.ingest.chunks = scenario.dataSets[dataSet].chunks().map { encode($0) }
      client.step = .opening
      open(client, dataSet: dataSet, name: name)
    case .opening: open(client, dataSet: dataSet, name: name)
    case .putting:
      // No news for a while: what has not been taken is sent again, over a new connection.
      client.ingest.attempts += 1
      if client.ingest.attempts % 3 == 0 { connect(client) }
      client.ingest.sent = client.ingest.next
      pump(client)
    case .closing: close(client)
    case .abandoning: ask(client, .abandonDataSet(ingest: client.ingest.id), id: client.newID())
    default: break
    }
  }

  private func open(_ client: Client, dataSet: Int, name: String) {
    let plan = scenario.dataSets[dataSet]
    let opening = DataSetOpening(
      name: checkedName(name), replication: dataSet % 2 == 0 ? nil : scenario.replication,
      transactionsPerBlock: plan.transactionsPerBlock, source: "seed")
    ask(client, .openDataSet(opening), id: client.ingest.id)
  }

  private func close(_ client: Client) {
    let count = client.ingest.chunks.count
    ask(
      client,
      .closeDataSet(
        ingest: client.ingest.id, chunkCount: UInt64(count),
        transactionCount: UInt64(dataSet(of: client).transactions.count)),
      id: derived(client.ingest.id, number: 1 << 20))
  }

  private func dataSet(of client: Client) -> GeneratedDataSet {
    switch client.task {
    case .ingest(let dataSet), .abandonIngest(let dataSet, _, _): scenario.dataSets[dataSet]
    default: scenario.dataSets[0]
    }
  }

  /// Sends chunks as far as the credits go.
  private func pump(_ client: Client) {
    let end = min(client.ingest.next + client.ingest.credits, client.ingest.chunks.count)
    while client.ingest.sent < end {
      let sequence = client.ingest.sent
      client.ingest.sent += 1
      post(
        .putChunk(
          ingest: client.ingest.id, sequence: UInt64(sequence),
          bytes: client.ingest.chunks[sequence]),
        id: derived(client.ingest.id, number: UInt64(sequence) + 1), from: client)
    }
    alarm(client, after: 400_000 + 20 * network.delay.upperBound)
  }

  /// The number of a request that belongs to an ingest: the same when it is sent again.
  private func derived(_ id: RequestID, number: UInt64) -> RequestID {
    RequestID(DataSetID(high: id.id.high, low: id.id.low &+ number))
  }

  func answeredChunk(_ client: Client, _ response: ClientResponse, _ task: ClientTask) {
    switch response {
    case .ingesting(let progress):
      let next = Int(clamping: progress.nextSequence)
      guard next > client.ingest.next else { return }
      client.ingest.next = next
      client.ingest.sent = max(client.ingest.sent, next)
      client.ingest.attempts = 0
      if case .abandonIngest(_, _, let saysSo) = task, next * 2 >= client.ingest.chunks.count {
        probes.hit(.ingestAbandoned)
        if !saysSo { return finishTask(client) }
        client.step = .abandoning
        return advance(client)
      }
      if next >= client.ingest.chunks.count {
        client.step = .closing
        return close(client)
      }
      pump(client)
    case .refused(let refusal): refused(client, refusal)
    default: break
    }
  }

  func answeredIngest(_ client: Client, _ response: ClientResponse, dataSet: Int) {
    switch (client.step, response) {
    case (.abandoning, .refused), (.abandoning, .done): finishTask(client)
    case (_, .refused(let refusal)): refused(client, refusal)
    case (.opening, .ingestOpened(_, let credits)):
      client.ingest.credits = max(credits, 1)
      client.step = .putting
      pump(client)
    case (.opening, .ingesting(let progress)), (.closing, .ingesting(let progress)):
      let next = Int(clamping: progress.nextSequence)
      if next < client.ingest.chunks.count {
        client.ingest.next = next
        client.ingest.sent = next
        client.step = .putting
        pump(client)
      } else {
        client.step = .closing
        alarm(client, after: client.chance.duration(20_000...150_000))
      }
    case (_, .dataSet(let summary)):
      checkAdded(summary, dataSet: dataSet)
      progress.isReady[dataSet] = true
      finishTask(client)
    default: fail("client", "an ingest is answered with \(brief(response))")
    }
  }

  private func refused(_ client: Client, _ refusal: Refusal) {
    switch refusal.kind {
    case .unavailable, .tooFewWorkers, .failed, .dataLost:
      if case .putting = client.step { return }
      tryLater(client)
    case .nameTaken, .interrupted, .unknown, .invalid:
      // Nothing of it is left: the whole file is sent again under another number.
      probes.hit(.ingestInterrupted, if: refusal.kind != .nameTaken)
      if case .abandonIngest = client.task { return finishTask(client) }
      client.step = .begin
      tryLater(client)
    case .forbidden: fail("client", "an ingest is forbidden: \(refusal)")
    }
  }

  func checkedName(_ text: String) -> Name {
    guard let name = try? Name(text) else { fatalError("\(text) is no name") }
    return name
  }
}
