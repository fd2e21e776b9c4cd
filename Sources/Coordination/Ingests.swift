import Blocks
import Itemsets
import Messages

/// The data sets on their way in.
struct Ingests: Sendable {
  /// How many ingests that have ended badly are remembered.
  static let memory = 1_024

  private(set) var open: [Ingest] = []
  private var ended: [RequestID: Refusal] = [:]
  private var endedOrder: [RequestID] = []
  private var random: RandomNumbers

  init(seed: UInt64) { random = RandomNumbers(seed: seed) }

  private func index(of id: RequestID) -> Int? { open.firstIndex { $0.id == id } }

  /// Whether an ingest is going to use a name.
  func claims(_ name: Name) -> Bool { open.contains { $0.opening.name == name } }

  // MARK: Requests

  mutating func handle(
    _ request: ClientRequest, id: RequestID, from peer: PeerID, _ cluster: inout Cluster,
    at: Moment, _ outbox: inout Outbox
  ) {
    let asker = Ingest.Asker(id: id, peer: peer)
    switch request {
    case .openDataSet(let opening):
      let response = openDataSet(opening, id, cluster, at)
      outbox.add(.reply(response, id: id, to: peer))
    case .putChunk(let ingest, let sequence, let bytes):
      guard let index = find(ingest, asker, cluster, at, &outbox) else { return }
      putChunk(bytes, sequence, index, asker, cluster, &outbox)
      advance(index, &cluster, at, &outbox)
    case .closeDataSet(let ingest, let chunkCount, let transactionCount):
      guard let index = find(ingest, asker, cluster, at, &outbox) else { return }
      open[index].closing = Ingest.Closing(
        chunkCount: chunkCount, transactionCount: transactionCount, asker: asker)
      outbox.add(.reply(.ingesting(progress(open[index], cluster)), id: id, to: peer))
      advance(index, &cluster, at, &outbox)
    case .abandonDataSet(let ingest):
      if let index = index(of: ingest), open[index].phase != .recording {
        interrupt(index, "the client gave it up", &cluster, &outbox)
      }
      outbox.add(.reply(.done, id: id, to: peer))
    default: break
    }
  }

  private mutating func openDataSet(
    _ opening: DataSetOpening, _ id: RequestID, _ cluster: Cluster, _ at: Moment
  ) -> ClientResponse {
    let configuration = cluster.configuration
    let opened = ClientResponse.ingestOpened(
      dataEndpoint: configuration.dataEndpoint, credits: max(1, configuration.ingestCredits))
    if let index = index(of: id) {
      open[index].lastHeard = at.milliseconds
      return opened
    }
    if let record = cluster.dataSets.record(madeBy: id) {
      return .dataSet(cluster.summary(of: record))
    }
    if let refusal = ended[id] ?? refusal(of: opening, cluster) { return .refused(refusal) }
    open.append(
      Ingest(
        id: id, opening: opening, dataSet: random.uuid(),
        replication: opening.replication ?? configuration.replication,
        workerCount: cluster.members.all.count(where: \.takesReplicas), at: at))
    return opened
  }

  private func refusal(of opening: DataSetOpening, _ cluster: Cluster) -> Refusal? {
    if cluster.dataSets.record(named: opening.name) != nil {
      return Refusal(
        .nameTaken,
        "there is a data set \(opening.name) already: choose another name, or remove it with"
          + " `lode dataset remove \(opening.name)`")
    }
    if claims(opening.name) {
      return Refusal(
        .nameTaken,
        "a data set \(opening.name) is just being added: choose another name, or wait")
    }
    let replication = opening.replication ?? cluster.configuration.replication
    guard (1...BlockLimits.transactions).contains(opening.transactionsPerBlock) else {
      return Refusal(
        .invalid,
        "a block has 1 to \(grouped(BlockLimits.transactions)) transactions, not"
          + " \(opening.transactionsPerBlock)")
    }
    guard replication >= 1 else {
      return Refusal(.invalid, "a data set has at least 1 replica, not \(replication)")
    }
    let workers = cluster.members.all.count(where: \.takesReplicas)
    guard workers >= replication else {
      return Refusal(
        .tooFewWorkers,
        "\(counted(replication, "replica")) can only be had of as many workers that are alive and not"
          + " draining, but there are \(workers): start \(replication - workers) more, or ask for"
          + " fewer with --replication")
    }
    guard open.count < max(1, cluster.configuration.ingestLimit) else {
      return Refusal(
        .unavailable, "\(open.count) data sets are being added, which is the limit: try again later"
      )
    }
    return nil
  }

