import Apriori
import AssociationRules
import Itemsets
import TestSupport
import Testing

private struct Rule: Hashable {
  var antecedent: [UInt32]
  var consequent: [UInt32]
  var both: UInt64
  var antecedentCount: UInt64
  var consequentCount: UInt64
  var transactions: UInt64
}

private func rules(of batch: RuleBatch) -> [Rule] {
  (0..<batch.count).map { index in
    let counts = batch.counts[index]
    return Rule(
      antecedent: Array(batch.items[batch.antecedent(index)]),
      consequent: Array(batch.items[batch.consequent(index)]), both: counts.both,
      antecedentCount: counts.antecedent, consequentCount: counts.consequent,
      transactions: counts.transactions)
  }
}

private func generate(
  _ levels: ClosedLevels, _ options: RuleOptions, memoryLimit: Int = 1 << 24
) throws -> [Rule] {
  var generator = try RuleGenerator(levels, options: options, memoryLimit: memoryLimit)
  var batch = RuleBatch()
  var result: [Rule] = []
  while try generator.next(into: &batch) { result += rules(of: batch) }
  return result
}

/// Every rule of every itemset in natural order, supports counted anew, thresholds left out.
private func allRules(_ data: ReferenceData, _ nodes: [ReferenceNode]) -> [Rule] {
  naturalOrder(nodes).flatMap { itemset -> [Rule] in
    let positions = (0..<UInt32(itemset.ranks.count)).map { $0 }
    let consequents = lexicographicSubsets(positions[...])
      .filter { !$0.isEmpty && $0.count < positions.count }
    // A stable order by size alone keeps the lexicographic order within a size.
    let bySize = (1..<max(positions.count, 2)).flatMap { size in
      consequents.filter { $0.count == size }
    }
    return bySize.map { consequent in
      let right = consequent.map { itemset.ranks[Int($0)] }
      let left = positions.filter { !consequent.contains($0) }.map { itemset.ranks[Int($0)] }
      return Rule(
        antecedent: left, consequent: right, both: itemset.count,
        antecedentCount: data.support(rankMask(left)),
        consequentCount: data.support(rankMask(right)),
        transactions: UInt64(data.transactions.count))
    }
  }
}

extension RuleOptions {
  /// The definition, in numbers small enough for 64 bits.
  fileprivate func admit(_ rule: Rule) -> Bool {
    let length = rule.antecedent.count + rule.consequent.count
    if length < lengths.minimum || length > lengths.maximum ?? Int.max { return false }
    if rule.antecedent.count > maximumAntecedent ?? Int.max { return false }
    if rule.consequent.count > maximumConsequent ?? Int.max { return false }
    if rule.both * minimumConfidence.denominator
      < minimumConfidence.numerator * rule.antecedentCount
    {
      return false
    }
    guard let minimumLift else { return true }
    return rule.both * rule.transactions * minimumLift.denominator
      >= minimumLift.numerator * rule.antecedentCount * rule.consequentCount
  }
}

private let anyConfidence = ExactDecimal(numerator: 0, denominator: 1)

