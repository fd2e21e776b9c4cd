extension BlockFormat {
  /// The block that `bytes` encode, with every checksum and every promise of the format checked.
  ///
  /// - Throws: ``BlockError`` on any bytes that the encoder could not have written, but for unknown
  ///   optional sections, which are skipped. Memory is asked for only once the declared length is
  ///   within the limits and within what LZ4 can make of the stored bytes.
  /// - Complexity: O(size of the block).
  public static func decode(_ bytes: Span<UInt8>) throws(BlockError) -> Block {
    let outline = try BlockOutline(bytes)
    let rows = outline.transactionCount
    let itemIDs = try ids(
      fromGaps: outline.required(
        .itemIDs, of: bytes, counts: 0...BlockLimits.occurrences, as: UInt32.self))
    let directoryLength = 3 * itemIDs.count
    let directory = try outline.required(
      .directory, of: bytes, counts: directoryLength...directoryLength, as: UInt16.self)
    let payload = try outline.required(
      .payload, of: bytes, counts: 0...BlockLimits.occurrences, as: UInt16.self)
    let containers = try validContainers(
      directory: directory, itemIDs: itemIDs, payload: payload, transactionCount: rows)
    return Block(
      dataSet: outline.dataSet, sequenceNumber: outline.sequenceNumber,
      dictionaryDigest: outline.dictionaryDigest, transactionCount: rows, itemIDs: itemIDs,
      containers: containers, payload: payload,
      times: try outline.optional(.times, of: bytes, count: rows, as: Int64.self),
      customers: try outline.optional(.customers, of: bytes, count: rows, as: UInt32.self))
  }

  /// The block that `bytes` encode; see the variant with a span.
  public static func decode(_ bytes: [UInt8]) throws(BlockError) -> Block {
    try decode(bytes.span)
  }

  /// Checks header, section table and the checksums over all stored bytes, without decompressing.
  ///
  /// Finds any change to the bytes since they were written, at the speed of the checksum and without
  /// memory; what a program wrote wrongly in the first place is found by `decode`.
  ///
  /// - Throws: ``BlockError``.
  /// - Complexity: O(bytes).
  public static func verify(_ bytes: Span<UInt8>) throws(BlockError) {
    let outline = try BlockOutline(bytes)
    for kind in [SectionKind.itemIDs, .directory, .payload] {
      guard outline.sections.contains(where: { $0.kind == kind }) else {
        throw .missingSection(kind)
      }
    }
  }

  /// Checks `bytes` without decompressing them; see the variant with a span.
  public static func verify(_ bytes: [UInt8]) throws(BlockError) {
    try verify(bytes.span)
  }

  private static func ids(fromGaps gaps: [UInt32]) throws(BlockError) -> [UInt32] {
    var ids = gaps
    var next: UInt64 = 0
    for index in gaps.indices {
      let id = next + UInt64(gaps[index])
      guard let fitting = UInt32(exactly: id) else { throw .itemIDOverflow(index: index) }
      ids[index] = fitting
      next = id + 1
    }
    return ids
  }
}

// Reading the words of sections: declared lengths are checked before memory is asked for.
extension BlockOutline {
  /// The words of a section that every block has, whose number lies in `counts`.
  fileprivate func required<Word: FixedWidthInteger & BitwiseCopyable>(
    _ kind: SectionKind, of bytes: Span<UInt8>, counts: ClosedRange<Int>, as type: Word.Type
  ) throws(BlockError) -> [Word] {
    guard let entry = sections.first(where: { $0.kind == kind }) else {
      throw .missingSection(kind)
    }
    return try read(entry, of: bytes, counts: counts)
  }

  /// The `count` words of a section; none where the block does not have it.
  fileprivate func optional<Word: FixedWidthInteger & BitwiseCopyable>(
    _ kind: SectionKind, of bytes: Span<UInt8>, count: Int, as type: Word.Type
  ) throws(BlockError) -> [Word] {
    guard let entry = sections.first(where: { $0.kind == kind }) else { return [] }
    return try read(entry, of: bytes, counts: count...count)
  }

  private func read<Word: FixedWidthInteger & BitwiseCopyable>(
    _ entry: SectionEntry, of bytes: Span<UInt8>, counts: ClosedRange<Int>
  ) throws(BlockError) -> [Word] {
    let count = try checkedCount(entry, counts: counts, wordLength: Word.bitWidth / 8)
    let stored = bytes.extracting(entry.offset..<entry.offset + entry.storedLength)
    guard let decoded = decodeWords(stored, codec: entry.codec, count: count, as: Word.self) else {
      throw .decompression(
        entry.kind, offset: entry.offset, rawLength: count * (Word.bitWidth / 8))
    }
    guard decoded.rawChecksum == entry.rawChecksum else {
      throw .rawChecksum(
        entry.kind, offset: entry.offset, expected: entry.rawChecksum, found: decoded.rawChecksum)
    }
    return decoded.words
  }

  /// The number of words that the raw length makes, once both lengths are possible.
  private func checkedCount(
    _ entry: SectionEntry, counts: ClosedRange<Int>, wordLength: Int
  ) throws(BlockError) -> Int {
    let stored = UInt64(entry.storedLength)
    let bounds =
      UInt64(counts.lowerBound * wordLength)...UInt64(counts.upperBound * wordLength)
    guard bounds.contains(entry.rawLength), let raw = Int(exactly: entry.rawLength),
      raw.isMultiple(of: wordLength)
    else {
      throw entry.field(
        .rawLength, at: BlockLayout.Entry.rawLength, expected: bounds, found: entry.rawLength)
    }
    // LZ4 makes at most 255 bytes of one, and is used only where it makes the section smaller.
    let possible =
      switch entry.codec {
      case .none: entry.rawLength...entry.rawLength
      case .lz4: (entry.rawLength + 254) / 255...max(entry.rawLength, 1) - 1
      }
    guard possible.contains(stored) else {
      throw entry.field(
        .storedLength, at: BlockLayout.Entry.storedLength, expected: possible, found: stored)
    }
    return raw / wordLength
  }
}
