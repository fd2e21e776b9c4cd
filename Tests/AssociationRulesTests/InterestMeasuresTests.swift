import AssociationRules
import Itemsets
import TestSupport
import Testing

@Suite struct InterestMeasuresTests {
  func counts(
    _ both: UInt64, _ antecedent: UInt64, _ consequent: UInt64, _ transactions: UInt64
  ) -> RuleCounts {
    RuleCounts(
      both: both, antecedent: antecedent, consequent: consequent, transactions: transactions)
  }

  @Test func namesAreThoseOfTheCommandLine() {
    #expect(
      InterestMeasure.allCases.map(\.rawValue) == [
        "support", "confidence", "lift", "leverage", "conviction", "zhang", "jaccard", "cosine",
        "kulczynski", "imbalance_ratio", "all_confidence",
      ])
  }

  /// The papers' nine baskets: milk in 6, bread in 4, together in 2.
  @Test func nineBaskets() {
    let milkBread = counts(2, 6, 4, 9)
    #expect(InterestMeasures.support(milkBread) == 2.0 / 9)
    #expect(InterestMeasures.confidence(milkBread) == 1.0 / 3)
    #expect(InterestMeasures.lift(milkBread) == 0.75)
  }

  /// mlxtend's user guide of `association_rules`: five baskets; Kidney Beans 5, Eggs 4, Onion 3.
  @Test func publishedByMlxtend() {
    let onionEggs = counts(3, 3, 4, 5)
    #expect(InterestMeasures.confidence(onionEggs) == 1)
    #expect(InterestMeasures.lift(onionEggs) == 1.25)
    #expect(InterestMeasures.leverage(onionEggs) == 0.12)
    #expect(InterestMeasures.conviction(onionEggs) == .infinity)
    #expect(InterestMeasures.zhang(onionEggs) == 0.5)
    let eggsOnion = counts(3, 4, 3, 5)
    #expect(InterestMeasures.confidence(eggsOnion) == 0.75)
    #expect(InterestMeasures.lift(eggsOnion) == 1.25)
    #expect(InterestMeasures.conviction(eggsOnion) == 1.6)
    #expect(InterestMeasures.zhang(eggsOnion) == 1)
    #expect(InterestMeasures.jaccard(eggsOnion) == 0.75)
    #expect(InterestMeasures.kulczynski(eggsOnion) == 0.875)
  }

  /// Wu, Chen and Han 2010 (repeated in Han, Kamber, Pei, table 6.9): milk and coffee; D1 to D6.
  @Test(
    arguments: [
      (10_000, 1_000, 1_000, 100_000, 0.91, 0.91, 0.91, 0.0),
      (10_000, 1_000, 1_000, 100, 0.91, 0.91, 0.91, 0.0),
      (100, 1_000, 1_000, 100_000, 0.09, 0.09, 0.09, 0.0),
      (1_000, 1_000, 1_000, 100_000, 0.5, 0.5, 0.5, 0.0),
      (1_000, 100, 10_000, 100_000, 0.09, 0.5, 0.29, 0.89),
      (1_000, 10, 100_000, 100_000, 0.01, 0.5, 0.10, 0.99),
    ] as [(UInt64, UInt64, UInt64, UInt64, Double, Double, Double, Double)])
  func publishedByWuChenHan(
    both: UInt64, onlyCoffee: UInt64, onlyMilk: UInt64, neither: UInt64, allConfidence: Double,
    kulczynski: Double, cosine: Double, imbalance: Double
  ) {
    let counts = counts(
      both, both + onlyMilk, both + onlyCoffee, both + onlyCoffee + onlyMilk + neither)
    #expect(abs(InterestMeasures.allConfidence(counts) - allConfidence) < 0.0051)
    #expect(abs(InterestMeasures.kulczynski(counts) - kulczynski) < 0.0051)
    #expect(abs(InterestMeasures.cosine(counts) - cosine) < 0.0051)
    #expect(abs(InterestMeasures.imbalanceRatio(counts) - imbalance) < 0.0051)
  }

  @Test func undefinedAndInfinite() {
    #expect(InterestMeasures.conviction(counts(4, 4, 5, 9)) == .infinity)
    #expect(InterestMeasures.conviction(counts(4, 4, 9, 9)).isNaN)
    #expect(InterestMeasures.zhang(counts(9, 9, 9, 9)).isNaN)
    #expect(InterestMeasures.zhang(counts(0, 3, 4, 9)) == -1)
    for measure in InterestMeasure.allCases {
      #expect(measure.value(counts(0, 0, 0, 0)).isNaN, "\(measure)")
    }
  }

  @Test func sameAsDoublesOnRandomCounts() {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<20_000 {
      let n = UInt64.random(in: 1...1_000_000, using: &random)
      let a = UInt64.random(in: 1...n, using: &random)
      let c = UInt64.random(in: 1...n, using: &random)
      let least = a + c > n ? a + c - n : 0
      let both = UInt64.random(in: least...min(a, c), using: &random)
      let rule = counts(both, a, c, n)
      let (x, y, z) = (Double(both) / Double(n), Double(a) / Double(n), Double(c) / Double(n))
      expectClose(InterestMeasures.support(rule), x)
      expectClose(InterestMeasures.confidence(rule), x / y)
      expectClose(InterestMeasures.lift(rule), x / (y * z))
      #expect(abs(InterestMeasures.leverage(rule) - (x - y * z)) < 1e-15)
      if both < a { expectClose(InterestMeasures.conviction(rule), (1 - z) / (1 - x / y), 1e-9) }
      let scale = max(x * (1 - y), y * (z - x))
      if scale > 1e-6 {
        #expect(abs(InterestMeasures.zhang(rule) - (x - y * z) / scale) < 1e-9)
      }
      expectClose(InterestMeasures.jaccard(rule), x / (y + z - x), 1e-9)
      expectClose(InterestMeasures.cosine(rule), x / (y * z).squareRoot())
      expectClose(InterestMeasures.kulczynski(rule), (x / y + x / z) / 2)
      expectClose(InterestMeasures.allConfidence(rule), min(x / y, x / z))
      #expect(abs(InterestMeasures.imbalanceRatio(rule) - abs(y - z) / (y + z - x)) < 1e-9)
    }
  }

  func expectClose(_ value: Double, _ expected: Double, _ tolerance: Double = 1e-12) {
    #expect(abs(value - expected) <= tolerance * max(1, abs(expected)))
  }

  /// Multiplying all counts by one factor changes no fraction, so it may change no bit either, be
  /// the products small enough for one division of doubles or not.
  @Test func equalFractionsGiveEqualDoubles() {
    var random = SeededGenerator(seed: 11)
    for _ in 0..<5_000 {
      let n = UInt64.random(in: 2...100_000, using: &random)
      let a = UInt64.random(in: 1...n, using: &random)
      let c = UInt64.random(in: 1...n, using: &random)
      let both = UInt64.random(in: 0...min(a, c), using: &random)
      let factor = UInt64.random(in: 1...(UInt64.max / n), using: &random)
      let small = counts(both, a, c, n)
      let large = counts(both * factor, a * factor, c * factor, n * factor)
      for measure in InterestMeasure.allCases {
        let (x, y) = (measure.value(small), measure.value(large))
        if measure == .kulczynski {
          #expect(abs(x - y) < 1e-15)  // may be added as two fractions
        } else {
          #expect(x == y || (x.isNaN && y.isNaN), "\(measure) \(small) \(large)")
        }
      }
      for measure in [InterestMeasure.support, .confidence, .lift] {
        #expect(measure.compare(small, large) == 0)
      }
    }
  }

  @Test func hugeCountsDoNotTrap() {
    let extremes: [UInt64] = [0, 1, 2, 1 << 31, 1 << 32, 1 << 53, 1 << 63, .max - 1, .max]
    for n in extremes {
      for a in extremes {
        for c in extremes {
          for both in extremes {
            // Counts that contradict each other included: wrong answers there, but no trap.
            let rule = counts(both, a, c, n)
            let contradict = both > min(a, c) || max(a, c) > n || a - both > n - c
            for measure in InterestMeasure.allCases {
              let value = measure.value(rule)
              #expect(contradict || value.isNaN || range(measure).contains(value), "\(rule)")
              #expect(measure.compare(rule, rule) == 0)
            }
          }
        }
      }
    }
    #expect(InterestMeasures.lift(counts(1, .max, .max, .max)) == 1 / Double(UInt64.max))
    #expect(InterestMeasures.lift(counts(1, 1, 1, .max)) == Double(UInt64.max))
  }

  func range(_ measure: InterestMeasure) -> ClosedRange<Double> {
    switch measure {
    case .lift, .conviction: 0...Double.infinity
    case .leverage: -0.25...0.25
    case .zhang: -1...1
    default: 0...1
    }
  }

  @Test func roundedOnce() {
    // 3 x 2^61 + 1 over 2^64 - 1 and neighbours, checked by comparing with both adjacent doubles.
    var random = SeededGenerator(seed: 3)
    for _ in 0..<5_000 {
      let whole = UInt64.random(in: (1 << 60)...UInt64.max, using: &random)
      let part = UInt64.random(in: 1...whole, using: &random)
      let value = InterestMeasures.support(counts(part, whole, whole, whole))
      // |part / whole - value| <= half an ulp, as integers: value = m x 2^e, e negative.
      let exponent = Int(value.exponent) - 52
      guard exponent > -110 else { continue }
      let significand = UInt128(value.significandBitPattern | 1 << 52)
      let scaled = UInt128(whole).multipliedFullWidth(by: significand)
      let shifted = UInt128(part).multipliedFullWidth(by: UInt128(1) << UInt128(-exponent))
      #expect(scaled.high == 0 || shifted.high == scaled.high)
      let error = scaled.low > shifted.low ? scaled.low - shifted.low : shifted.low - scaled.low
      #expect(error <= UInt128(whole) / 2 + 1)
    }
  }

  @Test func comparisonSeesWhatDoublesDoNot() {
    let large: UInt64 = 1 << 60
    let lower = counts(large, large * 3 + 1, large * 4, large * 8)
    let higher = counts(large, large * 3, large * 4, large * 8)
    #expect(InterestMeasures.confidence(lower) == InterestMeasures.confidence(higher))
    #expect(InterestMeasure.confidence.compare(lower, higher) == -1)
    #expect(InterestMeasure.confidence.compare(higher, lower) == 1)
    #expect(InterestMeasures.lift(lower) == InterestMeasures.lift(higher))
    #expect(InterestMeasure.lift.compare(lower, higher) == -1)
    #expect(InterestMeasure.lift.compare(higher, higher) == 0)
    #expect(InterestMeasure.confidence.compare(counts(0, 0, 1, 1), counts(0, 1, 1, 1)) == -1)
    #expect(InterestMeasure.conviction.compare(counts(1, 1, 1, 1), counts(1, 1, 1, 2)) == -1)
  }
}
