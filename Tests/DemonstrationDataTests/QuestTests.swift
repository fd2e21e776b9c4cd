import Testing

@testable import DemonstrationData

@Suite struct QuestTests {
  private func transactions(_ parameters: QuestParameters) throws -> [[Int]] {
    var baskets: [[Int]] = [[]]
    var number = 0
    for byte in text(of: try QuestGenerator(parameters)) {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        number = 10 * number + Int(byte - UInt8(ascii: "0"))
      case UInt8(ascii: " "), UInt8(ascii: "\n"):
        baskets[baskets.count - 1].append(number)
        number = 0
        if byte == UInt8(ascii: "\n") { baskets.append([]) }
      default: Issue.record("a byte \(byte)")
      }
    }
    #expect(baskets.last == [])
    return baskets.dropLast()
  }

  @Test func linesAreAscendingItemsAndNeverEmpty() throws {
    var parameters = QuestParameters()
    parameters.transactions = 5_000
    parameters.items = 300
    let baskets = try transactions(parameters)
    #expect(baskets.count == 5_000)
    for basket in baskets {
      #expect(!basket.isEmpty)
      #expect(basket.allSatisfy { (0..<300).contains($0) })
      #expect(zip(basket, basket.dropFirst()).allSatisfy { $0 < $1 })
    }
  }

  @Test func sameParametersSameBytesWhateverTheChunks() throws {
    var parameters = QuestParameters()
    parameters.transactions = 2_000
    let whole = text(of: try QuestGenerator(parameters), chunk: .max)
    for chunk in [0, 1, 777, 65_536] {
      #expect(text(of: try QuestGenerator(parameters), chunk: chunk) == whole)
    }
    parameters.seed = 2
    #expect(text(of: try QuestGenerator(parameters), chunk: .max) != whole)
  }

  /// Lengths are Poisson, spread further since patterns overshoot or are put off.
  @Test(arguments: [(5.0, 2.0), (10.0, 4.0), (20.0, 6.0), (40.0, 10.0)])
  func meanLengthIsTheOneAskedFor(length: Double, pattern: Double) throws {
    var parameters = QuestParameters()
    parameters.transactions = 10_000
    parameters.averageLength = length
    parameters.averagePatternLength = pattern
    let counts = try transactions(parameters).map { Double($0.count) }
    let mean = counts.reduce(0, +) / Double(counts.count)
    #expect(abs(mean - length) < 0.08 * length)
    let variance = counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(counts.count)
    #expect(variance > length && variance < 2 * length)
  }

  /// The published T10I4D100K has 870 of 1,000 items, 10.1 a transaction, 375 items in at least
  /// 1 % of the transactions and 569 in at least 0.5 %.
  @Test func looksLikeThePublishedFile() throws {
    var parameters = QuestParameters()
    parameters.transactions = 20_000
    var counts = Array(repeating: 0, count: parameters.items)
    for basket in try transactions(parameters) { for item in basket { counts[item] += 1 } }
    #expect((800...930).contains(counts.count { $0 > 0 }))
    #expect((330...440).contains(counts.count { $0 >= 200 }))
    #expect((500...640).contains(counts.count { $0 >= 100 }))
  }

  @Test func uniformWeightsUseMoreOfTheItems() throws {
    var parameters = QuestParameters()
    parameters.transactions = 20_000
    func distinct() throws -> Int { Set(try transactions(parameters).joined()).count }
    let exponential = try distinct()
    parameters.itemWeights = .uniform
    #expect(try distinct() > exponential)
    #expect(try distinct() > 950)
  }

  /// Patterns are what makes Quest data worth mining: pairs occur far above independence.
  @Test func itemsOfAPatternOccurTogether() throws {
    var parameters = QuestParameters()
    parameters.transactions = 20_000
    parameters.corruptionMean = 0
    parameters.corruptionVariance = 0
    var random = SeededRandom(seed: parameters.seed)
    let patterns = QuestPatterns(parameters, &random)
    let baskets = try transactions(parameters).map(Set.init)
    var lifted = 0
    let pairs = (0..<50).map { patterns.items[patterns.range(of: $0)].prefix(2) }
      .filter { $0.count == 2 }.map(Array.init)
    for pair in pairs {
      let first = baskets.count { $0.contains(pair[0]) }
      let second = baskets.count { $0.contains(pair[1]) }
      let both = baskets.count { $0.contains(pair[0]) && $0.contains(pair[1]) }
      if both * baskets.count > first * second { lifted += 1 }
    }
    #expect(lifted * 10 > pairs.count * 9)
  }

  @Test func extremesEndAndStayWithinTheirItems() throws {
    var parameters = QuestParameters()
    parameters.transactions = 50
    for (length, pattern, items, corruption) in [
      (500.0, 500.0, 3, 0.5), (1.0, 1.0, 1, 1.0), (500.0, 1.0, 5_000, 0.0), (10.0, 4.0, 100, 1.0),
    ] {
      parameters.averageLength = length
      parameters.averagePatternLength = pattern
      parameters.items = items
      parameters.corruptionMean = corruption
      parameters.corruptionVariance = 0
      let baskets = try transactions(parameters)
      #expect(baskets.count == 50)
      #expect(baskets.allSatisfy { !$0.isEmpty && Set($0).count == $0.count && $0.count <= items })
    }
  }

  @Test func unusableParametersAreRefusedByName() {
    func refusal(_ change: (inout QuestParameters) -> Void) -> String? {
      var parameters = QuestParameters()
      change(&parameters)
      do throws(GeneratorParameterError) {
        _ = try QuestGenerator(parameters)
        return nil
      } catch { return error.description }
    }
    #expect(refusal { _ in } == nil)
    #expect(
      refusal { $0.averageLength = 0 }
        == "average transaction length is 0.0; give a number from 1.0 to 500.0")
    #expect(refusal { $0.averagePatternLength = .nan } != nil)
    #expect(refusal { $0.transactions = 0 } != nil)
    #expect(refusal { $0.patterns = -1 } != nil)
    #expect(refusal { $0.items = .max } != nil)
    #expect(refusal { $0.correlation = 1.5 } != nil)
    #expect(refusal { $0.corruptionMean = -0.1 } != nil)
    #expect(refusal { $0.corruptionVariance = .infinity } != nil)
  }
}

