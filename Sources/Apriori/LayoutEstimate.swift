/// What the choice between bitmaps and rows of items is made by: how dense a block set is.
///
/// Bitmaps pay when an item is in more than about one row in sixteen: below, most words of a bitmap
/// are zero and walking the rows that hold the first item is cheaper. They cease to pay where two
/// items meet in many times more rows than the rarest item has, so that most candidates are long, and
/// the first item of a pair is on average in few rows: bitmaps over those alone are that much shorter.
/// Counting adult at 0.1 % and 0.01 % became 2.6 and 3 times as fast by it. On 25 rows measured both
/// ways, ``meetingLimit`` lies between mushroom at 1 % (5.4, bitmaps pay) and adult at 0.5 % (6.1).
///
/// `bench/calibrate` measures the limits anew, and whether the choice is right.
public struct LayoutEstimate: Sendable {
  /// The share of rows with an item, on average, up to which bitmaps never pay.
  public static let sparseShare = 1.0 / 16
  /// The share of rows with the first item of a pair, on average, from which bitmaps always pay.
  public static let denseFirstShare = 1.0 / 8
  /// In how many times the rows of the rarest item two items meet where bitmaps cease to pay.
  public static let meetingLimit = 6.0

  /// The share of rows with an item, on average.
  public let share: Double
  /// The share of rows with the first item of a pair of different items, on average.
  public let firstShare: Double
  /// In how many times the rows of the rarest item two items meet, on average and by chance.
  public let meetings: Double

  /// An estimate from the rows that hold each item, in rank order, and the number of all rows.
  public init(counts: [Int], rowCount: Int) {
    let ranks = counts.count
    let shares = counts.map { Double($0) / Double(max(rowCount, 1)) }
    share = shares.reduce(0, +) / Double(max(ranks, 1))
    var sum = 0.0
    for (rank, share) in shares.enumerated() { sum += share * Double(ranks - 1 - rank) }
    firstShare = sum / max(Double(ranks) * Double(ranks - 1) / 2, 1)
    let rarest = shares.min() ?? 0
    meetings = rarest > 0 ? share * share / rarest : .infinity
  }

  /// Whether counting by bitmaps over all rows is estimated to be faster than over rows of items.
  public var bitmapsPay: Bool {
    share > Self.sparseShare
      && (firstShare >= Self.denseFirstShare || meetings <= Self.meetingLimit)
  }
}
