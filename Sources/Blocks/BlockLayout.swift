// Where things lie in an encoded block. Blocks.docc/Format.md says the same in words.

/// The encoded form of a ``Block``: version 1 of the format, see <doc:Format>.
public enum BlockFormat {
  /// The version of the format that is written and read.
  public static let version: UInt32 = 1
}

/// Sizes and offsets in bytes, and fixed values.
enum BlockLayout {
  /// The bytes `LODEBLCK`, as a little-endian number.
  static let magic: UInt64 = 0x4B43_4C42_4544_4F4C
  static let headerLength = 64
  static let entryLength = 48
  static let checksumLength = 8
  /// Magic, version and header length: what no version will ever change.
  static let preambleLength = 16

  enum Header {
    static let magic = 0
    static let version = 8
    static let headerLength = 12
    static let dataSet = 16
    static let sequenceNumber = 32
    static let dictionaryDigest = 40
    static let transactionCount = 48
    static let sectionCount = 52
    static let blockLength = 56
  }

  /// Relative to the start of an entry of the section table.
  enum Entry {
    static let kind = 0
    static let flags = 2
    static let codec = 3
    static let reserved = 4
    static let offset = 8
    static let rawLength = 16
    static let storedLength = 24
    static let storedChecksum = 32
    static let rawChecksum = 40
  }

  /// Where the sections begin: after the header, the table and their checksum.
  static func sectionsOffset(sectionCount: Int) -> Int {
    headerLength + sectionCount * entryLength + checksumLength
  }
}

/// How the bytes of a section are stored.
enum SectionCodec: UInt8 {
  case none = 0
  case lz4 = 1
}

/// One entry of the section table, as read and checked.
struct SectionEntry {
  let kind: SectionKind
  let codec: SectionCodec
  let offset: Int
  let rawLength: UInt64
  let storedLength: Int
  let rawChecksum: UInt64
  /// Where the entry itself lies, for messages.
  let entryOffset: Int

  func field(
    _ field: BlockField, at position: Int, expected: ClosedRange<UInt64>, found: UInt64
  ) -> BlockError {
    .field(field, offset: entryOffset + position, expected: expected, found: found)
  }
}
