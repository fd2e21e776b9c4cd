import CBitmapKernels

/// Rows of one strip: 65,536 bits of a bitmap are 8 KiB, so the bitmaps of a hundred items stay in the
/// second-level cache while all candidates of the range are counted against them.
let stripWordCount = 1024

/// Words of a strip where pairs are counted: as the walk is short, so many that all bitmaps of the strip
/// take half of the second-level cache.
private func pairStripWordCount(rankCount: Int) -> Int {
  min(max((1 << 17) / max(rankCount, 1) / 64 * 64, 64), stripWordCount)
}

/// Counts a range by AND and population count over the bitmaps of a dense projection.
///
/// Prefix intersections are kept on a small stack and recomputed where the path changes: caching
/// them for a whole level would read more memory than it saves.
///
/// - Parameter allowance: counts up to this one do not matter, nil where all do. Candidates are left
///   uncounted where their path or node has no more transactions; with several strips that is not
///   known in time, and all are counted.
func countDense(
  _ start: RangeCursor, pathLength: Int, dense: DenseProjection, allowance: UInt32?,
  _ scratch: CountingScratch, _ counts: UnsafeMutablePointer<UInt32>
) {
  let prefixes = scratch.prefixes.reserve((pathLength + 1) * stripWordCount)
  let stripWords =
    pathLength == 0 ? pairStripWordCount(rankCount: dense.rankCount) : stripWordCount
  let isOneStrip = dense.stride <= stripWords
  // A walk writes over the path that its range begins with, and every strip walks anew.
  let firstPath = Array(UnsafeBufferPointer(start: start.path, count: pathLength))
  for firstWord in stride(from: 0, to: dense.stride, by: stripWords) {
    for index in 0..<pathLength { start.path[index] = firstPath[index] }
    countStrip(
      start, pathLength: pathLength, dense: dense, firstWord: firstWord,
      wordCount: min(stripWords, dense.stride - firstWord),
      allowance: isOneStrip ? allowance : nil, prefixes: prefixes, counts)
  }
}

private func countStrip(
  _ start: RangeCursor, pathLength: Int, dense: DenseProjection, firstWord: Int, wordCount: Int,
  allowance: UInt32?, prefixes: UnsafeMutablePointer<UInt64>,
  _ counts: UnsafeMutablePointer<UInt32>
) {
  let bitmaps = StripBitmaps(of: dense, firstWord: firstWord, wordCount: wordCount)
  var silence = Silence(allowance: allowance)
  var cursor = start
  var counts = counts
  while cursor.next() {
    countGroup(
      cursor, pathLength: pathLength, bitmaps, &silence, prefixes: prefixes,
      prefixStride: stripWordCount, counts)
    counts += cursor.candidateCount
  }
}

/// A run of words of all bitmaps of a dense projection; good while that lives.
struct StripBitmaps {
  let base: UnsafePointer<UInt64>
  let stride: Int
  let wordCount: Int
  private let weights: RowWeights.Lines?

  init(of dense: DenseProjection, firstWord: Int, wordCount: Int) {
    base = UnsafePointer(dense.bitmaps.base) + firstWord
    stride = dense.stride
    self.wordCount = wordCount
    weights = dense.weights?.lines(from: firstWord)
  }

  /// Adds to each count the transactions that a bitmap has in common with the one of a sibling.
  @inline(__always)
  func countEach(
    _ bitmap: UnsafePointer<UInt64>, _ siblings: UnsafePointer<UInt32>, _ siblingCount: Int,
    _ counts: UnsafeMutablePointer<UInt32>
  ) {
    if let weights {
      lode_bitmap_count_weighted(
        bitmap, base, stride, siblings, siblingCount, wordCount, weights.planes, weights.starts,
        counts)
    } else {
      lode_bitmap_count_each(
        bitmap, base, stride, siblings, siblingCount, wordCount, 0, counts)
    }
  }

