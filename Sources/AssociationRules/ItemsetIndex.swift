public import Apriori

/// Finds the support of any frequent itemset in closed levels.
///
/// The nodes of all levels are numbered level by level, the root first; as the children of a level's
/// nodes, in order, are the next level, one number a node links the tree. To find a support, perfect
/// extensions need no place in it: a rank that is no child of the node reached follows from it. They
/// are kept beside it for those who walk the tree.
///
/// Nothing changes after `init`: any number of threads may look up at once.
public final class ItemsetIndex: @unchecked Sendable {
  /// The greatest number of nodes, the root included, and of perfect extensions; their numbers are 32
  /// bits wide.
  public static let nodeLimit = Int(UInt32.max) - 1

  /// The number of nodes, the root included.
  public let nodeCount: Int
  /// The memory taken, in bytes.
  public let byteCount: Int
  let tree: ItemsetTree
  /// The number before the first node of each depth is that of all nodes less deep.
  let levelStarts: [Int]

  /// An index of the nodes of at most `maximumDepth` ranks.
  ///
  /// - Parameters:
  ///   - levels: closed levels.
  ///   - maximumDepth: the length of the longest itemset that will be looked up; nil for any.
  ///   - memoryLimit: bytes the index may take: 20 a node, 4 a perfect extension and 4 a frequent item.
  /// - Throws: ``ExpansionError/tooManyNodes(nodes:)`` and
  ///   ``ExpansionError/memoryLimit(purpose:needed:limit:)``, both before anything is allocated.
  /// - Complexity: linear in the nodes, and a binary search for most groups of them.
  public init(
    _ levels: ClosedLevels, maximumDepth: Int? = nil, memoryLimit: Int
  ) throws(ExpansionError) {
    let depthLimit = min(max(maximumDepth ?? Int.max, 0), levels.levels.count)
    var levelStarts = [0, 1]
    for level in levels.levels.prefix(depthLimit) {
      levelStarts.append(levelStarts[levelStarts.count - 1] + level.nodeCount)
    }
    let nodeCount = levelStarts[levelStarts.count - 1]
    guard nodeCount <= Self.nodeLimit else { throw .tooManyNodes(nodes: nodeCount) }
    let extensionCount = Self.extensionCount(of: levels.levels.prefix(depthLimit))
    guard extensionCount <= Self.nodeLimit else { throw .tooManyNodes(nodes: extensionCount) }
    let rankEnd = Self.rankEnd(of: levels)
    let needed = (nodeCount + 1) * 20 + (extensionCount + rankEnd) * 4
    guard needed <= memoryLimit else {
      throw .memoryLimit(purpose: "the index of supports", needed: needed, limit: memoryLimit)
    }
    self.nodeCount = nodeCount
    byteCount = needed
    self.levelStarts = levelStarts
    tree = ItemsetTree(nodeCount: nodeCount, extensionCount: extensionCount, rankEnd: rankEnd)
    tree.counts[ItemsetTree.root] = levels.transactionCount
    var linked = 0
    for depth in 0..<depthLimit { link(levels.levels[depth], depth: depth, extensions: &linked) }
    for node in levelStarts[depthLimit]...nodeCount {
      tree.firstChild[node] = UInt32(truncatingIfNeeded: nodeCount)
      tree.firstExtension[node] = UInt32(truncatingIfNeeded: linked)
    }
  }

  /// Numbers the nodes of a level and links their parents, of `depth` ranks, to them.
  ///
  /// A level's groups stand in the order of its nodes, so these are copied run by run; each group's
  /// path is searched among the levels before, from where it parts with that of the group before it.
  /// `extensions` counts the perfect extensions copied.
  private func link(_ level: Level, depth: Int, extensions: inout Int) {
    var node = levelStarts[depth + 1]
    var unlinked = levelStarts[depth]
    // The search looks at the entry behind that of the last node before this level's parents.
    tree.firstChild[unlinked] = UInt32(truncatingIfNeeded: node)
    let tree = tree
    var path = [Int](repeating: ItemsetTree.root, count: depth + 1)
    for segment in level.segments {
      let words = segment.words.span
      let counts = segment.counts.span
      var word = 0
      var count = 0
      while word < words.count {
        let shared = Int(words[word])
        let tailEnd = word + LevelSegment.headerLength + depth - shared
        let ranksStart = tailEnd + Int(words[word + 1])
        let rankCount = Int(words[word + 2])
        for index in 0..<(depth - shared) {
          path[shared + index + 1] = tree.descend(
            from: path[shared + index], by: words[word + LevelSegment.headerLength + index])
        }
        while unlinked <= path[depth] {
          tree.firstChild[unlinked] = UInt32(truncatingIfNeeded: node)
          tree.firstExtension[unlinked] = UInt32(truncatingIfNeeded: extensions)
          unlinked += 1
        }
        for index in tailEnd..<ranksStart {
          tree.extensions[extensions] = words[index]
          extensions += 1
        }
        words.extracting(ranksStart..<(ranksStart + rankCount)).withUnsafeBufferPointer { ranks in
          counts.extracting(count..<(count + rankCount)).withUnsafeBufferPointer { counts in
            for index in 0..<rankCount {
              tree.ranks[node &+ index] = ranks[index]
              tree.counts[node &+ index] = counts[index]
            }
          }
        }
        if depth == 0 {
          for index in node..<(node + rankCount) {
            tree.rootChild[Int(tree.ranks[index])] = UInt32(truncatingIfNeeded: index)
          }
        }
        node += rankCount
        count += rankCount
        word = ranksStart + rankCount
      }
    }
    while unlinked < levelStarts[depth + 1] {
      tree.firstChild[unlinked] = UInt32(truncatingIfNeeded: node)
      tree.firstExtension[unlinked] = UInt32(truncatingIfNeeded: extensions)
      unlinked += 1
    }
  }

