public import Apriori
public import Itemsets

/// Makes association rules from closed levels, batch by batch, in natural order.
///
/// Natural order: itemsets in that of ``ItemsetExpansion``; for each, its consequents by size, then
/// lexicographically by the positions of their items in the itemset. The items of each side stand in
/// the order of the itemset. Neither side is ever empty.
///
/// Supports of antecedents are looked up in an ``ItemsetIndex``. A consequent of one item that is a
/// perfect extension needs none: its confidence is exactly 1. Memory does not grow with the number
/// of rules; with larger consequents it grows with the confident rules of one itemset.
public struct RuleGenerator: ~Copyable {
  /// Owns the memory of `tree`.
  private let source: RuleSource
  private let tree: ItemsetTree
  private let lengths: ResolvedLengths
  private let maximumAntecedent: Int
  private let maximumConsequent: Int
  private let transactions: UInt64
  private var thresholds: RuleThresholds
  private var path: NodePath
  /// The count of the node's itemsets.
  private var both: UInt64 = 0
  private var subsets = SubsetCursor()
  private var supports: AntecedentSupports
  private var consequents: ShortConsequents
  private var longConsequents: ConsequentLevels
  /// Whether the node has no more items than ``ShortConsequents`` holds.
  private var isShort = true
  private var staging = RuleStaging()
  private var place = Place.beforeNode
  /// The nodes walked so far, and those to walk.
  private var walked = 0
  private var end = Int.max
  /// The next rule of the itemset, or of the level of consequents, that `place` speaks of.
  private var nextRule = 0

  private enum Place {
    case beforeNode
    case beforeItemset
    case insideItemset
  }

  /// A generator of all rules, before its first batch.
  ///
  /// - Parameters:
  ///   - levels: closed levels, complete to the greatest length wanted.
  ///   - options: which rules.
  ///   - memoryLimit: bytes for the index of supports and for the larger consequents.
  /// - Throws: ``ExpansionError``, all cases but `tooManyItemsets`.
  public init(
    _ levels: ClosedLevels, options: RuleOptions, memoryLimit: Int
  ) throws(ExpansionError) {
    self.init(
      try RuleSource(levels, options: options, memoryLimit: memoryLimit, generatorCount: 1))
  }

  init(_ source: RuleSource) {
    self.source = source
    tree = source.index.tree
    lengths = source.lengths
    maximumAntecedent = source.maximumAntecedent
    maximumConsequent = source.maximumConsequent
    transactions = source.levels.transactionCount
    thresholds = RuleThresholds(
      confidence: source.options.minimumConfidence, lift: source.options.minimumLift,
      transactions: transactions)
    path = NodePath(source.index)
    supports = AntecedentSupports(tree)
    consequents = ShortConsequents(tree, memoryLimit: source.consequentMemory)
    longConsequents = ConsequentLevels(tree, memoryLimit: source.consequentMemory)
  }

  /// Turns to the rules of a piece, behind all it was turned to before; whatever is left of the
  /// piece before is never made.
  public mutating func turn(to piece: RulePiece) {
    staging.removeAll()
    place = .beforeNode
    end = piece.nodes.upperBound
    while walked < piece.nodes.lowerBound, path.step() { walked += 1 }
  }

  /// Replaces what `batch` holds by the next rules, about a thousand; false when there are none.
  ///
  /// - Throws: ``ExpansionError/memoryLimit(purpose:needed:limit:)`` where larger consequents need
  ///   too much.
  public mutating func next(into batch: inout RuleBatch) throws(ExpansionError) -> Bool {
    while !staging.isFull {
      switch place {
      case .beforeNode:
        guard walked < end, path.step() else {
          staging.move(to: &batch)
          return batch.count > 0
        }
        walked += 1
        enterNode()
      case .beforeItemset:
        if subsets.isInRange {
          beginItemset()
        } else {
          stepItemset()
        }
      case .insideItemset:
        if maximumConsequent == 1 {
          makeSingles()
        } else if isShort {
          try makeLevels()
        } else {
          try makeLongLevels()
        }
      }
    }
    staging.move(to: &batch)
    return batch.count > 0
  }

  private mutating func enterNode() {
    let extensionCount = path.extensionCount
    guard subsets.start(core: path.core, extensionCount: extensionCount, lengths: lengths) else {
      return
    }
    if !path.isPlain { path.listItems() }
    supports.enter(path, chosenLimit: min(lengths.maximum - path.depth, extensionCount))
    both = tree.counts[path.node]
    thresholds.enter(both: both)
    if maximumConsequent > 1 {
      isShort = path.depth + extensionCount <= ShortConsequents.itemLimit
      if isShort {
        consequents.enter(path, supports)
      } else {
        if path.isPlain { path.listItems() }
        longConsequents.enter(path)
      }
    }
    place = .beforeItemset
  }

