extension BlockFormat {
  /// The encoded form of `block`: the same bytes for the same block (and release of liblz4).
  ///
  /// - Parameter compresses: whether sections are compressed where that makes them smaller; not worth
  ///   its time for a file that is read again at once.
  /// - Complexity: O(size of the block).
  public static func encode(_ block: Block, compresses: Bool = true) -> [UInt8] {
    var sections = [
      EncodedSection(.itemIDs, words: gaps(between: block.itemIDs), compresses),
      EncodedSection(.directory, words: directory(of: block.containers), compresses),
      EncodedSection(.payload, words: block.payload, compresses),
    ]
    if !block.times.isEmpty {
      sections.append(EncodedSection(.times, words: block.times, compresses))
    }
    if !block.customers.isEmpty {
      sections.append(EncodedSection(.customers, words: block.customers, compresses))
    }
    return assemble(block, sections)
  }

  /// The first id, then for every further id how many ids lie between it and the one before.
  private static func gaps(between itemIDs: [UInt32]) -> [UInt32] {
    var next: UInt32 = 0
    return itemIDs.map { id in
      defer { next = id &+ 1 }
      return id &- next
    }
  }

  /// Three words a container: kind, cardinality less one, length.
  private static func directory(of containers: [Container]) -> [UInt16] {
    var words: [UInt16] = []
    words.reserveCapacity(3 * containers.count)
    for container in containers {
      words.append(UInt16(container.kind.rawValue))
      words.append(UInt16(truncatingIfNeeded: container.cardinality - 1))
      words.append(UInt16(truncatingIfNeeded: container.length))
    }
    return words
  }

  private static func assemble(_ block: Block, _ sections: [EncodedSection]) -> [UInt8] {
    var offset = BlockLayout.sectionsOffset(sectionCount: sections.count)
    let blockLength = sections.reduce(offset) { $0 + $1.stored.count }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(blockLength)
    bytes.append(littleEndian: BlockLayout.magic)
    bytes.append(littleEndian: version)
    bytes.append(littleEndian: UInt32(BlockLayout.headerLength))
    // A UUID is written in the order in which it is printed.
    bytes.append(littleEndian: block.dataSet.high.byteSwapped)
    bytes.append(littleEndian: block.dataSet.low.byteSwapped)
    bytes.append(littleEndian: block.sequenceNumber)
    bytes.append(littleEndian: block.dictionaryDigest)
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: block.transactionCount))
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: sections.count))
    bytes.append(littleEndian: UInt64(blockLength))
    for section in sections {
      bytes.append(littleEndian: section.kind.rawValue)
      bytes.append(section.kind.isRequired ? 1 : 0)
      bytes.append(section.codec.rawValue)
      bytes.append(littleEndian: UInt32(0))
      bytes.append(littleEndian: UInt64(offset))
      bytes.append(littleEndian: UInt64(section.rawLength))
      bytes.append(littleEndian: UInt64(section.stored.count))
      bytes.append(littleEndian: section.storedChecksum)
      bytes.append(littleEndian: section.rawChecksum)
      offset += section.stored.count
    }
    bytes.append(littleEndian: checksum(bytes.span))
    for section in sections { bytes.append(contentsOf: section.stored) }
    return bytes
  }
}

/// A section ready to be stored, compressed where that makes it smaller.
private struct EncodedSection {
  let kind: SectionKind
  let codec: SectionCodec
  let stored: [UInt8]
  let storedChecksum: UInt64
  let rawLength: Int
  let rawChecksum: UInt64

  init<Word: FixedWidthInteger & BitwiseCopyable>(
    _ kind: SectionKind, words: [Word], _ compresses: Bool
  ) {
    let raw = [UInt8](littleEndian: words)
    let compressed = compresses ? compressedIfSmaller(raw) : nil
    self.kind = kind
    rawLength = raw.count
    rawChecksum = checksum(raw.span)
    if let compressed {
      codec = .lz4
      stored = compressed
      storedChecksum = checksum(compressed.span)
    } else {
      codec = .none
      stored = raw
      storedChecksum = rawChecksum
    }
  }
}
