import AssociationRules
import Itemsets
import TestSupport
import Testing

/// The four usual measures are those of ``InterestMeasures`` to the last bit.
@Suite struct UsualMeasuresTests {
  private func check(_ counts: RuleCounts) {
    let usual = UsualMeasures(counts)
    for (value, measure) in [
      (usual.confidence, InterestMeasure.confidence), (usual.lift, .lift),
      (usual.leverage, .leverage), (usual.conviction, .conviction),
    ] {
      let expected = measure.value(counts)
      let isSame = value.bitPattern == expected.bitPattern || value.isNaN && expected.isNaN
      #expect(isSame, "\(measure) of \(counts) is \(value), not \(expected)")
    }
  }

  @Test func countsOfAllSizes() {
    var random = SeededGenerator(seed: 8)
    for _ in 0..<20_000 {
      let bits = UInt64.random(in: 0..<64, using: &random)
      let transactions = UInt64.random(in: 1...(UInt64.max >> bits), using: &random)
      let antecedent = UInt64.random(in: 0...transactions, using: &random)
      let consequent = UInt64.random(in: 0...transactions, using: &random)
      check(
        RuleCounts(
          both: UInt64.random(in: 0...min(antecedent, consequent), using: &random),
          antecedent: antecedent, consequent: consequent, transactions: transactions))
    }
  }

  /// Every choice of small counts, also such as contradict each other, and those where 2^53 ends.
  @Test func countsAtTheEdges() {
    for limit in [0, 2, 94_906_265, 94_906_266, 94_906_267, 1 << 32, .max] as [UInt64] {
      let values = [0, 1, 2, limit / 2, limit > 0 ? limit - 1 : 0, limit]
      for both in values {
        for antecedent in values {
          for consequent in values {
            for transactions in values {
              check(
                RuleCounts(
                  both: both, antecedent: antecedent, consequent: consequent,
                  transactions: transactions))
            }
          }
        }
      }
    }
  }
}