  @inline(__always)
  private mutating func stepItemset() {
    guard subsets.step(extensions: path.extensions) else {
      place = .beforeNode
      return
    }
    let chosenCount = subsets.chosenCount
    supports.choose(
      position: subsets.positions.base[chosenCount - 1], chosenCount: chosenCount)
    place = .beforeItemset
  }

  @inline(__always)
  private mutating func beginItemset() {
    nextRule = 0
    place = .insideItemset
    if maximumConsequent == 1 { return }
    if isShort {
      consequents.begin(subsets)
    } else {
      longConsequents.begin(subsets, path: path)
    }
    for position in 0..<subsets.length {
      let antecedent = antecedentCount(without: position)
      if antecedent > thresholds.antecedentLimit { continue }
      let rank = subsets.items.base[position]
      if isShort {
        consequents.appendSingle(position: position, rank: rank, antecedent: antecedent)
      } else {
        longConsequents.appendSingle(position: position, rank: rank, antecedent: antecedent)
      }
    }
  }

  /// The count of the current itemset without one item.
  @inline(__always)
  private mutating func antecedentCount(without position: Int) -> UInt64 {
    if position >= subsets.coreLength { return both }
    return supports.count(
      without: position, path: path, chosenCount: subsets.chosenCount,
      isChosen: UnsafePointer(subsets.isChosen.base))
  }

  /// Makes the rules of the current itemset with one item in the consequent.
  @inline(__always)
  private mutating func makeSingles() {
    let limit = thresholds.antecedentLimit
    let length = subsets.length
    let coreLength = subsets.coreLength
    var position = nextRule
    // All counts lie side by side where no choice among extensions changes them.
    if let counts = supports.counts {
      while position < coreLength {
        let antecedent = counts[position]
        if antecedent <= limit {
          if staging.isFull {
            nextRule = position
            return
          }
          appendSingle(position, antecedent: antecedent)
        }
        position &+= 1
      }
    }
    while position < length {
      let antecedent = antecedentCount(without: position)
      if antecedent <= limit {
        if staging.isFull {
          nextRule = position
          return
        }
        appendSingle(position, antecedent: antecedent)
      }
      position &+= 1
    }
    stepItemset()
  }

  /// Appends the rule of the current itemset with the item at `position` in the consequent, if its
  /// lift is great enough.
  @inline(__always)
  private mutating func appendSingle(_ position: Int, antecedent: UInt64) {
    let consequent = tree.itemCount(subsets.items.base[position])
    guard thresholds.reachesLift(antecedent: antecedent, consequent: consequent) else { return }
    staging.append(
      subsets.items.base, length: subsets.length, position: position,
      counts: RuleCounts(
        both: both, antecedent: antecedent, consequent: consequent, transactions: transactions))
  }

  /// Makes the rules of the current itemset for the current size of consequents and all larger ones.
  private mutating func makeLevels() throws(ExpansionError) {
    let length = subsets.length
    while true {
      if length - consequents.size <= maximumAntecedent {
        while nextRule < consequents.count {
          if staging.isFull { return }
          let consequent = consequents[nextRule]
          if thresholds.reachesLift(antecedent: consequent.antecedent, consequent: consequent.count)
          {
            staging.append(
              subsets.items.base, length: length, positions: consequent.positions,
              positionCount: consequents.size,
              counts: RuleCounts(
                both: both, antecedent: consequent.antecedent, consequent: consequent.count,
                transactions: transactions))
          }
          nextRule += 1
        }
      }
      guard consequents.count > 1, consequents.size + 1 <= min(maximumConsequent, length - 1)
      else { break }
      try consequents.join(path, both: both, antecedentLimit: thresholds.antecedentLimit)
      nextRule = 0
    }
    stepItemset()
  }

  /// What ``makeLevels()`` does, for a node of many items.
  private mutating func makeLongLevels() throws(ExpansionError) {
    let length = subsets.length
    while true {
      if length - longConsequents.size <= maximumAntecedent {
        while nextRule < longConsequents.count {
          if staging.isFull { return }
          let counts = longConsequents.sideCounts(nextRule)
          if thresholds.reachesLift(
            antecedent: counts.antecedent, consequent: counts.consequent)
          {
            staging.append(
              subsets.items.base, length: length, positions: longConsequents.consequent(nextRule),
              positionCount: longConsequents.size,
              counts: RuleCounts(
                both: both, antecedent: counts.antecedent, consequent: counts.consequent,
                transactions: transactions))
          }
          nextRule += 1
        }
      }
      guard longConsequents.count > 1,
        longConsequents.size + 1 <= min(maximumConsequent, length - 1)
      else { break }
      try longConsequents.join(path, both: both, antecedentLimit: thresholds.antecedentLimit)
      nextRule = 0
    }
    stepItemset()
  }
}
