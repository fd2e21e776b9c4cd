import TestSupport
import Testing

@testable import Reports

@Suite struct NumberWriterTests {
  func text(_ value: Double) -> String {
    let writer = NumberWriter()
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 128) { bytes in
      guard let start = bytes.baseAddress else { return "no memory" }
      let end = writer.write(value, to: start)
      #expect(end - start <= NumberWriter.textLimit)
      return String(decoding: bytes[..<(end - start)], as: UTF8.self)
    }
  }

  func text(_ value: UInt64) -> String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { bytes in
      guard let start = bytes.baseAddress else { return "no memory" }
      let end = writeInteger(value, to: start)
      return String(decoding: bytes[..<(end - start)], as: UTF8.self)
    }
  }

  @Test func integers() {
    var power: UInt64 = 1
    for _ in 0..<20 {
      for value in [power - 1, power, power + 1, power &* 5 &+ 7] {
        #expect(text(value) == "\(value)")
      }
      power &*= 10
    }
    #expect(text(UInt64.max) == "18446744073709551615")
  }

  @Test(
    arguments: [
      (0.0, "0"), (-0.0, "0"), (1, "1"), (-0.25, "-0.25"), (0.1, "0.1"),
      (2.0 / 9, "0.2222222222222222"),
      (1.0 / 3, "0.3333333333333333"), (0.75, "0.75"), (12, "12"), (1200, "1200"),
      (1e-5, "0.00001"),
      (1e-6, "0.000001"), (1e-7, "1e-7"), (1.25e-9, "1.25e-9"), (123456.789, "123456.789"),
      (1e20, "100000000000000000000"), (1e21, "1e+21"), (1.5e22, "1.5e+22"),
      (Double.leastNonzeroMagnitude, "5e-324"),
      (1.7976931348623157e308, "1.7976931348623157e+308"),
      (0.30000000000000004, "0.30000000000000004"),
      (9007199254740992, "9007199254740992"), (.infinity, "inf"), (-.infinity, "-inf"), (.nan, ""),
      (1.0 / 18446744073709551616, "5.421010862427522e-20"),
      (2.938735877055719e-39, "2.938735877055719e-39"),
    ] as [(Double, String)])
  func forms(value: Double, expected: String) {
    #expect(text(value) == expected)
  }

  /// Reads back exactly, and has no more digits than the standard library's shortest form.
  @Test func readsBackExactlyAndIsShortest() {
    var random = SeededGenerator(seed: 5)
    func check(_ value: Double) {
      let written = text(value)
      #expect(Double(written)?.bitPattern == value.bitPattern, "\(written)")
      #expect(significantDigits(written) == significantDigits(value.description), "\(written)")
    }
    for _ in 0..<4_000 {
      let bits = UInt64.random(in: 0..<64, using: &random)
      let whole = UInt64.random(in: 1...(UInt64.max >> bits), using: &random)
      check(Double(UInt64.random(in: 1...whole, using: &random)) / Double(whole))
      check(Double(bitPattern: UInt64.random(in: 1..<0x7FF0_0000_0000_0000, using: &random)))
      check(
        Double(sign: .plus, exponent: Int.random(in: -130...110, using: &random), significand: 1))
    }
  }

  func significantDigits(_ text: String) -> String {
    let mantissa = text.prefix { $0 != "e" }.filter { $0 != "." && $0 != "-" }
    let digits = mantissa.drop { $0 == "0" }.reversed().drop { $0 == "0" }.reversed()
    return String(digits)
  }

  @Test func supportsAreReusedOnlyForTheSameCounts() {
    var writer = NumberWriter()
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 128) { bytes in
      guard let start = bytes.baseAddress else { return }
      for transactions in [7, 1_000_003, 7] as [UInt64] {
        for _ in 0..<2 {
          for count in [1, 2, 3, 1025, 2049, UInt64.max] as [UInt64] {
            let end = writer.writeSupport(count, of: transactions, to: start)
            let text = String(decoding: bytes[..<(end - start)], as: UTF8.self)
            #expect(Double(text) == Double(count) / Double(transactions))
          }
        }
      }
    }
  }
}
