/// The frequent items of a job in rank order: ascending count, ties by item.
///
/// Rank 0 is the rarest frequent item. All that is mined and written speaks of ranks; this is where
/// they turn into names again.
public struct RankedItems: Sendable {
  /// Dictionary id of each rank.
  public let ids: [UInt32]
  /// Transactions that contain each item, ascending.
  public let counts: [UInt64]
  /// Each rank's place in ascending item order (as integers where all items of the data set are
  /// integers, else by UTF-8 bytes); what `csv` and `json` sort the items of a set by.
  public let places: [UInt32]
  /// The names of all ranks, one after the other, as their exact bytes.
  public let names: [UInt8]
  /// Where each rank's name ends in `names`.
  public let nameEnds: [Int]

  /// The number of frequent items.
  public var count: Int { ids.count }

  /// Where the name of `rank` lies in `names`.
  public func nameRange(_ rank: Int) -> Range<Int> {
    (rank == 0 ? 0 : nameEnds[rank - 1])..<nameEnds[rank]
  }

  /// The name of `rank` as text, for messages; invalid UTF-8 is repaired.
  public func name(_ rank: Int) -> String {
    String(decoding: names[nameRange(rank)], as: UTF8.self)
  }

  /// Items already in rank order; all arrays have one entry a rank but `names`.
  public init(
    ids: [UInt32], counts: [UInt64], places: [UInt32], names: [UInt8], nameEnds: [Int]
  ) {
    self.ids = ids
    self.counts = counts
    self.places = places
    self.names = names
    self.nameEnds = nameEnds
  }
}
