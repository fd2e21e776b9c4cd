import Itemsets

/// The consequents of one itemset that make confident rules, by size; where a node has more items than
/// ``ShortConsequents`` can hold.
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
  private var supports = FlatBuffer<Supports>(capacity: 64)
  private var joinedPositions = FlatBuffer<UInt32>(capacity: 64)
  private var joinedSupports = FlatBuffer<Supports>(capacity: 64)
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

  /// What is known of a consequent; not private, or Swift 6.3 crashes on it in debug builds.
  struct Supports {
    var counts: SideCounts
    /// The node that the consequent's search ended at, and the greatest place it went by.
    var node: UInt32
    var place: Int
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
  func sideCounts(_ index: Int) -> SideCounts { supports.base[index].counts }

  /// Turns to the itemsets of another node.
  mutating func enter(_ path: borrowing NodePath) {
    placeOfPosition.reserve(path.extensionCount)
    for position in 0..<path.extensionCount { placeOfPosition.base[position] = -1 }
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
  mutating func appendSingle(position: Int, rank: UInt32, antecedent: UInt64) {
    let node = tree.descend(from: ItemsetTree.root, by: rank)
    positions.base[count] = UInt32(truncatingIfNeeded: position)
    supports.base[count] = Supports(
      counts: SideCounts(antecedent: antecedent, consequent: tree.counts[node]),
      node: UInt32(truncatingIfNeeded: node), place: places.base[position])
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
      guard second < count, sharesAllButLast(first, second) else {
        first += 1
        continue
      }
      let shared = positions.base + first * size
      setSides(shared, size, to: .consequent)
      var search = AntecedentSearch(path, firstPosition: Int(shared[0]), both: both)
      repeat {
        try reserve(joinedCount + 1, size: joinedSize)
        let added = positions.base[second * size + size - 1]
        let place = places.base[Int(added)]
        let antecedent = search.count(
          without: place, path, tree: tree, sides: UnsafePointer(sides.base))
        if antecedent <= antecedentLimit {
          let joined = joinedPositions.base + joinedCount * joinedSize
          for index in 0..<size { joined[index] = shared[index] }
          joined[size] = added
          joinedSupports.base[joinedCount] = extend(
            supports.base[first], by: place, path, antecedent: antecedent)
          joinedCount += 1
        }
        second += 1
      } while second < count && sharesAllButLast(first, second)
      setSides(shared, size, to: .antecedent)
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
    let bytes = (needed + count) * (size * 4 + MemoryLayout<Supports>.stride) * 2
    guard bytes <= memoryLimit else {
      throw .memoryLimit(
        purpose: "making the rules of one itemset with \(size) items in the consequent",
        needed: bytes, limit: memoryLimit)
    }
    joinedPositions.reserve(needed * size)
    joinedSupports.reserve(needed)
  }

  /// What is known of a consequent with the item at `place` added; the consequent's items are marked.
  @inline(__always)
  private mutating func extend(
    _ supports: Supports, by place: Int, _ path: borrowing NodePath, antecedent: UInt64
  ) -> Supports {
    var node = Int(supports.node)
    if place > supports.place {
      // The search goes by ascending ranks: this one only goes on.
      node = tree.descend(from: node, by: path.items[place].rank)
    } else if place >= 0 {
      sides.base[place] = .consequent
      node = ItemsetTree.root
      for place in 0..<path.itemCount where sides.base[place] == .consequent {
        node = tree.descend(from: node, by: path.items[place].rank)
      }
      sides.base[place] = .antecedent
    }
    return Supports(
      counts: SideCounts(antecedent: antecedent, consequent: tree.counts[node]),
      node: UInt32(truncatingIfNeeded: node), place: max(supports.place, place))
  }

  @inline(__always)
  private mutating func setSides(_ consequent: UnsafePointer<UInt32>, _ size: Int, to side: Side) {
    for index in 0..<size {
      let place = places.base[Int(consequent[index])]
      if place >= 0 { sides.base[place] = side }
    }
  }
}

/// The search for the antecedents of the rules whose consequents are one consequent and one item more.
///
/// They agree up to that item's place, so the search for the next one starts where the last one left
/// the items they share.
private struct AntecedentSearch {
  private let both: UInt64
  private let startNode: Int
  private let startPlace: Int
  /// Extensions that follow from a node above the search are not in the tree below it.
  private let impliedDepth: Int
  /// Nothing of the core is in the consequent if its first position is none of the core.
  private let isCoreWhole: Bool
  /// What the items before `place` lead to.
  private var node: Int
  private var place: Int

  @inline(__always)
  init(_ path: borrowing NodePath, firstPosition: Int, both: UInt64) {
    self.both = both
    isCoreWhole = firstPosition >= path.depth
    impliedDepth = firstPosition
    startNode = isCoreWhole ? ItemsetTree.root : path.node(atDepth: firstPosition)
    startPlace = isCoreWhole ? 0 : path.corePlace[firstPosition] + 1
    node = startNode
    place = startPlace
  }

  /// The count of the antecedent without the item at `removed`, too, which may be none: -1.
  @inline(__always)
  mutating func count(
    without removed: Int, _ path: borrowing NodePath, tree: ItemsetTree,
    sides: UnsafePointer<ConsequentLevels.Side>
  ) -> UInt64 {
    if isCoreWhole { return both }
    if removed < place {
      node = startNode
      place = startPlace
    }
    let items = path.items
    while place < removed {
      node = step(node, place, items, tree, sides)
      place += 1
    }
    var end = node
    // An item before the start follows from what all share; else it is skipped.
    for place in max(removed + 1, place)..<max(path.itemCount, removed + 1, place) {
      end = step(end, place, items, tree, sides)
    }
    return tree.counts[end]
  }

  @inline(__always)
  private func step(
    _ node: Int, _ place: Int, _ items: UnsafePointer<PathItem>, _ tree: ItemsetTree,
    _ sides: UnsafePointer<ConsequentLevels.Side>
  ) -> Int {
    guard sides[place] == .antecedent, items[place].depth > impliedDepth else { return node }
    return tree.descend(from: node, by: items[place].rank)
  }
}
