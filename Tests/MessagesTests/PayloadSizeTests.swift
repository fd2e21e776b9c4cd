import Apriori
import Glibc
import Messages
import TestSupport
import Testing

/// The bytes that COUNTING.md's figures rest on: codes near the entropy of what they say.
@Suite("Sizes of payloads") struct PayloadSizeTests {
  private func entropy(_ share: Double) -> Double {
    share <= 0 || share >= 1 ? 0 : -share * log2(share) - (1 - share) * log2(1 - share)
  }

  /// Rice codes of random gaps stay within 6 % of the entropy of their positions.
  @Test(arguments: [0.0005, 0.003, 0.02, 0.1, 0.3]) func gaps(density: Double) {
    var samples = Samples(seed: 3)
    let count = 200_000
    let positions = samples.positions(below: count, density: density)
    let bytes = PositionList(positions).encoded().count
    let bound = entropy(Double(positions.count) / Double(count)) * Double(count) / 8
    #expect(Double(bytes) < 1.06 * bound + 8)
  }

  /// Counts that fall off geometrically cost little more than their entropy too.
  @Test(arguments: [0.5, 0.1, 0.02]) func geometricCounts(stop: Double) {
    var samples = Samples(seed: 4)
    let positions = (0..<20_000).map { UInt32($0) }
    let counts = positions.map { _ in
      let uniform = 1 - Double.random(in: 0..<1, using: &samples.generator)
      return 5 + UInt32(log2(uniform) / log2(1 - stop))
    }
    let report = CountReport.above(allowance: 4, positions: positions, counts: counts)
    // Positions one behind the other cost a bit each.
    let bound = (entropy(stop) / stop + 1) * 20_000 / 8
    #expect(Double(report.encoded().count) < 1.06 * bound + 16)
  }

  /// A few counts far above the others do not make the others dear.
  @Test func skewedCounts() {
    let positions = (0..<10_000).map { UInt32($0) }
    let counts = positions.map { 1_000_000 / ($0 + 1) + 1 }
    let report = CountReport.above(allowance: 0, positions: positions, counts: counts)
    #expect(report.encoded().count < 10_000 * 2)
  }

  @Test func denseCounts() {
    var samples = Samples(seed: 5)
    // Ten bits each above 40,000, and three bytes or four a pack.
    let counts = (0..<12_800).map { _ in UInt32(samples.number(40_000...41_023)) }
    #expect(CountReport.all(counts).encoded().count <= 16_000 + 400 + 8)
    // Nearly all 0: no dearer than what is not.
    var sparse = [UInt32](repeating: 0, count: 12_800)
    sparse[77] = 3
    #expect(CountReport.all(sparse).encoded().count < 16)
  }
}
