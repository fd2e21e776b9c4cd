import Blocks

/// An encoder of blocks written from the description of the format, which also writes what no
/// encoder should, under checksums that hold.
struct Forgery {
  struct Section {
    var kind: UInt16
    var flags: UInt8
    var codec: UInt8 = 0
    var raw: [UInt8]
    /// What is stored in place of `raw`.
    var stored: [UInt8]?
    var reserved: UInt32 = 0
    /// Fields that shall not tell the truth.
    var offset: UInt64?
    var rawLength: UInt64?
    var storedLength: UInt64?
    var rawChecksum: UInt64?
    var storedChecksum: UInt64?
  }

  var magic = Array("LODEBLCK".utf8)
  var version: UInt32 = 1
  var headerLength: UInt32 = 64
  var dataSet = [UInt8](repeating: 0, count: 16)
  var sequenceNumber: UInt64 = 0
  var dictionaryDigest: UInt64 = 0
  var transactionCount: UInt32
  var sectionCount: UInt32?
  var blockLength: UInt64?
  var sections: [Section]
  var trailing: [UInt8] = []

  /// The sections of a block, none compressed.
  init(_ block: Block) {
    transactionCount = UInt32(block.transactionCount)
    sequenceNumber = block.sequenceNumber
    dictionaryDigest = block.dictionaryDigest
    for shift in stride(from: 56, through: 0, by: -8) {
      dataSet[7 - shift / 8] = UInt8(truncatingIfNeeded: block.dataSet.high >> UInt64(shift))
      dataSet[15 - shift / 8] = UInt8(truncatingIfNeeded: block.dataSet.low >> UInt64(shift))
    }
    var gaps: [UInt8] = []
    var directory: [UInt8] = []
    var previous = -1
    for (id, container) in zip(block.itemIDs, block.containers) {
      gaps += bytes(UInt32(Int(id) - previous - 1))
      previous = Int(id)
      directory += bytes(UInt16(container.kind.rawValue))
      directory += bytes(UInt16(container.cardinality - 1))
      directory += bytes(UInt16(container.length))
    }
    sections = [
      Section(kind: 1, flags: 1, raw: gaps),
      Section(kind: 2, flags: 1, raw: directory),
      Section(kind: 3, flags: 1, raw: block.payload.flatMap { bytes($0) }),
    ]
    if !block.times.isEmpty {
      sections.append(Section(kind: 4, flags: 0, raw: block.times.flatMap { bytes($0) }))
    }
    if !block.customers.isEmpty {
      sections.append(Section(kind: 5, flags: 0, raw: block.customers.flatMap { bytes($0) }))
    }
  }

  /// The encoded block, every checksum computed anew.
  func encoded() -> [UInt8] {
    var offset = UInt64(64 + 48 * sections.count + 8)
    let stored = sections.map { $0.stored ?? $0.raw }
    let length = stored.reduce(offset) { $0 + UInt64($1.count) } + UInt64(trailing.count)
    var result = magic + bytes(version) + bytes(headerLength) + dataSet
    result += bytes(sequenceNumber) + bytes(dictionaryDigest) + bytes(transactionCount)
    result += bytes(sectionCount ?? UInt32(sections.count)) + bytes(blockLength ?? length)
    for (section, stored) in zip(sections, stored) {
      result += bytes(section.kind) + [section.flags, section.codec] + bytes(section.reserved)
      result += bytes(section.offset ?? offset)
      result += bytes(section.rawLength ?? UInt64(section.raw.count))
      result += bytes(section.storedLength ?? UInt64(stored.count))
      result += bytes(section.storedChecksum ?? checksum(stored.span))
      result += bytes(section.rawChecksum ?? checksum(section.raw.span))
      offset += UInt64(stored.count)
    }
    result += bytes(checksum(result.span))
    return result + stored.flatMap { $0 } + trailing
  }
}

/// The bytes of a number, least significant first.
func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> Number(8 * $0)) }
}
