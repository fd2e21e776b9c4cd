import Glibc

/// Draws indices with given probabilities, in constant time: Walker's alias method.
///
/// Each of n columns has the same probability and is shared by at most two indices: its own and its
/// alias. A draw picks a column and compares a fraction with the column's threshold. Built after
/// Vose, "A linear algorithm for generating random numbers with a given distribution" (1991).
struct DiscreteDistribution {
  /// A fraction below this, of 2^64, means the column's own index.
  private var thresholds: [UInt64]
  private var aliases: [Int]

  /// Indices 0 to `weights.count - 1` with probabilities in proportion to the weights.
  init(weights: [Double]) {
    let total = weights.reduce(0, +)
    var shares = weights.map { $0 / total * Double(weights.count) }
    thresholds = Array(repeating: .max, count: weights.count)
    aliases = Array(weights.indices)
    var poor = weights.indices.filter { shares[$0] < 1 }
    var rich = weights.indices.filter { shares[$0] >= 1 }
    while let giver = rich.last, let taker = poor.popLast() {
      // What the poor column lacks comes out of the rich one, which may become poor by it.
      let threshold = max(shares[taker], 0) * 0x1p64
      thresholds[taker] = UInt64(exactly: threshold.rounded(.down)) ?? .max
      aliases[taker] = giver
      shares[giver] -= 1 - shares[taker]
      if shares[giver] < 1 {
        rich.removeLast()
        poor.append(giver)
      }
    }
    // Columns left over lack a share only by rounding: they keep themselves.
  }

  /// The Poisson distribution, cut where what remains is below 10^-15 or so.
  ///
  /// - Parameter mean: at most 500, so that exp(-mean) stays a normal number.
  static func poisson(mean: Double) -> DiscreteDistribution {
    let last = Int(mean + 10 * mean.squareRoot()) + 20
    var weights = [exp(-mean)]
    for value in 1...last { weights.append(weights[value - 1] * mean / Double(value)) }
    return DiscreteDistribution(weights: weights)
  }

  /// Draws an index.
  func draw(_ random: inout SeededRandom) -> Int {
    let (column, fraction) = random.next().multipliedFullWidth(by: UInt64(thresholds.count))
    return fraction < thresholds[Int(column)] ? Int(column) : aliases[Int(column)]
  }
}
