import Itemsets
import Testing

@testable import Reports

@Suite struct ProgressTests {
  @Test func input() {
    #expect(
      Progress.input("retail.dat", transactions: 88162, items: 16470, blocks: 2)
        == "retail.dat: 88,162 transactions, 16,470 items, 2 blocks")
    #expect(
      Progress.input("a\nb", transactions: 1, items: 1, blocks: 1)
        == "a\\nb: 1 transaction, 1 item, 1 block")
  }

  @Test func minimumSupport() {
    #expect(
      Progress.minimumSupport("0.1%", count: 89, transactions: 88162)
        == "min support 0.1% = 89 of 88,162 transactions")
    #expect(
      Progress.minimumSupport("89", count: 89, transactions: 1)
        == "min support 89 of 1 transaction")
  }

  @Test func level() {
    #expect(
      Progress.level(2, candidates: 12345, frequent: 3210, seconds: 0.0213)
        == "level 2: 12,345 candidates, 3,210 frequent, 0.02 s")
    #expect(
      Progress.level(3, candidates: 1, frequent: 0, seconds: 1234.4)
        == "level 3: 1 candidate, 0 frequent, 1,234 s")
  }

  @Test func summary() {
    #expect(
      Progress.summary(
        kind: "frequent", byLength: [2117, 3672, 1800], rules: 5731, seconds: 0.06)
        == "7,589 frequent itemsets (complete; 1: 2,117, 2: 3,672, 3: 1,800), 5,731 rules, 0.06 s")
    #expect(
      Progress.summary(kind: "closed", byLength: [0, 1], rules: nil, seconds: 0)
        == "1 closed itemset (complete; 2: 1), 0.00 s")
    #expect(
      Progress.summary(kind: "maximal", byLength: [], completeLength: 3, rules: 1, seconds: -1)
        == "0 maximal itemsets (complete up to length 3), 1 rule, 0.00 s")
    let many = [UInt64](repeating: 1, count: 13)
    #expect(
      Progress.summary(kind: "frequent", byLength: many, rules: 0, seconds: 9.999)
        == "13 frequent itemsets (complete; 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 7: 1, 8: 1, 9: 1, "
        + "10: 1, 11: 1, 12: 1, ...), 0 rules, 10.00 s")
  }

  @Test func readableNumbers() {
    #expect(grouped(0) == "0")
    #expect(grouped(999) == "999")
    #expect(grouped(-1000) == "-1,000")
    #expect(grouped(UInt64.max) == "18,446,744,073,709,551,615")
    #expect(rounded(2.3149) == "2.31")
    #expect(rounded(24.34) == "24.3")
    #expect(rounded(9.996) == "10.0")
    #expect(rounded(0.01234) == "0.0123")
    #expect(rounded(5730.6) == "5,731")
    #expect(rounded(-0.0740740) == "-0.0741")
    #expect(rounded(0) == "0.00")
    #expect(rounded(.infinity) == "inf")
    #expect(rounded(.nan) == "-")
    #expect(percent(321, of: 10_000) == "3.21 %")
    #expect(percent(9, of: 9) == "100 %")
    #expect(percent(0, of: 0) == "-")
  }
}
