import CBitmapKernels

// Counting over bitmaps of classes: the groups of a range that share their first item are counted over
// the rows that hold it, which are few where it is rare. The bits of these rows are gathered from the
// bitmaps over all rows once, and serve the levels that follow.

/// When a class of a dense projection gets bitmaps over its own rows.
enum ClassRule: Sendable {
  case wherePaying, always, never

  /// Nanoseconds of gathering the bits of a word, and of counting a word less for a candidate; each
  /// candidate stands for as many of later levels, and for the intersections on the way to it.
  private static let gatheringNanoseconds = 0.6
  private static let countingNanoseconds = 0.2

  /// - Parameters:
  ///   - gatheredWords: words that would be looked at.
  ///   - savedWords: words by which a candidate would be counted over fewer.
  func pays(gatheredWords: Int, candidateCount: Int, savedWords: Int) -> Bool {
    switch self {
    case .always: true
    case .never: false
    case .wherePaying:
      Double(gatheredWords) * Self.gatheringNanoseconds
        < Double(candidateCount * savedWords) * Self.countingNanoseconds
    }
  }
}

extension DenseProjection: ClassSource {
  func makeBitmaps(
    first: Int, items: borrowing ClassItems, itemsNeeded: Int, scratch: CountingScratch
  ) -> ClassBitmaps {
    let base = UnsafePointer(bitmaps.base)
    let mask = base + first * stride
    let places = scratch.keptRows.reserve(stride)
    var placeCount = 0
    var rowCount = 0
    for word in 0..<stride {
      places[placeCount] = UInt32(truncatingIfNeeded: word)
      placeCount += mask[word] == 0 ? 0 : 1
      rowCount += mask[word].nonzeroBitCount
    }
    let wordCount = (rowCount + 63) / 64
    let ranks = items.ranks
    let words = AlignedWords(count: ranks.count * wordCount)
    for (item, rank) in ranks.enumerated() {
      lode_bitmap_gather(
        words.base + item * wordCount, base + Int(rank) * stride, mask, places, placeCount)
    }
    // Rows with few of the items are there too.
    return ClassBitmaps(ranks: ranks, itemsNeeded: 0, words: words, wordCount: wordCount)
  }

  /// The bitmaps of a class; nil where to gather them does not pay.
  fileprivate func bitmaps(
    first: UInt32, known: ClassBitmaps?, items: borrowing ClassItems, candidateCount: Int,
    scratch: CountingScratch
  ) -> ClassBitmaps? {
    if let known, known.covers(items, itemsNeeded: 0) { return known }
    let mask = bitmaps.base + Int(first) * stride
    var rowCount = 0
    var wordCount = 0
    for word in 0..<stride {
      rowCount += mask[word].nonzeroBitCount
      wordCount += mask[word] == 0 ? 0 : 1
    }
    let pays = narrowing.pays(
      gatheredWords: wordCount * items.count, candidateCount: candidateCount,
      savedWords: stride - (rowCount + 63) / 64)
    if !pays { return nil }
    return classBitmaps(
      first: first, known: known, items: items, itemsNeeded: 0, of: self, scratch: scratch)
  }
}

/// Counts candidates of three and more items, class by class.
///
/// - Parameter allowance: counts up to this one do not matter, nil where all do; candidates are left
///   uncounted where their path or node has no more transactions.
func countDenseClasses(
  _ start: RangeCursor, ahead startAhead: RangeCursor, pathLength: Int, dense: DenseProjection,
  allowance: UInt32?, _ scratch: CountingScratch, _ counts: UnsafeMutablePointer<UInt32>
) {
  var items = ClassItems(rankCount: dense.rankCount, scratch: scratch)
  let extensionPlaces = scratch.extensionPlaces.reserve(dense.rankCount)
  let prefixes = scratch.prefixes.reserve((pathLength + 1) * dense.stride)
  let all = StripBitmaps(of: dense, firstWord: 0, wordCount: dense.stride)
  var silence = Silence(allowance: allowance)
  var cursor = start
  var ahead = startAhead
  var aheadHasGroup = ahead.next()
  var hasGroup = cursor.next()
  var counts = counts
  while hasGroup {
    let first = cursor.path[0]
    let known = dense.classes[first]
    if let known { items.add(known.ranks) }
    var candidateCount = 0
    while aheadHasGroup, ahead.path[0] == first {
      items.add(ahead, pathLength: pathLength)
      candidateCount += ahead.candidateCount
      aheadHasGroup = ahead.next()
    }
    let own = dense.bitmaps(
      first: first, known: known, items: items, candidateCount: candidateCount, scratch: scratch)
    // Looked up here, since in the loop each look would hold and let go of what it passes.
    let ownBitmaps = own.map { UnsafePointer($0.words.base) }
    let ownWordCount = own?.wordCount ?? 0
    repeat {
      if let ownBitmaps {
        counts = countGroup(
          cursor, pathLength: pathLength, &silence, bitmaps: ownBitmaps, wordCount: ownWordCount,
          places: items.places, extensionPlaces: extensionPlaces, prefixes: prefixes, counts)
      } else {
        countGroup(
          cursor, pathLength: pathLength, all, &silence, prefixes: prefixes,
          prefixStride: dense.stride, counts)
        counts += cursor.candidateCount
      }
      hasGroup = cursor.next()
    } while hasGroup && cursor.path[0] == first
    withExtendedLifetime(own) {}
    items.removeAll()
  }
}
