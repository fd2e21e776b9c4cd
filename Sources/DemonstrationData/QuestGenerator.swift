/// Synthetic baskets after Agrawal and Srikant, "Fast Algorithms for Mining Association Rules"
/// (VLDB 1994), section 2.4.3; own code, written from the paper's description.
///
/// A transaction has a Poisson number of items and is filled with patterns (see ``QuestPatterns``),
/// each of which loses items at random first. A pattern that does not fit is put in all the same
/// half of the time, else kept for the next transaction. A line is the item numbers from 0,
/// ascending, separated by blanks, and never empty.
///
/// - Complexity: 45 to 60 MB of text a second; memory for the patterns and one chunk.
public struct QuestGenerator: BasketGenerator {
  /// Patterns in a row that add nothing to a transaction before it stays shorter than drawn.
  private static let fruitlessPatternsLimit = 100

  private var random: SeededRandom
  private var transactionsLeft: Int
  private let patterns: QuestPatterns
  private let lengths: DiscreteDistribution
  private let itemCount: Int
  private let itemTexts: [UInt64]

  /// The items of the transaction in the making come first, `transactionLength` of them.
  private var transaction: [Int]
  private var transactionLength = 0
  private var isInTransaction: [Bool]
  /// What is left of the pattern being put in comes first, `patternLength` items.
  private var pattern: [Int]
  private var patternLength = 0
  /// Whether that pattern was put off by the transaction before.
  private var isPatternKept = false

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
    itemTexts = (0..<parameters.items).map(itemText)
    // Arrays of full length, filled from the start: appending would cost a tenth of the time.
    transaction = Array(repeating: 0, count: parameters.items)
    isInTransaction = Array(repeating: false, count: parameters.items)
    pattern = Array(repeating: 0, count: parameters.items)
  }

  /// Replaces `bytes` by the lines of the next transactions; see ``BasketGenerator``.
  public mutating func next(into bytes: inout [UInt8], upTo limit: Int) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    let hasMore = transactionsLeft > 0
    while transactionsLeft > 0 {
      transactionsLeft -= 1
      fillTransaction()
      sortTransaction()
      appendTransaction(to: &bytes)
      if bytes.count >= limit { break }
    }
    return hasMore
  }

  private mutating func fillTransaction() {
    for item in transaction[..<transactionLength] { isInTransaction[item] = false }
    transactionLength = 0
    let length = min(max(lengths.draw(&random), 1), itemCount)
    var fruitless = 0
    while transactionLength < length && fruitless < Self.fruitlessPatternsLimit {
      if isPatternKept { isPatternKept = false } else { drawPattern() }
      var fresh = 0
      for place in 0..<patternLength where !isInTransaction[pattern[place]] { fresh += 1 }
      if fresh == 0 {
        fruitless += 1
        continue
      }
      let fits = transactionLength + fresh <= length
      if !fits && transactionLength > 0 && random.next() & 1 == 0 {
        isPatternKept = true
        return
      }
      for place in 0..<patternLength { add(pattern[place]) }
    }
    // Where corruption leaves nothing of any pattern, a transaction is still not empty.
    if transactionLength == 0 { add(patterns.items[0]) }
  }

  private mutating func add(_ item: Int) {
    guard !isInTransaction[item] else { return }
    isInTransaction[item] = true
    transaction[transactionLength] = item
    transactionLength += 1
  }

  /// Picks a pattern and drops items of it, each with the probability of its corruption level,
  /// until one stays.
  private mutating func drawPattern() {
    let index = patterns.choice.draw(&random)
    let range = patterns.range(of: index)
    for (place, source) in range.enumerated() { pattern[place] = patterns.items[source] }
    patternLength = range.count
    let corruption = patterns.corruptionLevels[index]
    while patternLength > 0 && random.fraction() < corruption {
      pattern.swapAt(random.below(patternLength), patternLength - 1)
      patternLength -= 1
    }
  }

  /// Sorts by insertion: transactions are short, and the library's sort takes twice the time.
  private mutating func sortTransaction() {
    for end in 0..<transactionLength {
      let item = transaction[end]
      var place = end
      while place > 0 && transaction[place - 1] > item {
        transaction[place] = transaction[place - 1]
        place -= 1
      }
      transaction[place] = item
    }
  }

  /// Writes eight bytes for every item, of which the next item overwrites those not needed.
  private func appendTransaction(to bytes: inout [UInt8]) {
    var end = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: 8 * transactionLength))
    bytes.withUnsafeMutableBytes { raw in
      for item in transaction[..<transactionLength] {
        let text = itemTexts[item]
        raw.storeBytes(of: text.littleEndian, toByteOffset: end, as: UInt64.self)
        end += 8 - text.leadingZeroBitCount / 8
      }
      raw[end - 1] = UInt8(ascii: "\n")
    }
    bytes.removeLast(bytes.count - end)
  }
}

/// The text of an item number and a blank, as bytes of one number from the lowest on.
///
/// Seven bytes at most, since an item is below 1,000,000; looked up, it saves the divisions.
private func itemText(_ item: Int) -> UInt64 {
  "\(item) ".utf8.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}
