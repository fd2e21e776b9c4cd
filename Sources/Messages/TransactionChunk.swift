public import Itemsets

/// A run of transactions on its way from a client to the coordinator.
///
/// Ids are the client's, given by first sight in this ingest, so the names of an ingest's chunks one
/// after the other are its dictionary.
public struct TransactionChunk: Sendable {
  /// Names that no earlier chunk of the ingest had, in order of their ids, one after the other.
  public var names: [UInt8]
  /// Where each name ends in `names`.
  public var nameEnds: [Int]
  /// The transactions.
  public var batch: TransactionBatch

  /// A chunk.
  public init(names: [UInt8], nameEnds: [Int], batch: TransactionBatch) {
    self.names = names
    self.nameEnds = nameEnds
    self.batch = batch
  }
}
