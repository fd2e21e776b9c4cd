/// What a block may hold; every length in an encoded block is checked against these first.
///
/// The builder cuts a block before it passes one of them, so what it builds can always be decoded.
public enum BlockLimits {
  /// Transactions in a block: row numbers are `UInt16`.
  public static let transactions = 65_536
  /// Item occurrences in a block, and items in one transaction (repeated ids included).
  ///
  /// It bounds the memory of the builder and of a decoded block: a block never has more items than
  /// occurrences, nor a payload of more words.
  public static let occurrences = 1 << 24
  /// Sections in a block, unknown ones included.
  public static let sections = 64
  /// Bytes of an encoded block; ask for no more from a disk or a peer.
  public static let encodedBytes = 256 << 20
}
