public import Blocks

/// The blocks of a block set made ready for counting one job: infrequent items dropped, ranks
/// instead of ids, rows of all blocks joined.
///
/// Derived and never stored: whether it is dense or sparse changes time, never a count.
public struct Projection: Sendable {
  enum Form: Sendable {
    case dense(DenseProjection)
    case sparse(SparseProjection<UInt16>)
    case sparseWide(SparseProjection<UInt32>)
  }

  let form: Form

  /// The most occurrences and transactions of one block set together: positions have 32 bits.
  public static let positionLimit = Int(UInt32.max) - 1

  /// How to lay a projection out.
  public enum Layout: String, Sendable, CaseIterable {
    /// Whichever is estimated to count faster.
    case automatic
    /// A bitmap an item.
    case dense
    /// Rows of items.
    case sparse
  }

  /// Projects blocks onto the items of a job.
  ///
  /// - Parameters:
  ///   - blocks: the blocks of the set; their occurrences of frequent items plus their transactions
  ///     must stay below 2^32.
  ///   - rankOf: for each dictionary id its rank; `rankCount` or more leaves the item out.
  ///   - rankCount: how many ranks take part.
  ///   - cacheLimit: bytes that counting may keep from level to level.
  ///   - frequentShare: the share of transactions, up to 1, that frequent itemsets have; where it is
  ///     told, counting keeps only what candidates near it are likely to need, nil to keep all.
  /// - Throws: ``CountingError`` where the set is too large for 32-bit positions.
  /// - Complexity: O(occurrences) time and memory.
  public init(
    blocks: [Block], rankOf: [UInt32], rankCount: Int, layout: Layout = .automatic,
    cacheLimit: Int, frequentShare: Double? = nil
  ) throws(CountingError) {
    let view = BlockSetView(blocks: blocks, rankOf: rankOf, rankCount: rankCount)
    let occurrences = view.occurrenceCount
    guard occurrences + view.rowCount <= Self.positionLimit else {
      throw CountingError(
        "a block set of \(view.rowCount) transactions holds \(occurrences) item occurrences;"
          + " at most \(Self.positionLimit) can be counted together (limit blockSetPositions):"
          + " raise --min-support, or use a smaller --block-transactions")
    }
    let dense =
      switch layout {
      case .dense: true
      case .sparse: false
      case .automatic: bitmapsPay(view)
      }
    if dense {
      form = .dense(DenseProjection(view))
    } else if rankCount < Int(UInt16.max) {
      form = .sparse(SparseProjection(view, cacheLimit: cacheLimit, frequentShare: frequentShare))
    } else {
      form = .sparseWide(
        SparseProjection(view, cacheLimit: cacheLimit, frequentShare: frequentShare))
    }
  }

  /// Bytes held by the projection, with what counting has left in it.
  public var byteCount: Int {
    switch form {
    case .dense(let dense):
      return dense.bitmaps.count * 8 + dense.planes.reduce(0) { $0 + $1.bits.count * 8 }
    case .sparse(let sparse):
      return sparse.rows.count * 2 + sparse.byteCountBesidesRows
    case .sparseWide(let sparse):
      return sparse.rows.count * 4 + sparse.byteCountBesidesRows
    }
  }
}

/// The share of rows with an item, on average, up to which bitmaps never pay.
private let sparseShare = 1.0 / 16
/// The share of rows with the first item of a pair, on average, from which bitmaps always pay.
private let denseFirstShare = 1.0 / 8
/// In how many times the rows of the rarest item two items meet where bitmaps cease to pay.
private let meetingLimit = 6.0

/// Whether counting by bitmaps over all rows is estimated to be faster than over rows of items.
///
/// Bitmaps pay when an item is in more than about one row in sixteen: below, most words of a bitmap
/// are zero and walking the rows that hold the first item is cheaper. They cease to pay where two
/// items meet in many times more rows than the rarest item has, so that most candidates are long, and
/// the first item of a pair is on average in few rows: bitmaps over those alone are that much shorter.
/// Counting adult at 0.1 % and 0.01 % became 2.6 and 3 times as fast by it. On 25 rows measured both
/// ways, ``meetingLimit`` lies between mushroom at 1 % (5.4, bitmaps pay) and adult at 0.5 % (6.1).
private func bitmapsPay(_ view: BlockSetView) -> Bool {
  bitmapsPay(
    counts: (0..<view.rankCount).map { UInt64(view.count(of: $0)) },
    transactionCount: view.rowCount)
}

/// The same of items that are in so many of all transactions, in the order of their ranks.
func bitmapsPay(counts: [UInt64], transactionCount: Int) -> Bool {
  let ranks = counts.count
  if ranks == 0 || transactionCount == 0 { return false }
  let shares = counts.map { Double($0) / Double(transactionCount) }
  let share = shares.reduce(0, +) / Double(ranks)
  if share <= sparseShare { return false }
  var firstShare = 0.0
  for (rank, share) in shares.enumerated() { firstShare += share * Double(ranks - 1 - rank) }
  firstShare /= max(Double(ranks) * Double(ranks - 1) / 2, 1)
  let rarest = shares.min() ?? 0
  return firstShare >= denseFirstShare || share * share <= meetingLimit * rarest
}