@Suite struct RandomTests {
  /// The first outputs for a state filled by splitmix64 from 0, as other implementations give them.
  @Test func sequenceIsXoshiro256StarStar() {
    var random = SeededRandom(seed: 0)
    #expect(random.next() == 0x99ec_5f36_cb75_f2b4)
    #expect(random.next() == 0xbf6e_1f78_4956_452a)
  }

  @Test func aliasTableDrawsInProportion() {
    let weights = [5.0, 0, 1, 3, 1]
    let distribution = DiscreteDistribution(weights: weights)
    var random = SeededRandom(seed: 1)
    var counts = [0, 0, 0, 0, 0]
    for _ in 0..<100_000 { counts[distribution.draw(&random)] += 1 }
    for (count, weight) in zip(counts, weights) {
      #expect(abs(Double(count) - weight * 10_000) < 600)
    }
    #expect(counts[1] == 0)
  }

  @Test(arguments: [1.0, 4, 20, 500])
  func poissonHasItsMeanAndVariance(mean: Double) {
    let distribution = DiscreteDistribution.poisson(mean: mean)
    var random = SeededRandom(seed: 2)
    let draws = (0..<100_000).map { _ in Double(distribution.draw(&random)) }
    let average = draws.reduce(0, +) / 100_000
    let variance = draws.reduce(0) { $0 + ($1 - average) * ($1 - average) } / 100_000
    #expect(abs(average - mean) < 0.03 * mean)
    #expect(abs(variance - mean) < 0.05 * mean)
  }
}
