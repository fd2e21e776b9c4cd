/// Header and section table of an encoded block, with every checksum over stored bytes verified.
struct BlockOutline {
  let dataSet: DataSetID
  let sequenceNumber: UInt64
  let dictionaryDigest: UInt64
  let transactionCount: Int
  /// The sections of kinds that this version reads, in ascending order of their kinds.
  let sections: [SectionEntry]

  /// Reads and verifies all that needs no decompression; nothing is allocated but the table.
  init(_ bytes: Span<UInt8>) throws(BlockError) {
    try Self.checkPreamble(bytes)
    typealias Header = BlockLayout.Header
    let count: UInt32 = bytes.littleEndian(at: Header.sectionCount)
    try Self.check(
      .sectionCount, at: Header.sectionCount, of: UInt64(count), 1...UInt64(BlockLimits.sections))
    let sectionCount = Int(count)
    let sectionsOffset = BlockLayout.sectionsOffset(sectionCount: sectionCount)
    guard bytes.count >= sectionsOffset else {
      throw .truncated(needed: UInt64(sectionsOffset), found: bytes.count)
    }
    try Self.checkHeaderChecksum(bytes, at: sectionsOffset - BlockLayout.checksumLength)

    let transactionCount: UInt32 = bytes.littleEndian(at: Header.transactionCount)
    try Self.check(
      .transactionCount, at: Header.transactionCount, of: UInt64(transactionCount),
      1...UInt64(BlockLimits.transactions))
    let blockLength: UInt64 = bytes.littleEndian(at: Header.blockLength)
    guard blockLength <= UInt64(bytes.count) else {
      throw .truncated(needed: blockLength, found: bytes.count)
    }
    guard blockLength == UInt64(bytes.count) else {
      throw .trailingBytes(expected: blockLength, found: bytes.count)
    }
    sections = try Self.readTable(bytes, sectionCount: sectionCount)
    dataSet = DataSetID(
      high: bytes.littleEndian(at: Header.dataSet, as: UInt64.self).byteSwapped,
      low: bytes.littleEndian(at: Header.dataSet + 8, as: UInt64.self).byteSwapped)
    sequenceNumber = bytes.littleEndian(at: Header.sequenceNumber)
    dictionaryDigest = bytes.littleEndian(at: Header.dictionaryDigest)
    self.transactionCount = Int(transactionCount)
  }

  /// Magic, version and header length: what every version begins with.
  private static func checkPreamble(_ bytes: Span<UInt8>) throws(BlockError) {
    guard bytes.count <= BlockLimits.encodedBytes else {
      throw .tooLong(found: bytes.count, limit: BlockLimits.encodedBytes)
    }
    guard bytes.count >= BlockLayout.preambleLength else {
      throw .truncated(needed: UInt64(BlockLayout.preambleLength), found: bytes.count)
    }
    guard bytes.littleEndian(at: BlockLayout.Header.magic) == BlockLayout.magic else {
      throw .notABlock
    }
    let version: UInt32 = bytes.littleEndian(at: BlockLayout.Header.version)
    guard version == BlockFormat.version else {
      throw .unsupportedVersion(found: version, supported: BlockFormat.version)
    }
    let headerLength: UInt32 = bytes.littleEndian(at: BlockLayout.Header.headerLength)
    let expected = UInt64(BlockLayout.headerLength)
    try check(
      .headerLength, at: BlockLayout.Header.headerLength, of: UInt64(headerLength),
      expected...expected)
    guard bytes.count >= BlockLayout.headerLength else {
      throw .truncated(needed: expected, found: bytes.count)
    }
  }

  private static func checkHeaderChecksum(
    _ bytes: Span<UInt8>, at offset: Int
  ) throws(BlockError) {
    let declared: UInt64 = bytes.littleEndian(at: offset)
    let found = checksum(bytes.extracting(0..<offset))
    guard declared == found else {
      throw .headerChecksum(offset: offset, expected: declared, found: found)
    }
  }

