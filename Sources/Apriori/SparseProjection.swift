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

  init(_ view: BlockSetView, cacheLimit: Int, frequentShare: Double?) {
    rankCount = view.rankCount
    rowCount = view.rowCount
    classes = ClassCache(
      rankCount: view.rankCount, byteLimit: cacheLimit,
      promisingCount: frequentShare.map { promisingCount(min($0, 1) * Double(view.rowCount)) })
    var starts = [0]
    starts.reserveCapacity(view.rankCount + 1)
    for rank in 0..<view.rankCount { starts.append(starts[rank] + view.count(of: rank)) }
    let occurrences = starts[view.rankCount]
    var rows = [Rank](repeating: Self.rowEnd, count: occurrences + view.rowCount)
    var positions = [UInt32](repeating: 0, count: occurrences)
    var transposition = Transposition(firstPositions: starts)
    for block in view.blocks.indices {
      transposition.add(block, of: view, rows: &rows, positions: &positions)
    }
    self.rows = rows
    self.positions = positions
    self.starts = starts
    longestRow = transposition.longestRow
  }

  /// What counting has left in a projection, and no more.
  init(withoutRowsOf whole: Self) {
    rankCount = whole.rankCount
    rowCount = whole.rowCount
    rows = []
    positions = []
    starts = []
    longestRow = whole.longestRow
    classes = whole.classes
  }
}

/// The count from which a candidate is likely to be frequent, where frequent ones have `expected` on
/// average: four standard deviations less, if the rows are a random part of all.
private func promisingCount(_ expected: Double) -> UInt32 {
  UInt32(clamping: Int(max(1, expected - 4 * expected.squareRoot())))
}

/// Turns blocks, which hold rows by item, into rows of ranks, one block after the other.
///
/// Writing a rank to all its rows walks through the memory of a whole block, which no cache near the
/// core holds: so a few rows take all their ranks before the next few. T10I4D100K at 0.5 %: 2.5 times
/// as fast as rank by rank through all rows.
private struct Transposition {
  /// Rows that take their ranks together: 32 KiB of places, and rows that fit the second-level cache.
  private static let rowsTogether = 8_192

  private(set) var longestRow = 0
  /// The slot that the next row begins with.
  private var end: UInt32 = 0
  /// Where the next position of each rank goes.
  private var nextPositions: [Int]
  /// The rows of every rank in the block, one rank after the other.
  private var holders: [UInt16] = []
  /// Where in `holders` the next row of each rank stands, and where its last one ends.
  private var cursors: [Int] = []
  private var ends: [Int] = []
  /// For each row of the block, the slot that its next rank goes to.
  private var slots: [UInt32] = []

  init(firstPositions: [Int]) {
    nextPositions = firstPositions
  }

  mutating func add<Rank: FixedWidthInteger>(
    _ block: Int, of view: BlockSetView, rows: inout [Rank], positions: inout [UInt32]
  ) {
    decode(block, of: view)
    let rowCount = view.blocks[block].transactionCount
    layOutRows(rowCount)
    var firstRow = 0
    while firstRow < rowCount {
      let lastRow = min(firstRow + Self.rowsTogether, rowCount) - 1
      place(
        rowsThrough: UInt16(truncatingIfNeeded: lastRow), rankCount: view.rankCount, rows: &rows,
        positions: &positions)
      firstRow = lastRow + 1
    }
  }

  /// Fills `holders`, `cursors` and `ends`.
  private mutating func decode(_ block: Int, of view: BlockSetView) {
    cursors.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    var count = 0
    for rank in 0..<view.rankCount {
      cursors.append(count)
      if let container = view.container(rank, in: block) { count += Int(container.cardinality) }
      ends.append(count)
    }
    if holders.count < count {
      holders.append(contentsOf: repeatElement(0, count: count - holders.count))
    }
    holders.withUnsafeMutableBufferPointer { holders in
      guard let base = holders.baseAddress else { return }
      for rank in 0..<view.rankCount {
        guard let container = view.container(rank, in: block) else { continue }
        view.blocks[block].decodeRows(of: container, into: base + cursors[rank])
      }
    }
  }

  /// Gives each row of the block room for its ranks and its end.
  private mutating func layOutRows(_ rowCount: Int) {
    slots.removeAll(keepingCapacity: true)
    slots.append(contentsOf: repeatElement(0, count: rowCount))
    countRows(holders, count: ends.last ?? 0, lengths: &slots)
    for row in slots.indices {
      let length = slots[row]
      slots[row] = end
      end += length + 1
      longestRow = max(longestRow, Int(length))
    }
  }

  /// Writes the ranks of all rows up to a last one that have not got theirs.
  private mutating func place<Rank: FixedWidthInteger>(
    rowsThrough lastRow: UInt16, rankCount: Int, rows: inout [Rank], positions: inout [UInt32]
  ) {
    rows.withUnsafeMutableBufferPointer { rows in
      positions.withUnsafeMutableBufferPointer { positions in
        holders.withUnsafeBufferPointer { holders in
          slots.withUnsafeMutableBufferPointer { slots in
            guard let rows = rows.baseAddress, let positions = positions.baseAddress,
              let holders = holders.baseAddress, let slots = slots.baseAddress
            else { return }
            for rank in 0..<rankCount {
              let cursor = cursors[rank]
              let placed = placeRank(
                Rank(truncatingIfNeeded: rank), at: holders + cursor, count: ends[rank] - cursor,
                through: lastRow, slots: slots, rows: rows,
                positions: positions + nextPositions[rank])
              cursors[rank] = cursor + placed
              nextPositions[rank] += placed
            }
          }
        }
      }
    }
  }
}

/// Adds 1 for each row to its length.
private func countRows(_ holders: [UInt16], count: Int, lengths: inout [UInt32]) {
  holders.withUnsafeBufferPointer { holders in
    lengths.withUnsafeMutableBufferPointer { lengths in
      guard let holders = holders.baseAddress, let lengths = lengths.baseAddress else { return }
      for index in 0..<count { lengths[Int(holders[index])] &+= 1 }
    }
  }
}

/// Writes `rank` to the next free slot of each row that holds it, up to a last one, and notes the
/// slots.
///
/// - Returns: how many rows these were.
@inline(__always)
private func placeRank<Rank: FixedWidthInteger>(
  _ rank: Rank, at holders: UnsafePointer<UInt16>, count: Int, through lastRow: UInt16,
  slots: UnsafeMutablePointer<UInt32>, rows: UnsafeMutablePointer<Rank>,
  positions: UnsafeMutablePointer<UInt32>
) -> Int {
  var index = 0
  while index < count {
    let row = holders[index]
    if row > lastRow { break }
    let slot = slots[Int(row)]
    slots[Int(row)] = slot &+ 1
    rows[Int(slot)] = rank
    positions[index] = slot
    index &+= 1
  }
  return index
}
