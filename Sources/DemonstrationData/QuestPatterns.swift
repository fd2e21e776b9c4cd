/// The potentially frequent itemsets that Quest transactions are put together from.
struct QuestPatterns {
  /// The items of all patterns, one pattern after the other.
  private(set) var items: [Int] = []
  /// Where each pattern begins in `items`, and where the last one ends.
  private var bounds = [0]
  /// Per pattern, the probability with which each further item is dropped when it is used.
  private(set) var corruptionLevels: [Double] = []
  /// Which pattern is used next: exponential weights.
  let choice: DiscreteDistribution

  /// Draws the patterns; `parameters` have been checked.
  init(_ parameters: QuestParameters, _ random: inout SeededRandom) {
    let itemChoice = DiscreteDistribution(
      weights: (0..<parameters.items).map { _ in
        parameters.itemWeights == .exponential ? random.exponential(mean: 1) : 1
      })
    let lengths = DiscreteDistribution.poisson(mean: parameters.averagePatternLength)
    let deviation = parameters.corruptionVariance.squareRoot()
    var weights: [Double] = []
    var isMember = Array(repeating: false, count: parameters.items)
    var previous: [Int] = []
    for _ in 0..<parameters.patterns {
      let length = min(max(lengths.draw(&random), 1), parameters.items)
      // Patterns share items with the one before: an exponentially distributed share of theirs.
      let share = min(random.exponential(mean: parameters.correlation), 1)
      let taken = min(Int((share * Double(length)).rounded()), previous.count)
      for place in 0..<taken {
        previous.swapAt(place, place + random.below(previous.count - place))
      }
      var pattern = Array(previous[..<taken])
      for item in pattern { isMember[item] = true }
      // Rare items may take many draws; where they are not found, the pattern stays shorter.
      var drawsLeft = 1_000 * length
      while pattern.count < length && drawsLeft > 0 {
        drawsLeft -= 1
        let item = itemChoice.draw(&random)
        if !isMember[item] {
          isMember[item] = true
          pattern.append(item)
        }
      }
      for item in pattern { isMember[item] = false }
      items += pattern
      bounds.append(items.count)
      let corruption = random.normal(
        mean: parameters.corruptionMean, standardDeviation: deviation)
      corruptionLevels.append(min(max(corruption, 0), 1))
      weights.append(random.exponential(mean: 1))
      previous = pattern
    }
    choice = DiscreteDistribution(weights: weights)
  }

  /// Where pattern `index` lies in `items`.
  func range(of index: Int) -> Range<Int> {
    bounds[index]..<bounds[index + 1]
  }
}
