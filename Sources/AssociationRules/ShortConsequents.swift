/// The consequents of one itemset of a node with at most 64 items that make confident rules, by size.
///
/// What ``ConsequentLevels`` says of them holds here. Sets of items are sets of bits: by position in
/// the itemset, in which consequents stand in order and are joined, and by place among the node's items
/// in ascending order, in which the tree is searched. Nothing is compared or looked up item by item.
struct ShortConsequents: ~Copyable {
  /// The most items of a node: its core and the perfect extensions on its path.
  static let itemLimit = 64

  /// A set of items that makes a confident rule.
  struct Consequent {
    /// The items by position.
    var positions: UInt64
    /// The items by place; those that follow from everything have none.
    var places: UInt64
    /// The bit of the last position alone, and of its place.
    var lastPosition: UInt64
    var lastPlace: UInt64
    /// The counts of the two sides of the rule.
    var antecedent: UInt64
    var count: UInt64
    /// The node that the search for the consequent ended at.
    var node: Int
  }

  private let tree: ItemsetTree
  private let memoryLimit: Int
  private var level = FlatBuffer<Consequent>(capacity: 64)
  private var joined = FlatBuffer<Consequent>(capacity: 64)
  /// The rank at each place.
  private var ranks = FlatBuffer<UInt32>(capacity: Self.itemLimit)
  /// The bit of the place of each core item, then of each extension; 0 for those of the root.
  private var placeBits = FlatBuffer<UInt64>(capacity: Self.itemLimit)
  /// For each core item, the places that are searched from the node above it: those of greater ranks
  /// that do not follow from that node.
  private var searched = FlatBuffer<UInt64>(capacity: Self.itemLimit)
  /// For each depth on the path, the nodes reached by the core of that depth without each of its items.
  private var rows = FlatBuffer<UnsafePointer<UInt32>?>(capacity: Self.itemLimit)
  /// The places of the itemset.
  private var itemset: UInt64 = 0
  /// Whether the itemset is the core alone, without even an extension of the root, which has no place.
  private var isCore = false
  /// The bit of the place at each position of the itemset.
  private var bits = FlatBuffer<UInt64>(capacity: Self.itemLimit)
  /// The number of items of each consequent of this level.
  private(set) var size = 0
  /// The number of consequents of this level.
  private(set) var count = 0

  /// `tree` must outlive this value; the consequents of two sizes take at most `memoryLimit` bytes.
  init(_ tree: ItemsetTree, memoryLimit: Int) {
    self.tree = tree
    self.memoryLimit = memoryLimit
  }

  /// A consequent of this level.
  @inline(__always)
  subscript(index: Int) -> Consequent { level.base[index] }

  /// Turns to the itemsets of another node, whose items are listed unless its path is plain.
  mutating func enter(_ path: borrowing NodePath, _ supports: borrowing AntecedentSupports) {
    let depth = path.depth
    for depth in 1..<max(depth, 1) { rows.base[depth] = supports.row(path, depth: depth) }
    for index in 0..<path.extensionCount { placeBits.base[depth + index] = 0 }
    if path.isPlain {
      for index in 0..<depth {
        let bit: UInt64 = 1 << UInt64(index)
        ranks.base[index] = path.rank(atDepth: index + 1)
        placeBits.base[index] = bit
        searched.base[index] = ~(bit | (bit &- 1))
      }
      return
    }
    let items = path.items
    for place in 0..<path.itemCount {
      ranks.base[place] = items[place].rank
      let position = items[place].position
      if position >= 0 { placeBits.base[depth + position] = 1 << UInt64(place) }
    }
    for index in 0..<depth {
      let bit: UInt64 = 1 << UInt64(path.corePlace[index])
      placeBits.base[index] = bit
      var places = ~(bit | (bit &- 1))
      for place in 0..<path.itemCount where items[place].depth <= index {
        places &= ~(1 << UInt64(place))
      }
      searched.base[index] = places
    }
  }

  /// Turns to another itemset, with an empty level of consequents of one item.
  @inline(__always)
  mutating func begin(_ subsets: borrowing SubsetCursor) {
    size = 1
    count = 0
    itemset = 0
    isCore = subsets.chosenCount == 0
    let coreLength = subsets.coreLength
    for position in 0..<coreLength {
      bits.base[position] = placeBits.base[position]
      itemset |= placeBits.base[position]
    }
    for index in 0..<subsets.chosenCount {
      let bit = placeBits.base[coreLength + subsets.positions.base[index]]
      bits.base[coreLength + index] = bit
      itemset |= bit
    }
  }

