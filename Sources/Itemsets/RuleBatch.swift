/// A run of association rules with the counts their measures need, stored flat.
///
/// Rule `i` holds its antecedent's ranks in `items[start..<antecedentEnds[i]]` and its consequent's
/// in `items[antecedentEnds[i]..<ends[i]]`, where `start` is `ends[i - 1]`, or 0 for the first.
public struct RuleBatch: Sendable {
  /// Ranks of all rules: antecedent, then consequent, rule after rule.
  public var items: [UInt32] = []
  /// Where each rule's antecedent ends in `items`.
  public var antecedentEnds: [Int] = []
  /// Where each rule's consequent ends in `items`.
  public var ends: [Int] = []
  /// The counts of each rule.
  public var counts: [RuleCounts] = []

  /// An empty batch.
  public init() {}

  /// The number of rules.
  public var count: Int { ends.count }

  /// Where the antecedent of rule `index` lies in `items`.
  public func antecedent(_ index: Int) -> Range<Int> {
    (index == 0 ? 0 : ends[index - 1])..<antecedentEnds[index]
  }

  /// Where the consequent of rule `index` lies in `items`.
  public func consequent(_ index: Int) -> Range<Int> {
    antecedentEnds[index]..<ends[index]
  }

  /// Forgets all rules but keeps the memory for the next ones.
  public mutating func removeAll() {
    items.removeAll(keepingCapacity: true)
    antecedentEnds.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
  }
}

/// The four numbers from which every interest measure of a rule is computed.
public struct RuleCounts: Sendable, Equatable {
  /// Transactions that contain antecedent and consequent.
  public var both: UInt64
  /// Transactions that contain the antecedent.
  public var antecedent: UInt64
  /// Transactions that contain the consequent.
  public var consequent: UInt64
  /// All transactions.
  public var transactions: UInt64

  /// Counts of one rule; `both` is at most each of the others.
  public init(both: UInt64, antecedent: UInt64, consequent: UInt64, transactions: UInt64) {
    self.both = both
    self.antecedent = antecedent
    self.consequent = consequent
    self.transactions = transactions
  }
}
