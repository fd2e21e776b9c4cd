import Synchronization

/// Bitmaps of the items of one class over the rows that hold its first item.
///
/// Built from the rows ahead of the first item's positions; rows with too few of the class's items to
/// hold a candidate are left out. The classes of later levels have fewer items and need more of them
/// in a row, so what one level built serves all that follow; it does not serve an earlier level, which
/// comes again where a job resumes or a task is late.
final class ClassBitmaps: Sendable {
  /// The items, in the order of their bitmaps.
  let ranks: [UInt32]
  /// Rows with fewer of the items may be missing.
  let itemsNeeded: Int
  /// The bitmaps, `wordCount` words each.
  let words: AlignedWords
  let wordCount: Int

  /// - Parameters:
  ///   - items: the items of the class, the first one aside.
  ///   - itemsNeeded: how many of them a candidate of the class has.
  init<Rank>(
    first: Int, items: borrowing ClassItems, itemsNeeded: Int, sparse: SparseProjection<Rank>,
    scratch: CountingScratch
  ) {
    let itemCount = items.count
    let places = UnsafePointer(items.places)
    let ranks = items.ranks
    let rowPlaces = scratch.rowPlaces.reserve(sparse.longestRow + 1)
    let holderCount = sparse.starts[first + 1] - sparse.starts[first]
    let stride = (holderCount + 63) / 64
    let bitmaps = scratch.classBitmaps.reserve(itemCount * stride)
    bitmaps.update(repeating: 0, count: itemCount * stride)
    var rowCount = 0
    sparse.withHolders(of: first) { rows, holders, holderCount in
      for index in 0..<holderCount {
        prefetchRow(rows, holders, after: index, count: holderCount)
        var next = rows + Int(holders[index]) + 1
        var found = 0
        while next.pointee != Rank.max {
          let place = places[Int(next.pointee)]
          rowPlaces[found] = place
          found &+= place == ClassItems.absent ? 0 : 1
          next += 1
        }
        if found < itemsNeeded { continue }
        let word = bitmaps + rowCount >> 6
        let bit: UInt64 = 1 << UInt64(rowCount & 63)
        for item in 0..<found { word[Int(rowPlaces[item]) &* stride] |= bit }
        rowCount += 1
      }
    }
    let wordCount = (rowCount + 63) / 64
    let words = AlignedWords(count: itemCount * wordCount)
    for item in 0..<itemCount {
      (words.base + item * wordCount).update(from: bitmaps + item * stride, count: wordCount)
    }
    self.ranks = ranks
    self.itemsNeeded = itemsNeeded
    self.words = words
    self.wordCount = wordCount
  }

  /// Bitmaps that are there already.
  init(ranks: [UInt32], itemsNeeded: Int, words: AlignedWords, wordCount: Int) {
    self.ranks = ranks
    self.itemsNeeded = itemsNeeded
    self.words = words
    self.wordCount = wordCount
  }

  /// Whether they serve these items, theirs being among them, where a candidate has so many.
  func covers(_ items: borrowing ClassItems, itemsNeeded: Int) -> Bool {
    ranks.count == items.count && self.itemsNeeded <= itemsNeeded
  }
}

/// The items of the class being counted, each with its place among them.
struct ClassItems {
  /// The place of a rank that is no item of the class.
  static let absent = UInt32.max

  /// The place of every rank.
  let places: UnsafeMutablePointer<UInt32>
  private let classRanks: UnsafeMutablePointer<UInt32>
  private(set) var count = 0

  init(rankCount: Int, scratch: CountingScratch) {
    places = scratch.absentPlaces(rankCount)
    classRanks = scratch.classRanks.reserve(rankCount)
  }

  /// The items, in the order of their places.
  var ranks: [UInt32] { Array(UnsafeBufferPointer(start: classRanks, count: count)) }

  mutating func add(_ ranks: some Sequence<UInt32>) {
    for rank in ranks { add(rank) }
  }

