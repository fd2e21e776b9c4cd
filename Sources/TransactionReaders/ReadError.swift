internal import Itemsets

/// Why reading stopped: what happened, where, and what to do about it.
public struct ReadError: Error, Equatable, Sendable {
  /// The kinds of failure, for programs; people read the message.
  public enum Kind: String, Sendable, CaseIterable {
    /// Options that contradict each other or the format of an input.
    case usage
    /// There is no such file.
    case missingFile
    /// The input is a directory.
    case directory
    /// The file may not be read.
    case permission
    /// The system failed to read.
    case readFailure
    /// Compressed data is damaged or ends too soon.
    case compressed
    /// The inputs hold no transaction.
    case noTransactions
    /// The input is not text.
    case binary
    /// Text that is not UTF-8.
    case invalidUTF8
    /// A quote was never closed.
    case unclosedQuote
    /// A line or row does not follow its format.
    case malformed
    /// A row ends before a column that is needed, or an object lacks a member.
    case missingColumn
    /// A column was asked for that the input does not have.
    case unknownColumn
    /// A time in none of the forms that are read, or in another form than the first.
    case time
    /// A line, name, number of items or the like is beyond its limit.
    case overLimit
    /// The input holds sequences, not transactions.
    case sequences
    /// Temporary storage for grouping failed.
    case temporary
  }

  /// The kind of failure.
  public let kind: Kind
  /// The input as the user named it; empty where no single input is to blame.
  public let file: String
  /// The line, counted from 1, where that is known.
  public let line: Int?
  /// What happened and what to do about it.
  public let message: String

  init(_ kind: Kind, _ file: String, line: Int? = nil, _ message: String) {
    self.kind = kind
    self.file = file
    self.line = line
    self.message = message
  }

  static func usage(_ message: String) -> ReadError {
    ReadError(.usage, "", message)
  }

  static func longName(_ file: String, line: Int) -> ReadError {
    ReadError(
      .overLimit, file, line: line,
      """
      a name of more than \(grouped(ReadingLimits.nameBytes)) bytes (limit nameBytes); perhaps the \
      separator or format is another: see --separator, --format
      """)
  }

  static func manyItems(_ file: String, line: Int?, transaction: String? = nil) -> ReadError {
    // A composite key holds lengths, which are no text.
    let name = transaction.map { String($0.unicodeScalars.filter { $0.value >= 0x20 }) }
    let which = name.map { "transaction \"\($0)\"" } ?? "a transaction"
    return ReadError(
      .overLimit, file, line: line,
      """
      \(which) of more than \(grouped(ReadingLimits.transactionItems)) items (limit \
      transactionItems); split it, or group by a narrower --transaction
      """)
  }

  static func dictionary(_ error: DictionaryError, _ file: String, line: Int) -> ReadError {
    switch error {
    case .tooManyItems(let limit):
      ReadError(
        .overLimit, file, line: line,
        """
        more than \(grouped(limit)) distinct names (limit distinctItems); perhaps the items are in \
        another column, or --separator is another
        """)
    case .namesTooLong(let limit):
      ReadError(
        .overLimit, file, line: line,
        """
        the distinct names exceed \(grouped(limit)) bytes together (limit distinctNameBytes); \
        shorten them, or replace them by numbers
        """)
    }
  }
}

extension ReadError: CustomStringConvertible {
  /// `file:line: message`, as compilers print it.
  public var description: String {
    if file.isEmpty { return message }
    guard let line else { return "\(file): \(message)" }
    return "\(file):\(line): \(message)"
  }
}
