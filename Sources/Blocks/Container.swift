/// The rows of one item in a block: where they lie in the block's payload, and how they are written.
public struct Container: Sendable, Hashable {
  /// How the rows are written.
  public enum Kind: UInt8, Sendable {
    /// The rows, ascending, one word each.
    case array = 0
    /// Bit `i` of word `w` stands for row `16 * w + i`; one word for every 16 rows of the block.
    case bitmap = 1
    /// Pairs of words: the first row of a run, and its length less one; ascending, not touching.
    case runs = 2
  }

  /// How the rows are written.
  public let kind: Kind
  /// The number of rows, 1 to 65,536: the item's count in this block.
  public let cardinality: UInt32
  /// Where the words begin in the block's payload, in words.
  public let offset: UInt32
  /// The number of words, 1 to 4,096.
  public let length: UInt32

  init(kind: Kind, cardinality: UInt32, offset: UInt32, length: UInt32) {
    self.kind = kind
    self.cardinality = cardinality
    self.offset = offset
    self.length = length
  }
}

extension Container {
  /// The words of a bitmap over `transactionCount` rows.
  static func bitmapLength(transactionCount: Int) -> Int { (transactionCount + 15) / 16 }

  /// The kind that needs the fewest words, and their number.
  ///
  /// Of equals the array wins, then the bitmap. A block holds no other kind, so the same rows always
  /// make the same bytes.
  static func smallest(
    cardinality: Int, runs: Int, transactionCount: Int
  ) -> (kind: Kind, length: Int) {
    let bitmap = bitmapLength(transactionCount: transactionCount)
    if cardinality <= bitmap && cardinality <= 2 * runs { return (.array, cardinality) }
    return bitmap <= 2 * runs ? (.bitmap, bitmap) : (.runs, 2 * runs)
  }
}
