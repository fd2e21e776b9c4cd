public import Apriori
public import Blocks
public import Itemsets

/// Mines blocks held in memory with the threads of this process.
///
/// Drives the same level loop as a cluster does; the threads are the workers, and every thread takes
/// the next effect from the loop, carries it out and reports back.
public struct LocalMiner: Sendable {
  /// How the work is spread; changes time and memory, never the result.
  public struct Options: Sendable {
    /// Threads to count with, at least 1.
    public var threadCount: Int
    /// Transactions after which a block set is full.
    public var transactionsPerBlockSet: Int
    /// How block sets are laid out for counting.
    public var layout: Projection.Layout
    /// Bytes that what the caller holds, projections and closed levels may take; nil for no limit.
    public var memoryLimit: Int?
    /// Bytes that the caller holds: blocks, dictionary.
    public var bytesHeld: Int

    /// Options; a thread count below 1 is taken as 1.
    ///
    /// 262,144 transactions a block set: rows of sparse data still fit the second-level cache, and
    /// data of common size is one block set, whose counts need no merging.
    public init(
      threadCount: Int, transactionsPerBlockSet: Int = 1 << 18,
      layout: Projection.Layout = .automatic, memoryLimit: Int? = nil, bytesHeld: Int = 0
    ) {
      self.threadCount = max(threadCount, 1)
      self.transactionsPerBlockSet = max(transactionsPerBlockSet, 1)
      self.layout = layout
      self.memoryLimit = memoryLimit
      self.bytesHeld = bytesHeld
    }
  }

  /// Bytes that counting in all block sets together may keep from level to level; a quarter of the
  /// memory limit where that is less.
  private var cacheLimit: Int { min(256 << 20, options.memoryLimit.map { $0 / 4 } ?? .max) }

  /// Blocks times frequent items after which a block set is full: a projection holds a number for
  /// each, which would be gigabytes where blocks are tiny.
  static let blockItemLimit = 1 << 23

  /// Item occurrences after which a block set is full, well below what a projection can take.
  static let occurrenceLimit = 1 << 28

  private let blockSets: [[Block]]
  private let items: RankedItems
  private let itemCount: Int
  private let transactionCount: UInt64
  private let options: Options

  /// A miner of `blocks`.
  ///
  /// - Parameters:
  ///   - items: the frequent items of all blocks, with their counts.
  ///   - itemCount: all items, for the figures of level 1; nil for the frequent ones alone.
  ///   - transactionCount: all transactions, the empty ones included where they count.
  public init(
    blocks: [Block], items: RankedItems, itemCount: Int? = nil, transactionCount: UInt64,
    options: Options
  ) {
    self.items = items
    self.itemCount = itemCount ?? items.count
    self.transactionCount = transactionCount
    self.options = options
    var sets: [[Block]] = []
    var open: [Block] = []
    var openTransactions = 0
    var openOccurrences = 0
    for block in blocks {
      open.append(block)
      openTransactions += block.transactionCount
      openOccurrences += block.containers.reduce(0) { $0 + Int($1.cardinality) }
      if openTransactions >= options.transactionsPerBlockSet
        || openOccurrences >= Self.occurrenceLimit
        || open.count * items.count >= Self.blockItemLimit
      {
        sets.append(open)
        open = []
        openTransactions = 0
        openOccurrences = 0
      }
    }
    if !open.isEmpty || sets.isEmpty { sets.append(open) }
    blockSets = sets
  }

