import Itemsets

/// Where rules gather before they go to a ``RuleBatch`` in one piece; see ``ItemsetStaging``.
struct RuleStaging: ~Copyable {
  /// A batch is full at this number of rules: it is written before it has left the cache.
  static let ruleLimit = 1024
  /// A batch is full when the items of its rules reach this number.
  static let itemLimit = 1 << 16

  private var items = FlatBuffer<UInt32>(capacity: 1024)
  private var antecedentEnds = FlatBuffer<Int>(capacity: 64)
  private var ends = FlatBuffer<Int>(capacity: 64)
  private var counts = FlatBuffer<RuleCounts>(capacity: 64)
  private var itemCount = 0
  private(set) var count = 0

  init() {}

  /// Whether no rule may be appended before ``move(to:)``.
  var isFull: Bool { count >= Self.ruleLimit || itemCount >= Self.itemLimit }

  /// Appends the rule whose consequent is the item of `itemset` at `position`.
  @inline(__always)
  mutating func append(
    _ itemset: UnsafePointer<UInt32>, length: Int, position: Int, counts ruleCounts: RuleCounts
  ) {
    items.reserve(itemCount + length)
    let target = items.base + itemCount
    for index in 0..<position { target[index] = itemset[index] }
    for index in (position + 1)..<length { target[index - 1] = itemset[index] }
    target[length - 1] = itemset[position]
    close(length: length, consequentLength: 1, ruleCounts)
  }

  /// Appends the rule whose consequent are the items of `itemset` at `positions`, a set of bits.
  @inline(__always)
  mutating func append(
    _ itemset: UnsafePointer<UInt32>, length: Int, positions: UInt64, positionCount: Int,
    counts ruleCounts: RuleCounts
  ) {
    items.reserve(itemCount + length)
    let antecedent = items.base + itemCount
    let antecedentCount = length &- positionCount
    // Where an item goes cannot be guessed, so it is computed.
    var rest = positions
    var taken = 0
    for index in 0..<length {
      let isTaken = Int(truncatingIfNeeded: rest & 1)
      rest >>= 1
      let place = index &- taken
      antecedent[place &+ (antecedentCount &+ taken &- place) &* isTaken] = itemset[index]
      taken &+= isTaken
    }
    close(length: length, consequentLength: positionCount, ruleCounts)
  }

  /// Appends the rule whose consequent are the items of `itemset` at `positions`, ascending.
  mutating func append(
    _ itemset: UnsafePointer<UInt32>, length: Int, positions: UnsafePointer<UInt32>,
    positionCount: Int, counts ruleCounts: RuleCounts
  ) {
    items.reserve(itemCount + length)
    let antecedent = items.base + itemCount
    let consequent = antecedent + (length - positionCount)
    var taken = 0
    for index in 0..<length {
      if taken < positionCount, Int(positions[taken]) == index {
        consequent[taken] = itemset[index]
        taken += 1
      } else {
        antecedent[index - taken] = itemset[index]
      }
    }
    close(length: length, consequentLength: positionCount, ruleCounts)
  }

  @inline(__always)
  private mutating func close(length: Int, consequentLength: Int, _ ruleCounts: RuleCounts) {
    itemCount += length
    antecedentEnds.reserve(count + 1)
    ends.reserve(count + 1)
    counts.reserve(count + 1)
    antecedentEnds.base[count] = itemCount - consequentLength
    ends.base[count] = itemCount
    counts.base[count] = ruleCounts
    count += 1
  }

  /// Replaces what `batch` holds by what has gathered.
  mutating func move(to batch: inout RuleBatch) {
    batch.removeAll()
    batch.items.append(contentsOf: UnsafeBufferPointer(start: items.base, count: itemCount))
    batch.antecedentEnds.append(
      contentsOf: UnsafeBufferPointer(start: antecedentEnds.base, count: count))
    batch.ends.append(contentsOf: UnsafeBufferPointer(start: ends.base, count: count))
    batch.counts.append(contentsOf: UnsafeBufferPointer(start: counts.base, count: count))
    removeAll()
  }

  /// Forgets what has gathered.
  mutating func removeAll() {
    itemCount = 0
    count = 0
  }
}
