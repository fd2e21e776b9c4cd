/// Walks the tree that closed levels describe, depth first, reading each level once front to back.
///
/// A step stands on the root or on one node: the root first, then all nodes in lexicographic order
/// of their cores, so that a core comes directly before those it begins. Groups of one level stand
/// in that very order; one cursor a level is all that is needed, no index and no memory that grows
/// with the levels.
///
/// ```swift
/// var walker = LevelWalker(levels)
/// while walker.next() {
///   // walker.core, walker.count, walker.perfectExtensions
/// }
/// ```
///
/// - Complexity: constant time a step on average, apart from one comparison of paths a group.
public struct LevelWalker: ~Copyable {
  /// The number of ranks in the current core: 0 on the root.
  public private(set) var depth = 0
  /// The last rank of the current core; 0 on the root.
  public private(set) var rank: UInt32 = 0
  /// The count of the current node; all transactions on the root.
  public private(set) var count: UInt64
  /// The place of the current node among all nodes of its depth, from 0.
  public private(set) var ordinal = 0

  /// Array storage stays where it is while it is referenced and never changed: holding the levels
  /// here keeps every pointer of the cursors valid as long as the walker lives.
  private let levels: [Level]
  private let maximumDepth: Int
  /// Whether the walk has ended.
  public private(set) var isAtEnd = false
  /// One a level, and one more without groups, so that the last level needs no test of its own.
  private let cursors: UnsafeMutablePointer<LevelCursor>
  private let coreStack: UnsafeMutablePointer<UInt32>
  private let pathStorage: UnsafeMutablePointer<UInt32>
  /// What the cursors' pointers to counts point to before they have read a segment.
  private let noCounts: UnsafeMutablePointer<UInt64>
  private var perfectStart: UnsafePointer<UInt32>
  private var perfectCount = 0
  private var hasStarted = false
  private var descends = false

  /// A walk over `levels` that stops before its first step.
  ///
  /// - Parameters:
  ///   - closedLevels: levels of cores of 1, 2, 3, ... ranks.
  ///   - maximumDepth: nodes with longer cores are left out; nil for none.
  public init(_ closedLevels: ClosedLevels, maximumDepth: Int? = nil) {
    levels = closedLevels.levels
    let levelCount = levels.count
    self.maximumDepth = min(maximumDepth ?? levelCount, levelCount)
    count = closedLevels.transactionCount
    coreStack = .allocate(capacity: levelCount + 1)
    coreStack.initialize(repeating: 0, count: levelCount + 1)
    // Level k has a path of k - 1 ranks; the cursor behind the last level has none that is read.
    let pathTotal = levelCount * (levelCount + 1) / 2 + 1
    pathStorage = .allocate(capacity: pathTotal)
    pathStorage.initialize(repeating: 0, count: pathTotal)
    noCounts = .allocate(capacity: 1)
    noCounts.initialize(to: 0)
    perfectStart = UnsafePointer(pathStorage)
    cursors = .allocate(capacity: levelCount + 1)
    var pathOffset = 0
    for index in 0...levelCount {
      if index < levelCount, levels[index].length != index + 1 {
        brokenLevel("level \(index + 1) holds cores of \(levels[index].length) ranks")
      }
      (cursors + index).initialize(
        to: LevelCursor(
          pathLength: index, path: pathStorage + pathOffset, noRanks: UnsafePointer(coreStack),
          noCounts: UnsafePointer(noCounts)))
      pathOffset += index
    }
    for index in 0..<levelCount { loadGroup(of: cursors + index) }
  }

  deinit {
    cursors.deallocate()
    coreStack.deallocate()
    pathStorage.deallocate()
    noCounts.deallocate()
  }

  /// The ranks of the current core, ascending; valid until the next step.
  public var core: UnsafeBufferPointer<UInt32> {
    UnsafeBufferPointer(start: coreStack, count: depth)
  }

  /// The perfect extensions of the current node itself, ascending.
  ///
  /// Those of the nodes before it on its path hold for it too. Valid until the walker goes.
  public var perfectExtensions: UnsafeBufferPointer<UInt32> {
    UnsafeBufferPointer(start: perfectStart, count: perfectCount)
  }

  /// Goes to the root, then to the next node; false after the last.
  public mutating func next() -> Bool { step() }