  /// Appends a confident consequent of one item; at most one for each position, ascending.
  @inline(__always)
  mutating func appendSingle(position: Int, rank: UInt32, antecedent: UInt64) {
    let node = tree.descend(from: ItemsetTree.root, by: rank)
    let bit: UInt64 = 1 << UInt64(position)
    let place = bits.base[position]
    level.base[count] = Consequent(
      positions: bit, places: place, lastPosition: bit, lastPlace: place, antecedent: antecedent,
      count: tree.counts[node], node: node)
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
    var joinedCount = 0
    for first in 0..<count {
      let left = level.base[first]
      let shared = left.positions ^ left.lastPosition
      var second = first + 1
      if second == count || level.base[second].positions ^ level.base[second].lastPosition != shared
      {
        continue
      }
      var search = search(for: left, path)
      repeat {
        let right = level.base[second]
        let added = right.lastPlace
        let antecedent: UInt64
        switch search.kind {
        case .none: antecedent = both
        case .onward: antecedent = tree.counts[goOn(&search, without: added)]
        case .ownStart:
          let place = right.lastPosition.trailingZeroBitCount
          let start = startNode(removed: search.removed, place)
          antecedent = tree.counts[descend(from: start, by: itemset & searched.base[place])]
        }
        if antecedent <= antecedentLimit {
          if joinedCount == joined.capacity { try makeRoom(joinedCount) }
          let consequent = descend(from: left, by: added)
          joined.base[joinedCount] = Consequent(
            positions: left.positions | right.lastPosition, places: left.places | added,
            lastPosition: right.lastPosition, lastPlace: added, antecedent: antecedent,
            count: tree.counts[consequent], node: consequent)
          joinedCount += 1
        }
        second += 1
      } while second < count
        && level.base[second].positions ^ level.base[second].lastPosition == shared
    }
    swap(&level, &joined)
    size += 1
    count = joinedCount
  }

  /// The search for the antecedents of the rules whose consequents are one consequent and one item
  /// more.
  private struct Search {
    enum Kind {
      /// Nothing of the core is in a consequent: antecedents have the count of the itemset.
      case none
      /// The antecedents agree up to the place of the item added: each search goes on from there.
      case onward
      /// Each search starts at the item added.
      case ownStart
    }
    var kind: Kind
    /// The first core item in the consequents.
    var removed: Int
    var start: Int
    /// The places to walk from the start, those before the item added that have been walked, and
    /// where they lead to.
    var places: UInt64
    var passed: UInt64 = 0
    var node: Int
  }

  /// Begins to search where two items of the core are known to be missing, if no extension is chosen,
  /// else where one is.
  @inline(__always)
  private func search(for left: Consequent, _ path: borrowing NodePath) -> Search {
    let removed = left.positions.trailingZeroBitCount
    if removed >= path.depth {
      return Search(kind: .none, removed: 0, start: 0, places: 0, node: 0)
    }
    var start = path.node(atDepth: removed)
    var places = itemset & ~left.places & searched.base[removed]
    if isCore {
      let others = left.positions & (left.positions &- 1)
      if others == 0 {
        return Search(kind: .ownStart, removed: removed, start: 0, places: 0, node: 0)
      }
      let place = others.trailingZeroBitCount
      start = startNode(removed: removed, place)
      places &= searched.base[place]
    }
    return Search(kind: .onward, removed: removed, start: start, places: places, node: start)
  }

  /// The node reached by the core before the item at `place` without the one at `removed`.
  @inline(__always)
  private func startNode(removed: Int, _ place: Int) -> Int {
    guard let row = rows.base[place] else { return ItemsetTree.root }
    return Int(row[removed])
  }

  /// The node of the antecedent without the item at the place `added`, which may be none.
  @inline(__always)
  private func goOn(_ search: inout Search, without added: UInt64) -> Int {
    let before = search.places & (added == 0 ? 0 : added &- 1)
    if search.passed & ~before != 0 {
      search.node = search.start
      search.passed = 0
    }
    search.node = descend(from: search.node, by: before & ~search.passed)
    search.passed = before
    return descend(from: search.node, by: search.places & ~before & ~added)
  }

  @inline(never)
  private mutating func makeRoom(_ joinedCount: Int) throws(ExpansionError) {
    let bytes = (joinedCount * 2 + count) * MemoryLayout<Consequent>.stride
    guard bytes <= memoryLimit else {
      throw .memoryLimit(
        purpose: "making the rules of one itemset with \(size + 1) items in the consequent",
        needed: bytes, limit: memoryLimit)
    }
    joined.reserve(joinedCount + 1)
  }

  /// The node that a search goes on to by the ranks at `places`.
  @inline(__always)
  private func descend(from start: Int, by places: UInt64) -> Int {
    var node = start
    var rest = places
    while rest != 0 {
      node = tree.descend(from: node, by: ranks.base[rest.trailingZeroBitCount])
      rest &= rest &- 1
    }
    return node
  }

  /// The node of a consequent with the item at the place `added`, which may be none.
  @inline(__always)
  private func descend(from consequent: Consequent, by added: UInt64) -> Int {
    if added > consequent.places {
      // The search goes by ascending ranks: this one only goes on.
      return descend(from: consequent.node, by: added)
    }
    if added == 0 { return consequent.node }
    return descend(from: ItemsetTree.root, by: consequent.places | added)
  }
}