@Suite struct RuleGeneratorTests {
  @Test func `single consequents equal brute force in natural order`() throws {
    for seed in 0..<1000 as Range<UInt64> {
      let data = ReferenceData(seed: seed)
      let (levels, nodes) = data.mine(cutSeed: seed)
      let all = allRules(data, nodes)
      for confidence in [anyConfidence, ExactDecimal(numerator: 3, denominator: 5)] {
        let options = RuleOptions(minimumConfidence: confidence)
        #expect(
          try generate(levels, options) == all.filter(options.admit), "seed \(seed), \(options)")
      }
    }
  }

  @Test func `consequents of any size equal brute force in natural order`() throws {
    for seed in 0..<500 as Range<UInt64> {
      let data = ReferenceData(seed: seed, maximumItems: 6)
      let (levels, nodes) = data.mine(cutSeed: seed)
      let all = allRules(data, nodes)
      for confidence in [anyConfidence, ExactDecimal(numerator: 7, denominator: 10)] {
        let options = RuleOptions(maximumConsequent: nil, minimumConfidence: confidence)
        #expect(
          try generate(levels, options) == all.filter(options.admit), "seed \(seed), \(options)")
      }
    }
  }

  @Test func `an item of every transaction goes with others to larger consequents`() throws {
    for seed in 0..<300 as Range<UInt64> {
      let others = ReferenceData(seed: seed, maximumItems: 5)
      let data = ReferenceData(
        items: others.transactions.map { $0 | 1 << UInt64(others.rankCount) },
        itemCount: others.rankCount + 1, minimumSupport: others.minimumSupport)
      let (levels, nodes) = data.mine(cutSeed: seed)
      let options = RuleOptions(maximumConsequent: nil, minimumConfidence: anyConfidence)
      let rules = try generate(levels, options)
      #expect(rules == allRules(data, nodes), "seed \(seed)")
    }
  }

  @Test func `all limits together equal brute force`() throws {
    for seed in 0..<1500 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let data = ReferenceData(seed: seed, maximumItems: 6)
      let (levels, nodes) = data.mine(cutSeed: seed)
      let all = allRules(data, nodes)
      let limits = [nil, 0, 1, 2, 3]
      // Thresholds that are met exactly by a rule there is.
      let exact = all.randomElement(using: &generator)
      let confidence =
        exact.map { ExactDecimal(numerator: $0.both, denominator: $0.antecedentCount) }
      let lift = exact.map {
        ExactDecimal(
          numerator: $0.both * $0.transactions, denominator: $0.antecedentCount * $0.consequentCount
        )
      }
      for _ in 0..<4 {
        let options = RuleOptions(
          lengths: LengthLimits(
            minimum: Int.random(in: 1...4, using: &generator),
            maximum: [nil, 2, 3, 4].randomElement(using: &generator) ?? nil),
          maximumAntecedent: limits.randomElement(using: &generator) ?? nil,
          maximumConsequent: limits.randomElement(using: &generator) ?? nil,
          minimumConfidence: Bool.random(using: &generator)
            ? anyConfidence : confidence ?? anyConfidence,
          minimumLift: Bool.random(using: &generator) ? nil : lift)
        #expect(
          try generate(levels, options) == all.filter(options.admit), "seed \(seed), \(options)")
      }
    }
  }

  @Test func `a threshold that falls on a value admits it and a greater one does not`() throws {
    // The rule 0 => 1: 3 of 4 antecedents, 5 consequents, 8 transactions.
    let data = ReferenceData(
      items: [0b11, 0b11, 0b11, 0b01, 0b10, 0b10, 0, 0], itemCount: 2, minimumSupport: 1)
    let (levels, _) = data.mine(cutSeed: 1)
    func count(confidence: ExactDecimal, lift: ExactDecimal? = nil) throws -> Int {
      try generate(levels, RuleOptions(minimumConfidence: confidence, minimumLift: lift)).count
    }
    let large: UInt64 = 1_000_000_000_000_000_000
    #expect(try count(confidence: ExactDecimal(numerator: large / 4 * 3, denominator: large)) == 1)
    #expect(
      try count(confidence: ExactDecimal(numerator: large / 4 * 3 + 1, denominator: large)) == 0)
    // Lift 3 x 8 / (4 x 5) = 1.2 in both directions.
    #expect(
      try count(
        confidence: anyConfidence, lift: ExactDecimal(numerator: large / 5 * 6, denominator: large))
        == 2)
    #expect(
      try count(
        confidence: anyConfidence,
        lift: ExactDecimal(numerator: large / 5 * 6 + 1, denominator: large)) == 0)
  }

  @Test func `counts near 2^64 do not overflow`() throws {
    var first = LevelSegment(length: 1)
    first.append(
      path: [], perfectExtensions: [], extensions: [0, 1], counts: [.max - 2, .max - 1])
    var second = LevelSegment(length: 2)
    second.append(path: [0], perfectExtensions: [], extensions: [1], counts: [.max - 3])
    let levels = ClosedLevels(
      levels: [
        Level(length: 1, segments: [first], candidateCount: 2),
        Level(length: 2, segments: [second], candidateCount: 1),
      ],
      transactionCount: .max, minimumSupport: 1, completeLength: nil)
    let large: UInt64 = 1_000_000_000_000_000_000
    let options = RuleOptions(
      minimumConfidence: ExactDecimal(numerator: large - 1, denominator: large),
      minimumLift: ExactDecimal(numerator: large - 1, denominator: large))
    #expect(try generate(levels, options).count == 2)
    let unreachable = RuleOptions(
      minimumConfidence: anyConfidence,
      minimumLift: ExactDecimal(numerator: large + 1, denominator: large))
    #expect(try generate(levels, unreachable).isEmpty)
  }

  @Test func `the baskets of the papers give milk => bread 2 of 9, confidence 1 of 3, lift 0.75`()
    throws
  {
    // Milk, bread, biscuit, drink are bits 0 to 3.
    let baskets: [UInt64] = [
      0b0011, 0b0011, 0b0101, 0b0101, 0b1001, 0b1001, 0b0110, 0b1010, 0b1100,
    ]
    let data = ReferenceData(items: baskets, itemCount: 4, minimumSupport: 1)
    let (levels, _) = data.mine(cutSeed: 1)
    let rules = try generate(levels, RuleOptions(minimumConfidence: anyConfidence))
    // Milk is in 6 baskets and so has the last rank; the others keep their order.
    let rule = rules.first { $0.antecedent == [3] && $0.consequent == [0] }
    #expect(
      rule
        == Rule(
          antecedent: [3], consequent: [0], both: 2, antecedentCount: 6, consequentCount: 4,
          transactions: 9))
  }

  @Test func `rules of many equal columns fill several batches`() throws {
    let rules = try generate(
      equalColumns(10), RuleOptions(minimumConfidence: ExactDecimal(numerator: 1, denominator: 1)))
    #expect(rules.count == 10 * 511)
    #expect(Set(rules).count == rules.count)
    let larger = try generate(
      equalColumns(8), RuleOptions(maximumConsequent: nil, minimumConfidence: anyConfidence))
    // Each item is left, right or absent; both sides are non-empty: 3^8 - 2 x 2^8 + 1.
    #expect(larger.count == 6050)
    #expect(Set(larger).count == larger.count)
  }

  @Test func `more varying extensions than are remembered are looked up one by one`() throws {
    // Item 13 is in the first transaction alone, which makes the other 13 its perfect extensions;
    // each of these lacks one other transaction, so each changes the count of what holds it.
    let everyItem: UInt64 = (1 << 14) - 1
    let data = ReferenceData(
      items: [everyItem] + (0..<13).map { everyItem & ~(1 << 13) & ~(1 << UInt64($0)) },
      itemCount: 14, minimumSupport: 1)
    let (levels, _) = data.mine(cutSeed: 1)
    let rules = try generate(levels, RuleOptions(minimumConfidence: anyConfidence))
    // Each itemset of n items makes n rules, those of one item excepted.
    #expect(rules.count == 14 * (1 << 13) - 14)
    // Rank 0 is the rare item.
    let expected = { (itemset: [UInt32]) in
      itemset.contains(0) ? 1 : UInt64(14 - itemset.count)
    }
    let isRight = rules.allSatisfy { rule in
      rule.both == expected(rule.antecedent + rule.consequent)
        && rule.antecedentCount == expected(rule.antecedent)
        && rule.consequentCount == expected(rule.consequent)
    }
    #expect(isRight)
  }

  @Test func `pieces made by two generators give what one gives`() throws {
    for seed in 0..<600 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let (levels, _) = ReferenceData(seed: seed, maximumItems: 7).mine(cutSeed: seed)
      let options = RuleOptions(
        lengths: LengthLimits(maximum: Bool.random(using: &random) ? nil : 3),
        maximumConsequent: Bool.random(using: &random) ? 1 : nil,
        minimumConfidence: Bool.random(using: &random)
          ? anyConfidence : ExactDecimal(numerator: 2, denominator: 3))
      let source = try RuleSource(
        levels, options: options, memoryLimit: 1 << 24, generatorCount: 2)
      var walk = source.walk(itemsetsPerPiece: Int.random(in: 1...6, using: &random))
      var one = source.generator()
      var other = source.generator()
      var batch = RuleBatch()
      var result: [Rule] = []
      while let piece = walk.next() {
        if Bool.random(using: &random) {
          one.turn(to: piece)
          while try one.next(into: &batch) { result += rules(of: batch) }
        } else {
          other.turn(to: piece)
          while try other.next(into: &batch) { result += rules(of: batch) }
        }
      }
      let isAtEnd = walk.isAtEnd
      #expect(isAtEnd)
      #expect(try generate(levels, options) == result, "seed \(seed), \(options)")
    }
  }

  @Test(arguments: [3, 63, 64, 65, 70] as [UInt32])
  func `nodes of any number of items make larger consequents`(itemCount: UInt32) throws {
    // The rarest item has all others for perfect extensions; these are in the same transactions.
    let all = (0..<itemCount).map { $0 }
    var first = LevelSegment(length: 1)
    first.append(
      path: [], perfectExtensions: [], extensions: all, counts: all.map { $0 == 0 ? 2 : 3 })
    var second = LevelSegment(length: 2)
    for rank in all.dropLast() {
      second.append(
        path: [rank], perfectExtensions: Array(all[(Int(rank) + 1)...]), extensions: [], counts: [])
    }
    let levels = ClosedLevels(
      levels: [
        Level(length: 1, segments: [first], candidateCount: UInt64(all.count)),
        Level(length: 2, segments: [second], candidateCount: 0),
      ],
      transactionCount: 5, minimumSupport: 1, completeLength: nil)
    let made = try generate(
      levels,
      RuleOptions(
        lengths: LengthLimits(minimum: all.count), maximumConsequent: 2,
        minimumConfidence: anyConfidence))
    let pairs = all.flatMap { left in all[(Int(left) + 1)...].map { [left, $0] } }
    let expected = (all.map { [$0] } + pairs).map { consequent in
      let antecedent = all.filter { !consequent.contains($0) }
      return Rule(
        antecedent: antecedent, consequent: consequent, both: 2,
        antecedentCount: antecedent.contains(0) ? 2 : 3,
        consequentCount: consequent.contains(0) ? 2 : 3, transactions: 5)
    }
    #expect(made == expected.filter { !$0.antecedent.isEmpty })
  }

  @Test func `more memory than allowed is an error`() throws {
    let options = RuleOptions(maximumConsequent: nil, minimumConfidence: anyConfidence)
    #expect(throws: ExpansionError.self) {
      try generate(equalColumns(16), options, memoryLimit: 10_000)
    }
    #expect(throws: ExpansionError.self) {
      try generate(equalColumns(16), options, memoryLimit: 10)
    }
  }

  @Test func `levels that end early make the rules they are complete for`() throws {
    for seed in 0..<300 as Range<UInt64> {
      let data = ReferenceData(seed: seed, maximumItems: 6)
      let (_, nodes) = data.mine(cutSeed: seed)
      let all = allRules(data, nodes)
      for limit in 1...3 {
        let (levels, _) = data.mine(cutSeed: seed, maximumLevels: limit)
        let options = RuleOptions(maximumConsequent: nil, minimumConfidence: anyConfidence)
        let expected = all.filter { $0.antecedent.count + $0.consequent.count <= limit }
        let rules = try generate(levels, options)
        #expect(rules.count == expected.count, "seed \(seed), levels \(limit)")
        let sides = { (rule: Rule) in
          [rankMask(rule.antecedent), rankMask(rule.consequent), rule.antecedentCount]
        }
        #expect(Set(rules.map(sides)) == Set(expected.map(sides)), "seed \(seed), levels \(limit)")
      }
    }
  }
}