  /// Adds the items of a group, the first of its path aside.
  @inline(__always)
  mutating func add(_ group: RangeCursor, pathLength: Int) {
    var depth = max(group.shared, 1)
    while depth < pathLength {
      add(group.path[depth])
      depth += 1
    }
    for index in group.nodes.lowerBound..<group.extensionCount {
      add(group.extensions[index])
    }
  }

  mutating func removeAll() {
    for index in 0..<count { places[Int(classRanks[index])] = Self.absent }
    count = 0
  }

  @inline(__always)
  private mutating func add(_ rank: UInt32) {
    if places[Int(rank)] != Self.absent { return }
    places[Int(rank)] = UInt32(truncatingIfNeeded: count)
    classRanks[count] = rank
    count += 1
  }
}

/// What bitmaps of classes are made of.
protocol ClassSource {
  /// The bitmaps of classes that are kept.
  var classes: ClassCache { get }

  /// Makes the bitmaps of a class.
  func makeBitmaps(
    first: Int, items: borrowing ClassItems, itemsNeeded: Int, scratch: CountingScratch
  ) -> ClassBitmaps
}

extension SparseProjection: ClassSource {
  func makeBitmaps(
    first: Int, items: borrowing ClassItems, itemsNeeded: Int, scratch: CountingScratch
  ) -> ClassBitmaps {
    ClassBitmaps(
      first: first, items: items, itemsNeeded: itemsNeeded, sparse: self, scratch: scratch)
  }
}

/// The bitmaps of a class, kept by an earlier task or built now, and kept unless less of them is to be.
///
/// - Parameters:
///   - known: what is kept for the class; its items must be among `items`.
///   - items: the items that candidates need, the first one aside.
///   - itemsNeeded: how many of them a candidate has.
@inline(__always)
func classBitmaps<Source: ClassSource>(
  first: UInt32, known: ClassBitmaps?, items: borrowing ClassItems, itemsNeeded: Int,
  of source: Source, scratch: CountingScratch
) -> ClassBitmaps {
  if let known, known.covers(items, itemsNeeded: itemsNeeded) { return known }
  let bitmaps = source.makeBitmaps(
    first: Int(first), items: items, itemsNeeded: itemsNeeded, scratch: scratch)
  if source.classes.promisingCount == nil { source.classes.keep(bitmaps, of: first) }
  return bitmaps
}

/// The class bitmaps built of one projection, for the levels that follow; shared by all threads.
final class ClassCache: Sendable {
  private struct State {
    var entries: [ClassBitmaps?]
    var byteCount = 0
  }

  /// The count from which a candidate makes it worth keeping its items; nil where all are kept.
  let promisingCount: UInt32?
  private let byteLimit: Int
  private let state: Mutex<State>

  /// - Parameter byteLimit: bytes of bitmaps kept at most; the rest is built anew at each level.
  init(rankCount: Int, byteLimit: Int, promisingCount: UInt32?) {
    self.byteLimit = byteLimit
    self.promisingCount = promisingCount
    state = Mutex(State(entries: Array(repeating: nil, count: rankCount)))
  }

  /// Whether nothing has been kept.
  var isEmpty: Bool { state.withLock { $0.byteCount == 0 } }

  /// Bytes held now.
  var byteCount: Int {
    state.withLock { $0.byteCount + $0.entries.count * MemoryLayout<ClassBitmaps?>.stride }
  }

  /// The bitmaps of the class with a first item, where they have been kept.
  subscript(first: UInt32) -> ClassBitmaps? {
    state.withLock { $0.entries[Int(first)] }
  }

  /// Keeps the bitmaps of a class in place of those it had, where there is room.
  func keep(_ bitmaps: ClassBitmaps, of first: UInt32) {
    state.withLock { state in
      let replaced = state.entries[Int(first)].map { $0.words.count * 8 } ?? 0
      let bytes = state.byteCount - replaced + bitmaps.words.count * 8
      if bytes > byteLimit { return }
      state.byteCount = bytes
      state.entries[Int(first)] = bitmaps
    }
  }
}
