import Itemsets
import TestSupport
import Testing

@testable import Reports

/// Sides of rules against sorting and joining their names.
@Suite struct RuleSidesTests {
  /// 90 names of 1 to 60 bytes in an order of their own; every seventh is special.
  private let names: [String] = (0..<90).map { index in
    String(repeating: "abcdefghij", count: index % 7) + "\((index * 37) % 90 + 100)"
  }

  private func sides() -> RuleSides {
    let escaped = EscapedNames(rankedItems(names), .place) { rank, name, bytes in
      bytes += name
      return rank % 7 == 0
    }
    return RuleSides(escaped, separator: UInt8(ascii: ";"))
  }

  private func text(_ sides: borrowing RuleSides, _ bits: UInt64) -> String {
    var bytes = [UInt8](repeating: 0, count: sides.byteCount + 16)
    let count = bytes.withUnsafeMutableBufferPointer { bytes in
      bytes.baseAddress.map { sides.write(bits, to: $0) - $0 } ?? 0
    }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  private func joined(_ ranks: some Sequence<UInt32>) -> String {
    ranks.map { names[Int($0)] }.sorted().joined(separator: ";")
  }

  @Test func sidesAreSortedNames() {
    var sides = sides()
    var random = SeededGenerator(seed: 3)
    for _ in 0..<100 {
      let length = Int.random(in: 1...64, using: &random)
      let itemset = Array((0..<90 as Range<UInt32>).shuffled(using: &random).prefix(length))
      for _ in 0..<4 {
        // Rules of one itemset have its items in any order.
        let rule = itemset.shuffled(using: &random)
        let cut = Int.random(in: 0...length, using: &random)
        let isShortEnough = sides.turn(to: rule.span)
        #expect(isShortEnough)
        let consequent = sides.bits(of: Array(rule[cut...]).span)
        #expect(text(sides, sides.all & ~consequent) == joined(rule[..<cut]))
        #expect(text(sides, consequent) == joined(rule[cut...]))
        let hasSpecial = rule[cut...].contains { $0 % 7 == 0 }
        #expect((consequent & sides.special != 0) == hasSpecial)
      }
    }
  }

  /// One item more or less, or another in its place, is another itemset.
  @Test func itemsetsThatAreAlikeAreTold() {
    var sides = sides()
    for itemset in [[1, 2, 3], [1, 2, 4], [1, 2], [1, 2, 4], [4, 2, 1, 3], []] as [[UInt32]] {
      let isShortEnough = sides.turn(to: itemset.span)
      #expect(isShortEnough)
      #expect(text(sides, sides.all) == joined(itemset))
    }
  }

  @Test func longItemsetsAreRefusedAndTheNextIsNot() {
    var sides = sides()
    for length in [65, 64, 90, 2, 2] {
      let itemset = (0..<length).map { UInt32($0) }
      let isShortEnough = sides.turn(to: itemset.span)
      #expect(isShortEnough == (length <= 64))
      if isShortEnough { #expect(text(sides, sides.all) == joined(itemset)) }
    }
  }
}
