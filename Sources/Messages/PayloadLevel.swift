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
      var words = PayloadWriter()
      words.append(groupsOf: segment)
      writer.append(section: words)
      var counts = PayloadWriter()
      for count in segment.counts { counts.append(varint: count) }
      writer.append(section: counts)
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
  ///   (groups in order, ranks ascending and known, a count a node) is checked.
  public init(decoding bytes: [UInt8], rankCount: Int) throws(PayloadError) {
    var reader = try PayloadReader(bytes, as: .level)
    let length = try reader.count(
      "the length of a level", limit: MessageLimits.levelLength, perByte: .max)
    guard length > 0 else { throw reader.invalid("its length is 0") }
    let candidateCount = try reader.varint()
    let segmentCount = try reader.count(
      "the number of segments", limit: MessageLimits.segments)
    var segments: [LevelSegment] = []
    segments.reserveCapacity(segmentCount)
    var lastPath: [UInt32] = []
    for _ in 0..<segmentCount {
      let groupCount = try reader.count(
        "the number of groups", limit: MessageLimits.segmentWords,
        perByte: MessageLimits.expansion)
      var decoder = SegmentDecoder(
        words: try reader.section(), counts: try reader.section(), length: length,
        rankCount: UInt64(max(0, rankCount)), lastPath: lastPath)
      segments.append(try decoder.segment(groupCount: groupCount))
      lastPath = decoder.path
    }
    try reader.finish()
    self.init(length: length, segments: segments, candidateCount: candidateCount)
  }
}

extension PayloadWriter {
  /// Appends all groups: shared, perfect extensions, extensions; then the three runs of ranks.
  fileprivate mutating func append(groupsOf segment: LevelSegment) {
    let words = segment.words
    var path = [UInt32](repeating: 0, count: segment.length - 1)
    var offset = 0
    for _ in 0..<segment.groupCount {
      let shared = Int(words[offset])
      let perfectCount = Int(words[offset + 1])
      let extensionCount = Int(words[offset + 2])
      for index in 0..<LevelSegment.headerLength { append(varint: UInt64(words[offset + index])) }
      offset += LevelSegment.headerLength
      for index in shared..<path.count {
        path[index] = words[offset]
        offset += 1
      }
      append(ranks: path[shared...], from: shared > 0 ? path[shared - 1] + 1 : 0)
      let next = path.last.map { $0 + 1 } ?? 0
      append(ranks: words[offset..<offset + perfectCount], from: next)
      offset += perfectCount
      append(ranks: words[offset..<offset + extensionCount], from: next)
      offset += extensionCount
    }
  }

  /// Appends ascending ranks, each as how many ranks lie between it and the one before.
  private mutating func append(ranks: ArraySlice<UInt32>, from first: UInt32) {
    var next = first
    for rank in ranks {
      invariant(rank >= next, "The ranks of a level do not ascend.")
      append(varint: UInt64(rank - next))
      next = rank + 1
    }
  }
}

/// Reads the groups of one segment, checking all that a level promises.
private struct SegmentDecoder {
  var words: PayloadReader
  var counts: PayloadReader
  let length: Int
  let rankCount: UInt64
  /// The path of the group before.
  private(set) var path: [UInt32]
  private var perfect: [UInt32] = []
  private var extensions: [UInt32] = []
  private var groupCounts: [UInt64] = []
  /// Whether a group stands before the next one, in this segment or one before.
  private var hasPath: Bool

  init(
    words: PayloadReader, counts: PayloadReader, length: Int, rankCount: UInt64, lastPath: [UInt32]
  ) {
    self.words = words
    self.counts = counts
    self.length = length
    self.rankCount = rankCount
    path = lastPath
    hasPath = !lastPath.isEmpty
  }

  mutating func segment(groupCount: Int) throws(PayloadError) -> LevelSegment {
    var segment = LevelSegment(length: length)
    for group in 0..<groupCount {
      let shared = try words.number("shared ranks", limit: UInt64(length - 1))
      let perfectCount = try words.count(
        "the number of perfect extensions", limit: MessageLimits.items)
      let extensionCount = try words.count(
        "the number of extensions", limit: MessageLimits.items)
      guard perfectCount + extensionCount > 0 else {
        throw words.invalid("group \(group) of a segment has no extensions")
      }
      try readPath(shared: Int(shared), isFirst: group == 0)
      let next = path.last.map { UInt64($0) + 1 } ?? 0
      try words.ranks(perfectCount, from: next, below: rankCount, into: &perfect)
      try words.ranks(extensionCount, from: next, below: rankCount, into: &extensions)
      try refuseCommonRanks()
      groupCounts.removeAll(keepingCapacity: true)
      for _ in 0..<extensionCount {
        let count = try counts.varint()
        guard count > 0 else { throw counts.invalid("a node has no transactions") }
        groupCounts.append(count)
      }
      segment.append(
        path: path, perfectExtensions: perfect, extensions: extensions, counts: groupCounts)
    }
    try words.finish()
    try counts.finish()
    return segment
  }

  /// Reads what the path does not share with the path before; paths ascend lexicographically.
  private mutating func readPath(shared: Int, isFirst: Bool) throws(PayloadError) {
    guard shared == 0 || !isFirst else {
      throw words.invalid("the first group of a segment shares ranks with none")
    }
    let before = path
    var next = shared > 0 ? UInt64(path[shared - 1]) + 1 : 0
    path.removeLast(path.count - shared)
    for _ in shared..<length - 1 { path.append(try words.rank(&next, below: rankCount)) }
    let mayFollow =
      isFirst
      ? !hasPath || before.lexicographicallyPrecedes(path)
      : shared < length - 1 && before[shared] < path[shared]
    guard mayFollow else { throw words.invalid("the paths of a level do not ascend") }
    hasPath = true
  }

  /// A rank is a perfect extension or makes a node, never both.
  private func refuseCommonRanks() throws(PayloadError) {
    var place = 0
    for rank in perfect {
      while place < extensions.count, extensions[place] < rank { place += 1 }
      if place < extensions.count, extensions[place] == rank {
        throw words.invalid("rank \(rank) is a perfect extension and makes a node")
      }
    }
  }
}

extension PayloadReader {
  fileprivate mutating func ranks(
    _ count: Int, from first: UInt64, below rankCount: UInt64, into ranks: inout [UInt32]
  ) throws(PayloadError) {
    ranks.removeAll(keepingCapacity: true)
    var next = first
    for _ in 0..<count { ranks.append(try rank(&next, below: rankCount)) }
  }

  @inline(__always)
  fileprivate mutating func rank(
    _ next: inout UInt64, below rankCount: UInt64
  ) throws(PayloadError) -> UInt32 {
    let rank = next + (try number("a rank", limit: rankCount))
    guard rank < rankCount, let word = UInt32(exactly: rank) else {
      throw invalid("rank \(rank) of a level is not below \(rankCount)")
    }
    next = rank + 1
    return word
  }
}
