import Blocks
import Itemsets

/// The blocks of a block set as a projection sees them: by rank instead of by id, rows numbered
/// through all blocks.
struct BlockSetView {
  let blocks: [Block]
  /// The first row of each block among the rows of the set.
  let firstRows: [Int]
  let rowCount: Int
  let rankCount: Int
  /// Container index of each rank in each block, -1 where absent: `[block * rankCount + rank]`.
  private let containerIndices: [Int32]

  /// - Parameter rankOf: for each dictionary id its rank, or a number >= rankCount to be left out.
  init(blocks: [Block], rankOf: [UInt32], rankCount: Int) {
    self.blocks = blocks
    self.rankCount = rankCount
    var firstRows: [Int] = []
    var rows = 0
    var indices = [Int32](repeating: -1, count: blocks.count * rankCount)
    for (blockIndex, block) in blocks.enumerated() {
      firstRows.append(rows)
      rows += block.transactionCount
      for (index, id) in block.itemIDs.enumerated() where Int(id) < rankOf.count {
        let rank = Int(rankOf[Int(id)])
        if rank < rankCount {
          indices[blockIndex * rankCount + rank] = Int32(truncatingIfNeeded: index)
        }
      }
    }
    self.firstRows = firstRows
    rowCount = rows
    containerIndices = indices
  }

  /// The rows of `rank` in `block`, nil where the item does not occur there.
  @inline(__always)
  func container(_ rank: Int, in block: Int) -> Container? {
    let index = containerIndices[block * rankCount + rank]
    return index < 0 ? nil : blocks[block].containers[Int(index)]
  }

  /// How many rows hold a rank.
  func count(of rank: Int) -> Int {
    var sum = 0
    for block in blocks.indices {
      if let container = container(rank, in: block) { sum += Int(container.cardinality) }
    }
    return sum
  }

  /// How often any of the ranks occurs.
  var occurrenceCount: Int { (0..<rankCount).reduce(0) { $0 + count(of: $1) } }

  /// How dense the block set is.
  var estimate: LayoutEstimate {
    LayoutEstimate(counts: (0..<rankCount).map { count(of: $0) }, rowCount: rowCount)
  }
}
