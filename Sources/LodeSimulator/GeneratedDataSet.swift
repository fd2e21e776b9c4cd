import Messages

/// A small data set with patterns planted in it, so that mining goes through three levels or more,
/// together with the counts of all itemsets: what every answer is compared with.
struct GeneratedDataSet {
  let name: String
  /// The item names, by their place in the masks.
  let names: [String]
  /// The transactions: bit i stands for `names[i]`.
  let transactions: [UInt16]
  let transactionsPerBlock: Int
  let transactionsPerChunk: Int
  /// How many transactions contain each set of items, by its mask.
  let counts: [UInt32]
  /// A count that some job uses: three items whose subsets all have greater counts reach it.
  let threeLevelSupport: UInt32

  init(number: Int, chance: inout Chance) {
    name = "data-\(number)"
    let itemCount = chance.within(6...12)
    let asIntegers = chance.perMille(500)
    names = (0..<itemCount).map { asIntegers ? String($0 * 7 % 31) : "item-\($0)" }
    let count = chance.within(30...300)
    let patternCount = chance.within(2...3)
    var patterns: [(mask: UInt16, perMille: Int)] = []
    for _ in 0..<patternCount {
      var mask: UInt16 = 0
      for _ in 0..<chance.within(3...5) { mask |= 1 << UInt16(chance.below(itemCount)) }
      patterns.append((mask, chance.within(250...600)))
    }
    patterns.append((7, 450))
    let noise = chance.within(50...250)
    let dropout = chance.within(40...160)
    let everywhere: UInt16 = chance.perMille(150) ? 1 << UInt16(itemCount - 1) : 0
    var transactions: [UInt16] = []
    for _ in 0..<count {
      var mask: UInt16 = 0
      for pattern in patterns where chance.perMille(pattern.perMille) { mask |= pattern.mask }
      for item in 0..<UInt16(itemCount) {
        if chance.perMille(mask >> item & 1 == 1 ? dropout : noise) { mask ^= 1 << item }
      }
      transactions.append(mask | everywhere)
    }
    self.transactions = transactions
    transactionsPerBlock = chance.pick([4, 8, 16, 24, 64]) ?? 16
    transactionsPerChunk = chance.within(8...60)
    counts = Self.countAll(transactions, itemCount: itemCount)
    threeLevelSupport = Self.highestSupportOfThreeLevels(counts, itemCount: itemCount)
  }

  /// The transactions that contain each set of items: sums over supersets, one item at a time.
  private static func countAll(_ transactions: [UInt16], itemCount: Int) -> [UInt32] {
    var counts = [UInt32](repeating: 0, count: 1 << itemCount)
    for mask in transactions { counts[Int(mask)] += 1 }
    for item in 0..<itemCount {
      for set in counts.indices where set >> item & 1 == 0 {
        counts[set] += counts[set | 1 << item]
      }
    }
    return counts
  }

  /// The greatest count of three items each of which tells transactions apart that the others do not:
  /// none is a perfect extension, so their set is a core of level 3.
  private static func highestSupportOfThreeLevels(_ counts: [UInt32], itemCount: Int) -> UInt32 {
    var best: UInt32 = 0
    let whole = counts[0]
    for first in 0..<itemCount {
      for second in 0..<first {
        for third in 0..<second {
          let (a, b, c) = (1 << first, 1 << second, 1 << third)
          let count = counts[a | b | c]
          let pairs = [counts[a | b], counts[a | c], counts[b | c]]
          let singles = [counts[a], counts[b], counts[c]]
          guard count > best, pairs.allSatisfy({ $0 > count }), singles.allSatisfy({ $0 < whole }),
            pairs[0] < min(singles[0], singles[1]), pairs[1] < min(singles[0], singles[2]),
            pairs[2] < min(singles[1], singles[2])
          else { continue }
          best = count
        }
      }
    }
    return best
  }

  /// The itemsets that reach a count, by mask; nil for the others and the empty set.
  func expected(minimumSupport: UInt64, mask: Int) -> UInt64? {
    mask != 0 && UInt64(counts[mask]) >= minimumSupport ? UInt64(counts[mask]) : nil
  }

  /// The transactions as a client sends them: ids by first sight, new names with the chunk they are
  /// first seen in.
  func chunks() -> [TransactionChunk] {
    var idOf = [UInt32?](repeating: nil, count: names.count)
    var nextID: UInt32 = 0
    var chunks: [TransactionChunk] = []
    var first = 0
    while first < transactions.count {
      var chunk = TransactionChunk(names: [], nameEnds: [], batch: .init())
      for mask in transactions[first..<min(first + transactionsPerChunk, transactions.count)] {
        for item in names.indices where mask >> UInt16(item) & 1 == 1 {
          if idOf[item] == nil {
            idOf[item] = nextID
            nextID += 1
            chunk.names += Array(names[item].utf8)
            chunk.nameEnds.append(chunk.names.count)
          }
          if let id = idOf[item] { chunk.batch.items.append(id) }
        }
        chunk.batch.ends.append(chunk.batch.items.count)
      }
      chunks.append(chunk)
      first += transactionsPerChunk
    }
    return chunks
  }
}