  /// The known sections, once all sections are in order, adjacent, up to the end, and undamaged.
  private static func readTable(
    _ bytes: Span<UInt8>, sectionCount: Int
  ) throws(BlockError) -> [SectionEntry] {
    var known: [SectionEntry] = []
    var previous: SectionKind?
    var offset = BlockLayout.sectionsOffset(sectionCount: sectionCount)
    for index in 0..<sectionCount {
      let entry = BlockLayout.headerLength + index * BlockLayout.entryLength
      let kind = SectionKind(rawValue: bytes.littleEndian(at: entry + BlockLayout.Entry.kind))
      if let previous, previous.rawValue >= kind.rawValue {
        throw .sectionOrder(kind, after: previous)
      }
      let storedLength = try checkPlace(bytes, entry: entry, offset: offset)
      let declared: UInt64 = bytes.littleEndian(at: entry + BlockLayout.Entry.storedChecksum)
      let found = checksum(bytes.extracting(offset..<offset + storedLength))
      guard declared == found else {
        throw .storedChecksum(kind, offset: offset, expected: declared, found: found)
      }
      if try isRead(bytes, entry: entry, kind: kind) {
        known.append(
          try readEntry(bytes, at: entry, kind: kind, offset: offset, storedLength: storedLength))
      }
      offset += storedLength
      previous = kind
    }
    guard offset == bytes.count else {
      throw .trailingBytes(expected: UInt64(offset), found: bytes.count)
    }
    return known
  }

  /// Checks that the section of the entry begins at `offset` and ends inside; its stored length.
  private static func checkPlace(
    _ bytes: Span<UInt8>, entry: Int, offset: Int
  ) throws(BlockError) -> Int {
    typealias Entry = BlockLayout.Entry
    let reserved: UInt32 = bytes.littleEndian(at: entry + Entry.reserved)
    try check(.reserved, at: entry + Entry.reserved, of: UInt64(reserved), 0...0)
    let declared: UInt64 = bytes.littleEndian(at: entry + Entry.offset)
    try check(.offset, at: entry + Entry.offset, of: declared, UInt64(offset)...UInt64(offset))
    let room = bytes.count - offset
    let stored: UInt64 = bytes.littleEndian(at: entry + Entry.storedLength)
    try check(.storedLength, at: entry + Entry.storedLength, of: stored, 0...UInt64(room))
    return Int(exactly: stored) ?? room
  }

  /// Whether the section is read; an unknown one is skipped, or refuses the block if required.
  private static func isRead(
    _ bytes: Span<UInt8>, entry: Int, kind: SectionKind
  ) throws(BlockError) -> Bool {
    try check(.kind, at: entry + BlockLayout.Entry.kind, of: UInt64(kind.rawValue), 1...0xFFFF)
    let flags = UInt64(bytes[entry + BlockLayout.Entry.flags])
    let position = entry + BlockLayout.Entry.flags
    if kind.isKnown {
      let expected: UInt64 = kind.isRequired ? 1 : 0
      try check(.flags, at: position, of: flags, expected...expected)
      return true
    }
    if flags == 1 { throw .unknownRequiredSection(kind) }
    try check(.flags, at: position, of: flags, 0...1)
    return false
  }

  private static func readEntry(
    _ bytes: Span<UInt8>, at entry: Int, kind: SectionKind, offset: Int, storedLength: Int
  ) throws(BlockError) -> SectionEntry {
    typealias Entry = BlockLayout.Entry
    guard let codec = SectionCodec(rawValue: bytes[entry + Entry.codec]) else {
      throw .field(
        .codec, offset: entry + Entry.codec, expected: 0...1,
        found: UInt64(bytes[entry + Entry.codec]))
    }
    return SectionEntry(
      kind: kind, codec: codec, offset: offset,
      rawLength: bytes.littleEndian(at: entry + Entry.rawLength), storedLength: storedLength,
      rawChecksum: bytes.littleEndian(at: entry + Entry.rawChecksum), entryOffset: entry)
  }

  private static func check(
    _ field: BlockField, at offset: Int, of found: UInt64, _ expected: ClosedRange<UInt64>
  ) throws(BlockError) {
    if !expected.contains(found) {
      throw .field(field, offset: offset, expected: expected, found: found)
    }
  }
}
