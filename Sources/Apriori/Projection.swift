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
    /// A bitmap an item; equal rows merged where that pays.
    case dense
    /// A bitmap an item; equal rows merged.
    case denseMerged
    /// A bitmap an item and a bit a row.
    case denseSeparate
    /// The same, and in each class bitmaps over the rows that hold its first item.
    case denseClasses
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
    let merging: RowMerging? =
      switch layout {
      case .automatic: estimatedMerging(view.estimate, isReread: frequentShare != nil)
      case .dense: .wherePaying
      case .denseMerged: .always
      case .denseSeparate, .denseClasses: .never
      case .sparse: nil
      }
    if let merging {
      form = .dense(
        DenseProjection(
          view, merging: merging, narrowing: narrowing(layout, view), cacheLimit: cacheLimit))
    } else if rankCount < Int(UInt16.max) {
      form = .sparse(SparseProjection(view, cacheLimit: cacheLimit, frequentShare: frequentShare))
    } else {
      form = .sparseWide(
        SparseProjection(view, cacheLimit: cacheLimit, frequentShare: frequentShare))
    }
  }

  /// The words over which a candidate is counted: one entry, or one a weight plane where equal rows
  /// are merged; nil where there are no bitmaps.
  public var wordsPerCandidate: [Int]? {
    guard case .dense(let dense) = form else { return nil }
    return dense.weights?.wordsPerPlane ?? [dense.stride]
  }

  /// Bytes held by the projection, with what counting has left in it.
  public var byteCount: Int {
    switch form {
    case .dense(let dense):
      return dense.byteCount
    case .sparse(let sparse):
      return sparse.rows.count * 2 + sparse.byteCountBesidesRows
    case .sparseWide(let sparse):
      return sparse.rows.count * 4 + sparse.byteCountBesidesRows
    }
  }
}

/// Whether bitmaps are estimated to pay, and then when rows are merged; nil where they do not pay.
///
/// - Parameter isReread: whether the blocks are read anew for every level.
private func estimatedMerging(_ estimate: LayoutEstimate, isReread: Bool) -> RowMerging? {
  let bitmapsPay = isReread ? estimate.bitmapsPayReread : estimate.bitmapsPay
  if !bitmapsPay { return nil }
  return estimate.share > LayoutEstimate.sparseShare ? .wherePaying : .never
}

/// When classes get bitmaps over their own rows, if equal ones are not merged.
private func narrowing(_ layout: Projection.Layout, _ view: BlockSetView) -> ClassRule {
  switch layout {
  case .denseClasses: .always
  case .denseSeparate, .denseMerged, .sparse: .never
  case .automatic, .dense:
    view.estimate.firstShare < LayoutEstimate.classShareLimit ? .wherePaying : .never
  }
}
