public import Apriori

extension Level: PayloadCoding {
  /// The level as bytes: groups as varints, ranks as the gaps between them, compressed.
  public func encoded() -> [UInt8] {
    var writer = PayloadWriter(.level)
    writer.append(count: length)
    writer.append(varint: candidateCount)
    writer.append(count: segments.count)
    for segment in segments {
      invariant(segment.length == length, "A segment is of another level.")
      writer.append(count: segment.groupCount)
      writer.append(section: encodedGroups(of: segment))
      writer.append(section: encodedCounts(segment.counts))
    }
    return writer.bytes
  }

  /// Reads a level over any number of ranks.
  public init(decoding bytes: [UInt8]) throws(PayloadError) {
    try self.init(decoding: bytes, rankCount: MessageLimits.items)
  }

  /// Reads a level over so many ranks.
  ///
  /// - Throws: ``PayloadError`` where the bytes are no such level: all that a closed level promises
  ///   is checked, as ``Level/init(validating:length:candidateCount:rankCount:)`` says.
  public init(decoding bytes: [UInt8], rankCount: Int) throws(PayloadError) {
    var reader = try PayloadReader(bytes, as: .level)
    let length = try reader.count(
      "the length of a level", limit: MessageLimits.levelLength, perByte: .max)
    guard length > 0 else { throw reader.invalid("its length is 0") }
    let candidateCount = try reader.varint()
    let segmentCount = try reader.count("the number of segments", limit: MessageLimits.segments)
    var segments: [(words: [UInt32], counts: [UInt64])] = []
    segments.reserveCapacity(segmentCount)
    for _ in 0..<segmentCount {
      let groupCount = try reader.count(
        "the number of groups", limit: MessageLimits.segmentWords,
        perByte: MessageLimits.expansion)
      var groups = try reader.section()
      let (words, nodeCount) = try groups.words(groupCount: groupCount, length: length)
      var nodes = try reader.section()
      let counts = try nodes.counts(nodeCount)
      segments.append((words, counts))
    }
    try reader.finish()
    do {
      try self.init(
        validating: segments, length: length, candidateCount: candidateCount, rankCount: rankCount)
    } catch { throw reader.invalid("\(error)") }
  }
}

/// All groups: shared, perfect extensions, extensions; then the three runs of ranks.
///
/// Levels are encoded while the next one is being counted, on cores that count, so bytes go to memory
/// that has room for all of them: appending each looks for room each time.
private func encodedGroups(of segment: LevelSegment) -> [UInt8] {
  let words = segment.words
  return unsafe [UInt8](unsafeUninitializedCapacity: words.count * longestVarint32) {
    room, written in
    guard let start = room.baseAddress else { return }
    var end = unsafe start
    var path = [UInt32](repeating: 0, count: segment.length - 1)
    var offset = 0
    for _ in 0..<segment.groupCount {
      let shared = Int(words[offset])
      let perfectCount = Int(words[offset + 1])
      let extensionCount = Int(words[offset + 2])
      for index in 0..<LevelSegment.headerLength {
        unsafe end = write(varint: UInt64(words[offset + index]), to: end)
      }
      offset += LevelSegment.headerLength
      let tail = offset..<offset + path.count - shared
      for (index, place) in zip(shared..., tail) { path[index] = words[place] }
      unsafe end = write(ranks: words[tail], from: shared > 0 ? path[shared - 1] + 1 : 0, to: end)
      offset = tail.upperBound
      let next = path.last.map { $0 + 1 } ?? 0
      for count in [perfectCount, extensionCount] {
        unsafe end = write(ranks: words[offset..<offset + count], from: next, to: end)
        offset += count
      }
    }
    unsafe written = end - start
  }
}

