public import Apriori

/// What rules are made from, by several generators at once.
///
/// A ``RuleWalk`` cuts the work into pieces; whoever takes one turns a generator of its own to it. What
/// the pieces give, in their order, is what one ``RuleGenerator`` gives.
public final class RuleSource: Sendable {
  let levels: ClosedLevels
  let options: RuleOptions
  let lengths: ResolvedLengths
  let maximumAntecedent: Int
  let maximumConsequent: Int
  let index: ItemsetIndex
  /// Bytes that the larger consequents may take in each generator.
  let consequentMemory: Int

  /// Prepares to make rules.
  ///
  /// - Parameters:
  ///   - levels: closed levels, complete to the greatest length wanted.
  ///   - options: which rules.
  ///   - memoryLimit: bytes for the index of supports and for the larger consequents.
  ///   - generatorCount: how many generators share what the index leaves of them.
  /// - Throws: ``ExpansionError``, all cases but `tooManyItemsets`.
  public init(
    _ levels: ClosedLevels, options: RuleOptions, memoryLimit: Int, generatorCount: Int
  ) throws(ExpansionError) {
    self.levels = levels
    self.options = options
    maximumAntecedent = max(options.maximumAntecedent ?? Int.max, 0)
    maximumConsequent = max(options.maximumConsequent ?? Int.max, 0)
    // No itemset longer than both sides together makes a rule, so none need be complete.
    var limits = options.lengths
    let (sum, overflow) = maximumAntecedent.addingReportingOverflow(maximumConsequent)
    if !overflow { limits.maximum = min(limits.maximum ?? sum, sum) }
    var lengths = try limits.resolved(for: levels, margin: 0)
    lengths.minimum = max(lengths.minimum, 2)
    if maximumAntecedent == 0 || maximumConsequent == 0 { lengths.maximum = 0 }
    self.lengths = lengths
    // Both sides of a rule are shorter than its itemset, but antecedents are searched for among all
    // children of a node.
    index = try ItemsetIndex(levels, maximumDepth: lengths.maximum, memoryLimit: memoryLimit)
    consequentMemory = (memoryLimit - index.byteCount) / max(generatorCount, 1)
  }

  /// A generator without rules until it is turned to a piece.
  public func generator() -> RuleGenerator { RuleGenerator(self) }

  /// All nodes, in pieces.
  ///
  /// - Parameter itemsetsPerPiece: about how many itemsets a piece stands for; those of a node are
  ///   never divided.
  public func walk(itemsetsPerPiece: Int = 128) -> RuleWalk {
    RuleWalk(self, itemsetsPerPiece: itemsetsPerPiece)
  }
}

/// Nodes whose rules are made one after the other.
public struct RulePiece: Sendable {
  /// Numbers in the order of the walk.
  let nodes: Range<Int>

  /// A piece without rules.
  public init() { nodes = 0..<0 }

  init(_ nodes: Range<Int>) { self.nodes = nodes }
}

/// A walk over all nodes of closed levels, taken in pieces; see ``RuleSource``.
public struct RuleWalk: ~Copyable {
  /// Of so many itemsets a node is large enough to end any piece.
  private static let largestExponent = 24

  /// Owns the memory of the tree that the path goes through.
  private let source: RuleSource
  private var path: NodePath
  private var walked = 0
  private let itemsetsPerPiece: Int

  init(_ source: RuleSource, itemsetsPerPiece: Int) {
    self.source = source
    path = NodePath(source.index)
    self.itemsetsPerPiece = itemsetsPerPiece
  }

  /// Whether all nodes have been taken.
  public var isAtEnd: Bool { walked == source.index.nodeCount }

  /// The next piece; nil behind the last.
  public mutating func next() -> RulePiece? {
    let first = walked
    var itemsets = 0
    while itemsets < itemsetsPerPiece, path.step() {
      walked += 1
      itemsets += 1 << min(path.extensionCount, Self.largestExponent)
    }
    return first < walked ? RulePiece(first..<walked) : nil
  }
}
