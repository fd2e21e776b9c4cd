import Blocks

/// The rows of a block set grouped by equality over the ranks of a view.
///
/// Found by refining a partition: all rows begin in one class, and every item splits the rows that
/// hold it off their classes. Exact, unlike a hash of the row.
struct RowPartition {
  /// The class of each row.
  let classes: [UInt32]
  /// The number of rows of each class, never 0.
  let sizes: [UInt32]

  /// Nil as soon as there are more than `classLimit` classes.
  /// - Complexity: O(rows + occurrences) time, O(rows) memory.
  init?(_ view: BlockSetView, blocks: Range<Int>, classLimit: Int) {
    var rowCount = 0
    for block in blocks { rowCount += view.blocks[block].transactionCount }
    var partition = RefinablePartition(rowCount: rowCount)
    var rows = [UInt16](repeating: 0, count: BlockLimits.transactions)
    for rank in 0..<view.rankCount {
      for pass in RefinablePartition.Pass.allCases {
        var first = 0
        for block in blocks {
          defer { first += view.blocks[block].transactionCount }
          guard let container = view.container(rank, in: block) else { continue }
          view.blocks[block].rows(of: container, into: &rows)
          partition.visit(rows, firstRow: first, pass: pass)
        }
      }
      partition.settle()
      if partition.sizes.count > classLimit { return nil }
    }
    classes = partition.classes
    sizes = partition.sizes
  }
}

private struct RefinablePartition {
  enum Pass: CaseIterable {
    /// Counts how many rows of each class hold the item.
    case count
    /// Moves the rows of a class that holds the item only partly to a class of their own.
    case split
  }

  private(set) var classes: [UInt32]
  private(set) var sizes: [UInt32]
  /// Rows of each class that hold the current item.
  private var holders: [UInt32]
  /// The class that takes the holders of each class; 0 for none, as no class splits into the first.
  private var splitClasses: [UInt32]
  /// Classes with holders.
  private var touched: [UInt32] = []

  init(rowCount: Int) {
    classes = [UInt32](repeating: 0, count: rowCount)
    sizes = [UInt32(truncatingIfNeeded: rowCount)]
    holders = [0]
    splitClasses = [0]
  }

  mutating func visit(_ rows: [UInt16], firstRow: Int, pass: Pass) {
    switch pass {
    case .count:
      for row in rows {
        let current = classes[firstRow + Int(row)]
        if holders[Int(current)] == 0 { touched.append(current) }
        holders[Int(current)] += 1
      }
    case .split:
      for row in rows {
        let current = Int(classes[firstRow + Int(row)])
        if holders[current] == sizes[current] { continue }
        if splitClasses[current] == 0 {
          splitClasses[current] = UInt32(truncatingIfNeeded: sizes.count)
          sizes.append(0)
          holders.append(0)
          splitClasses.append(0)
        }
        classes[firstRow + Int(row)] = splitClasses[current]
      }
    }
  }

  /// Sets the sizes of the classes that split and forgets the item.
  mutating func settle() {
    for index in touched {
      let old = Int(index)
      let new = Int(splitClasses[old])
      if new != 0 {
        sizes[new] = holders[old]
        sizes[old] -= holders[old]
        splitClasses[old] = 0
      }
      holders[old] = 0
    }
    touched.removeAll(keepingCapacity: true)
  }
}
