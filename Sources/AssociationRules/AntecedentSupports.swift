/// The counts of a node's itemsets without one item of the core, each looked up as rarely as can be.
///
/// Take the core without its item c. Some perfect extensions of the path follow from the rest of the
/// core even so: with or without them the count is the same. Let D be the others; the count of the
/// itemset without c depends only on which of D it holds, so each subset of D is looked up once
/// and then remembered for all the itemsets of the node that share it.
struct AntecedentSupports: ~Copyable {
  /// Where D is larger than this, every count is looked up: the table would leave the cache.
  private static let rememberedLimit = 12

  private let tree: ItemsetTree
  private var coreLength = 0
  /// For each core item a table of 2^|D| counts, 0 where not yet looked up.
  private var remembered = FlatBuffer<UInt64>(capacity: 1024)
  /// Where each core item's table begins; -1 where counts are not remembered.
  private var tables = FlatBuffer<Int>(capacity: 64)
  /// For each extension and core item, the extension's bit in the table's subscript, or 0.
  private var bits = FlatBuffer<UInt32>(capacity: 256)
  /// For each number of chosen extensions and core item, the subscript of the current choice.
  private var keys = FlatBuffer<UInt32>(capacity: 256)
  /// The extensions of the root are before this; they follow from everything.
  private var firstPosition = 0
  private var reduced: SiblingSearch
  /// Whether no extension that may be chosen changes any count.
  private var isPlain = true
  private var extended: ExtendedNodes

  /// `tree` must outlive this value.
  init(_ tree: ItemsetTree) {
    self.tree = tree
    reduced = SiblingSearch(tree)
    extended = ExtendedNodes(tree)
  }

  /// Turns to the node where `path` stands, of which at most `chosenLimit` extensions are chosen; the
  /// path's items are listed unless it is plain.
  mutating func enter(_ path: borrowing NodePath, chosenLimit: Int) {
    reduced.enter(path)
    isPlain = chosenLimit == 0 || path.isPlain
    if isPlain { return }
    extended.enter(path, reduced)
    coreLength = path.depth
    let extensionCount = path.extensionCount
    firstPosition = path.depth == 0 ? extensionCount : path.extensionCount(beforeDepth: 1)
    tables.reserve(coreLength)
    keys.reserve(coreLength)
    for removed in 0..<coreLength { keys.base[removed] = 0 }
    let varying = extensionCount - firstPosition
    bits.reserve(varying * coreLength)
    for index in 0..<(varying * coreLength) { bits.base[index] = 0 }
    var used = 0
    for removed in 0..<coreLength {
      let start = used
      used += 1
      remembered.reserve(used)
      let alone = reduced.count(without: removed)
      remembered.base[start] = alone
      tables.base[removed] = start
      var width = 0
      let first = path.extensionCount(beforeDepth: removed + 1)
      for position in first..<extensionCount {
        let count = tree.counts[extended.node(with: position, without: removed)]
        if count == alone { continue }
        if width == Self.rememberedLimit {
          tables.base[removed] = -1
          break
        }
        let bit = 1 << width
        bits.base[(position - firstPosition) * coreLength + removed] = UInt32(bit)
        width += 1
        remembered.reserve(start + 2 * bit)
        for index in bit..<(2 * bit) { remembered.base[start + index] = 0 }
        remembered.base[start + bit] = count
        used = start + 2 * bit
      }
    }
  }

  /// The nodes reached by the core of the path's node of the given depth without each of its items;
  /// valid until the next node is entered.
  @inline(__always)
  func row(_ path: borrowing NodePath, depth: Int) -> UnsafePointer<UInt32> {
    reduced.row(path, depth: depth)
  }

  /// Takes note that the extension at `position` was chosen as number `chosenCount`.
  @inline(__always)
  mutating func choose(position: Int, chosenCount: Int) {
    if isPlain { return }
    keys.reserve((chosenCount + 1) * coreLength)
    let before = keys.base + (chosenCount - 1) * coreLength
    let after = keys.base + chosenCount * coreLength
    if position < firstPosition {
      for removed in 0..<coreLength { after[removed] = before[removed] }
      return
    }
    let own = bits.base + (position - firstPosition) * coreLength
    for removed in 0..<coreLength { after[removed] = before[removed] | own[removed] }
  }

  /// The counts of the current itemset without each core item; nil where the extensions chosen may
  /// change them.
  @inline(__always)
  var counts: UnsafePointer<UInt64>? { isPlain ? reduced.counts : nil }

  /// The count of the current itemset without the core item at `removed`.
  @inline(__always)
  mutating func count(
    without removed: Int, path: borrowing NodePath, chosenCount: Int,
    isChosen: UnsafePointer<UInt8>
  ) -> UInt64 {
    if isPlain { return reduced.count(without: removed) }
    let table = tables.base[removed]
    if table < 0 { return lookUp(path, removed: removed, isChosen: isChosen) }
    let place = table + Int(keys.base[chosenCount * coreLength + removed])
    let known = remembered.base[place]
    if known != 0 { return known }
    let count = lookUp(path, removed: removed, isChosen: isChosen)
    remembered.base[place] = count
    return count
  }

  private func lookUp(
    _ path: borrowing NodePath, removed: Int, isChosen: UnsafePointer<UInt8>
  ) -> UInt64 {
    var node = path.node(atDepth: removed)
    let items = path.items
    let itemCount = path.itemCount
    for place in (path.corePlace[removed] + 1)..<itemCount {
      let item = items[place]
      if item.position >= 0, isChosen[item.position] == 0 || item.depth <= removed { continue }
      node = tree.descend(from: node, by: item.rank)
    }
    return tree.counts[node]
  }
}
