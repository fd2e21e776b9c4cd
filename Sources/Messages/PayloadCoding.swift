/// A value that travels, or is stored, as bytes of its own beside the control messages.
///
/// The first byte of a payload says what it is (``PayloadKind``), the second in which version of its
/// format. Equal values make equal bytes with the same release of liblz4.
public protocol PayloadCoding {
  /// The value as bytes.
  /// - Complexity: O(size of the value).
  func encoded() -> [UInt8]

  /// Reads what ``encoded()`` wrote; whatever the bytes are, this ends with a valid value or throws.
  ///
  /// - Throws: ``PayloadError`` where the bytes are not such a value.
  /// - Complexity: O(size of the value).
  init(decoding bytes: [UInt8]) throws(PayloadError)
}

/// What a payload is: its first byte.
public enum PayloadKind: UInt8, Sendable, CaseIterable {
  /// ``CountReport``
  case countReport = 1
  /// ``PositionList``
  case positions = 2
  /// ``SurvivorsList``
  case survivors = 3
  /// ``ItemList``
  case items = 4
  /// ``Level``
  case level = 5
  /// ``RankedItems``
  case rankedItems = 6
  /// ``TransactionChunk``
  case transactionChunk = 7
  /// ``DictionarySegment``
  case dictionary = 8
  /// ``BlockCounts``
  case blockCounts = 9
  /// ``RangeReduction``
  case reduction = 10

  /// The version that this program writes and reads: the second byte.
  static let version: UInt8 = 1

  /// What users call it.
  var title: String {
    switch self {
    case .countReport: "count report"
    case .positions: "list of candidates"
    case .survivors: "list of survivors"
    case .items: "list of items"
    case .level: "level"
    case .rankedItems: "list of ranked items"
    case .transactionChunk: "chunk of transactions"
    case .dictionary: "dictionary"
    case .blockCounts: "list of item counts"
    case .reduction: "reduced range"
    }
  }
}

/// Stops the program when `condition` is false: only for mistakes of the program itself.
///
/// Nothing that a file, a wire or a disk can cause may end here; that is a ``PayloadError``.
@inline(__always)
func invariant(_ condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fatalError("Internal error: \(message()) Please report it.") }
}
