/// What the choice between bitmaps and rows of items is made by: how dense a block set is.
///
/// Where items are in more than about one row in forty, most words of a bitmap have bits, and bitmaps
/// pay: candidates whose first item is rare are counted over bitmaps of its rows alone, whose bits are
/// gathered from the others (see ``ClassRule``). A block set of T20I6 at 0.5 % is mined in half the
/// time by it, T40I10 at 0.5 % in two thirds.
///
/// Where items are rarer, walking the rows that hold the first item is cheaper, unless there are so
/// few items that all their pairs are counted by bitmaps before the rows are even made, and pairs meet
/// in so few rows that longer candidates are few. T10I4D100K at 2 % takes a third of the time by it.
///
/// `bench/calibrate` measures limits and times anew, and whether the choice is right.
public struct LayoutEstimate: Sendable {
  /// The share of rows with an item, on average, up to which only few items make bitmaps pay.
  public static let sparseShare = 0.026
  /// The same where blocks are read anew for every level.
  ///
  /// Rows of items leave bitmaps of classes behind that stand for the whole (see
  /// ``Projection/withoutRows``), bitmaps over all rows leave nothing. Ten million transactions of T20I6
  /// at 0.5 % within 512 MiB take 14 s and 560 MiB so, and by bitmaps 20 s and 820 MiB.
  public static let rereadShare = 1.0 / 16
  /// The share of rows with the first item of a pair, on average, below which classes may get bitmaps
  /// over their own rows.
  public static let classShareLimit = 1.0 / 2
  /// In how many times the rows of the rarest item two items meet where bitmaps cease to pay.
  public static let sparseMeetingLimit = 0.4
  /// How many times as long as by bitmaps their pairs must take by rows for bitmaps to pay.
  public static let advantageLimit = 1.5
  /// Nanoseconds of the AND and population count of a word of bitmaps near the core.
  public static let wordNanoseconds = 0.1
  /// What each rank adds to that: the more bitmaps, the farther from the core they are.
  public static let wordNanosecondsPerRank = 0.0005
  /// Nanoseconds of turning an occurrence in a block into a rank in a row.
  public static let occurrenceNanoseconds = 12.0
  /// Nanoseconds of counting a rank that follows another one in a row.
  public static let followerNanoseconds = 4.0

  /// The share of rows with an item, on average.
  public let share: Double
  /// The share of rows with the first item of a pair of different items, on average.
  public let firstShare: Double
  /// In how many times the rows of the rarest item two items meet, on average and by chance.
  public let meetings: Double
  /// How many occurrences become ranks in rows.
  public let occurrences: Double
  /// How many ranks follow others, if all rows are equally long.
  public let followers: Double
  /// How many words all pairs are counted over.
  public let pairWords: Double
  private let rankCount: Double

  /// An estimate from the rows that hold each item, in rank order, and the number of all rows.
  public init(counts: [Int], rowCount: Int) {
    let ranks = Double(counts.count)
    let rows = Double(max(rowCount, 1))
    let pairs = max(ranks * (ranks - 1) / 2, 1)
    occurrences = counts.reduce(0) { $0 + Double($1) }
    share = occurrences / rows / max(ranks, 1)
    var sum = 0.0
    for (rank, count) in counts.enumerated() {
      sum += Double(count) / rows * (ranks - 1 - Double(rank))
    }
    firstShare = sum / pairs
    let rarest = Double(counts.min() ?? 0) / rows
    meetings = rarest > 0 ? share * share / rarest : .infinity
    followers = occurrences * (occurrences / rows) / 2
    pairWords = pairs * rows / 64
    rankCount = ranks
  }

  /// How many times as long as by bitmaps the pairs take by rows, with making the rows.
  public var advantage: Double {
    (occurrences * Self.occurrenceNanoseconds + followers * Self.followerNanoseconds)
      / (pairWords * (Self.wordNanoseconds + Self.wordNanosecondsPerRank * rankCount))
  }

  /// Whether counting by bitmaps over all rows is estimated to be faster than over rows of items.
  public var bitmapsPay: Bool { bitmapsPay(above: Self.sparseShare) }

  /// Whether it is where blocks are read anew for every level.
  public var bitmapsPayReread: Bool { bitmapsPay(above: Self.rereadShare) }

  private func bitmapsPay(above shareLimit: Double) -> Bool {
    if occurrences == 0 { return false }
    if share > shareLimit { return true }
    return meetings <= Self.sparseMeetingLimit && advantage >= Self.advantageLimit
  }
}
