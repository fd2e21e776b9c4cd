/// Goes through the itemsets of one node: its core joined with each subset of the perfect
/// extensions on its path, in natural order.
///
/// Subsets stand in lexicographic order of positions, a subset before those it begins: with three
/// extensions {}, {0}, {0,1}, {0,1,2}, {0,2}, {1}, {1,2}, {2}. Subsets that the length limits leave
/// out are not walked one by one: every step but a bounded few leads to a subset in range.
struct SubsetCursor: ~Copyable {
  /// The core, then the chosen extensions.
  private(set) var items = FlatBuffer<UInt32>(capacity: 64)
  /// The position of each chosen extension.
  private(set) var positions = FlatBuffer<Int>(capacity: 64)
  /// 1 for each position that is chosen.
  private(set) var isChosen = FlatBuffer<UInt8>(capacity: 64)
  /// How many extensions are chosen.
  private(set) var chosenCount = 0
  private(set) var coreLength = 0
  private var extensionCount = 0
  private var minimum = 1
  private var maximum = 0

  init() {}

  /// The length of the current itemset.
  var length: Int { coreLength + chosenCount }

  /// Whether the current itemset is long enough to be reported.
  var isInRange: Bool { coreLength + chosenCount >= minimum }

  /// Starts at the core alone; false if no subset of this node is in range.
  @inline(__always)
  mutating func start(
    core: UnsafeBufferPointer<UInt32>, extensionCount: Int, lengths: ResolvedLengths
  ) -> Bool {
    clearChosen()
    coreLength = core.count
    self.extensionCount = extensionCount
    minimum = lengths.minimum
    maximum = lengths.maximum
    guard coreLength <= maximum, coreLength + extensionCount >= minimum, minimum <= maximum else {
      return false
    }
    items.reserve(coreLength + extensionCount)
    positions.reserve(extensionCount)
    isChosen.reserve(extensionCount)
    let base = items.base
    for index in 0..<coreLength { base[index] = core[index] }
    return true
  }

  /// Goes one subset further, in range or not; false after the last.
  ///
  /// The last chosen extension is the only one that can be new.
  @inline(__always)
  mutating func step(extensions: UnsafePointer<UInt32>) -> Bool {
    var next = chosenCount == 0 ? 0 : positions.base[chosenCount - 1] + 1
    if next < extensionCount, coreLength + chosenCount < maximum {
      choose(next, extensions)
      return true
    }
    while chosenCount > 0 {
      chosenCount -= 1
      let last = positions.base[chosenCount]
      isChosen.base[last] = 0
      next = last + 1
      // What follows position `next` must suffice to reach the minimum.
      if next < extensionCount, coreLength + chosenCount + extensionCount - next >= minimum {
        choose(next, extensions)
        return true
      }
    }
    return false
  }

  @inline(__always)
  private mutating func choose(_ position: Int, _ extensions: UnsafePointer<UInt32>) {
    positions.base[chosenCount] = position
    isChosen.base[position] = 1
    items.base[coreLength + chosenCount] = extensions[position]
    chosenCount += 1
  }

  @inline(__always)
  private mutating func clearChosen() {
    while chosenCount > 0 {
      chosenCount -= 1
      isChosen.base[positions.base[chosenCount]] = 0
    }
  }
}