  deinit { tree.deallocate() }

  /// The number of transactions that contain all of `ranks`.
  ///
  /// - Parameter ranks: a frequent itemset, ascending, within the depth of the index; for one that is
  ///   not frequent the answer means nothing. All transactions for the empty set.
  /// - Complexity: a binary search among the children of a node for each rank.
  public func support(of ranks: some Sequence<UInt32>) -> UInt64 {
    var node = 0
    for rank in ranks { node = tree.descend(from: node, by: rank) }
    return tree.counts[node]
  }

  /// The number of perfect extensions in the groups of some first levels.
  private static func extensionCount(of levels: ArraySlice<Level>) -> Int {
    var extensionCount = 0
    for (depth, level) in levels.enumerated() {
      for segment in level.segments {
        let words = segment.words.span
        var word = 0
        while word < words.count {
          let tail = depth - Int(words[word])
          let own = Int(words[word + 1])
          extensionCount += own
          word += LevelSegment.headerLength + tail + own + Int(words[word + 2])
        }
      }
    }
    return extensionCount
  }

  /// One beyond the greatest rank that occurs; every frequent item occurs on the first level.
  private static func rankEnd(of levels: ClosedLevels) -> Int {
    guard levels.levels.count > 0 else { return 0 }
    var greatest = -1
    for segment in levels.levels[0].segments {
      let ranks = segment.words.dropFirst(LevelSegment.headerLength)
      for rank in ranks { greatest = max(greatest, Int(rank)) }
    }
    return greatest + 1
  }
}

/// The arrays of an ``ItemsetIndex`` as plain pointers, which the index owns.
struct ItemsetTree {
  /// Node number 0, the root, stands for the empty set.
  static let root = 0

  let ranks: UnsafeMutablePointer<UInt32>
  let counts: UnsafeMutablePointer<UInt64>
  /// The children of a node are numbered from its entry up to the entry of the node after it.
  let firstChild: UnsafeMutablePointer<UInt32>
  /// A node's own perfect extensions are from its entry up to the entry of the node after it.
  let firstExtension: UnsafeMutablePointer<UInt32>
  /// The perfect extensions of all nodes, ascending for each.
  let extensions: UnsafeMutablePointer<UInt32>
  /// The root's child of each rank, 0 where there is none: level 1 may be far wider than any group.
  let rootChild: UnsafeMutablePointer<UInt32>
  let rankEnd: Int

  fileprivate init(nodeCount: Int, extensionCount: Int, rankEnd: Int) {
    self.rankEnd = rankEnd
    ranks = .allocate(capacity: nodeCount + 1)
    counts = .allocate(capacity: nodeCount + 1)
    firstChild = .allocate(capacity: nodeCount + 1)
    firstExtension = .allocate(capacity: nodeCount + 1)
    extensions = .allocate(capacity: extensionCount + 1)
    rootChild = .allocate(capacity: rankEnd + 1)
    ranks.initialize(repeating: 0, count: nodeCount + 1)
    counts.initialize(repeating: 0, count: nodeCount + 1)
    firstChild.initialize(repeating: 0, count: nodeCount + 1)
    firstExtension.initialize(repeating: 0, count: nodeCount + 1)
    extensions.initialize(repeating: 0, count: extensionCount + 1)
    rootChild.initialize(repeating: 0, count: rankEnd + 1)
  }

  fileprivate func deallocate() {
    ranks.deallocate()
    counts.deallocate()
    firstChild.deallocate()
    firstExtension.deallocate()
    extensions.deallocate()
    rootChild.deallocate()
  }

  /// The child of `node` with the given last rank; `node` itself where there is none, for then the
  /// rank follows from the node.
  @inline(__always)
  func descend(from node: Int, by rank: UInt32) -> Int {
    if node == Self.root {
      guard Int(rank) < rankEnd else { return node }
      return Int(rootChild[Int(rank)])
    }
    var low = Int(firstChild[node])
    var count = Int(firstChild[node + 1]) - low
    if count == 0 { return node }
    // Which half it is in cannot be guessed, so it is computed.
    while count > 1 {
      let half = count >> 1
      low += ranks[low + half] <= rank ? half : 0
      count -= half
    }
    return ranks[low] == rank ? low : node
  }

  /// The perfect extensions of the node itself, ascending.
  @inline(__always)
  func ownExtensions(_ node: Int) -> UnsafeBufferPointer<UInt32> {
    let first = Int(firstExtension[node])
    return UnsafeBufferPointer(
      start: extensions + first, count: Int(firstExtension[node + 1]) &- first)
  }

  /// The number of transactions that contain the item `rank`.
  @inline(__always)
  func itemCount(_ rank: UInt32) -> UInt64 {
    counts[descend(from: Self.root, by: rank)]
  }
}
