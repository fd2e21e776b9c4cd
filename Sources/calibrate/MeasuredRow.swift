import Apriori
import Blocks
import Itemsets
import TransactionReaders

/// One data set and minimum support, mined by one thread in every way that could be chosen.
struct MeasuredRow {
  /// The transactions of one block set at most, as in `lode mine`; of larger data the first are taken.
  static let transactionLimit = 1 << 18
  /// All ways take turns, so often or until that takes too long.
  private static let rounds = 9
  private static let roundsSeconds = 6.0
  /// A way this many times as slow as the one that is chosen is given up.
  private static let givenUpFactor = 4.0
  /// Bytes that counting may keep from level to level, as a worker may.
  private static let cacheLimit = 256 << 20

  let blocks: [Block]
  let items: RankedItems
  let itemCount: Int
  let transactionCount: Int
  let minimumSupport: UInt64

  /// Reads a file of baskets.
  init(path: String, support: String) throws {
    var reader = try TransactionReader(paths: [path], options: ReadingOptions())
    var dictionary = ItemDictionary()
    var blocks: [Block] = []
    var builder = BlockBuilder(transactionsPerBlock: BlockLimits.transactions)
    var batch = TransactionBatch()
    var rows = 0
    var isReading = true
    while isReading, rows < Self.transactionLimit {
      isReading = try reader.read(into: &batch, dictionary: &dictionary)
      var next = 0
      while next < batch.count {
        next = try builder.append(batch, from: next)
        if next < batch.count, let block = builder.finish() { blocks.append(block) }
      }
      rows += batch.count
      batch.removeAll()
    }
    if let block = builder.finish() { blocks.append(block) }
    var counts = [UInt64](repeating: 0, count: dictionary.count)
    for block in blocks { try block.addCounts(into: &counts) }
    self.blocks = blocks
    itemCount = dictionary.count
    transactionCount = blocks.reduce(0) { $0 + $1.transactionCount }
    minimumSupport = try MinimumSupport(support).count(of: UInt64(transactionCount))
    items = RankedItems(dictionary: dictionary, counts: counts, minimumCount: minimumSupport)
  }

  /// The ranks that take part: items in every transaction come last, and follow from all.
  private var rankCount: Int { items.counts.prefix { $0 < UInt64(transactionCount) }.count }

  func projection(_ layout: Projection.Layout) throws -> Projection {
    var rankOf = [UInt32](repeating: .max, count: itemCount)
    for rank in 0..<rankCount { rankOf[Int(items.ids[rank])] = UInt32(rank) }
    return try Projection(
      blocks: blocks, rankOf: rankOf, rankCount: rankCount, layout: layout,
      cacheLimit: Self.cacheLimit)
  }

  /// Times of every way, and how near the chosen one is to the limit where it counts by bitmaps.
  func measured() throws -> JSON {
    let usual = LevelCut.smallestTarget...LevelCut.largestTarget
    var ways: [Way] = []
    for layout in Projection.Layout.allCases {
      ways.append(Way(name: layout.rawValue, layout: layout, targets: usual))
    }
    for target in [1 << 12, 1 << 16, 1 << 20] {
      ways.append(
        Way(name: "ranges of \(target)", layout: .automatic, targets: target...target))
    }
    let started = now()
    for round in 0..<Self.rounds where round == 0 || now() - started < Self.roundsSeconds {
      for index in ways.indices where round == 0 || ways[index].best != nil {
        let limit = ways[0].best.map { max($0.all * Self.givenUpFactor, 0.01) } ?? .infinity
        let time = try mine(ways[index].layout, targets: ways[index].targets, limit: limit)
        if let time, time.all < ways[index].best?.all ?? .infinity { ways[index].best = time }
      }
    }
    let estimate = LayoutEstimate(
      counts: items.counts.prefix(rankCount).map { Int($0) }, rowCount: transactionCount)
    return .object([
      ("transactions", .integer(transactionCount)), ("items", .integer(rankCount)),
      ("share", .number(estimate.share)), ("first_share", .number(estimate.firstShare)),
      ("meetings", .number(estimate.meetings)), ("advantage", .number(estimate.advantage)),
      ("occurrences", .number(estimate.occurrences)), ("followers", .number(estimate.followers)),
      ("pair_words", .number(estimate.pairWords)),
      ("bitmaps_pay", .integer(estimate.bitmapsPay ? 1 : 0)),
      ("compiled", compiled),
      (
        "merged_words",
        .list((try projection(.denseMerged).wordsPerCandidate ?? []).map { .integer($0) })
      ), ("ways", .object(ways.map { ($0.name, json($0.best)) })),
      ("bound", try KernelBound(of: self).json),
    ])
  }