  /// Finds all frequent itemsets.
  ///
  /// - Parameters:
  ///   - minimumSupport: the smallest count of a frequent itemset, at least 1; `items` must hold
  ///     exactly the items that reach it.
  ///   - maximumLength: no longer itemsets are looked for; nil for no limit.
  ///   - progress: told of each level as it closes and of each piece of work done, by whichever
  ///     thread did it, one at a time.
  /// - Returns: the closed levels, the same for any options.
  /// - Throws: ``MiningError`` where memory runs out or counts disagree.
  public func mine(
    minimumSupport: UInt64, maximumLength: Int?,
    progress: @escaping @Sendable (MiningProgress) -> Void = { _ in }
  ) throws(MiningError) -> ClosedLevels {
    let projections = try project()
    let plan = MiningPlan(
      minimumSupport: minimumSupport, transactionCount: transactionCount,
      maximumLevel: maximumLength, blockSetCount: blockSets.count,
      parallelism: options.threadCount)
    let desk = Monitor(
      Desk(
        loop: LevelLoop(plan: plan), memoryLimit: options.memoryLimit,
        bytesHeld: options.bytesHeld, projections: projections, progress: progress))
    desk.update { $0.start(items: items, itemCount: itemCount) }
    ComputePool.run(threadCount: options.threadCount) {
      let scratch = CountingScratch()
      while let effect = desk.wait(for: { $0.next() }).effect {
        do throws(CountingError) {
          let event = try perform(effect, projections: projections, scratch: scratch)
          desk.update { $0.handle(event) }
        } catch {
          desk.update { $0.fail(.counting(error)) }
        }
      }
    }
    let outcome: Result<ClosedLevels, MiningError> = desk.update { desk in
      if let failure = desk.failure { return .failure(failure) }
      return .success(desk.loop.result)
    }
    return try outcome.get()
  }

  /// Projects all block sets, in parallel where there are several.
  private func project() throws(MiningError) -> [Projection] {
    var rankOf: [UInt32] = []
    let highest = items.ids.max() ?? 0
    rankOf = [UInt32](repeating: .max, count: Int(highest) + 1)
    var rankCount = 0
    for (rank, id) in items.ids.enumerated() where items.counts[rank] < transactionCount {
      rankOf[Int(id)] = UInt32(truncatingIfNeeded: rank)
      rankCount += 1
    }
    let desk = Monitor(
      ProjectionDesk(projections: Array(repeating: nil, count: blockSets.count)))
    let ranks = rankOf
    let count = rankCount
    ComputePool.run(threadCount: min(options.threadCount, blockSets.count)) {
      while let index = desk.update({ $0.next() }) {
        do throws(CountingError) {
          let projection = try Projection(
            blocks: blockSets[index], rankOf: ranks, rankCount: count, layout: options.layout,
            cacheLimit: cacheLimit / blockSets.count)
          desk.update { $0.projections[index] = projection }
        } catch {
          desk.update { $0.failure = error }
        }
      }
    }
    let outcome = desk.update { $0 }
    if let failure = outcome.failure { throw .counting(failure) }
    return outcome.projections.compactMap { $0 }
  }
}

/// How far a job is.
public enum MiningProgress: Sendable, Equatable {
  /// So many of a level's candidate ranges have been counted and reduced.
  case counted(level: Int, ranges: Int, of: Int)
  /// A level is complete.
  case closed(LevelSummary)
}

/// Hands out block sets to be projected.
private struct ProjectionDesk {
  var projections: [Projection?]
  var taken = 0
  var failure: CountingError?

  mutating func next() -> Int? {
    guard failure == nil, taken < projections.count else { return nil }
    taken += 1
    return taken - 1
  }
}

/// Carries out one effect of the level loop.
private func perform(
  _ effect: Desk.Work, projections: [Projection], scratch: CountingScratch
) throws(CountingError) -> LevelLoop.Event {
  switch effect {
  case .count(let task):
    let report = count(
      task.range, of: task.level, in: projections[task.blockSet], mode: task.mode, scratch: scratch)
    return .counted(
      level: task.level.length, rangeIndex: task.rangeIndex, blockSet: task.blockSet,
      report: report)
  case .reduce(let task):
    let segment = try reduce(
      task.range, of: task.level, reports: task.reports, minimumSupport: task.minimumSupport,
      scratch: scratch)
    return .reduced(level: task.level.length, rangeIndex: task.rangeIndex, segment: segment)
  }
}
