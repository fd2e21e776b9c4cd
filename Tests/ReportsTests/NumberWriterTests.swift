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

  /// The quick way and the one for all doubles write the same.
  @Test func usualDoublesAreWrittenAsAllAre() {
    let writer = NumberWriter()
    let tables = DecimalTables.shared
    var quick = [UInt8](repeating: 0, count: 128)
    var slow = quick
    var written = 0
    func check(_ value: Double) {
      for value in [value, -value] {
        let ends = quick.withUnsafeMutableBufferPointer { quick in
          slow.withUnsafeMutableBufferPointer { slow -> (Int, Int)? in
            guard let first = quick.baseAddress, let second = slow.baseAddress,
              let end = writeUsual(value, tables, to: first)
            else { return nil }
            return (end - first, writer.writeAny(value, to: second) - second)
          }
        }
        guard let ends else { continue }
        written += 1
        if ends.0 != ends.1 || quick[..<ends.0] != slow[..<ends.1] {
          Issue.record("\(value): \(String(decoding: quick[..<ends.0], as: UTF8.self))")
        }
      }
    }
    var random = SeededGenerator(seed: 11)
    for _ in 0..<5_000 {
      // Any bits between 2^-19 and 2^52, fractions as measures are, and decimals of few digits.
      check(Double(bitPattern: UInt64.random(in: 1004 << 52..<1075 << 52, using: &random)))
      let bits = UInt64.random(in: 4..<53, using: &random)
      let numerator = UInt64.random(in: 1..<1 << bits, using: &random)
      check(Double(numerator) / Double(UInt64.random(in: 1..<1 << 27, using: &random)))
      let digits = UInt64.random(in: 1...6, using: &random)
      let power = (0..<digits).reduce(1.0) { power, _ in power * 10 }
      check(Double(UInt64.random(in: 1..<1_000_000, using: &random)) / power)
    }
    #expect(written > 25_000)
    var power = 1.0 / 524288
    while power < 1e16 {
      for factor in [1, 2, 3, 5, 7, 9, 10] {
        let value = power * Double(factor)
        for value in [value, value.nextUp, value.nextDown] { check(value) }
      }
      power *= 2
    }
    for exponent in 0..<22 {
      for digit in 1..<10 {
        guard let value = Double("\(digit)e\(exponent - 6)") else { continue }
        for value in [value, value.nextUp, value.nextDown, value / 2, value * 1.5] { check(value) }
      }
    }
  }

  /// Of 71 exponents, with both signs: what is outside or on an edge is left to the other way.
  @Test func usualDoublesHaveLimits() {
    func isUsual(_ value: Double) -> Bool {
      var bytes = [UInt8](repeating: 0, count: 128)
      return bytes.withUnsafeMutableBufferPointer { bytes in
        bytes.baseAddress.flatMap { writeUsual(value, DecimalTables.shared, to: $0) } != nil
      }
    }
    let least = 1.0 / 524288
    for value in [least, least.nextUp, 0.1, 0.3, 0.5, 1, 1.5, 3, 4503599627370495] {
      #expect(isUsual(value) && isUsual(-value))
    }
    for value in [
      0, least.nextDown, 4503599627370496, 9007199254740994, .infinity, .nan,
      .leastNonzeroMagnitude, .greatestFiniteMagnitude,
    ] { #expect(!isUsual(value) && !isUsual(-value)) }
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
