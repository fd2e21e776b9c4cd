/// Makes basket text, one transaction a line, without ever holding more of it than one chunk.
///
/// The same parameters give the same bytes, whatever the sizes of the chunks.
public protocol BasketGenerator {
  /// Replaces `bytes` by the next whole lines, ending with the first that reaches `limit` bytes.
  ///
  /// A chunk is therefore longer than `limit` by less than one line. Keep handing in the same array:
  /// its memory is used again.
  ///
  /// - Returns: whether there was a line left; if not, `bytes` is empty.
  mutating func next(into bytes: inout [UInt8], upTo limit: Int) -> Bool
}

/// Says which parameter of a generator cannot be used, and what could be.
public struct GeneratorParameterError: Error, Equatable, CustomStringConvertible {
  /// The parameter in words, such as `average transaction length`.
  public let parameter: String
  /// The value that was refused, as text.
  public let value: String
  /// What is accepted, such as `1 to 500`.
  public let accepted: String

  /// One line that names the parameter, the value and the remedy.
  public var description: String { "\(parameter) is \(value); give \(accepted)" }

  /// Passes when `value` lies in `range`, else throws an error that names both.
  static func check<Value: Comparable>(
    _ parameter: String, _ value: Value, in range: ClosedRange<Value>
  ) throws(GeneratorParameterError) {
    // `contains` is false for a NaN, which must be refused too.
    guard range.contains(value) else {
      throw GeneratorParameterError(
        parameter: parameter, value: "\(value)",
        accepted: "a number from \(range.lowerBound) to \(range.upperBound)")
    }
  }
}
