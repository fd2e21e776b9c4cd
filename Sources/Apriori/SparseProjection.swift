import Blocks

/// Rows of ranks, and for each rank where it stands in them.
///
/// Ranks ascend within a row, so from a rank's position the rarer items lie behind and the candidates
/// with it ahead. Built by transposing the blocks rank by rank: the slot that a rank is written to is
/// its position. `Rank` is the narrowest integer that leaves its greatest value free to end a row.
struct SparseProjection<Rank: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
  let rankCount: Int
  let rowCount: Int
  /// All rows one after the other, each followed by ``rowEnd``.
  let rows: [Rank]
  /// Positions in `rows`, rank by rank.
  let positions: [UInt32]
  /// Where the positions of each rank begin; one more entry than ranks.
  let starts: [Int]
  /// The most items of a row.
  let longestRow: Int
  /// What counting leaves for the levels that follow.
  let classes: ClassCache

  static var rowEnd: Rank { Rank.max }

  /// Bytes of everything but the rows.
  var byteCountBesidesRows: Int {
    positions.count * 4 + starts.count * 8 + classes.byteCount
  }

  init(_ view: BlockSetView, cacheLimit: Int) {
    rankCount = view.rankCount
    rowCount = view.rowCount
    classes = ClassCache(rankCount: view.rankCount, byteLimit: cacheLimit)
    var buffer = [UInt16](repeating: 0, count: BlockLimits.transactions)
    var next = [UInt32](repeating: 0, count: view.rowCount)
    for block in view.blocks.indices {
      for rank in 0..<view.rankCount {
        guard let container = view.container(rank, in: block) else { continue }
        view.blocks[block].rows(of: container, into: &buffer)
        countRows(buffer, lengths: &next, firstRow: view.firstRows[block])
      }
    }
    var end: UInt32 = 0
    var longest: UInt32 = 0
    for row in next.indices {
      let length = next[row]
      next[row] = end
      end += length + 1
      longest = max(longest, length)
    }
    longestRow = Int(longest)
    var rows = [Rank](repeating: Self.rowEnd, count: Int(end))
    var positions = [UInt32](repeating: 0, count: Int(end) - view.rowCount)
    var starts = [0]
    var filled = 0
    for rank in 0..<view.rankCount {
      for block in view.blocks.indices {
        guard let container = view.container(rank, in: block) else { continue }
        view.blocks[block].rows(of: container, into: &buffer)
        place(
          Rank(truncatingIfNeeded: rank), in: &rows, at: buffer, firstRow: view.firstRows[block],
          next: &next, positions: &positions, filled: filled)
        filled += buffer.count
      }
      starts.append(filled)
    }
    self.rows = rows
    self.positions = positions
    self.starts = starts
  }
}

private func countRows(_ holders: [UInt16], lengths: inout [UInt32], firstRow: Int) {
  lengths.withUnsafeMutableBufferPointer { lengths in
    guard let base = lengths.baseAddress else { return }
    let block = base + firstRow
    for row in holders { block[Int(row)] &+= 1 }
  }
}

/// Writes `rank` to the next free slot of each row that holds it, and notes the slots.
private func place<Rank: FixedWidthInteger>(
  _ rank: Rank, in rows: inout [Rank], at holders: [UInt16], firstRow: Int,
  next: inout [UInt32], positions: inout [UInt32], filled: Int
) {
  rows.withUnsafeMutableBufferPointer { rows in
    next.withUnsafeMutableBufferPointer { next in
      positions.withUnsafeMutableBufferPointer { positions in
        guard let rowsBase = rows.baseAddress, let nextBase = next.baseAddress,
          let positionsBase = positions.baseAddress
        else { return }
        let block = nextBase + firstRow
        var target = positionsBase + filled
        for row in holders {
          let slot = block[Int(row)]
          block[Int(row)] = slot &+ 1
          rowsBase[Int(slot)] = rank
          target.pointee = slot
          target += 1
        }
      }
    }
  }
}
