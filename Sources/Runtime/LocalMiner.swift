public import Apriori
public import Blocks
import Coordination
public import Itemsets
import Working

/// Mines blocks held in memory, or in a temporary file, with the threads of this process.
///
/// Runs the state machines of a cluster, a coordinator and one worker, in this process; every thread
/// takes the next piece of work that either wants done, does it and reports back.
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

  /// Blocks times frequent items after which a block set is full: a projection holds a number for
  /// each, which would be gigabytes where blocks are tiny.
  static let blockItemLimit = 1 << 23

  /// The part of the memory limit that the blocks of a set may have where blocks are in a file: the
  /// projection of a set is three times as large, and every thread has one while others wait.
  static let blockSetShare = 96

  /// Item occurrences after which a block set is full, well below what a projection can take.
  static let occurrenceLimit = 1 << 28

  private let blockSets: [[BlockPile.Entry]]
  private let isSpilled: Bool
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
    blocks: BlockPile, items: RankedItems, itemCount: Int? = nil, transactionCount: UInt64,
    options: Options
  ) {
    isSpilled = blocks.isSpilled
    self.items = items
    self.itemCount = itemCount ?? items.count
    self.transactionCount = transactionCount
    self.options = options
    var sets: [[BlockPile.Entry]] = []
    var open: [BlockPile.Entry] = []
    var openTransactions = 0
    var openOccurrences = 0
    var openBytes = 0
    let byteLimit =
      blocks.isSpilled ? options.memoryLimit.map { $0 / Self.blockSetShare } ?? .max : .max
    for block in blocks.entries {
      open.append(block)
      openTransactions += block.transactionCount
      openOccurrences += block.occurrenceCount
      openBytes += block.byteCount
      if openTransactions >= options.transactionsPerBlockSet
        || openOccurrences >= Self.occurrenceLimit || openBytes >= byteLimit
        || open.count * items.count >= Self.blockItemLimit
      {
        sets.append(open)
        open = []
        openTransactions = 0
        openOccurrences = 0
        openBytes = 0
      }
    }
    if !open.isEmpty || sets.isEmpty { sets.append(open) }
    blockSets = sets
  }

  /// A miner of `blocks`, all in memory.
  public init(
    blocks: [Block], items: RankedItems, itemCount: Int? = nil, transactionCount: UInt64,
    options: Options
  ) {
    self.init(
      blocks: BlockPile(blocks), items: items, itemCount: itemCount,
      transactionCount: transactionCount, options: options)
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
    let plan = EmbeddedPlan(
      shards: blockSets, isSpilled: isSpilled, items: items, itemCount: itemCount,
      transactionCount: transactionCount,
      minimumSupport: max(minimumSupport, 1), maximumLevel: maximumLength,
      transactionsPerBlockSet: options.transactionsPerBlockSet)
    let cluster: EmbeddedCluster
    do {
      cluster = try EmbeddedCluster(
        plan, threadCount: options.threadCount, layout: options.layout,
        budget: (options.memoryLimit, options.bytesHeld), progress: progress)
    } catch {
      throw .failed("\(error)")
    }
    let crew = MiningCrew(cluster, threadCount: options.threadCount)
    crew.run()
    return try crew.result().get()
  }
}

/// The figures of a level that has closed.
public struct LevelSummary: Sendable, Equatable {
  /// The length of its cores.
  public let level: Int
  /// How many candidates were counted.
  public let candidateCount: UInt64
  /// How many of them were frequent, perfect extensions included.
  public let frequentCount: Int
}

/// How far a job is.
public enum MiningProgress: Sendable, Equatable {
  /// So many of a level's candidate ranges have been counted and reduced.
  case counted(level: Int, ranges: Int, of: Int)
  /// A level is complete.
  case closed(LevelSummary)
}
