import Blocks
import Messages

/// One data set on its way in.
struct Ingest: Sendable {
  /// How far it is.
  enum Phase: Sendable, Equatable {
    /// Takes chunks.
    case receiving
    /// Builds the last block and what belongs to the whole.
    case finishing
    /// Encodes the manifest.
    case describing
    /// Waits until every object has its copies.
    case securing
    /// Waits until the catalog has it.
    case recording
  }

  /// A chunk that was not worked on yet, with whom to tell when it was.
  struct Chunk: Sendable {
    let bytes: [UInt8]
    var asker: Asker
  }

  /// Who waits for an answer.
  struct Asker: Sendable {
    let id: RequestID
    let peer: PeerID
  }

  /// What the client says it has sent.
  struct Closing: Sendable {
    let chunkCount: UInt64
    let transactionCount: UInt64
    var asker: Asker
  }

  let id: RequestID
  let opening: DataSetOpening
  let dataSet: DataSetID
  let replication: Int
  /// Workers at the opening; shards grow by it.
  let workerCount: Int
  var phase = Phase.receiving
  /// What was read; nil while the pool has it.
  var state: IngestState?
  /// The effect that is waited for.
  var token: Token?
  /// Chunks after those in work, in order.
  var queue: [Chunk] = []
  /// Who sent the chunks that are in work.
  var inWork: [Asker] = []
  /// Chunks that were worked on.
  var takenCount: UInt64 = 0
  var closing: Closing?
  var shards: [ShardRecord] = []
  var record: DataSetRecord?
  var lastHeard: UInt64

  init(
    id: RequestID, opening: DataSetOpening, dataSet: DataSetID, replication: Int,
    workerCount: Int, at: Moment
  ) {
    self.id = id
    self.opening = opening
    self.dataSet = dataSet
    self.replication = replication
    self.workerCount = workerCount
    state = IngestState(dataSet: dataSet, transactionsPerBlock: opening.transactionsPerBlock)
    lastHeard = at.milliseconds
  }

  var owner: ObjectOwner { .dataSet(dataSet) }

  /// Everybody who waits for an answer.
  var askers: [Asker] { inWork + queue.map(\.asker) + (closing.map { [$0.asker] } ?? []) }

  /// The number of the chunk after the last that has arrived.
  var arrivedCount: UInt64 { takenCount + UInt64(inWork.count + queue.count) }

  /// How many blocks the shard with this number has: one at first, so that even small data sets
  /// give work to all, more later, so that large ones need not have too many shards.
  func blockLimit(ofShard number: Int) -> Int {
    let step = 8 * max(1, workerCount)
    return number < step ? 1 : number < 2 * step ? 2 : 4
  }

  /// Puts a block into the last shard, or a new one; the group that it lies with, and the blocks
  /// that the shard is going to have.
  mutating func addToShard(_ block: BuiltBlock) -> (group: ObjectID, blockLimit: Int) {
    let descriptor = block.object.descriptor
    let count = UInt64(block.transactionCount)
    if let last = shards.indices.last, let first = shards[last].blocks.first,
      shards[last].blocks.count < blockLimit(ofShard: last)
    {
      shards[last].blocks.append(descriptor)
      shards[last].transactionCount += count
      return (first.id, blockLimit(ofShard: last))
    }
    shards.append(
      ShardRecord(
        firstBlock: descriptor.id.number, blocks: [descriptor], transactionCount: count))
    return (descriptor.id, blockLimit(ofShard: shards.count - 1))
  }

  /// The record of the finished data set.
  func record(_ finished: FinishedIngest, at: Moment) -> DataSetRecord {
    DataSetRecord(
      id: dataSet, name: opening.name, version: 1, replication: replication,
      transactionCount: finished.transactionCount, itemCount: finished.itemCount, shards: shards,
      dictionary: finished.dictionary.descriptor, counts: finished.counts.descriptor,
      source: opening.source, addedAt: at.unixMilliseconds, ingest: id)
  }
}