  @inline(__always)
  private mutating func step() -> Bool {
    if !hasStarted {
      hasStarted = true
      if levels.isEmpty { return true }
      if cursors.pointee.hasGroup { openGroup(of: cursors) }
      return true
    }
    var length = descends ? depth + 1 : depth
    while length > 0, (cursors + (length &- 1)).pointee.remaining == 0 { length &-= 1 }
    if length == 0 {
      descends = false
      depth = 0
      perfectCount = 0
      isAtEnd = true
      return false
    }
    let cursor = cursors + (length &- 1)
    let current = cursor.pointee.extensions.pointee
    rank = current
    count = cursor.pointee.extensionCounts.pointee
    ordinal = cursor.pointee.ordinal
    cursor.pointee.extensions += 1
    cursor.pointee.extensionCounts += 1
    cursor.pointee.ordinal &+= 1
    cursor.pointee.remaining &-= 1
    coreStack[length &- 1] = current
    depth = length
    let child = cursors + length
    if child.pointee.awaitedRank == Int(current) {
      openGroup(of: child)
    } else {
      perfectCount = 0
      descends = false
    }
    return true
  }

  /// Makes the waiting group of `cursor`, whose path is the current core, the one to walk.
  private mutating func openGroup(of cursor: UnsafeMutablePointer<LevelCursor>) {
    perfectStart = cursor.pointee.groupRanks
    perfectCount = cursor.pointee.groupPerfectCount
    let extensionCount = cursor.pointee.groupExtensionCount
    descends = extensionCount > 0 && depth < maximumDepth
    if descends {
      cursor.pointee.extensions = perfectStart + perfectCount
      cursor.pointee.extensionCounts = cursor.pointee.groupCounts
      cursor.pointee.remaining = extensionCount
      cursor.pointee.perfectStart = perfectStart
      cursor.pointee.perfectCount = perfectCount
      cursor.pointee.perfectOnPath =
        perfectCount + (depth > 0 ? (cursors + (depth - 1)).pointee.perfectOnPath : 0)
      // The groups one level down belong to this one if their paths begin with the current core.
      (cursor + 1).pointee.awaitParent(UnsafePointer(coreStack), length: depth)
    }
    loadGroup(of: cursor)
  }

  /// Reads the next group of a level, which then waits for the node that is its path.
  ///
  /// Mutating, as is what it calls: else the walker would be copied for each call.
  private mutating func loadGroup(of cursor: UnsafeMutablePointer<LevelCursor>) {
    let pathLength = cursor.pointee.pathLength
    var isFirst = false
    while cursor.pointee.wordsLeft == 0 {
      if !openSegment(of: cursor) {
        cursor.pointee.hasGroup = false
        cursor.pointee.awaitedRank = -1
        return
      }
      isFirst = true
    }
    let header = cursor.pointee.words
    guard cursor.pointee.wordsLeft >= LevelSegment.headerLength else {
      brokenLevel("a group ends inside its header")
    }
    let shared = Int(header[0])
    let perfect = Int(header[1])
    let extensions = Int(header[2])
    let tail = pathLength - shared
    let groupLength = LevelSegment.headerLength + tail + perfect + extensions
    guard tail >= 0, !isFirst || shared == 0, cursor.pointee.wordsLeft >= groupLength,
      cursor.pointee.countsLeft >= extensions
    else { brokenLevel("a group of level \(pathLength + 1) is longer than its segment") }
    let path = cursor.pointee.path
    let ranks = header + LevelSegment.headerLength
    for index in 0..<tail { path[shared + index] = ranks[index] }
    cursor.pointee.groupRanks = ranks + tail
    cursor.pointee.groupPerfectCount = perfect
    cursor.pointee.groupExtensionCount = extensions
    cursor.pointee.groupCounts = cursor.pointee.counts
    cursor.pointee.words = header + groupLength
    cursor.pointee.wordsLeft -= groupLength
    cursor.pointee.counts += extensions
    cursor.pointee.countsLeft -= extensions
    cursor.pointee.hasGroup = true
    cursor.pointee.groupShared = shared
    if pathLength == 0 { return }
    if isFirst {
      cursor.pointee.awaitParent(UnsafePointer(coreStack), length: pathLength - 1)
    } else {
      cursor.pointee.awaitedRank = shared >= pathLength - 1 ? Int(path[pathLength - 1]) : -1
    }
  }

