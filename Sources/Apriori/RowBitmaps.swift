import Blocks

/// One bitmap a rank over all rows of a block set.
struct RowBitmaps {
  let rankCount: Int
  let rowCount: Int
  /// Words of one bitmap: a multiple of 8, so that every bitmap begins on a cache line.
  let stride: Int
  /// Bitmap of rank r at `r * stride`.
  let words: AlignedWords

  /// Bitmaps without a bit.
  init(rankCount: Int, rowCount: Int, isSpread: Bool = false) {
    self.rankCount = rankCount
    self.rowCount = rowCount
    stride = Self.lines(rowCount: rowCount, isSpread: isSpread) * 8
    words = AlignedWords(count: rankCount * stride)
  }

  /// Cache lines of one bitmap.
  ///
  /// - Parameter isSpread: whether bitmaps that are counted in strips get an odd number of lines, if
  ///   need be with an empty one. The same strip of all bitmaps lies in few sets of a cache where
  ///   they are a power of two apart: pairs in 262,144 rows of T20I6 took 2.5 times as long a row as
  ///   in 213,568.
  static func lines(rowCount: Int, isSpread: Bool) -> Int {
    let lines = (rowCount + 511) / 512
    return isSpread && lines * 8 > stripWordCount ? lines | 1 : lines
  }

  init(_ view: BlockSetView) {
    self.init(rankCount: view.rankCount, rowCount: view.rowCount, isSpread: true)
    for block in view.blocks.indices {
      for rank in 0..<rankCount {
        guard let container = view.container(rank, in: block) else { continue }
        view.blocks[block].or(
          container, into: words.base + rank * stride, bitOffset: view.firstRows[block])
      }
    }
  }

  /// The bitmaps of some rows that are held as words of their own.
  ///
  /// - Parameter order: the numbers of the rows, in the order wanted.
  init(_ rows: borrowing DistinctRows, order: [Int], rankCount: Int) {
    self.init(rankCount: rankCount, rowCount: order.count)
    let bits = UnsafeMutablePointer<UInt64>.allocate(capacity: 64)
    defer { bits.deallocate() }
    for first in Swift.stride(from: 0, to: order.count, by: 64) {
      let count = min(64, order.count - first)
      for part in 0..<rows.wordCount {
        bits.update(repeating: 0, count: 64)
        for row in 0..<count { bits[row] = rows.word(part, of: order[first + row]) }
        transpose(bits)
        for rank in 0..<min(64, rankCount - 64 * part) {
          words.base[(64 * part + rank) * stride + first >> 6] = bits[rank]
        }
      }
    }
  }

  /// Writes 512 rows as words of their own, a bit a rank; those beyond the last row hold nothing.
  ///
  /// - Parameters:
  ///   - first: the first row, a multiple of 512.
  ///   - squares: room for 512 words.
  ///   - rows: room for 512 rows of as many words as ranks need.
  func copyRows(
    from first: Int, squares: UnsafeMutablePointer<UInt64>, to rows: UnsafeMutablePointer<UInt64>
  ) {
    let wordCount = (rankCount + 63) / 64
    for part in 0..<wordCount {
      let ranks = min(64, rankCount - 64 * part)
      squares.update(repeating: 0, count: 512)
      // A cache line of each bitmap: a word for each of eight squares.
      for rank in 0..<ranks {
        let line = words.base + (64 * part + rank) * stride + first >> 6
        for square in 0..<8 { squares[64 * square + rank] = line[square] }
      }
      for square in 0..<8 { transpose(squares + 64 * square) }
      for row in 0..<512 { rows[row * wordCount + part] = squares[row] }
    }
  }
}

/// Transposes a square of 64 words of 64 bits: bit c of word r becomes bit r of word c.
private func transpose(_ words: UnsafeMutablePointer<UInt64>) {
  var width = 32
  var mask: UInt64 = 0xFFFF_FFFF
  while width > 0 {
    var first = 0
    while first < 64 {
      // The upper bits of the first words change places with the lower bits of the following ones.
      for row in first..<first &+ width {
        let swapped = (words[row] &>> UInt64(width) ^ words[row &+ width]) & mask
        words[row] ^= swapped &<< UInt64(width)
        words[row &+ width] ^= swapped
      }
      first &+= 2 &* width
    }
    width >>= 1
    mask ^= mask << UInt64(width)
  }
}
