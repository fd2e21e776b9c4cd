import Itemsets

/// The lines that tell on standard error how far a job is, without line breaks.
public enum Progress {
  /// In place of a number beyond 64 bits.
  public static let uncountable = "more than 2^64"

  /// Lengths that the summary lists before it goes on with an ellipsis.
  static let lengthsListed = 12

  /// What was read: `retail.dat: 88,162 transactions, 16,470 items, 2 blocks`.
  ///
  /// - Parameter blocks: nil where others make them.
  public static func input(
    _ name: String, transactions: UInt64, items: Int, blocks: Int?
  ) -> String {
    "\(visible(name)): \(counted(transactions, "transaction")), \(counted(items, "item"))"
      + (blocks.map { ", " + counted($0, "block") } ?? "")
  }

  /// The least support as written and as a count: `min support 0.1% = 89 of 88,162 transactions`.
  public static func minimumSupport(
    _ written: String, count: UInt64, transactions: UInt64
  ) -> String {
    let asWritten = written == String(count) ? "" : "\(written) = "
    return "min support \(asWritten)\(grouped(count)) of \(counted(transactions, "transaction"))"
  }

  /// A closed level: `level 2: 12,345 candidates, 3,210 frequent, 0.02 s`.
  public static func level(
    _ level: Int, candidates: UInt64, frequent: UInt64, seconds: Double
  ) -> String {
    "level \(level): \(counted(candidates, "candidate")), \(grouped(frequent)) frequent, "
      + duration(seconds)
  }

  /// The end: `7,589 frequent itemsets (complete; 1: 2,117, 2: 3,672), 5,731 rules, 0.06 s`.
  ///
  /// - Parameters:
  ///   - kind: `frequent`, `closed` or `maximal`.
  ///   - byLength: The number of itemsets of length 1, 2 and so on; lengths without any are left
  ///     out. Nil where they are more than 64 bits can count.
  ///   - completeLength: Where a budget ended the search, the length up to which nothing is missing;
  ///     nil where nothing is missing at all.
  ///   - rules: The number of rules; nil where none were asked for.
  public static func summary(
    kind: String, byLength: [UInt64]?, completeLength: Int? = nil, rules: UInt64?,
    seconds: Double
  ) -> String {
    let total = byLength?.reduce(UInt64(0)) { $0.addingReportingOverflow($1).partialValue }
    let present = (byLength ?? []).enumerated().filter { $0.element > 0 }
    var details = [completeLength.map { "complete up to length \($0)" } ?? "complete"]
    let listed = present.prefix(lengthsListed).map { "\($0.offset + 1): \(grouped($0.element))" }
    let more = present.count > lengthsListed ? ["..."] : []
    let lengths = listed + more
    if !lengths.isEmpty { details.append(lengths.joined(separator: ", ")) }
    let rulesFound = rules.map { ", " + counted($0, "rule") } ?? ""
    let found = total.map { counted($0, "\(kind) itemset") } ?? "\(uncountable) \(kind) itemsets"
    return "\(found) (\(details.joined(separator: "; ")))"
      + "\(rulesFound), \(duration(seconds))"
  }

  /// A duration with two decimals, fewer from 100 seconds on: `0.06 s`, `1,234 s`.
  public static func duration(_ seconds: Double) -> String {
    fixed(max(seconds, 0), decimals: seconds < 100 ? 2 : 0) + " s"
  }

  /// A number and what it counts, singular for one: `1 block`, `16,470 items`.
  public static func counted(_ count: some BinaryInteger, _ noun: String) -> String {
    Itemsets.counted(count, noun)
  }
}
