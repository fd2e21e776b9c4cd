import Itemsets
import Testing

@Suite struct ExactDecimalTests {
  @Test(
    arguments: [
      ("12", 12, 1), ("0.07", 7, 100), (".5", 5, 10), ("5.", 5, 1), ("1e-3", 1, 1000),
      ("2.5E1", 25, 1), ("1e+2", 100, 1), ("0.5000", 5, 10), ("0", 0, 1), ("000.10", 1, 10),
      ("999999999999999999", 999_999_999_999_999_999, 1),
      ("0.000000000000000001", 1, 1_000_000_000_000_000_000),
    ] as [(String, UInt64, UInt64)])
  func parses(_ text: String, _ numerator: UInt64, _ denominator: UInt64) {
    #expect(
      ExactDecimal(text) == ExactDecimal(numerator: numerator, denominator: denominator))
  }

  @Test(arguments: [
    "", ".", "-1", "+1", "1,5", "abc", "1.2.3", "1e", "1e99", "1e-19", " 1", "1 ", "0x10", "1%",
    "0.0000000000000000001", "99999999999999999999999", "e5", "٣",
  ])
  func refuses(_ text: String) {
    #expect(ExactDecimal(text) == nil)
  }

  @Test(arguments: [("0.07", 100, 7), ("0.28", 25, 7), ("0.1", 88_162, 8_817), ("1", 5, 5)])
  func aThresholdThatFallsOnACountIsReached(_ text: String, _ whole: UInt64, _ count: UInt64)
    throws
  {
    let decimal = try #require(ExactDecimal(text))
    #expect(decimal.ceiling(of: whole) == count)
    #expect(decimal.isReached(by: count, of: whole))
    #expect(!decimal.isReached(by: count - 1, of: whole))
  }

  @Test func percentsDivideBy100() throws {
    let seven = try #require(ExactDecimal("7")?.percent)
    #expect(seven.ceiling(of: 100) == 7)
    let tenth = try #require(ExactDecimal("0.1")?.percent)
    #expect(tenth.ceiling(of: 88_162) == 89)
    #expect(ExactDecimal("200")?.percent == ExactDecimal("2"))
    #expect(ExactDecimal("0.000000000000000001")?.percent == nil)
  }

  @Test func theCeilingOfAHugeProductIsExactOrNil() throws {
    let whole = UInt64.max
    #expect(ExactDecimal("1")?.ceiling(of: whole) == whole)
    #expect(ExactDecimal("1.5")?.ceiling(of: whole) == nil)
    #expect(ExactDecimal("0.5")?.ceiling(of: whole) == 1 << 63)
  }
}
