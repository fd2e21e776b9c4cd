import Blocks
import CBitmapKernels

/// Counts the candidates of one range in one block set.
///
/// - Parameters:
///   - range: cut from `level` by ``candidateRanges(of:targetCandidateCount:)``.
///   - level: the closed level that the range belongs to.
///   - projection: the block set, projected onto the ranks of the job.
///   - mode: which counts to tell.
///   - scratch: memory of the calling thread, reused from task to task.
/// - Returns: exact counts of the block set.
public func count(
  _ range: CandidateRange, of level: Level, in projection: Projection, mode: ReportMode,
  scratch: CountingScratch
) -> CountReport {
  let task = RangeTask(range: range, level: level, projection: projection, scratch: scratch)
  switch mode {
  case .all:
    return .all(
      [UInt32](unsafeUninitializedCapacity: range.candidateCount) { counts, count in
        makePages(of: UnsafeMutableRawBufferPointer(counts))
        if let base = counts.baseAddress { task.countAll(into: base) }
        count = range.candidateCount
      })
  case .above(let allowance):
    var list = CandidateList(allowance: allowance)
    if !task.countPairs(into: &list) {
      let counts = scratch.counts.reserve(range.candidateCount)
      task.countAll(into: counts, allowance: list.allowance)
      list.append(counts, count: range.candidateCount, firstPosition: 0)
    }
    return .above(allowance: allowance, positions: list.positions, counts: list.counts)
  }
}

/// Candidates with a count above the allowance, ascending by position.
struct CandidateList {
  let allowance: UInt32
  var positions: [UInt32] = []
  var counts: [UInt32] = []

  /// A block set has fewer than 2^32 transactions, so a greater allowance silences everything.
  init(allowance: UInt64) {
    self.allowance = UInt32(clamping: allowance)
  }

  /// Appends those of `count` neighbouring candidates that exceed the allowance.
  ///
  /// How many do is counted first, so that they are written without a test for room.
  mutating func append(_ base: UnsafePointer<UInt32>, count: Int, firstPosition: Int) {
    var found = 0
    for index in 0..<count { found &+= base[index] > allowance ? 1 : 0 }
    if found == 0 { return }
    let start = positions.count
    positions.append(contentsOf: repeatElement(0, count: found))
    counts.append(contentsOf: repeatElement(0, count: found))
    positions.withUnsafeMutableBufferPointer { positions in
      counts.withUnsafeMutableBufferPointer { counts in
        guard let positions = positions.baseAddress, let counts = counts.baseAddress else { return }
        lode_list_above(
          base, count, allowance, UInt32(truncatingIfNeeded: firstPosition), positions + start,
          counts + start)
      }
    }
  }
}

/// One range to be counted in one block set.
private struct RangeTask {
  let range: CandidateRange
  let level: Level
  let projection: Projection
  let scratch: CountingScratch

  private var pathLength: Int { level.length - 1 }

  /// Writes the counts of all candidates of the range, in order; 0 may stand for any count up to the
  /// allowance.
  func countAll(into counts: UnsafeMutablePointer<UInt32>, allowance: UInt32? = nil) {
    counts.initialize(repeating: 0, count: range.candidateCount)
    level.segments[range.segment].words.withUnsafeBufferPointer { words in
      guard let words = words.baseAddress else { return }
      switch projection.form {
      case .dense(let dense):
        if pathLength > 0, dense.narrowing != .never {
          countDenseClasses(
            cursor(words), ahead: cursorAhead(words), pathLength: pathLength, dense: dense,
            allowance: allowance, scratch, counts)
        } else {
          countDense(
            cursor(words), pathLength: pathLength, dense: dense, allowance: allowance, scratch,
            counts)
        }
      case .sparse(let sparse): countSparse(sparse, words, counts, allowance)
      case .sparseWide(let sparse): countSparse(sparse, words, counts, allowance)
      }
    }
  }

