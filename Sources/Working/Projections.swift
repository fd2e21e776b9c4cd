// Blocks and projections in memory, within limits. What is thrown away is made anew: they never show
// in a result.

import Apriori
import Blocks
import Messages

/// Whole shards of a block set that are projected together.
struct PieceAtWork: Sendable {
  let key: PieceKey
  /// The blocks of its shards, in order.
  let blocks: [ObjectDescriptor]
  /// About the bytes that its projection takes.
  let byteEstimate: Int
}

/// A piece of a job.
struct PieceKey: Sendable, Hashable {
  let job: JobID
  let shards: [UInt32]
}

/// The attempt to make a projection.
struct PieceRun: Sendable {
  let key: PieceKey
  let serial: UInt64
}

/// A block on its way from disk to a piece.
struct BlockRun: Sendable {
  let piece: PieceRun
  let place: Int
}

/// The projections of pieces, ready or being made.
struct ProjectionCache: Sendable {
  /// A piece whose blocks are being loaded or projected.
  struct Assembly: Sendable {
    let serial: UInt64
    let blocks: [ObjectDescriptor]
    /// Bytes that counting may keep beside the projection.
    let cacheLimit: Int
    /// See ``WorkerConfiguration/frequentShare``; nil where that guess was wrong before.
    let frequentShare: Double?
    var sources: [BlockSource?]
    /// Places of blocks that have to be loaded, in order, and how many loads have begun and ended.
    var places: [Int]
    var begunCount = 0
    var loadedCount = 0
  }

  enum State: Sendable {
    case assembling(Assembly)
    case ready(Projection)
  }

  struct Entry: Sendable {
    var state: State
    /// Bytes it takes, an estimate until it is ready.
    var byteCount: Int
    var lastUsed: UInt64

    /// Bytes of what counting has left in it.
    var byteCountWithoutRows: Int {
      guard case .ready(let projection) = state else { return 0 }
      return projection.withoutRows?.byteCount ?? 0
    }
  }

  let limit: Int
  private(set) var entries: [PieceKey: Entry] = [:]
  private(set) var byteCount = 0
  private var useCount: UInt64 = 0
  /// Pieces of which less was kept than a later level needed.
  private var givenUp: Set<PieceKey> = []

  /// Blocks of one piece that are loaded at once.
  static let loadLimit = 32

  init(limit: Int) { self.limit = max(limit, 0) }

  /// The projection of a piece, which counts as used now.
  mutating func use(_ key: PieceKey) -> Projection? {
    guard case .ready(let projection) = entries[key]?.state else { return nil }
    useCount += 1
    entries[key]?.lastUsed = useCount
    return projection
  }

  /// Whether anything can be counted in what there is of a piece.
  func isReady(_ key: PieceKey) -> Bool {
    if case .ready(let projection) = entries[key]?.state { !projection.isEmpty } else { false }
  }

  mutating func set(_ key: PieceKey, _ state: State, byteCount bytes: Int) {
    remove(key)
    useCount += 1
    entries[key] = Entry(state: state, byteCount: bytes, lastUsed: useCount)
    byteCount += bytes
  }

  mutating func remove(_ key: PieceKey) {
    if let old = entries.removeValue(forKey: key) { byteCount -= old.byteCount }
  }

  mutating func removeAll(of job: JobID) {
    for key in entries.keys where key.job == job { remove(key) }
    givenUp = givenUp.filter { $0.job != job }
  }

  /// Removes what is left of a piece, since it is not enough.
  mutating func giveUp(_ key: PieceKey) {
    if isReady(key) { givenUp.insert(key) }
    remove(key)
  }

  func wasGivenUp(_ key: PieceKey) -> Bool { givenUp.contains(key) }

  /// Changes an assembly in place.
  mutating func update(_ run: PieceRun, _ change: (inout Assembly) -> Void) -> Assembly? {
    guard case .assembling(var assembly) = entries[run.key]?.state, assembly.serial == run.serial
    else { return nil }
    // The assembly must not be held twice while it changes, else its arrays are copied.
    entries[run.key]?.state = .assembling(.none)
    change(&assembly)
    entries[run.key]?.state = .assembling(assembly)
    return assembly
  }

