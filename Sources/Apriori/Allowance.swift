/// How many transactions of each shard a report may keep silent about.
///
/// A candidate that no block set reports has at most the sum of their allowances, which stays below
/// the minimum support: it is infrequent, and nobody has to be asked. An allowance belongs to the
/// data, never to workers or to how many of them are alive: the allowance of a block set is the sum
/// over its shards, so cutting a block set anew changes no sum.
public struct Allowances: Sendable, Equatable {
  /// The smallest count of a frequent itemset, at least 1.
  public let minimumSupport: UInt64
  /// The allowance of all shards together: three quarters of the minimum support less one, down.
  public let total: UInt64
  private let allowances: [UInt64]

  /// Fixes the allowances of a job.
  ///
  /// With A the total, N all transactions and c(b) the transactions of the shards up to and with b,
  /// shard b is allowed floor(A c(b) / N) - floor(A c(b - 1) / N).
  ///
  /// - Parameters:
  ///   - minimumSupport: the smallest count of a frequent itemset; 0 is taken as 1.
  ///   - transactionCounts: the transactions of each shard, in data set order.
  /// - Throws: ``CountingError`` where the transactions together exceed 64 bits.
  /// - Complexity: O(shards).
  public init(minimumSupport: UInt64, transactionCounts: [UInt64]) throws(CountingError) {
    self.minimumSupport = max(minimumSupport, 1)
    let spare = self.minimumSupport - 1
    total = spare / 4 * 3 + spare % 4 * 3 / 4
    var all: UInt64 = 0
    for count in transactionCounts {
      let (sum, overflow) = all.addingReportingOverflow(count)
      if overflow {
        throw CountingError(
          "the \(transactionCounts.count) shards hold more transactions than 64 bits can count;"
            + " verify the data set")
      }
      all = sum
    }
    var allowances: [UInt64] = []
    allowances.reserveCapacity(transactionCounts.count)
    var seen: UInt64 = 0
    var given: UInt64 = 0
    for count in transactionCounts {
      seen += count
      // At most `total`, since `seen` is at most `all`: the quotient fits.
      let share = all == 0 ? 0 : all.dividingFullWidth(total.multipliedFullWidth(by: seen)).quotient
      allowances.append(share - given)
      given = share
    }
    self.allowances = allowances
  }

  /// The number of shards of the data set.
  public var shardCount: Int { allowances.count }

  /// The allowance of a block set: the sum over its shards.
  ///
  /// - Throws: ``CountingError`` for a shard that the data set does not have.
  public func allowance(of shards: some Sequence<Int>) throws(CountingError) -> UInt64 {
    var sum: UInt64 = 0
    for shard in shards {
      guard allowances.indices.contains(shard) else {
        throw CountingError(
          "a block set names shard \(shard) of a data set of \(allowances.count) shards;"
            + " use the shards of the job's data set version")
      }
      let (next, overflow) = sum.addingReportingOverflow(allowances[shard])
      if overflow { throw CountingError("a block set names shard \(shard) again and again") }
      sum = next
    }
    return sum
  }
}

/// How all block sets answer about one range, chosen by whoever opens the level.
public enum ReportRule: UInt8, Sendable, Equatable, CaseIterable {
  /// One round with every count.
  case all = 0
  /// One round with the counts above 0.
  case nonZero = 1
  /// What exceeds the allowance is nominated; what can still be frequent is then polled.
  case nominate = 2

  /// A level of fewer candidates is answered with all counts.
  public static let smallRange = 1 << 15
  /// Above this share of frequent candidates a list is longer than all counts.
  public static let listFillLimit = 0.25
  /// Transactions that a block set may be silent about, on average, for nominating to be worth it.
  ///
  /// With fewer the polls send down what the reports spare; measured on sparse data with 2 to 32
  /// block sets the two weigh the same at 0.4.
  public static let leastAllowance = 0.5

  /// The cheapest rule.
  ///
  /// - Parameters:
  ///   - candidateCount: the candidates of the whole level, not of one range: how the level is cut
  ///     must not change how it is answered.
  ///   - expectedFill: the share of them that is expected to be frequent, see
  ///     ``LevelCut/expectedFill``.
  ///   - blockSetCount: into how many block sets the data are divided as the level opens. It bears
  ///     on how many bytes are sent, never on what is found: cut anew, they answer by the same rule
  ///     with allowances of the same sum.
  ///   - smallLevelLimit: below how many candidates all counts are told.
  public init(
    candidateCount: Int, expectedFill: Double, allowances: Allowances, blockSetCount: Int,
    smallLevelLimit: Int = ReportRule.smallRange
  ) {
    if candidateCount < smallLevelLimit || expectedFill > Self.listFillLimit {
      self = .all
    } else if Double(allowances.total) < Self.leastAllowance * Double(blockSetCount) {
      self = .nonZero
    } else {
      self = .nominate
    }
  }

  /// How a block set answers.
  ///
  /// A block set of all shards knows every count, so it tells the frequent candidates alone.
  ///
  /// - Parameter shards: different shards of the data set.
  /// - Throws: ``CountingError`` for a shard that the data set does not have.
  public func mode(
    of shards: [Int], allowances: Allowances
  ) throws(CountingError) -> ReportMode {
    let allowance = try allowances.allowance(of: shards)
    if self == .all { return .all }
    if shards.count == allowances.shardCount {
      return .above(allowance: allowances.minimumSupport - 1)
    }
    return .above(allowance: self == .nominate ? allowance : 0)
  }
}
