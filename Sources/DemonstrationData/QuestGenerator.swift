/// Synthetic baskets after Agrawal and Srikant, "Fast Algorithms for Mining Association Rules"
/// (VLDB 1994), section 2.4.3; own code, written from the paper's description.
///
/// A transaction has a Poisson number of items and is filled with patterns (see ``QuestPatterns``),
/// each of which loses items at random first. A pattern that does not fit is put in all the same
/// half of the time, else kept for the next transaction. A line is the item numbers from 0,
/// ascending, separated by blanks, and never empty.
///
/// - Complexity: 50 to 100 MB of text a second.
public struct QuestGenerator: BasketGenerator {
  /// Patterns in a row that add nothing to a transaction before it stays shorter than drawn.
  private static let fruitlessPatternsLimit = 100

  private var random: SeededRandom
  private var transactionsLeft: Int
  private let patterns: QuestPatterns
  private let lengths: DiscreteDistribution
  private let itemCount: Int
  private let itemTexts: ItemTexts

  /// The items of the transaction in the making.
  private var transaction: [Int] = []
  private var isInTransaction: [Bool]
  /// The pattern being put in, after its losses; kept from one transaction to the next if `isKept`.
  private var pattern: [Int] = []
  private var isKept = false

  /// Draws the patterns; the transactions follow with ``next(into:upTo:)``.
  ///
  /// - Throws: when a parameter is out of its range.
  public init(_ parameters: QuestParameters) throws(GeneratorParameterError) {
    try parameters.check()
    random = SeededRandom(seed: parameters.seed)
    patterns = QuestPatterns(parameters, &random)
    lengths = .poisson(mean: parameters.averageLength)
    transactionsLeft = parameters.transactions
    itemCount = parameters.items
    itemTexts = ItemTexts(items: parameters.items)
    isInTransaction = Array(repeating: false, count: parameters.items)
  }

  /// Replaces `bytes` by the lines of the next transactions; see ``BasketGenerator``.
  public mutating func next(into bytes: inout [UInt8], upTo limit: Int) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    let hasMore = transactionsLeft > 0
    while transactionsLeft > 0 {
      transactionsLeft -= 1
      fillTransaction()
      transaction.sort()
      for item in transaction {
        itemTexts.append(item, to: &bytes)
        isInTransaction[item] = false
      }
      bytes[bytes.count - 1] = UInt8(ascii: "\n")
      if bytes.count >= limit { break }
    }
    return hasMore
  }

  private mutating func fillTransaction() {
    transaction.removeAll(keepingCapacity: true)
    let length = min(max(lengths.draw(&random), 1), itemCount)
    var fruitless = 0
    while transaction.count < length && fruitless < Self.fruitlessPatternsLimit {
      if isKept { isKept = false } else { drawPattern() }
      var fresh = 0
      for item in pattern where !isInTransaction[item] { fresh += 1 }
      if fresh == 0 {
        fruitless += 1
        continue
      }
      let fits = transaction.count + fresh <= length
      if !fits && !transaction.isEmpty && random.next() & 1 == 0 {
        isKept = true
        return
      }
      for item in pattern { add(item) }
    }
    // Where corruption leaves nothing of any pattern, a transaction is still not empty.
    if transaction.isEmpty { add(patterns.items[patterns.range(of: 0).lowerBound]) }
  }

  private mutating func add(_ item: Int) {
    guard !isInTransaction[item] else { return }
    isInTransaction[item] = true
    transaction.append(item)
  }

  /// Picks a pattern and drops items of it, each with the probability of its corruption level,
  /// until one stays.
  private mutating func drawPattern() {
    let index = patterns.choice.draw(&random)
    pattern.removeAll(keepingCapacity: true)
    pattern.append(contentsOf: patterns.items[patterns.range(of: index)])
    let corruption = patterns.corruptionLevels[index]
    while !pattern.isEmpty && random.fraction() < corruption {
      pattern.swapAt(random.below(pattern.count), pattern.count - 1)
      pattern.removeLast()
    }
  }
}

/// Every item number as text followed by a blank, made once.
private struct ItemTexts {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []

  init(items: Int) {
    for item in 0..<items {
      bytes.append(contentsOf: "\(item) ".utf8)
      ends.append(bytes.count)
    }
  }

  func append(_ item: Int, to line: inout [UInt8]) {
    line.append(contentsOf: bytes[(item == 0 ? 0 : ends[item - 1])..<ends[item]])
  }
}
