import AssociationRules
import Itemsets

/// How records of equal key are told apart before the order of their arrival decides.
///
/// A record is a run of 32-bit words: its own length in words, the key (high half, low half), and
/// then whatever its maker puts there; here the counts of a rule come first, see ``RuleRecord``.
enum TieRule {
  /// Equal keys are equal rows.
  case none
  /// By exact measure, descending: the key is its rounded double.
  case measure(InterestMeasure)
  /// By the last so many words and `key` more, ascending: the key is a number of items.
  case trailingWords(Int)
}

/// Words of a record before its payload.
let recordHeaderWords = 3

/// The key of a record.
@inline(__always)
func recordKey(_ record: UnsafePointer<UInt32>) -> UInt64 {
  UInt64(record[1]) << 32 | UInt64(record[2])
}

/// Compares two records of equal key: negative where `left` comes first, 0 where they tie.
func compareTied(
  _ left: UnsafePointer<UInt32>, _ right: UnsafePointer<UInt32>, _ rule: TieRule
) -> Int {
  switch rule {
  case .none:
    return 0
  case .measure(let measure):
    return -measure.compare(RuleRecord.counts(left), RuleRecord.counts(right))
  case .trailingWords(let more):
    let count = Int(truncatingIfNeeded: recordKey(left)) + more
    let leftWords = left + (Int(left[0]) - count)
    let rightWords = right + (Int(right[0]) - count)
    for index in 0..<count where leftWords[index] != rightWords[index] {
      return leftWords[index] < rightWords[index] ? -1 : 1
    }
    return 0
  }
}

/// Keys whose ascending order is the asked one.
enum SortKey {
  /// Descending by an integer.
  static func descending(_ value: UInt64) -> UInt64 { ~value }

  /// Descending by a double, undefined last.
  static func descending(_ value: Double) -> UInt64 {
    if value.isNaN { return .max }
    let bits = (value + 0).bitPattern  // -0 + 0 = 0
    let ascending = bits >> 63 == 1 ? ~bits : bits | 1 << 63
    return ~ascending
  }
}

/// The words of a rule in a record: counts, lengths of the sides, ranks, then places if asked.
enum RuleRecord {
  /// Words before the ranks.
  static let fixedWords = recordHeaderWords + 10

  static func counts(_ record: UnsafePointer<UInt32>) -> RuleCounts {
    RuleCounts(
      both: word64(record, 3), antecedent: word64(record, 5), consequent: word64(record, 7),
      transactions: word64(record, 9))
  }

  static func store(_ counts: RuleCounts, in record: UnsafeMutablePointer<UInt32>) {
    store64(counts.both, record, 3)
    store64(counts.antecedent, record, 5)
    store64(counts.consequent, record, 7)
    store64(counts.transactions, record, 9)
  }
}

/// The words of an itemset in a record: count, length, ranks, then places if asked.
enum ItemsetRecord {
  /// Words before the ranks.
  static let fixedWords = recordHeaderWords + 3
}

/// Two words of a record as one number.
@inline(__always)
func word64(_ record: UnsafePointer<UInt32>, _ index: Int) -> UInt64 {
  UInt64(record[index]) << 32 | UInt64(record[index + 1])
}

/// Puts a number into two words of a record.
@inline(__always)
func store64(_ value: UInt64, _ record: UnsafeMutablePointer<UInt32>, _ index: Int) {
  record[index] = UInt32(truncatingIfNeeded: value >> 32)
  record[index + 1] = UInt32(truncatingIfNeeded: value)
}
