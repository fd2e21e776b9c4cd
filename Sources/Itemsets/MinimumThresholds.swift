/// A minimum support as a user writes it: a count of transactions or a fraction of all.
///
/// Digits only are a count; with `.` or an exponent a fraction in (0, 1]; with `%` a percentage in
/// (0, 100]. So `1` is one transaction while `1.0` and `100%` are all of them.
public enum MinimumSupport: Sendable, Equatable {
  /// At least so many transactions, 1 or more.
  case count(UInt64)
  /// At least this share of all transactions, greater than 0 and at most 1.
  case fraction(ExactDecimal)

  /// Parses what a user wrote.
  ///
  /// - Throws: ``ThresholdError`` with a hint at what may have been meant.
  public init(_ text: String) throws(ThresholdError) {
    if !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
      guard let count = UInt64(text) else {
        throw ThresholdError("\(text) is more transactions than can be counted")
      }
      if count == 0 {
        throw ThresholdError("0 would make every itemset frequent; the least is a count of 1")
      }
      self = .count(count)
      return
    }
    let number = try ThresholdText(text, example: "100 (a count), 0.01 or 1% (a fraction)")
    guard let value = number.value else {
      throw ThresholdError("\(text) has more digits than can be kept exactly")
    }
    if value.numerator == 0 {
      throw ThresholdError("\(text) would make every itemset frequent; it must be above 0")
    }
    if value.isGreaterThanOne {
      throw ThresholdError(
        number.isPercent
          ? "\(text) is more than all transactions; a percentage is at most 100%"
          : "\(text) is no fraction of at most 1; write \(number.digits)% for a percentage, or"
            + " a whole number for a count")
    }
    self = .fraction(value)
  }

  /// The smallest count that reaches the threshold among `transactions`: the exact ceiling.
  ///
  /// This is the one place where a minimum support becomes a count.
  public func count(of transactions: UInt64) -> UInt64 {
    switch self {
    case .count(let count): count
    // A fraction of at most 1 is at most `transactions`, so the ceiling always fits.
    case .fraction(let fraction): max(fraction.ceiling(of: transactions) ?? transactions, 1)
    }
  }
}

/// A minimum confidence: a fraction in [0, 1] or a percentage in [0, 100].
public struct MinimumConfidence: Sendable, Equatable {
  /// The confidence as an exact fraction.
  public let fraction: ExactDecimal

  /// Parses what a user wrote; a bare `1` is 100 %, a bare `50` is refused with a hint.
  public init(_ text: String) throws(ThresholdError) {
    let number = try ThresholdText(text, example: "0.5 or 50%")
    guard let value = number.value else {
      throw ThresholdError("\(text) has more digits than can be kept exactly")
    }
    if value.isGreaterThanOne {
      throw ThresholdError(
        number.isPercent
          ? "\(text) is above 100%, which no confidence exceeds"
          : "\(text) is above 1, which no confidence exceeds; write \(number.digits)% for a"
            + " percentage")
    }
    fraction = value
  }
}

/// A minimum lift: a number of at least 0, neither a percentage nor a count.
public struct MinimumLift: Sendable, Equatable {
  /// The lift as an exact fraction.
  public let value: ExactDecimal

  /// Parses what a user wrote.
  public init(_ text: String) throws(ThresholdError) {
    guard !text.hasSuffix("%"), let value = ExactDecimal(text) else {
      throw ThresholdError("\(text) is no lift; write a number of at least 0, such as 1.5")
    }
    self.value = value
  }
}

/// Why a threshold cannot be used, and what to write instead.
public struct ThresholdError: Error, Equatable, CustomStringConvertible {
  /// The reason with a hint.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// A number with or without a percent sign.
private struct ThresholdText {
  let digits: String
  let isPercent: Bool
  /// Nil where a percentage cannot be divided by 100 exactly.
  let value: ExactDecimal?

  init(_ text: String, example: String) throws(ThresholdError) {
    isPercent = text.hasSuffix("%")
    digits = isPercent ? String(text.dropLast()) : text
    guard let number = ExactDecimal(digits) else {
      if text.hasPrefix("-") { throw ThresholdError("\(text) is negative; write \(example)") }
      throw ThresholdError("\(text) is no number that can be kept exactly; write \(example)")
    }
    value = isPercent ? number.percent : number
  }
}

extension ExactDecimal {
  fileprivate var isGreaterThanOne: Bool { numerator > denominator }
}
