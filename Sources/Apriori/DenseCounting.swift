import CBitmapKernels

/// Rows of one strip: 65,536 bits of a bitmap are 8 KiB, so the bitmaps of a hundred items stay in the
/// second-level cache while all candidates of the range are counted against them.
private let stripWordCount = 1024

/// Counts a range by AND and population count over the bitmaps of a dense projection.
///
/// Prefix intersections are kept on a small stack and recomputed where the path changes: caching
/// them for a whole level would read more memory than it saves.
func countDense(
  _ start: RangeCursor, pathLength: Int, dense: DenseProjection, _ scratch: CountingScratch,
  _ counts: UnsafeMutablePointer<UInt32>
) {
  let prefixes = scratch.prefixes.reserve((pathLength + 2) * stripWordCount)
  for firstWord in stride(from: 0, to: dense.stride, by: stripWordCount) {
    countStrip(
      start, pathLength: pathLength, dense: dense, firstWord: firstWord,
      wordCount: min(stripWordCount, dense.stride - firstWord), prefixes: prefixes, counts)
  }
}

private func countStrip(
  _ start: RangeCursor, pathLength: Int, dense: DenseProjection, firstWord: Int, wordCount: Int,
  prefixes: UnsafeMutablePointer<UInt64>, _ counts: UnsafeMutablePointer<UInt32>
) {
  let stride = dense.stride
  let bitmaps = UnsafePointer(dense.bitmaps.base) + firstWord
  let nodeBitmap = prefixes + pathLength * stripWordCount
  let planeBitmap = nodeBitmap + stripWordCount
  var cursor = start
  var counts = counts
  while cursor.next() {
    let prefix = intersectPath(
      cursor, pathLength: pathLength, bitmaps: bitmaps, stride: stride, wordCount: wordCount,
      prefixes: prefixes, prefixStride: stripWordCount)
    for node in cursor.nodes {
      var bitmap = bitmaps + Int(cursor.extensions[node]) * stride
      if let prefix {
        lode_bitmap_and(nodeBitmap, prefix, bitmap, wordCount)
        bitmap = UnsafePointer(nodeBitmap)
      }
      let siblings = cursor.extensions + (node + 1)
      let siblingCount = cursor.extensionCount - node - 1
      if dense.planes.isEmpty {
        lode_bitmap_count_each(
          bitmap, bitmaps, stride, siblings, siblingCount, wordCount, 0, counts)
      } else {
        for plane in dense.planes {
          let planeWords = min(wordCount, plane.wordCount - firstWord)
          if planeWords <= 0 { continue }
          lode_bitmap_and(planeBitmap, bitmap, plane.bits.base + firstWord, planeWords)
          lode_bitmap_count_each(
            planeBitmap, bitmaps, stride, siblings, siblingCount, planeWords, plane.shift, counts)
        }
      }
      counts += siblingCount
    }
  }
}

/// Brings the stack of prefix intersections up to the cursor's path, from where it changed.
///
/// - Returns: the bitmap of the whole path; nil for the empty path.
@inline(__always)
private func intersectPath(
  _ cursor: RangeCursor, pathLength: Int, bitmaps: UnsafePointer<UInt64>, stride: Int,
  wordCount: Int, prefixes: UnsafeMutablePointer<UInt64>, prefixStride: Int
) -> UnsafePointer<UInt64>? {
  if pathLength == 0 { return nil }
  var prefix = bitmaps + Int(cursor.path[0]) * stride
  var depth = 1
  while depth < pathLength {
    let target = prefixes + depth * prefixStride
    if depth >= cursor.shared {
      lode_bitmap_and(target, prefix, bitmaps + Int(cursor.path[depth]) * stride, wordCount)
    }
    prefix = UnsafePointer(target)
    depth += 1
  }
  return prefix
}