  /// Puts `cursor` at the start of the next segment of its level; false after the last.
  @inline(never)
  private mutating func openSegment(of cursor: UnsafeMutablePointer<LevelCursor>) -> Bool {
    let index = cursor.pointee.pathLength
    guard index < levels.count, cursor.pointee.nextSegment < levels[index].segments.count else {
      return false
    }
    let segment = levels[index].segments[cursor.pointee.nextSegment]
    cursor.pointee.nextSegment += 1
    cursor.pointee.wordsLeft = 0
    segment.words.withUnsafeBufferPointer { words in
      if let start = words.baseAddress {
        cursor.pointee.words = start
        cursor.pointee.wordsLeft = words.count
      }
    }
    cursor.pointee.countsLeft = 0
    segment.counts.withUnsafeBufferPointer { counts in
      if let start = counts.baseAddress {
        cursor.pointee.counts = start
        cursor.pointee.countsLeft = counts.count
      }
    }
    return true
  }
}

extension LevelWalker {
  /// Replaces `piece` with the next nodes; false, and no nodes, behind the last.
  ///
  /// - Parameter itemsets: as soon as the nodes stand for so many itemsets, the piece ends.
  /// - Complexity: that of as many steps.
  public mutating func next(into piece: inout WalkedNodes, itemsets limit: Int) -> Bool {
    piece.clear(capacity: max(limit, 1))
    var itemsets = 0
    while itemsets < max(limit, 1), step() {
      if piece.count == 0 { noteNodesAbove(in: &piece) }
      let inherited = depth > 0 ? (cursors + (depth &- 1)).pointee.perfectOnPath : 0
      itemsets += 1 << min(inherited &+ perfectCount, WalkedNodes.largestExponent)
      piece.append(
        WalkedNodes.Node(
          depth: depth, rank: rank, count: count, perfectStart: perfectStart,
          perfectCount: perfectCount))
    }
    return piece.count > 0
  }

  private func noteNodesAbove(in piece: inout WalkedNodes) {
    for depth in 0..<depth {
      let group = cursors[depth]
      piece.above.append(
        WalkedNodes.Node(
          depth: depth, rank: depth > 0 ? coreStack[depth - 1] : 0, count: 0,
          perfectStart: group.perfectStart, perfectCount: group.perfectCount))
    }
  }
}

/// Where the walk stands in one level: the group being walked and the one that waits behind it.
private struct LevelCursor {
  let pathLength: Int
  // The rest of the segment, behind the waiting group.
  var nextSegment = 0
  var words: UnsafePointer<UInt32>
  var wordsLeft = 0
  var counts: UnsafePointer<UInt64>
  var countsLeft = 0
  // The waiting group.
  let path: UnsafeMutablePointer<UInt32>
  var hasGroup = false
  var groupRanks: UnsafePointer<UInt32>
  var groupPerfectCount = 0
  var groupExtensionCount = 0
  var groupCounts: UnsafePointer<UInt64>
  /// How many ranks its path shares with that of the group before it.
  var groupShared = 0
  /// The last rank of the waiting group's path where the rest of that path is the path of the group
  /// being walked one level up, else -1: one comparison a node finds the node's own group.
  var awaitedRank = -1
  // The group being walked.
  var extensions: UnsafePointer<UInt32>
  var extensionCounts: UnsafePointer<UInt64>
  var remaining = 0
  var ordinal = 0
  /// The perfect extensions of the group's path itself, and how many there are on the way to it, these
  /// included.
  var perfectStart: UnsafePointer<UInt32>
  var perfectCount = 0
  var perfectOnPath = 0

  /// A cursor before its level; `noRanks` and `noCounts` stand in for pointers not yet read.
  init(
    pathLength: Int, path: UnsafeMutablePointer<UInt32>, noRanks: UnsafePointer<UInt32>,
    noCounts: UnsafePointer<UInt64>
  ) {
    self.pathLength = pathLength
    self.path = path
    words = noRanks
    groupRanks = noRanks
    extensions = noRanks
    perfectStart = noRanks
    counts = noCounts
    groupCounts = noCounts
    extensionCounts = noCounts
  }

  /// Notes which node of the group with the path `core` the waiting group belongs to, if any.
  mutating func awaitParent(_ core: UnsafePointer<UInt32>, length: Int) {
    awaitedRank = -1
    guard hasGroup, length == pathLength - 1 else { return }
    if length > 0, path[length - 1] != core[length - 1] { return }
    // The core lies between the path of the group before and this one in lexicographic order, so it
    // begins with what these two share.
    var index = groupShared
    while index &+ 1 < length {
      if path[index] != core[index] { return }
      index &+= 1
    }
    awaitedRank = Int(path[length])
  }
}

/// Stops the process: levels are built by `LevelSegment.append`, so these are errors of the program.
private func brokenLevel(_ message: String) -> Never {
  fatalError("closed levels are inconsistent: \(message)")
}
