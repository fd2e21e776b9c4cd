import Blocks
import Itemsets
public import Messages

/// Work of an ingest.
///
/// The state travels into the work and back with its outcome, so that it is never copied.
public enum IngestWork: Sendable {
  /// Read these chunks, in order, and build the blocks that become full.
  case take(IngestState, chunks: [[UInt8]])
  /// Build the last block and what belongs to the whole data set.
  case finish(IngestState)
  /// Encode a record.
  case describe(CatalogWrite, ObjectID, encode: @Sendable (CatalogWrite) -> [UInt8]?)
}

/// What came of it.
public enum IngestOutcome: Sendable {
  /// The state for the next chunks, and the blocks that were built.
  case took(IngestState, blocks: [BuiltBlock])
  /// Everything is built.
  case finished(FinishedIngest)
  /// The record's bytes.
  case described(BuiltObject)
  /// The data cannot be taken; the text says why.
  case failed(String)
}

/// What an ingest has read and not put into a block yet.
public struct IngestState: Sendable {
  let dataSet: DataSetID
  var names = ItemDictionary()
  var builder: BlockBuilder
  var counts = BlockCounts()
  var transactionCount: UInt64 = 0

  /// The state before the first chunk.
  init(dataSet: DataSetID, transactionsPerBlock: Int) {
    self.dataSet = dataSet
    builder = BlockBuilder(transactionsPerBlock: transactionsPerBlock, dataSet: dataSet)
  }
}

/// An object that was just made.
public struct BuiltObject: Sendable {
  /// What it is.
  public let descriptor: ObjectDescriptor
  /// Its bytes.
  public let bytes: [UInt8]

  init(_ id: ObjectID, _ bytes: [UInt8]) {
    descriptor = ObjectDescriptor(id: id, bytes: bytes)
    self.bytes = bytes
  }
}

/// A block that was just built.
public struct BuiltBlock: Sendable {
  /// The encoded block.
  public let object: BuiltObject
  /// Its transactions.
  public let transactionCount: Int
}

/// What the end of an ingest has made.
public struct FinishedIngest: Sendable {
  /// The last block; nil where the one before was full at the end.
  public let lastBlock: BuiltBlock?
  /// The names of the items.
  public let dictionary: BuiltObject
  /// The item counts of each block.
  public let counts: BuiltObject
  /// All transactions.
  public let transactionCount: UInt64
  /// Distinct items.
  public let itemCount: UInt64
}

/// Does work of an ingest.
func perform(_ work: consuming IngestWork) -> IngestOutcome {
  switch consume work {
  case .take(var state, let chunks):
    do throws(IngestError) {
      var blocks: [BuiltBlock] = []
      for bytes in chunks { try take(bytes, into: &state, blocks: &blocks) }
      return .took(state, blocks: blocks)
    } catch {
      return .failed(error.message)
    }
  case .finish(var state):
    let owner = ObjectOwner.dataSet(state.dataSet)
    let last = finishBlock(of: &state)
    let dictionary = BuiltObject(
      ObjectID(owner: owner, kind: .dictionary, number: 0),
      DictionarySegment(state.names).encoded())
    let counts = BuiltObject(
      ObjectID(owner: owner, kind: .counts, number: 0), state.counts.encoded())
    if let problem = MessageLimits.problem(
      storing: dictionary.descriptor, as: "the dictionary of the data set")
      ?? MessageLimits.problem(storing: counts.descriptor, as: "the item counts of the data set")
    {
      return .failed(problem + ": split the data set")
    }
    return .finished(
      FinishedIngest(
        lastBlock: last, dictionary: dictionary, counts: counts,
        transactionCount: state.transactionCount, itemCount: UInt64(state.names.count)))
  case .describe(let write, let id, let encode):
    guard let bytes = encode(write) else {
      return .failed(
        "the record of the data set is over the limit manifestBytes of"
          + " \(grouped(MessageLimits.manifestBytes)): use larger blocks, or split the data set")
    }
    return .described(BuiltObject(id, bytes))
  }
}

private struct IngestError: Error {
  let message: String
}

private func take(
  _ bytes: [UInt8], into state: inout IngestState, blocks: inout [BuiltBlock]
) throws(IngestError) {
  let chunk: TransactionChunk
  do throws(PayloadError) {
    chunk = try TransactionChunk(decoding: bytes)
  } catch {
    throw IngestError(message: "a chunk of transactions cannot be read: \(error)")
  }
  try takeNames(of: chunk, into: &state.names)
  let known = UInt32(clamping: state.names.count)
  if let id = chunk.batch.items.first(where: { $0 >= known }) {
    throw IngestError(
      message: "a transaction has item \(id), but only \(known) names were sent so far")
  }
  var next = 0
  while true {
    do throws(BlockError) {
      next = try state.builder.append(chunk.batch, from: next)
    } catch {
      throw IngestError(message: "\(error)")
    }
    if next == chunk.batch.count { break }
    if let block = finishBlock(of: &state) { blocks.append(block) }
  }
  state.transactionCount += UInt64(chunk.batch.count)
}

/// Adds new names; one that is there already would make two items of one.
private func takeNames(
  of chunk: TransactionChunk, into names: inout ItemDictionary
) throws(IngestError) {
  var start = 0
  for end in chunk.nameEnds {
    let expected = names.count
    let id: UInt32
    do throws(DictionaryError) {
      id = try names.id(of: chunk.names.span.extracting(start..<end))
    } catch {
      throw IngestError(message: "the items do not fit into one data set: \(error)")
    }
    guard id == UInt32(clamping: expected) else {
      throw IngestError(
        message: "the client sent the item \"\(names.name(Int(id)))\" as a new one twice")
    }
    start = end
  }
}

private func finishBlock(of state: inout IngestState) -> BuiltBlock? {
  guard let block = state.builder.finish() else { return nil }
  state.counts.append(block)
  let id = ObjectID(
    owner: .dataSet(state.dataSet), kind: .block, number: block.sequenceNumber)
  return BuiltBlock(
    object: BuiltObject(id, BlockFormat.encode(block)), transactionCount: block.transactionCount)
}
