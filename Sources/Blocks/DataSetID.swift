/// The UUID of the data set that a block belongs to.
public struct DataSetID: Sendable, Hashable {
  /// The first eight bytes of the UUID as it is printed, the first of them most significant.
  public let high: UInt64
  /// The last eight bytes of the UUID as it is printed.
  public let low: UInt64

  /// A UUID from its two halves, in printed order.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The UUID that `text` is the usual form of, in lower case; nil where it is none.
  public init?(text: Substring) {
    let digits = text.filter { $0 != "-" }
    guard digits.utf8.count == 32, let high = UInt64(digits.prefix(16), radix: 16),
      let low = UInt64(digits.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
    guard description == text else { return nil }
  }

  /// The id of data that has no name: all bits zero, the nil UUID.
  public static let none = DataSetID(high: 0, low: 0)
}

extension DataSetID: CustomStringConvertible {
  /// The usual form, as in `123e4567-e89b-12d3-a456-426614174000`.
  public var description: String {
    let digits = paddedHexadecimal(high) + paddedHexadecimal(low)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append("-") }
      text.append(digit)
    }
    return text
  }
}

/// `value` as 16 hexadecimal digits.
func paddedHexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
