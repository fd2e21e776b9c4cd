internal import Itemsets

/// Every limit on what is read, by name; nothing beyond one is read silently or in part.
public enum ReadingLimits {
  /// The longest line or, in csv and tsv, row.
  public static let lineBytes = 64 << 20
  /// The longest name of an item or customer, and the longest key of a transaction.
  public static let nameBytes = 64 << 10
  /// The most items of one transaction, repeated ones included.
  public static let transactionItems = 4 << 20
  /// The most distinct items of a data set (and of customers).
  public static let distinctItems = ItemDictionary.maximumCount
  /// The most bytes of all distinct names together.
  public static let distinctNameBytes = ItemDictionary.maximumNameBytes
  /// The most columns of a csv or tsv file that has a header, or of a long one.
  public static let columns = 16_384
  /// The deepest nesting of arrays and objects in a line of ndjson.
  public static let jsonDepth = 64
  /// The first lines of an input from which its separator is chosen.
  public static let sampleLines = 1_000
  /// The most bytes of these first lines.
  public static let sampleBytes = 64 << 20

  /// One limit, for people.
  public struct Limit: Sendable {
    /// The name of the constant.
    public let name: String
    /// The greatest value that is accepted.
    public let value: Int
    /// What the value limits, in one line.
    public let meaning: String
  }

  /// All limits, in the order of a listing.
  public static let all: [Limit] = [
    Limit(name: "lineBytes", value: lineBytes, meaning: "bytes in a line or csv row"),
    Limit(name: "nameBytes", value: nameBytes, meaning: "bytes in an item, customer or key"),
    Limit(name: "transactionItems", value: transactionItems, meaning: "items in a transaction"),
    Limit(name: "distinctItems", value: distinctItems, meaning: "distinct items in a data set"),
    Limit(
      name: "distinctNameBytes", value: distinctNameBytes,
      meaning: "bytes of all distinct items together"),
    Limit(name: "columns", value: columns, meaning: "columns in a csv with named columns"),
    Limit(name: "jsonDepth", value: jsonDepth, meaning: "levels of nesting in a line of ndjson"),
    Limit(
      name: "sampleLines", value: sampleLines, meaning: "first lines that choose the separator"),
    Limit(name: "sampleBytes", value: sampleBytes, meaning: "bytes of these first lines"),
  ]
}