  /// The ingest of a request; where there is none, the request is answered.
  private mutating func find(
    _ ingest: RequestID, _ asker: Ingest.Asker, _ cluster: Cluster, _ at: Moment,
    _ outbox: inout Outbox
  ) -> Int? {
    if let index = index(of: ingest) {
      open[index].lastHeard = at.milliseconds
      return index
    }
    let response: ClientResponse
    if let record = cluster.dataSets.record(madeBy: ingest) {
      response = .dataSet(cluster.summary(of: record))
    } else {
      response = .refused(
        ended[ingest]
          ?? Refusal(
            .interrupted,
            "the coordinator does not know this ingest: it has started anew since, or the data"
              + " set was removed. Nothing of the ingest is left; add the data set again"))
    }
    outbox.add(.reply(response, id: asker.id, to: asker.peer))
    return nil
  }

  private mutating func putChunk(
    _ bytes: [UInt8], _ sequence: UInt64, _ index: Int, _ asker: Ingest.Asker,
    _ cluster: Cluster, _ outbox: inout Outbox
  ) {
    let ingest = open[index]
    let credits = max(1, cluster.configuration.ingestCredits)
    let isNext = sequence == ingest.arrivedCount && ingest.phase == .receiving
    if isNext, ingest.queue.count + ingest.inWork.count < credits,
      sequence < ingest.closing?.chunkCount ?? .max
    {
      open[index].queue.append(Ingest.Chunk(bytes: bytes, asker: asker))
      return
    }
    outbox.add(.reply(.ingesting(progress(ingest, cluster)), id: asker.id, to: asker.peer))
  }

  func progress(_ ingest: Ingest, _ cluster: Cluster) -> IngestProgress {
    let blocks = ingest.shards.reduce(0) { $0 + $1.blocks.count }
    let unsecured = cluster.registry.unsecuredCounts[ingest.owner] ?? 0
    return IngestProgress(
      nextSequence: ingest.takenCount, blockCount: blocks,
      securedCount: max(0, blocks - unsecured))
  }

  // MARK: Steps

  /// Does what can be done next.
  private mutating func advance(
    _ index: Int, _ cluster: inout Cluster, _ at: Moment, _ outbox: inout Outbox
  ) {
    switch open[index].phase {
    case .receiving: work(index, cluster, &outbox)
    case .securing: record(index, &cluster, &outbox)
    case .finishing, .describing, .recording: break
    }
  }

  /// Gives the chunks that have arrived, or the end, to the pool, unless too much waits for copies.
  private mutating func work(_ index: Int, _ cluster: Cluster, _ outbox: inout Outbox) {
    guard open[index].state != nil else { return }
    let unsecured = open.reduce(0) { $0 &+ (cluster.registry.unsecuredBytes[$1.owner] ?? 0) }
    if !open[index].queue.isEmpty {
      guard unsecured <= UInt64(max(0, cluster.configuration.memoryLimit / 4)) else { return }
      guard let state = open[index].state.take() else { return }
      let chunks = open[index].queue
      open[index].queue = []
      open[index].inWork = chunks.map(\.asker)
      perform(.take(state, chunks: chunks.map(\.bytes)), index, &outbox)
    } else if let closing = open[index].closing,
      open[index].takenCount >= closing.chunkCount, let state = open[index].state.take()
    {
      open[index].phase = .finishing
      perform(.finish(state), index, &outbox)
    }
  }

