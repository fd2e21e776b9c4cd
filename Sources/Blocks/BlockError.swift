/// Why a block was refused; the description says what to do about it.
///
/// Offsets count bytes from the start of the encoded block.
public enum BlockError: Error, Sendable, Equatable {
  /// The bytes end before the block does.
  case truncated(needed: UInt64, found: Int)
  /// The bytes go on after the end of the block.
  case trailingBytes(expected: UInt64, found: Int)
  /// The bytes do not begin with the magic of a block.
  case notABlock
  /// The block is in a version of the format that this program does not read.
  case unsupportedVersion(found: UInt32, supported: UInt32)
  /// The encoded block is longer than ``BlockLimits/encodedBytes``.
  case tooLong(found: Int, limit: Int)
  /// The checksum over header and section table differs.
  case headerChecksum(offset: Int, expected: UInt64, found: UInt64)
  /// A field of the header or of the section table has a value that it must not have.
  case field(BlockField, offset: Int, expected: ClosedRange<UInt64>, found: UInt64)
  /// A section that may not be skipped is of a kind that this program does not know.
  case unknownRequiredSection(SectionKind)
  /// A section that every block has is not there.
  case missingSection(SectionKind)
  /// Sections are not in ascending order of their kinds, or two are of one kind.
  case sectionOrder(SectionKind, after: SectionKind)
  /// The checksum over a section's stored bytes differs.
  case storedChecksum(SectionKind, offset: Int, expected: UInt64, found: UInt64)
  /// The checksum over a section's decompressed bytes differs.
  case rawChecksum(SectionKind, offset: Int, expected: UInt64, found: UInt64)
  /// A section's bytes are not what LZ4 makes of the declared number of bytes.
  case decompression(SectionKind, offset: Int, rawLength: Int)
  /// The gap at this index of the item ids leads beyond the highest id.
  case itemIDOverflow(index: Int)
  /// The cardinalities add up to more than ``BlockLimits/occurrences``.
  case tooManyOccurrences(found: Int, limit: Int)
  /// The containers do not cover the payload exactly; both in words.
  case payloadLength(expected: Int, found: Int)
  /// The container of an item contradicts itself or its rows.
  case container(item: UInt32, ContainerDefect)
  /// A transaction has more items than a block may.
  case transactionTooLong(items: Int, limit: Int)
  /// The block has an item that the dictionary does not.
  case itemBeyondDictionary(item: UInt32, dictionaryCount: Int)
}

/// A field of the header or of the section table.
public enum BlockField: String, Sendable {
  /// Bytes before the section table.
  case headerLength = "header length"
  /// Transactions in the block.
  case transactionCount = "transaction count"
  /// Entries of the section table.
  case sectionCount = "section count"
  /// Bytes of the whole block.
  case blockLength = "block length"
  /// Kind of a section.
  case kind = "section kind"
  /// Whether a section is required.
  case flags = "section flags"
  /// How a section is compressed.
  case codec = "section codec"
  /// Bytes that must be zero.
  case reserved = "reserved field"
  /// Where a section begins.
  case offset = "section offset"
  /// Length of a section before compression.
  case rawLength = "raw length"
  /// Length of a section as stored.
  case storedLength = "stored length"
}

/// How a container contradicts itself or its rows.
public enum ContainerDefect: Sendable, Equatable {
  /// The directory names a kind that does not exist.
  case unknownKind(UInt16)
  /// The number of words does not fit the kind and cardinality.
  case length(expected: Int, found: Int)
  /// The rows (or runs) do not ascend, or two runs touch.
  case order
  /// A row is not a row of the block.
  case rowBeyondBlock(Int)
  /// The number of rows is not the cardinality.
  case cardinality(expected: Int, found: Int)
  /// Another kind would be smaller.
  case notSmallest(Container.Kind, smallest: Container.Kind)
}

extension BlockError: CustomStringConvertible {
  /// What happened, where, and what to do about it.
  public var description: String { "\(cause); \(remedy)." }

