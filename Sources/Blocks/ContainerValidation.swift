// What makes containers valid: all code that reads them afterwards relies on it.

/// The containers of a decoded directory, once their words are what the builder would have written.
///
/// - Throws: ``BlockError``, where a container is of no known kind, does not have the length of its
///   kind, is not the smallest kind for its rows, or has rows that do not ascend, lie beyond the
///   block or are not as many as declared; and where the containers do not make up the payload.
func validContainers(
  directory: [UInt16], itemIDs: [UInt32], payload: [UInt16], transactionCount: Int
) throws(BlockError) -> [Container] {
  var containers: [Container] = []
  containers.reserveCapacity(itemIDs.count)
  let words = payload.span
  var offset = 0
  var occurrences = 0
  for (index, item) in itemIDs.enumerated() {
    let cardinality = Int(directory[3 * index + 1]) + 1
    let length = Int(directory[3 * index + 2])
    let rawKind = directory[3 * index]
    guard let kind = UInt8(exactly: rawKind).flatMap(Container.Kind.init) else {
      throw .container(item: item, .unknownKind(rawKind))
    }
    guard length <= words.count - offset else {
      throw .payloadLength(expected: offset + length, found: words.count)
    }
    let declared = DeclaredContainer(
      kind: kind, cardinality: cardinality, transactionCount: transactionCount)
    if let defect = declared.defect(in: words.extracting(offset..<offset + length)) {
      throw .container(item: item, defect)
    }
    containers.append(
      Container(
        kind: kind, cardinality: UInt32(truncatingIfNeeded: cardinality),
        offset: UInt32(truncatingIfNeeded: offset), length: UInt32(truncatingIfNeeded: length)))
    offset += length
    occurrences += cardinality
  }
  guard offset == words.count else {
    throw .payloadLength(expected: offset, found: words.count)
  }
  guard occurrences <= BlockLimits.occurrences else {
    throw .tooManyOccurrences(found: occurrences, limit: BlockLimits.occurrences)
  }
  return containers
}

/// What the directory says of a container, not yet trusted.
private struct DeclaredContainer {
  let kind: Container.Kind
  let cardinality: Int
  let transactionCount: Int

  /// The first thing wrong with the container's words; nil where nothing is.
  func defect(in words: Span<UInt16>) -> ContainerDefect? {
    let runs: Int
    switch scan(words) {
    case .defect(let defect): return defect
    case .runs(let count): runs = count
    }
    let smallest = Container.smallest(
      cardinality: cardinality, runs: runs, transactionCount: transactionCount)
    return kind == smallest.kind ? nil : .notSmallest(kind, smallest: smallest.kind)
  }

  /// What a pass over the words finds: the number of runs of rows, or the first defect.
  private enum Finding {
    case runs(Int)
    case defect(ContainerDefect)
  }

  private func scan(_ words: Span<UInt16>) -> Finding {
    switch kind {
    case .array: scanArray(words)
    case .bitmap: scanBitmap(words)
    case .runs: scanRuns(words)
    }
  }

  private func scanArray(_ words: Span<UInt16>) -> Finding {
    guard words.count == cardinality else {
      return .defect(.length(expected: cardinality, found: words.count))
    }
    var runs = 0
    var previous = -2
    for index in words.indices {
      let row = Int(words[index])
      if row <= previous { return .defect(.order) }
      runs += row == previous + 1 ? 0 : 1
      previous = row
    }
    return previous < transactionCount ? .runs(runs) : .defect(.rowBeyondBlock(previous))
  }

  private func scanBitmap(_ words: Span<UInt16>) -> Finding {
    let length = Container.bitmapLength(transactionCount: transactionCount)
    guard words.count == length else {
      return .defect(.length(expected: length, found: words.count))
    }
    var rows = 0
    var runs = 0
    var carry: UInt16 = 0
    for index in words.indices {
      let word = words[index]
      rows += word.nonzeroBitCount
      // A run begins at a set bit whose lower neighbour is clear.
      runs += (word & ~(word << 1 | carry)).nonzeroBitCount
      carry = word >> 15
    }
    let last = words.count - 1
    let highest = 16 * last + 15 - words[last].leadingZeroBitCount
    if highest >= transactionCount { return .defect(.rowBeyondBlock(highest)) }
    guard rows == cardinality else {
      return .defect(.cardinality(expected: cardinality, found: rows))
    }
    return .runs(runs)
  }

  private func scanRuns(_ words: Span<UInt16>) -> Finding {
    guard words.count.isMultiple(of: 2), words.count > 0 else {
      return .defect(.length(expected: words.count + 1, found: words.count))
    }
    var rows = 0
    var previous = -2
    for index in stride(from: 0, to: words.count, by: 2) {
      let first = Int(words[index])
      if first <= previous + 1 { return .defect(.order) }
      previous = first + Int(words[index + 1])
      rows += previous - first + 1
    }
    if previous >= transactionCount { return .defect(.rowBeyondBlock(previous)) }
    guard rows == cardinality else {
      return .defect(.cardinality(expected: cardinality, found: rows))
    }
    return .runs(words.count / 2)
  }
}
