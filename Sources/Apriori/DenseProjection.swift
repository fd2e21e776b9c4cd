import Blocks

/// One bitmap a rank over the rows of a block set; equal rows merged where that pays.
///
/// Merged rows carry weights. They stand in descending order of weight, and the weights are kept as
/// bit planes: plane b has a bit for each row whose weight has bit b, and ends with the last such
/// word, so the sum over b of 2^b x popcount(bitmap AND plane b) is the weighted count and costs
/// little more than the rows of each plane.
struct DenseProjection: Sendable {
  let rankCount: Int
  /// Rows after merging.
  let rowCount: Int
  /// Words of one bitmap: a multiple of 8, so that every bitmap begins on a cache line.
  let stride: Int
  /// Bitmap of rank r at `r * stride`.
  let bitmaps: AlignedWords
  /// Empty where every row has weight 1.
  let planes: [WeightPlane]

  struct WeightPlane: Sendable {
    let bits: AlignedWords
    let wordCount: Int
    let shift: UInt32
  }

  init(_ view: BlockSetView, merging: RowMerging) {
    let all = RowBitmaps(view)
    if let distinct = distinctRows(of: all, merging) {
      let order = distinct.byDescendingWeight()
      let planes = weightPlanes(distinct.weights(of: order))
      if merging == .always || planesPay(planes, insteadOf: all.stride) {
        self.init(
          RowBitmaps(distinct, order: order, rankCount: all.rankCount), planes: planes)
        return
      }
    }
    self.init(all, planes: [])
  }

  private init(_ rows: RowBitmaps, planes: [WeightPlane]) {
    rankCount = rows.rankCount
    rowCount = rows.rowCount
    stride = rows.stride
    bitmaps = rows.words
    self.planes = planes
  }
}

private func weightPlanes(_ weights: [UInt32]) -> [DenseProjection.WeightPlane] {
  let highest = weights.first ?? 0
  if highest <= 1 { return [] }
  var planes: [DenseProjection.WeightPlane] = []
  for shift in 0..<UInt32(32 - highest.leadingZeroBitCount) {
    let bits = AlignedWords(count: (weights.count + 511) / 512 * 8)
    var lastRow = -1
    for (row, weight) in weights.enumerated() where weight >> shift & 1 == 1 {
      bits.base[row >> 6] |= 1 << UInt64(row & 63)
      lastRow = row
    }
    if lastRow >= 0 {
      planes.append(.init(bits: bits, wordCount: lastRow / 64 + 1, shift: shift))
    }
  }
  return planes
}

/// Nanoseconds that counting a candidate takes a weight plane more, and a word of bitmaps more.
///
/// A plane is an intersection and a call for the few siblings of a node, so it takes as long as a
/// sixty words. `bench/calibrate` measures both.
private let planeNanoseconds = 16.0
private let wordNanoseconds = 0.26

/// Whether counting over merged rows is estimated to be no slower than over all.
private func planesPay(
  _ planes: [DenseProjection.WeightPlane], insteadOf wordCount: Int
) -> Bool {
  let planeWords = planes.reduce(0) { $0 + $1.wordCount }
  return Double(planes.count) * planeNanoseconds + Double(planeWords) * wordNanoseconds
    <= Double(wordCount) * wordNanoseconds
}

/// At most this share of rows may stay distinct for merging to be gone on with.
private let distinctShareLimit = 0.1
/// So many rows are tried first; merging all of them is only gone on with where these repeat.
private let sampleRowCount = 16_384
/// At most this share of them may be distinct: it falls with more rows.
private let sampleShareLimit = 0.5

/// When equal rows are merged.
enum RowMerging {
  case wherePaying, always, never
}

/// Finds equal rows; nil where they are not to be merged.
///
/// - Complexity: O(rows x ranks / 64) time and memory.
private func distinctRows(of bitmaps: RowBitmaps, _ merging: RowMerging) -> DistinctRows? {
  if merging == .never { return nil }
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