  /// Adds to the counts of the candidates that nodes make with their later siblings.
  ///
  /// - Parameter node: room for a bitmap.
  @inline(__always)
  func countPairs(
    _ prefix: UnsafePointer<UInt64>?, _ siblings: UnsafePointer<UInt32>, _ siblingCount: Int,
    of nodes: Range<Int>, node: UnsafeMutablePointer<UInt64>,
    _ counts: UnsafeMutablePointer<UInt32>
  ) {
    if let weights {
      lode_bitmap_count_pairs_weighted(
        prefix, base, stride, siblings, siblingCount, nodes.lowerBound, nodes.upperBound,
        wordCount, weights.planes, weights.starts, node, counts)
    } else {
      lode_bitmap_count_pairs(
        prefix, base, stride, siblings, siblingCount, nodes.lowerBound, nodes.upperBound,
        wordCount, node, counts)
    }
  }

  /// The transactions of a bitmap.
  @inline(__always)
  func count(_ bitmap: UnsafePointer<UInt64>) -> UInt32 {
    var itself: UInt32 = 0
    var count: UInt32 = 0
    if let weights {
      lode_bitmap_count_weighted(
        bitmap, bitmap, 0, &itself, 1, wordCount, weights.planes, weights.starts, &count)
    } else {
      lode_bitmap_count_each(bitmap, bitmap, 0, &itself, 1, wordCount, 0, &count)
    }
    return count
  }
}

/// Adds to the counts of the candidates of one group.
///
/// - Parameter prefixes: a stack of bitmaps of `prefixStride` words each: those of the path's ranks but
///   the first, which the group before may have left, and one of a node.
@inline(__always)
func countGroup(
  _ cursor: RangeCursor, pathLength: Int, _ bitmaps: StripBitmaps, _ silence: inout Silence,
  prefixes: UnsafeMutablePointer<UInt64>, prefixStride: Int,
  _ counts: UnsafeMutablePointer<UInt32>
) {
  let prefix = intersectPath(
    cursor.path, shared: cursor.shared, pathLength: pathLength, bitmaps: bitmaps.base,
    stride: bitmaps.stride, wordCount: bitmaps.wordCount, prefixes: prefixes,
    prefixStride: prefixStride)
  let nodeBitmap = prefixes + pathLength * prefixStride
  let mostSiblings = cursor.extensionCount - cursor.nodes.lowerBound - 1
  if !silence.isWorthAsking(candidateCount: mostSiblings) {
    bitmaps.countPairs(
      prefix, cursor.extensions, cursor.extensionCount, of: cursor.nodes, node: nodeBitmap, counts)
    return
  }
  if let prefix, silence.isWorthAsking(candidateCount: cursor.candidateCount),
    silence.covers(bitmaps.count(prefix))
  {
    return
  }
  var counts = counts
  for node in cursor.nodes {
    var bitmap = bitmaps.base + Int(cursor.extensions[node]) * bitmaps.stride
    if let prefix {
      lode_bitmap_and(nodeBitmap, prefix, bitmap, bitmaps.wordCount)
      bitmap = UnsafePointer(nodeBitmap)
    }
    let siblingCount = cursor.extensionCount - node - 1
    let isSilent =
      silence.isWorthAsking(candidateCount: siblingCount) && silence.covers(bitmaps.count(bitmap))
    if !isSilent {
      bitmaps.countEach(bitmap, cursor.extensions + (node + 1), siblingCount, counts)
    }
    counts += siblingCount
  }
}

/// Brings the stack of prefix intersections up to a path, from where it changed.
///
/// - Parameter shared: how many ranks of the path are those of the call before.
/// - Returns: the bitmap of the whole path; nil for the empty path.
@inline(__always)
func intersectPath(
  _ path: UnsafePointer<UInt32>, shared: Int, pathLength: Int, bitmaps: UnsafePointer<UInt64>,
  stride: Int, wordCount: Int, prefixes: UnsafeMutablePointer<UInt64>, prefixStride: Int
) -> UnsafePointer<UInt64>? {
  if pathLength == 0 { return nil }
  var prefix = bitmaps + Int(path[0]) * stride
  var depth = 1
  while depth < pathLength {
    let target = prefixes + depth * prefixStride
    if depth >= shared {
      lode_bitmap_and(target, prefix, bitmaps + Int(path[depth]) * stride, wordCount)
    }
    prefix = UnsafePointer(target)
    depth += 1
  }
  return prefix
}
