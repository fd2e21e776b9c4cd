public import Itemsets

/// A closed level: every frequent core of one length, as a flat lexicographic stream of groups.
///
/// Level k holds **nodes**: itemsets of k ranks, the *core*, none of whose items follows from the
/// others. Nodes that share their first k - 1 ranks, the *path*, stand together in one **group**:
///
/// - `path`: k - 1 ranks, ascending. A node of level k - 1, or the root for level 1.
/// - `perfect extensions`: ranks contained in every transaction that contains the path. They are
///   never extended; an itemset of any node below the path may hold any subset of them.
/// - `extensions`: ascending ranks, each of which makes a node `path + rank` with its count.
///
/// Groups stand in lexicographic order of their paths, so the same layout serves in memory, on the
/// wire and in a checkpoint, and a level can be read front to back without any other level.
///
/// A node of level k has a group of its own in level k + 1 if it has a perfect extension or a
/// frequent extension, else none.
///
/// The itemsets a node stands for are its core joined with each subset of the perfect extensions
/// of the root, of every node on its path and of itself; all have the count of the node.
public struct Level: Sendable {
  /// The number of ranks in the core of each node: 1 for the first level.
  public let length: Int
  /// The level in pieces, in order; each can be read without the others.
  public let segments: [LevelSegment]
  /// How many candidates were counted to find this level.
  public let candidateCount: UInt64

  /// A level of cores of `length` ranks, found among `candidateCount` candidates.
  public init(length: Int, segments: [LevelSegment], candidateCount: UInt64) {
    self.length = length
    self.segments = segments
    self.candidateCount = candidateCount
  }

  /// The first level, which needs no counting since reading counted every item.
  ///
  /// Items in every transaction are perfect extensions of the root; being the most frequent they
  /// come last, so the nodes are the ranks from 0 without a gap.
  ///
  /// - Parameters:
  ///   - items: the frequent items in rank order.
  ///   - itemCount: all items, the candidates of level 1.
  ///   - transactionCount: all transactions.
  public init(items: RankedItems, itemCount: Int, transactionCount: UInt64) {
    var root = LevelSegment(length: 1)
    let perfect = items.counts.firstIndex { $0 >= transactionCount } ?? items.count
    root.append(
      path: [], perfectExtensions: (perfect..<items.count).map { UInt32(truncatingIfNeeded: $0) },
      extensions: (0..<perfect).map { UInt32(truncatingIfNeeded: $0) },
      counts: Array(items.counts[..<perfect]))
    self.init(
      length: 1, segments: [root], candidateCount: UInt64(max(itemCount, items.count)))
  }

  /// The level after `level`, closed: one segment a range, in the order of the ranges.
  ///
  /// Segments without groups are left out, so coordinator and workers have equal levels.
  public init(after level: Level, segments: [LevelSegment], candidateCount: UInt64) {
    self.init(
      length: level.length + 1, segments: segments.filter { $0.groupCount > 0 },
      candidateCount: candidateCount)
  }

  /// The number of nodes, perfect extensions not expanded.
  public var nodeCount: Int {
    segments.reduce(0) { $0 + $1.counts.count }
  }

  /// The number of perfect extensions found while counting this level.
  public var perfectExtensionCount: Int {
    segments.reduce(0) { $0 + $1.perfectExtensionCount }
  }
}

extension Level {
  /// Bytes held by the streams.
  public var byteCount: Int {
    segments.reduce(0) { $0 + $1.words.count * 4 + $1.counts.count * 8 }
  }
}

/// A piece of a level: a run of whole groups in one array of words.
///
/// Each group is `shared, perfect extensions p, extensions e`, then `length - 1 - shared` ranks (the
/// path without the part shared with the group before), then p ranks, then e ranks. The first group
/// shares nothing. `counts` holds one entry an extension, in the same order.
public struct LevelSegment: Sendable, Equatable {
  /// The groups, one after the other.
  public private(set) var words: [UInt32] = []
  /// The count of each node, in order.
  public private(set) var counts: [UInt64] = []
  /// The number of groups.
  public private(set) var groupCount = 0
  /// The number of perfect extensions of all groups.
  public private(set) var perfectExtensionCount = 0
  /// How many candidates of the next level the nodes make: each with every later one of its group.
  public private(set) var candidateCount = 0
  /// The ranks in the core of each node.
  public let length: Int
  private var lastPath: [UInt32] = []