/// Writes ascending ranks, each as how many ranks lie between it and the one before.
@inline(__always)
private func write(
  ranks: ArraySlice<UInt32>, from first: UInt32, to start: UnsafeMutablePointer<UInt8>
) -> UnsafeMutablePointer<UInt8> {
  var end = unsafe start
  var next = first
  for rank in ranks {
    invariant(rank >= next, "The ranks of a level do not ascend.")
    unsafe end = write(varint: UInt64(rank - next), to: end)
    next = rank + 1
  }
  return unsafe end
}

private func encodedCounts(_ counts: [UInt64]) -> [UInt8] {
  unsafe [UInt8](unsafeUninitializedCapacity: counts.count * longestVarint) { room, written in
    guard let start = room.baseAddress else { return }
    var end = unsafe start
    for count in counts { unsafe end = write(varint: count, to: end) }
    unsafe written = end - start
  }
}

extension PayloadReader {
  /// Reads all groups of a segment: its words, and how many nodes they make.
  ///
  /// What the words promise is checked by `Level`.
  fileprivate mutating func words(
    groupCount: Int, length: Int
  ) throws(PayloadError) -> (words: [UInt32], nodeCount: Int) {
    // No word takes less than a byte.
    var words = [UInt32](repeating: 0, count: remaining)
    let end: Int
    let nodeCount: Int
    do {
      var room = words.mutableSpan
      (end, nodeCount) = try read(groupCount: groupCount, length: length, into: &room)
    }
    try finish()
    words.removeSubrange(end...)
    return (words, nodeCount)
  }

  /// Reads groups into the words of `room`: where they end, and how many nodes they make.
  private mutating func read(
    groupCount: Int, length: Int, into room: inout MutableSpan<UInt32>
  ) throws(PayloadError) -> (end: Int, nodeCount: Int) {
    var end = 0
    var path = [UInt32](repeating: 0, count: min(length - 1, remaining))
    var nodeCount = 0
    for group in 0..<groupCount {
      let shared = Int(truncatingIfNeeded: try number("shared ranks", limit: UInt64(length - 1)))
      guard shared == 0 || group > 0 else {
        throw invalid("the first group of a segment shares ranks with none")
      }
      let perfectCount = try count("the number of perfect extensions", limit: MessageLimits.items)
      let extensionCount = try count("the number of extensions", limit: MessageLimits.items)
      // Each of them is a byte at least that is there, so they all have room behind `end`.
      let tailCount = length - 1 - shared
      guard tailCount <= remaining else { throw error(.truncated) }
      room[end] = UInt32(truncatingIfNeeded: shared)
      room[end + 1] = UInt32(truncatingIfNeeded: perfectCount)
      room[end + 2] = UInt32(truncatingIfNeeded: extensionCount)
      end += LevelSegment.headerLength
      try readRanks(
        behind: shared > 0 ? path[shared - 1] : nil, into: &room, end..<end + tailCount)
      for index in shared..<length - 1 { path[index] = room[end + index - shared] }
      end += tailCount
      try readRanks(behind: path.last, into: &room, end..<end + perfectCount)
      end += perfectCount
      try readRanks(behind: path.last, into: &room, end..<end + extensionCount)
      end += extensionCount
      nodeCount += extensionCount
    }
    return (end, nodeCount)
  }

  private mutating func readRanks(
    behind previous: UInt32?, into room: inout MutableSpan<UInt32>, _ places: Range<Int>
  ) throws(PayloadError) {
    guard places.count <= remaining else { throw error(.truncated) }
    var next = previous.map { UInt64($0) + 1 } ?? 0
    for place in places {
      let gap = try varint()
      let (rank, overflow) = next.addingReportingOverflow(gap)
      guard !overflow, let word = UInt32(exactly: rank) else {
        throw invalid("a rank is over 32 bits")
      }
      room[place] = word
      next = rank + 1
    }
  }

  fileprivate mutating func counts(_ count: Int) throws(PayloadError) -> [UInt64] {
    guard count <= remaining else { throw error(.truncated) }
    var counts = [UInt64](repeating: 0, count: count)
    for index in counts.indices { counts[index] = try varint() }
    try finish()
    return counts
  }
}