  private mutating func perform(_ work: consuming IngestWork, _ index: Int, _ outbox: inout Outbox)
  {
    let token = outbox.token(for: .ingest(open[index].id))
    open[index].token = token
    outbox.add(.perform(token, .ingest(work)))
  }

  /// The pool has done something.
  mutating func performed(
    _ outcome: consuming IngestOutcome, _ token: Token, _ id: RequestID, _ cluster: inout Cluster,
    at: Moment, _ outbox: inout Outbox
  ) {
    guard let index = index(of: id), open[index].token == token else { return }
    open[index].token = nil
    switch consume outcome {
    case .took(let state, let blocks):
      open[index].state = state
      open[index].takenCount += UInt64(open[index].inWork.count)
      let askers = open[index].inWork
      open[index].inWork = []
      for block in blocks { add(block, index, &cluster, &outbox) }
      let progress = progress(open[index], cluster)
      for asker in askers {
        outbox.add(.reply(.ingesting(progress), id: asker.id, to: asker.peer))
      }
    case .finished(let finished):
      finish(finished, index, &cluster, at, &outbox)
    case .described(let manifest):
      keep(manifest, index, &cluster, &outbox)
      open[index].phase = .securing
    case .failed(let reason):
      end(index, Refusal(.invalid, reason + ". Nothing of the ingest is left"), &cluster, &outbox)
      return
    }
    if let index = self.index(of: id) { advance(index, &cluster, at, &outbox) }
  }

  private mutating func add(
    _ block: BuiltBlock, _ index: Int, _ cluster: inout Cluster, _ outbox: inout Outbox
  ) {
    let (group, blockLimit) = open[index].addToShard(block)
    let descriptor = block.object.descriptor
    cluster.registry.add(
      descriptor, block.object.bytes, group: group, wanted: open[index].replication,
      plannedBytes: descriptor.length &* UInt64(blockLimit), isStrict: true, keepsHere: false,
      members: cluster.members, outbox: &outbox)
  }

  private mutating func keep(
    _ object: BuiltObject, _ index: Int, _ cluster: inout Cluster, _ outbox: inout Outbox
  ) {
    cluster.registry.add(
      object.descriptor, object.bytes, group: object.descriptor.id,
      wanted: open[index].replication, isStrict: true, keepsHere: true,
      members: cluster.members, outbox: &outbox)
  }

  private mutating func finish(
    _ finished: FinishedIngest, _ index: Int, _ cluster: inout Cluster, _ at: Moment,
    _ outbox: inout Outbox
  ) {
    let expected = open[index].closing?.transactionCount ?? 0
    guard finished.transactionCount == expected else {
      let refusal = Refusal(
        .invalid,
        "the client says that it sent \(counted(expected, "transaction")), but \(grouped(finished.transactionCount))"
          + " arrived. Nothing of the ingest is left; add the data set again")
      end(index, refusal, &cluster, &outbox)
      return
    }
    guard finished.transactionCount > 0 else {
      let refusal = Refusal(
        .invalid, "the input has no transactions: a data set has at least one")
      end(index, refusal, &cluster, &outbox)
      return
    }
    if let block = finished.lastBlock { add(block, index, &cluster, &outbox) }
    keep(finished.dictionary, index, &cluster, &outbox)
    keep(finished.counts, index, &cluster, &outbox)
    let record = open[index].record(finished, at: at)
    open[index].record = record
    open[index].phase = .describing
    let id = ObjectID(owner: open[index].owner, kind: .manifest, number: 0)
    perform(
      .describe(.putDataSet(record), id, encode: cluster.configuration.encodeManifest), index,
      &outbox)
  }

