import CBitmapKernels

/// Rows of one strip: 65,536 bits of a bitmap are 8 KiB, so the bitmaps of a hundred items stay in the
/// second-level cache while all candidates of the range are counted against them.
let stripWordCount = 1024

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
  let prefixes = scratch.prefixes.reserve((pathLength + 2) * stripWordCount)
  let isOneStrip = dense.stride <= stripWordCount
  // A walk writes over the path that its range begins with, and every strip walks anew.
  let firstPath = Array(UnsafeBufferPointer(start: start.path, count: pathLength))
  for firstWord in stride(from: 0, to: dense.stride, by: stripWordCount) {
    for index in 0..<pathLength { start.path[index] = firstPath[index] }
    countStrip(
      start, pathLength: pathLength, dense: dense, firstWord: firstWord,
      wordCount: min(stripWordCount, dense.stride - firstWord),
      allowance: isOneStrip ? allowance : nil, prefixes: prefixes, counts)
  }
}

private func countStrip(
  _ start: RangeCursor, pathLength: Int, dense: DenseProjection, firstWord: Int, wordCount: Int,
  allowance: UInt32?, prefixes: UnsafeMutablePointer<UInt64>,
  _ counts: UnsafeMutablePointer<UInt32>
) {
  let stride = dense.stride
  let bitmaps = UnsafePointer(dense.bitmaps.base) + firstWord
  let nodeBitmap = prefixes + pathLength * stripWordCount
  let planeBitmap = nodeBitmap + stripWordCount
  var silence = Silence(allowance: allowance)
  var cursor = start
  var counts = counts
  while cursor.next() {
    let prefix = intersectPath(
      cursor.path, shared: cursor.shared, pathLength: pathLength, bitmaps: bitmaps, stride: stride,
      wordCount: wordCount, prefixes: prefixes, prefixStride: stripWordCount)
    if let prefix, silence.isWorthAsking(candidateCount: cursor.candidateCount),
      silence.covers(count(prefix, dense, planeBitmap, wordCount: wordCount))
    {
      counts += cursor.candidateCount
      continue
    }
    for node in cursor.nodes {
      var bitmap = bitmaps + Int(cursor.extensions[node]) * stride
      if let prefix {
        lode_bitmap_and(nodeBitmap, prefix, bitmap, wordCount)
        bitmap = UnsafePointer(nodeBitmap)
      }
      let siblingCount = cursor.extensionCount - node - 1
      if silence.isWorthAsking(candidateCount: siblingCount),
        silence.covers(count(bitmap, dense, planeBitmap, wordCount: wordCount))
      {
        counts += siblingCount
        continue
      }
      countEach(
        bitmap, bitmaps, cursor.extensions + (node + 1), siblingCount, dense, planeBitmap,
        firstWord: firstWord, wordCount: wordCount, counts)
      counts += siblingCount
    }
  }
}

/// Adds to each count the transactions that a bitmap has in common with the one of a sibling.
@inline(__always)
func countEach(
  _ bitmap: UnsafePointer<UInt64>, _ bitmaps: UnsafePointer<UInt64>,
  _ siblings: UnsafePointer<UInt32>, _ siblingCount: Int, _ dense: DenseProjection,
  _ planeBitmap: UnsafeMutablePointer<UInt64>, firstWord: Int, wordCount: Int,
  _ counts: UnsafeMutablePointer<UInt32>
) {
  if dense.planes.isEmpty {
    lode_bitmap_count_each(
      bitmap, bitmaps, dense.stride, siblings, siblingCount, wordCount, 0, counts)
    return
  }
  for plane in dense.planes {
    let planeWords = min(wordCount, plane.wordCount - firstWord)
    if planeWords <= 0 { continue }
    lode_bitmap_and(planeBitmap, bitmap, plane.bits.base + firstWord, planeWords)
    lode_bitmap_count_each(
      planeBitmap, bitmaps, dense.stride, siblings, siblingCount, planeWords, plane.shift, counts)
  }
}

/// The transactions of a bitmap in the only strip of a projection.
@inline(__always)
private func count(
  _ bitmap: UnsafePointer<UInt64>, _ dense: DenseProjection,
  _ planeBitmap: UnsafeMutablePointer<UInt64>, wordCount: Int
) -> UInt32 {
  var itself: UInt32 = 0
  var count: UInt32 = 0
  countEach(
    bitmap, bitmap, &itself, 1, dense, planeBitmap, firstWord: 0, wordCount: wordCount, &count)
  return count
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
