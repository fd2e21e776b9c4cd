import Itemsets

/// The consequents of one itemset that make confident rules, by size.
///
/// This is ap-genrules of R. Agrawal and R. Srikant, "Fast Algorithms for Mining Association Rules"
/// (VLDB 1994, section 3): moving an item to the consequent never raises the confidence, so a
/// consequent of m + 1 items can only be confident if its parts of m items are, and is made by
/// joining two of those that share their first m - 1 positions.
///
/// A consequent is a list of positions in the itemset, ascending; lists of one size stand in
/// lexicographic order.
struct ConsequentLevels: ~Copyable {
  private let tree: ItemsetTree
  private let memoryLimit: Int
  private var positions = FlatBuffer<UInt32>(capacity: 64)
  private var supports = FlatBuffer<SideCounts>(capacity: 64)
  private var joinedPositions = FlatBuffer<UInt32>(capacity: 64)
  private var joinedSupports = FlatBuffer<SideCounts>(capacity: 64)
  /// The place of each item of the itemset among the node's items; -1 for extensions of the root.
  private var places = FlatBuffer<Int>(capacity: 64)
  /// What each of the node's items is in the rule at hand.
  private var sides = FlatBuffer<Side>(capacity: 64)
  private var placeOfPosition = FlatBuffer<Int>(capacity: 64)
  /// The number of items of each consequent of this level.
  private(set) var size = 0
  /// The number of consequents of this level.
  private(set) var count = 0

  /// The counts of the two sides of a rule.
  struct SideCounts {
    var antecedent: UInt64
    var consequent: UInt64
  }

  /// What an item is in the rule at hand.
  enum Side: UInt8 {
    case outside
    case antecedent
    case consequent
  }

  /// `tree` must outlive this value; the consequents of two sizes take at most `memoryLimit` bytes.
  init(_ tree: ItemsetTree, memoryLimit: Int) {
    self.tree = tree
    self.memoryLimit = memoryLimit
  }

  /// The positions of a consequent of this level.
  func consequent(_ index: Int) -> UnsafePointer<UInt32> {
    UnsafePointer(positions.base + index * size)
  }

  /// The counts of both sides of the rule with a consequent of this level.
  func sideCounts(_ index: Int) -> SideCounts { supports.base[index] }

  /// Turns to the itemsets of another node.
  mutating func enter(_ path: borrowing NodePath) {
    placeOfPosition.reserve(path.extensions.count)
    for position in 0..<path.extensions.count { placeOfPosition.base[position] = -1 }
    sides.reserve(path.itemCount)
    for place in 0..<path.itemCount {
      sides.base[place] = .outside
      let position = path.items[place].position
      if position >= 0 { placeOfPosition.base[position] = place }
    }
  }

  /// Turns to another itemset, with an empty level of consequents of one item.
  mutating func begin(_ subsets: borrowing SubsetCursor, path: borrowing NodePath) {
    size = 1
    count = 0
    let length = subsets.length
    places.reserve(length)
    positions.reserve(length)
    supports.reserve(length)
    for place in 0..<path.itemCount { sides.base[place] = .outside }
    for index in 0..<length {
      let place =
        index < subsets.coreLength
        ? path.corePlace[index]
        : placeOfPosition.base[subsets.positions.base[index - subsets.coreLength]]
      places.base[index] = place
      if place >= 0 { sides.base[place] = .antecedent }
    }
  }

  /// Appends a confident consequent of one item; at most one for each position, ascending.
  mutating func appendSingle(position: Int, antecedent: UInt64, consequent: UInt64) {
    positions.base[count] = UInt32(truncatingIfNeeded: position)
    supports.base[count] = SideCounts(antecedent: antecedent, consequent: consequent)
    count += 1
  }

  /// Goes to the consequents of one more item.
  ///
  /// - Parameters:
  ///   - both: the count of the itemset, and of antecedents that lack no item of the core.
  ///   - antecedentLimit: the greatest count of an antecedent whose rules are confident.
  mutating func join(
    _ path: borrowing NodePath, both: UInt64, antecedentLimit: UInt64
  ) throws(ExpansionError) {
    let joinedSize = size + 1
    var joinedCount = 0
    var first = 0
    while first < count {
      var second = first + 1
      while second < count, sharesAllButLast(first, second) {
        try reserve(joinedCount + 1, size: joinedSize)
        let joined = joinedPositions.base + joinedCount * joinedSize
        for index in 0..<size { joined[index] = positions.base[first * size + index] }
        joined[size] = positions.base[second * size + size - 1]
        if let counts = count(
          of: UnsafePointer(joined), size: joinedSize, path: path, both: both,
          antecedentLimit: antecedentLimit)
        {
          joinedSupports.base[joinedCount] = counts
          joinedCount += 1
        }
        second += 1
      }
      first += 1
    }
    swap(&positions, &joinedPositions)
    swap(&supports, &joinedSupports)
    size = joinedSize
    count = joinedCount
  }

  @inline(__always)
  private func sharesAllButLast(_ first: Int, _ second: Int) -> Bool {
    let left = positions.base + first * size
    let right = positions.base + second * size
    for index in 0..<(size - 1) where left[index] != right[index] { return false }
    return true
  }

  private mutating func reserve(_ needed: Int, size: Int) throws(ExpansionError) {
    if needed <= joinedSupports.capacity, needed * size <= joinedPositions.capacity { return }
    let bytes = (needed + count) * (size * 4 + 16) * 2
    guard bytes <= memoryLimit else {
      throw .memoryLimit(
        purpose: "making the rules of one itemset with \(size) items in the consequent",
        needed: bytes, limit: memoryLimit)
    }
    joinedPositions.reserve(needed * size)
    joinedSupports.reserve(needed)
  }

  /// The counts of both sides; nil where the rule is not confident.
  private mutating func count(
    of consequent: UnsafePointer<UInt32>, size: Int, path: borrowing NodePath, both: UInt64,
    antecedentLimit: UInt64
  ) -> SideCounts? {
    setSides(consequent, size, to: .consequent)
    defer { setSides(consequent, size, to: .antecedent) }
    let first = Int(consequent[0])
    var antecedentCount = both
    if first < path.depth {
      antecedentCount = lookUp(
        .antecedent, path, from: path.node(atDepth: first), place: path.corePlace[first] + 1,
        impliedDepth: first)
    }
    guard antecedentCount <= antecedentLimit else { return nil }
    let consequentCount = lookUp(
      .consequent, path, from: ItemsetTree.root, place: 0, impliedDepth: 0)
    return SideCounts(antecedent: antecedentCount, consequent: consequentCount)
  }

  @inline(__always)
  private mutating func setSides(_ consequent: UnsafePointer<UInt32>, _ size: Int, to side: Side) {
    for index in 0..<size {
      let place = places.base[Int(consequent[index])]
      if place >= 0 { sides.base[place] = side }
    }
  }

  @inline(__always)
  private func lookUp(
    _ side: Side, _ path: borrowing NodePath, from start: Int, place: Int, impliedDepth: Int
  ) -> UInt64 {
    var node = start
    let items = path.items
    let itemCount = path.itemCount
    for place in place..<itemCount
    where sides.base[place] == side && items[place].depth > impliedDepth {
      node = tree.descend(from: node, by: items[place].rank)
    }
    return tree.counts[node]
  }
}