  /// Makes the data set visible at once, when all its objects have all their copies.
  private mutating func record(
    _ index: Int, _ cluster: inout Cluster, _ outbox: inout Outbox
  ) {
    let owner = open[index].owner
    guard cluster.registry.unsecuredCounts[owner] == 0, let record = open[index].record else {
      return
    }
    open[index].phase = .recording
    let token = outbox.token(for: .ingest(open[index].id))
    open[index].token = token
    let replicas = cluster.registry.commit(owner)
    outbox.add(.persist(token, [.putDataSet(record)] + replicas.map { .putReplica($0) }))
  }

  /// The catalog has the data set: now it can be told.
  mutating func persisted(
    _ token: Token, _ id: RequestID, _ cluster: inout Cluster, _ outbox: inout Outbox
  ) {
    guard let index = index(of: id), open[index].token == token, let record = open[index].record
    else { return }
    let ingest = open.remove(at: index)
    cluster.dataSets.add(record)
    let summary = cluster.summary(of: record)
    for asker in ingest.askers {
      outbox.add(.reply(.dataSet(summary), id: asker.id, to: asker.peer))
    }
    outbox.add(
      .note(
        "data set \(record.name): \(counted(record.transactionCount, "transaction")) in"
          + " \(counted(summary.blockCount, "block")), each on \(counted(record.replication, "worker"))"
      ))
  }

  // MARK: Other events

  /// An object of a data set has its copies.
  mutating func secured(
    _ owner: ObjectOwner, _ cluster: inout Cluster, at: Moment, _ outbox: inout Outbox
  ) {
    guard let index = open.firstIndex(where: { $0.owner == owner }) else { return }
    advance(index, &cluster, at, &outbox)
  }

  /// The copies of an ingest cannot be had any more.
  mutating func interrupt(
    _ owner: ObjectOwner, _ reason: String, _ cluster: inout Cluster, _ outbox: inout Outbox
  ) {
    guard let index = open.firstIndex(where: { $0.owner == owner && $0.phase != .recording })
    else { return }
    interrupt(index, reason, &cluster, &outbox)
  }

  private mutating func interrupt(
    _ index: Int, _ reason: String, _ cluster: inout Cluster, _ outbox: inout Outbox
  ) {
    let refusal = Refusal(
      .interrupted,
      "adding data set \(open[index].opening.name) was interrupted: \(reason). Nothing of it is"
        + " left; add it again")
    end(index, refusal, &cluster, &outbox)
  }

  private mutating func end(
    _ index: Int, _ refusal: Refusal, _ cluster: inout Cluster, _ outbox: inout Outbox
  ) {
    let ingest = open.remove(at: index)
    ended[ingest.id] = refusal
    endedOrder.append(ingest.id)
    if endedOrder.count > Self.memory { ended[endedOrder.removeFirst()] = nil }
    cluster.registry.drop(ingest.owner, members: cluster.members, outbox: &outbox)
    for asker in ingest.askers {
      outbox.add(.reply(.refused(refusal), id: asker.id, to: asker.peer))
    }
    outbox.add(.note(refusal.message))
  }

  /// Time has passed: ingests whose client is silent are given up.
  mutating func tick(_ cluster: inout Cluster, at: Moment, _ outbox: inout Outbox) {
    let patience = cluster.configuration.ingestSilenceMilliseconds
    for index in open.indices.reversed() where open[index].phase != .recording {
      let silence = at.milliseconds.subtractingOrZero(open[index].lastHeard)
      if silence >= patience {
        interrupt(
          index, "its client was silent for \(counted(silence / 1_000, "second"))", &cluster,
          &outbox)
      }
    }
    for index in open.indices { advance(index, &cluster, at, &outbox) }
  }

  func validateState(_ cluster: Cluster) {
    for ingest in open {
      invariant(
        (ingest.state == nil) == (ingest.phase != .receiving || !ingest.inWork.isEmpty),
        "The state of an ingest is here or in the pool.")
      invariant(
        ingest.token != nil || ingest.phase == .receiving || ingest.phase == .securing,
        "An ingest that waits knows for what.")
      invariant(
        cluster.dataSets.record(ingest.dataSet) == nil,
        "A data set is on its way in or there, not both.")
    }
  }
}