  /// Lists the pairs of the range without a count for each; false (and nothing done) where the
  /// candidates are longer than pairs or the projection is dense.
  func countPairs(into list: inout CandidateList) -> Bool {
    if pathLength > 0 { return false }
    return level.segments[range.segment].words.withUnsafeBufferPointer { words in
      guard let words = words.baseAddress else { return true }
      switch projection.form {
      case .dense: return false
      case .sparse(let sparse): listPairs(cursor(words), sparse: sparse, scratch, &list)
      case .sparseWide(let sparse): listPairs(cursor(words), sparse: sparse, scratch, &list)
      }
      return true
    }
  }

  private func countSparse<Rank>(
    _ sparse: SparseProjection<Rank>, _ words: UnsafePointer<UInt32>,
    _ counts: UnsafeMutablePointer<UInt32>, _ allowance: UInt32?
  ) {
    if pathLength == 0 {
      Apriori.countPairs(cursor(words), sparse: sparse, scratch, counts)
    } else {
      countClasses(
        cursor(words), ahead: cursorAhead(words), pathLength: pathLength, sparse: sparse,
        allowance: allowance, scratch, counts)
    }
  }

  private func cursor(_ words: UnsafePointer<UInt32>) -> RangeCursor {
    RangeCursor(
      range, words: words, pathLength: pathLength, path: scratch.path.reserve(pathLength + 1))
  }

  /// A second cursor, to look at what follows.
  private func cursorAhead(_ words: UnsafePointer<UInt32>) -> RangeCursor {
    RangeCursor(
      range, words: words, pathLength: pathLength, path: scratch.pathAhead.reserve(pathLength))
  }
}

/// The memory that one counting thread uses from task to task.
public final class CountingScratch {
  /// Counts of the candidates of a range that is answered by a list.
  var counts = ScratchBuffer<UInt32>()
  /// The groups of a range while they are selected.
  var groupWords = ScratchBuffer<UInt32>()
  var groupCounts = ScratchBuffer<UInt64>()
  var perfectExtensions = ScratchBuffer<UInt32>()
  var path = ScratchBuffer<UInt32>()
  var pathAhead = ScratchBuffer<UInt32>()
  /// Bitmaps of the prefixes on the way to the current group, then of the current node.
  var prefixes = ScratchBuffer<UInt64>()
  /// Bitmaps of the rows of one first item.
  var classBitmaps = ScratchBuffer<UInt64>()
  /// Place of each rank among the items of the current class, kept all absent between uses.
  var places = ScratchBuffer<UInt32>()
  var placesLength = 0
  /// Counts by rank, kept all zero between uses.
  var rankCounts = ScratchBuffer<UInt32>()
  var rankCountsLength = 0
  /// Ranks of the current class.
  var classRanks = ScratchBuffer<UInt32>()
  /// Places of the extensions of the current group.
  var extensionPlaces = ScratchBuffer<UInt32>()
  /// Places of the items of the current row.
  var rowPlaces = ScratchBuffer<UInt32>()
  /// Which items of the current class are kept, and over which rows.
  var itemFlags = ScratchBuffer<Bool>()
  var keptRows = ScratchBuffer<UInt32>()

  /// No memory yet.
  public init() {}

  /// Places by rank, all absent; whoever sets one takes it back.
  func absentPlaces(_ count: Int) -> UnsafeMutablePointer<UInt32> {
    let base = places.reserve(count)
    if placesLength < count {
      base.update(repeating: ClassItems.absent, count: count)
      placesLength = count
    }
    return base
  }

  /// Counts by rank, all zero; whoever counts clears what it counted.
  func zeroedRankCounts(_ count: Int) -> UnsafeMutablePointer<UInt32> {
    let base = rankCounts.reserve(count)
    if rankCountsLength < count {
      base.update(repeating: 0, count: count)
      rankCountsLength = count
    }
    return base
  }
}