  /// Throws away what was not used for longest until `bytes` more fit: first rows, of which counting
  /// may have left what the next levels need, then all.
  ///
  /// What counting has left goes only where there is much of it, or no other way: else all of it would
  /// make room for pieces that are merely begun early.
  ///
  /// - Parameter pinned: pieces with something left to count: to throw those away would be to make
  ///   them again at once.
  /// - Returns: whether they fit, or nothing is pinned or being made, so that there is no waiting.
  mutating func makeRoom(for bytes: Int, pinned: Set<PieceKey>) -> Bool {
    measure()
    if byteCount + bytes <= limit { return true }
    let evictable = entries.filter { key, entry in
      if case .assembling = entry.state { false } else { !pinned.contains(key) }
    }
    let kept = evictable.values.reduce(0) { $0 + $1.byteCountWithoutRows }
    let spared =
      byteCount - evictable.values.reduce(0) { $0 + $1.byteCount } + (kept <= limit / 2 ? kept : 0)
    // What does not fit even so has to wait for what is pinned, and would gain nothing now.
    guard spared + bytes <= limit || evictable.count == entries.count else { return false }
    let oldestFirst = evictable.sorted { $0.value.lastUsed < $1.value.lastUsed }.map(\.key)
    for key in oldestFirst where byteCount + bytes > limit { removeRows(of: key) }
    for key in oldestFirst where byteCount + bytes > limit { remove(key) }
    return true
  }

  /// Leaves what counting has kept in a projection, and is still keeping where it runs; nothing of a
  /// projection that keeps nothing.
  private mutating func removeRows(of key: PieceKey) {
    guard case .ready(let projection) = entries[key]?.state, projection.hasRows else { return }
    guard let rest = projection.withoutRows else { return remove(key) }
    let bytes = rest.byteCount
    byteCount += bytes - (entries[key]?.byteCount ?? 0)
    entries[key]?.state = .ready(rest)
    entries[key]?.byteCount = bytes
  }

  /// Looks at what projections take now: they grow while they are counted in, by whichever thread, so
  /// what is thrown away may differ from run to run.
  private mutating func measure() {
    for (key, entry) in entries {
      guard case .ready(let projection) = entry.state else { continue }
      let bytes = projection.byteCount
      byteCount += bytes - entry.byteCount
      entries[key]?.byteCount = bytes
    }
  }
}

extension ProjectionCache.Assembly {
  fileprivate static let none = ProjectionCache.Assembly(
    serial: 0, blocks: [], cacheLimit: 0, frequentShare: nil, sources: [], places: [])
}

/// Decoded blocks, shared by jobs.
struct BlockCache: Sendable {
  private struct Entry: Sendable {
    let block: Block
    var lastUsed: UInt64
  }

  private let resident: [ObjectID: Block]
  private let limit: Int
  private var entries: [ObjectID: Entry] = [:]
  private(set) var byteCount = 0
  private var useCount: UInt64 = 0

  init(resident: [ObjectID: Block], limit: Int) {
    self.resident = resident
    self.limit = max(limit, 0)
  }

  /// A block that never leaves.
  func residentBlock(_ id: ObjectID) -> Block? { resident[id] }

  /// A block in memory, which counts as used now.
  mutating func use(_ id: ObjectID) -> Block? {
    if let block = resident[id] { return block }
    guard let entry = entries[id] else { return nil }
    useCount += 1
    entries[id]?.lastUsed = useCount
    return entry.block
  }

  /// Keeps blocks that were just decoded, in place of those not used for longest.
  /// - Complexity: O(blocks in the cache) where some have to go.
  mutating func keep(_ blocks: [(id: ObjectID, block: Block)]) {
    var needed = 0
    var kept: [(id: ObjectID, block: Block)] = []
    for (id, block) in blocks where entries[id] == nil && resident[id] == nil {
      if needed + block.byteCount > limit { break }
      needed += block.byteCount
      kept.append((id, block))
    }
    if byteCount + needed > limit {
      for (id, entry) in entries.sorted(by: { $0.value.lastUsed < $1.value.lastUsed }) {
        entries[id] = nil
        byteCount -= entry.block.byteCount
        if byteCount + needed <= limit { break }
      }
    }
    for (id, block) in kept {
      useCount += 1
      entries[id] = Entry(block: block, lastUsed: useCount)
      byteCount += block.byteCount
    }
  }
}
