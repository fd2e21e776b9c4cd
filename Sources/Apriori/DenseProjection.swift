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
    rankCount = view.rankCount
    let merged = mergedRows(view, merging)
    rowCount = merged?.weights.count ?? view.rowCount
    stride = (rowCount + 511) / 512 * 8
    bitmaps = AlignedWords(count: rankCount * stride)
    guard let merged else {
      planes = []
      for block in view.blocks.indices {
        for rank in 0..<rankCount {
          guard let container = view.container(rank, in: block) else { continue }
          view.blocks[block].or(
            container, into: bitmaps.base + rank * stride, bitOffset: view.firstRows[block])
        }
      }
      return
    }
    planes = weightPlanes(merged.weights)
    var rows = [UInt16](repeating: 0, count: BlockLimits.transactions)
    rows.withUnsafeMutableBufferPointer { rows in
      merged.rowOf.withUnsafeBufferPointer { rowOf in
        guard let rowsBase = rows.baseAddress, let rowOfBase = rowOf.baseAddress else { return }
        for block in view.blocks.indices {
          for rank in 0..<rankCount {
            guard let container = view.container(rank, in: block) else { continue }
            view.blocks[block].decodeRows(of: container, into: rowsBase)
            setMergedBits(
              rowsBase, count: Int(container.cardinality),
              rowOf: rowOfBase + view.firstRows[block], bitmap: bitmaps.base + rank * stride)
          }
        }
      }
    }
  }
}

private func setMergedBits(
  _ rows: UnsafePointer<UInt16>, count: Int, rowOf: UnsafePointer<UInt32>,
  bitmap: UnsafeMutablePointer<UInt64>
) {
  for index in 0..<count {
    let row = Int(rowOf[Int(rows[index])])
    bitmap[row >> 6] |= 1 << UInt64(row & 63)
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

/// Which rows of a block set are equal after infrequent items are dropped.
private struct MergedRows {
  /// How many rows each merged row stands for, descending.
  var weights: [UInt32]
  /// The merged row of each row of the block set.
  var rowOf: [UInt32]
}

/// At most this share of rows may stay distinct for merging to pay: the weights cost planes and the
/// building a second pass.
private let distinctShareLimit = 0.5
/// So many rows are tried first; merging all of them is only begun where these repeat.
private let sampleRowCount = 16_384

/// When equal rows are merged.
enum RowMerging {
  case wherePaying, always, never
}

/// Finds equal rows; nil where they are not to be merged.
///
/// - Complexity: O(rows + occurrences) time, O(rows) memory.
private func mergedRows(_ view: BlockSetView, _ merging: RowMerging) -> MergedRows? {
  if merging == .never { return nil }
  if merging == .always {
    return RowPartition(view, blocks: view.blocks.indices, classLimit: view.rowCount).map(merged)
  }
  if view.rowCount > 4 * sampleRowCount {
    var sampleBlocks = 0
    var sampleRows = 0
    while sampleBlocks < view.blocks.count, sampleRows < sampleRowCount {
      sampleRows += view.blocks[sampleBlocks].transactionCount
      sampleBlocks += 1
    }
    let sampleLimit = Int(distinctShareLimit * Double(sampleRows))
    if RowPartition(view, blocks: 0..<sampleBlocks, classLimit: sampleLimit) == nil { return nil }
  }
  let classLimit = Int(distinctShareLimit * Double(view.rowCount))
  return RowPartition(view, blocks: view.blocks.indices, classLimit: classLimit).map(merged)
}

private func merged(_ partition: RowPartition) -> MergedRows {
  // Descending weight keeps the planes of high bits short.
  let order = partition.sizes.indices.sorted {
    (partition.sizes[$1], $0) < (partition.sizes[$0], $1)
  }
  var rowOfClass = [UInt32](repeating: 0, count: order.count)
  for (row, number) in order.enumerated() { rowOfClass[number] = UInt32(truncatingIfNeeded: row) }
  return MergedRows(
    weights: order.map { partition.sizes[$0] },
    rowOf: partition.classes.map { rowOfClass[Int($0)] })
}