  /// The words of a group before its ranks.
  public static let headerLength = 3

  /// An empty segment of the level whose cores hold `length` ranks.
  public init(length: Int) {
    self.length = length
  }

  /// A segment written or checked elsewhere in this package; `lastPath` is needed to append to it.
  init(
    length: Int, words: [UInt32], counts: [UInt64], groupCount: Int, perfectExtensionCount: Int,
    candidateCount: Int, lastPath: [UInt32] = []
  ) {
    self.length = length
    self.words = words
    self.counts = counts
    self.groupCount = groupCount
    self.perfectExtensionCount = perfectExtensionCount
    self.candidateCount = candidateCount
    self.lastPath = lastPath
  }

  /// Appends one group; nothing happens for a group without extensions of either kind.
  ///
  /// - Parameters:
  ///   - path: `length - 1` ranks, lexicographically after the path appended before.
  ///   - perfectExtensions: ranks, ascending.
  ///   - extensions: ranks, ascending, disjoint from the perfect ones.
  ///   - counts: one entry an extension.
  /// - Complexity: linear in the size of the group.
  public mutating func append(
    path: UnsafeBufferPointer<UInt32>, perfectExtensions: UnsafeBufferPointer<UInt32>,
    extensions: UnsafeBufferPointer<UInt32>, counts groupCounts: UnsafeBufferPointer<UInt64>
  ) {
    if extensions.isEmpty && perfectExtensions.isEmpty { return }
    var shared = 0
    if groupCount > 0 {
      while shared < path.count, lastPath[shared] == path[shared] { shared += 1 }
      for index in shared..<path.count { lastPath[index] = path[index] }
    } else {
      lastPath = Array(path)
    }
    words.append(UInt32(truncatingIfNeeded: shared))
    words.append(UInt32(truncatingIfNeeded: perfectExtensions.count))
    words.append(UInt32(truncatingIfNeeded: extensions.count))
    for index in shared..<path.count { words.append(path[index]) }
    words.append(contentsOf: perfectExtensions)
    words.append(contentsOf: extensions)
    counts.append(contentsOf: groupCounts)
    groupCount += 1
    perfectExtensionCount += perfectExtensions.count
    candidateCount += extensions.count * (extensions.count - 1) / 2
  }

  /// ``append(path:perfectExtensions:extensions:counts:)`` for arrays, where speed does not matter.
  public mutating func append(
    path: [UInt32], perfectExtensions: [UInt32], extensions: [UInt32], counts: [UInt64]
  ) {
    path.withUnsafeBufferPointer { path in
      perfectExtensions.withUnsafeBufferPointer { perfect in
        extensions.withUnsafeBufferPointer { extensions in
          counts.withUnsafeBufferPointer { counts in
            append(path: path, perfectExtensions: perfect, extensions: extensions, counts: counts)
          }
        }
      }
    }
  }

  /// Compares what is stored, not how it was appended.
  public static func == (left: Self, right: Self) -> Bool {
    left.length == right.length && left.words == right.words && left.counts == right.counts
  }
}

/// All that mining found: the closed levels with the items they speak of.
///
/// Perfect extensions are not expanded, so this is small even where it stands for millions of
/// itemsets; the expansion is done where the result is used.
public struct ClosedLevels: Sendable {
  /// Level 1, level 2, ...; empty where no item is frequent.
  public let levels: [Level]
  /// All transactions, the empty ones included where they count.
  public let transactionCount: UInt64
  /// The smallest count of a frequent itemset.
  public let minimumSupport: UInt64
  /// The greatest length of itemset that is complete: nil where all are, else the limit of the job.
  public let completeLength: Int?

  /// The closed levels of a finished job.
  public init(
    levels: [Level], transactionCount: UInt64, minimumSupport: UInt64, completeLength: Int?
  ) {
    self.levels = levels
    self.transactionCount = transactionCount
    self.minimumSupport = minimumSupport
    self.completeLength = completeLength
  }
}

extension ClosedLevels {
  /// Bytes held by the streams of all levels.
  public var byteCount: Int {
    levels.reduce(0) { $0 + $1.byteCount }
  }
}
