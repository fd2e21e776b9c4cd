import Blocks

/// One bitmap a rank over the rows of a block set; equal rows merged where that pays.
///
/// Merged rows carry weights, see ``RowWeights``, and stand in descending order of weight: so the high
/// bits of weights are in the first lines alone.
struct DenseProjection: Sendable {
  let rankCount: Int
  /// Rows after merging.
  let rowCount: Int
  /// Words of one bitmap: a multiple of 8, so that every bitmap begins on a cache line.
  let stride: Int
  /// Bitmap of rank r at `r * stride`.
  let bitmaps: AlignedWords
  /// Nil where every row has weight 1.
  let weights: RowWeights?
  /// When classes get bitmaps over their own rows.
  let narrowing: ClassRule
  /// These bitmaps, for the levels that follow.
  let classes: ClassCache

  /// - Parameter cacheLimit: bytes of bitmaps of classes that may be kept.
  init(_ view: BlockSetView, merging: RowMerging, narrowing: ClassRule, cacheLimit: Int) {
    let all = RowBitmaps(view)
    if let distinct = distinctRows(of: all, merging) {
      let order = distinct.byDescendingWeight()
      let weights = RowWeights(distinct.weights(of: order))
      if merging == .always || weights.pay(insteadOf: all.stride) {
        self.init(
          RowBitmaps(distinct, order: order, rankCount: all.rankCount),
          weights: weights.isEmpty ? nil : weights, narrowing: .never, cacheLimit: 0)
        return
      }
    }
    self.init(all, weights: nil, narrowing: narrowing, cacheLimit: cacheLimit)
  }

  private init(_ rows: RowBitmaps, weights: RowWeights?, narrowing: ClassRule, cacheLimit: Int) {
    rankCount = rows.rankCount
    rowCount = rows.rowCount
    stride = rows.stride
    bitmaps = rows.words
    self.weights = weights
    self.narrowing = narrowing
    classes = ClassCache(
      rankCount: narrowing == .never ? 0 : rows.rankCount, byteLimit: cacheLimit,
      promisingCount: nil)
  }

  var byteCount: Int { (bitmaps.count + (weights?.wordCount ?? 0)) * 8 + classes.byteCount }
}

/// At most this share of rows may stay distinct for merging to be gone on with.
private let distinctShareLimit = 0.1
/// So many rows are tried first; merging all of them is only gone on with where these repeat.
private let sampleRowCount = 16_384
/// At most this share of them may be distinct: it falls with more rows.
private let sampleShareLimit = 0.5

/// Nanoseconds that finding equal rows takes a row and word of ranks.
private let mergingNanoseconds = 15.0

/// Whether it takes longer to find equal rows than to count every itemset of the ranks over all rows.
///
/// A few items are done before merging could pay: the nine of adult at 50 % in a tenth of the time.
private func isMergingSlower(than bitmaps: RowBitmaps) -> Bool {
  guard bitmaps.rankCount < mostRanksCounted else { return false }
  let counting = Double(bitmaps.stride << bitmaps.rankCount) * LayoutEstimate.wordNanoseconds
  return counting < Double(bitmaps.rowCount) * mergingNanoseconds
}

/// With so many ranks there are more itemsets than merging could wait for.
private let mostRanksCounted = 24

/// When equal rows are merged.
enum RowMerging {
  case wherePaying, always, never
}

/// Finds equal rows; nil where they are not to be merged.
///
/// - Complexity: O(rows x ranks / 64) time and memory.
private func distinctRows(of bitmaps: RowBitmaps, _ merging: RowMerging) -> DistinctRows? {
  if merging == .never || merging == .wherePaying && isMergingSlower(than: bitmaps) { return nil }
  let share = merging == .always ? 1 : distinctShareLimit
  let limit = Int(share * Double(bitmaps.rowCount))
  let sampleLimit = Int(sampleShareLimit * Double(sampleRowCount))
  let wordCount = (bitmaps.rankCount + 63) / 64
  guard wordCount > 0, limit > 0 else { return nil }
  var distinct = DistinctRows(wordCount: wordCount, limit: limit)
  let squares = UnsafeMutablePointer<UInt64>.allocate(capacity: 512)
  defer { squares.deallocate() }
  let rows = UnsafeMutablePointer<UInt64>.allocate(capacity: 512 * wordCount)
  defer { rows.deallocate() }
  for first in stride(from: 0, to: bitmaps.rowCount, by: 512) {
    if first == sampleRowCount, bitmaps.rowCount > 4 * sampleRowCount,
      merging != .always, distinct.count > sampleLimit
    {
      return nil
    }
    bitmaps.copyRows(from: first, squares: squares, to: rows)
    if !distinct.add(rows, count: min(512, bitmaps.rowCount - first)) { return nil }
  }
  return distinct
}