  private var compiled: JSON {
    .object([
      ("share", .number(LayoutEstimate.sparseShare)),
      ("sparse_meetings", .number(LayoutEstimate.sparseMeetingLimit)),
      ("advantage", .number(LayoutEstimate.advantageLimit)),
      ("word", .number(LayoutEstimate.wordNanoseconds)),
      ("word_rank", .number(LayoutEstimate.wordNanosecondsPerRank)),
      ("occurrence", .number(LayoutEstimate.occurrenceNanoseconds)),
      ("follower", .number(LayoutEstimate.followerNanoseconds)),
    ])
  }

  private func json(_ time: MiningTime?) -> JSON {
    guard let time else { return .null }
    return .object([
      ("seconds", .number(time.all)), ("projecting", .number(time.projecting)),
      ("counting", .number(time.counting)), ("pairs", .number(time.pairs)),
    ])
  }

  /// How `lode mine` has the candidates of a level told: all of them where most are likely to be frequent.
  private func mode(of cut: LevelCut) -> ReportMode {
    let isShort = cut.candidateCount < UInt64(ReportRule.smallRange)
    return isShort || cut.expectedFill > ReportRule.listFillLimit
      ? .all : .above(allowance: minimumSupport - 1)
  }

  /// Mines once; nil where that takes longer than the limit.
  ///
  /// - Parameter watch: told of each level before its candidates are counted.
  func mine(
    _ layout: Projection.Layout,
    targets: ClosedRange<Int> = LevelCut.smallestTarget...LevelCut.largestTarget,
    limit: Double = .infinity, watch: (Level) -> Void = { _ in }
  ) throws -> MiningTime? {
    let started = now()
    let scratch = CountingScratch()
    let projection = try projection(layout)
    var time = MiningTime(projecting: now() - started)
    var level = Level(
      items: items, itemCount: itemCount, transactionCount: UInt64(transactionCount))
    while true {
      let cut = LevelCut(of: level, parallelism: 1, targets: targets)
      if cut.ranges.isEmpty { break }
      watch(level)
      let mode = mode(of: cut)
      var segments: [LevelSegment] = []
      for range in cut.ranges {
        let begun = now()
        let report = count(
          range, of: level, in: projection, mode: mode, scratch: scratch)
        time.counting += now() - begun
        segments.append(
          try reduce(
            range, of: level, reports: [report], minimumSupport: minimumSupport, scratch: scratch))
        if now() - started > limit { return nil }
      }
      if level.length == 1 { time.pairs = time.counting }
      level = Level(after: level, segments: segments, candidateCount: cut.candidateCount)
    }
    time.all = now() - started
    return time
  }
}

/// Seconds of mining blocks that are in memory.
struct MiningTime {
  var projecting: Double
  var counting = 0.0
  /// The part of counting that pairs take.
  var pairs = 0.0
  var all = 0.0
}

/// One way to mine, and the least time it took; nil where it was given up.
private struct Way {
  let name: String
  let layout: Projection.Layout
  let targets: ClosedRange<Int>
  var best: MiningTime?
}