  private var cause: String {
    switch self {
    case .truncated(let needed, let found):
      "the block is cut off: \(needed) bytes needed, \(found) found"
    case .trailingBytes(let expected, let found):
      "the block has \(found) bytes, but ends after \(expected)"
    case .notABlock:
      "these bytes are not a block: they do not begin with LODEBLCK"
    case .unsupportedVersion(let found, let supported):
      "the block is in format version \(found), this program reads version \(supported)"
    case .tooLong(let found, let limit):
      "the block has \(found) bytes, more than the limit of \(limit)"
    case .headerChecksum(let offset, let expected, let found):
      "the block's header is damaged: \(mismatch(expected, found)) at byte \(offset)"
    case .field(let field, let offset, let expected, let found):
      "the block's \(field.rawValue) at byte \(offset) is \(found), not \(text(expected))"
    case .unknownRequiredSection(let kind):
      "the block has a section that this program does not know and may not skip: \(kind)"
    case .missingSection(let kind):
      "the block has no section \(kind)"
    case .sectionOrder(let kind, let before):
      "the block's section \(kind) comes after section \(before)"
    case .storedChecksum(let kind, let offset, let expected, let found):
      "section \(kind) at byte \(offset) is damaged: \(mismatch(expected, found))"
    case .rawChecksum(let kind, let offset, let expected, let found):
      "section \(kind) at byte \(offset) decompresses wrongly: \(mismatch(expected, found))"
    case .decompression(let kind, let offset, let rawLength):
      "section \(kind) at byte \(offset) does not decompress to \(rawLength) bytes"
    case .itemIDOverflow(let index):
      "entry \(index) of the block's item ids is over the highest id, 4,294,967,295"
    case .tooManyOccurrences(let found, let limit):
      "the block has \(found) item occurrences, more than the limit of \(limit)"
    case .payloadLength(let expected, let found):
      "the block's containers have \(expected) words, its payload \(found)"
    case .container(let item, let defect):
      "the rows of item \(item) are wrong: \(defect)"
    case .transactionTooLong(let items, let limit):
      "a transaction has \(items) items, more than the limit of \(limit)"
    case .itemBeyondDictionary(let item, let dictionaryCount):
      "the block has item \(item), but its dictionary has \(dictionaryCount) items"
    }
  }

  private var remedy: String {
    switch self {
    case .truncated, .trailingBytes, .headerChecksum, .storedChecksum:
      "the bytes changed after they were written: take another copy of the block"
    case .notABlock:
      "check that the file is a block of Lode"
    case .unsupportedVersion, .unknownRequiredSection:
      "read it with the version of Lode that wrote it, or a later one"
    case .transactionTooLong:
      "split it, or leave it out"
    case .itemBeyondDictionary:
      "use the dictionary that the block was built with"
    case .tooLong, .field, .missingSection, .sectionOrder, .rawChecksum, .decompression,
      .itemIDOverflow, .tooManyOccurrences, .payloadLength, .container:
      "it was written by a faulty program: build the block again from its source"
    }
  }

  private func mismatch(_ expected: UInt64, _ found: UInt64) -> String {
    "checksum \(paddedHexadecimal(expected)) expected, \(paddedHexadecimal(found)) found"
  }

  private func text(_ expected: ClosedRange<UInt64>) -> String {
    expected.lowerBound == expected.upperBound
      ? "\(expected.lowerBound)" : "\(expected.lowerBound) to \(expected.upperBound)"
  }
}

extension ContainerDefect: CustomStringConvertible {
  /// The defect as the end of a sentence.
  public var description: String {
    switch self {
    case .unknownKind(let kind): "container kind \(kind) does not exist"
    case .length(let expected, let found): "\(expected) words expected, \(found) found"
    case .order: "they do not ascend"
    case .rowBeyondBlock(let row): "row \(row) is beyond the block"
    case .cardinality(let expected, let found): "\(expected) rows expected, \(found) found"
    case .notSmallest(let kind, let smallest): "written as \(kind), smaller as \(smallest)"
    }
  }
}
