import Blocks
import Testing

/// Blocks whose checksums hold but whose contents contradict each other.
@Suite("Lying blocks") struct LyingBlockTests {
  static func refusal(after change: (inout Forgery) -> Void) throws -> BlockError? {
    var forgery = Forgery(try BlockFormatTests.example())
    change(&forgery)
    return BlocksTests.refusal(of: forgery.encoded())
  }

  /// The refusal of one container over 40 rows.
  static func refusal(kind: UInt16, cardinality: Int, words: [UInt16]) throws -> BlockError? {
    try refusal {
      $0.sections[0].raw = bytes(UInt32(4))
      let declared = UInt16(truncatingIfNeeded: cardinality - 1)
      $0.sections[1].raw = bytes(kind) + bytes(declared) + bytes(UInt16(words.count))
      $0.sections[2].raw = words.flatMap { bytes($0) }
    }
  }

  @Test func headerFields() throws {
    #expect(
      try Self.refusal { $0.headerLength = 65 }
        == .field(.headerLength, offset: 12, expected: 64...64, found: 65))
    for count in [UInt32(0), 65_537, UInt32.max] {
      #expect(
        try Self.refusal { $0.transactionCount = count }
          == .field(.transactionCount, offset: 48, expected: 1...65_536, found: UInt64(count)))
    }
    for count in [UInt32(0), 65, UInt32.max] {
      #expect(
        try Self.refusal { $0.sectionCount = count }
          == .field(.sectionCount, offset: 52, expected: 1...64, found: UInt64(count)))
    }
    let length = BlockFormat.encode(try BlockFormatTests.example()).count
    #expect(
      try Self.refusal { $0.blockLength = UInt64.max }
        == .truncated(needed: UInt64.max, found: length))
    #expect(
      try Self.refusal { $0.blockLength = 5 } == .trailingBytes(expected: 5, found: length))
    #expect(
      try Self.refusal { $0.trailing = [1, 2] }
        == .trailingBytes(expected: UInt64(length), found: length + 2))
  }

  @Test func sectionTable() throws {
    // The entry of the payload begins at byte 64 + 2 * 48 = 160, the sections at 216.
    #expect(
      try Self.refusal { $0.sections[2].reserved = 1 }
        == .field(.reserved, offset: 164, expected: 0...0, found: 1))
    #expect(
      try Self.refusal { $0.sections[2].flags = 0 }
        == .field(.flags, offset: 162, expected: 1...1, found: 0))
    #expect(
      try Self.refusal { $0.sections[2].flags = 3 }
        == .field(.flags, offset: 162, expected: 1...1, found: 3))
    #expect(
      try Self.refusal { $0.sections[2].codec = 2 }
        == .field(.codec, offset: 163, expected: 0...1, found: 2))
    for offset in [0, 245, 247, UInt64.max] as [UInt64] {
      #expect(
        try Self.refusal { $0.sections[2].offset = offset }
          == .field(.offset, offset: 168, expected: 246...246, found: offset))
    }
    for length in [15, 1 << 40, UInt64.max] as [UInt64] {
      #expect(
        try Self.refusal { $0.sections[2].storedLength = length }
          == .field(.storedLength, offset: 184, expected: 0...14, found: length))
    }
    #expect(
      try Self.refusal { $0.sections.swapAt(0, 1) } == .sectionOrder(.itemIDs, after: .directory))
    #expect(
      try Self.refusal { $0.sections.insert($0.sections[1], at: 1) }
        == .sectionOrder(.directory, after: .directory))
  }

  @Test(arguments: 0..<3) func everyRequiredSectionIsMissed(index: Int) throws {
    var forgery = Forgery(try BlockFormatTests.example())
    forgery.sections.remove(at: index)
    let missing = BlockError.missingSection(SectionKind(rawValue: UInt16(index + 1)))
    #expect(BlocksTests.refusal(of: forgery.encoded()) == missing)
    #expect(throws: missing) { try BlockFormat.verify(forgery.encoded()) }
  }

  @Test func rawLengthsAreCheckedBeforeMemoryIsAskedFor() throws {
    // What is refused as a field was refused before anything was decompressed or allocated.
    for length in [15, (1 << 25) + 2, 1 << 40, UInt64.max] as [UInt64] {
      #expect(
        try Self.refusal {
          $0.sections[2].codec = 1
          $0.sections[2].rawLength = length
        } == .field(.rawLength, offset: 176, expected: 0...1 << 25, found: length))
    }
    #expect(
      try Self.refusal {
        $0.sections[2].codec = 1
        $0.sections[2].rawLength = 1 << 25
      } == .field(.storedLength, offset: 184, expected: 131_587...(1 << 25 - 1), found: 14))
    #expect(
      try Self.refusal { $0.sections[2].rawLength = 12 }
        == .field(.storedLength, offset: 184, expected: 12...12, found: 14))
    #expect(
      try Self.refusal {
        $0.sections[2].codec = 1
        $0.sections[2].rawLength = 14
      } == .field(.storedLength, offset: 184, expected: 1...13, found: 14))
  }

  @Test func sectionsMustDecompressToTheirRawBytes() throws {
    let even = Array(stride(from: 0, to: 2000, by: 2))
    let block = try makeBlock(rowsOfItems: [even, even, even], count: 2000)
    var forgery = Forgery(block)
    let raw = forgery.sections[2].raw
    let compressed = compressedIfSmaller(raw)
    let stored = try #require(compressed)
    forgery.sections[2].codec = 1
    forgery.sections[2].stored = stored
    #expect(try BlockFormat.decode(forgery.encoded()) == block)

    let offset = forgery.encoded().count - stored.count
    for length in [raw.count - 2, raw.count + 2] {
      forgery.sections[2].rawLength = UInt64(length)
      #expect(
        BlocksTests.refusal(of: forgery.encoded())
          == .decompression(.payload, offset: offset, rawLength: length))
    }
    forgery.sections[2].rawLength = nil
    forgery.sections[2].rawChecksum = 1
    #expect(
      BlocksTests.refusal(of: forgery.encoded())
        == .rawChecksum(.payload, offset: offset, expected: 1, found: checksum(raw.span)))
  }

  @Test func itemIDsAndDirectory() throws {
    #expect(
      try Self.refusal {
        $0.sections[0].raw = bytes(UInt32.max) + bytes(UInt32(0)) + bytes(UInt32(0))
      } == .itemIDOverflow(index: 1))
    // One item more, or less, than the directory has.
    for items in [2, 4] {
      let length = UInt64(6 * items)
      #expect(
        try Self.refusal { $0.sections[0].raw = [UInt8](repeating: 0, count: 4 * items) }
          == .field(.rawLength, offset: 128, expected: length...length, found: 18))
    }
    #expect(
      try Self.refusal { $0.sections[2].raw += [0, 0] } == .payloadLength(expected: 7, found: 8))
    #expect(
      try Self.refusal { $0.sections[2].raw.removeLast(2) }
        == .payloadLength(expected: 7, found: 6))
  }

  @Test func timesAndCustomersMustBeOneATransaction() throws {
    var forgery = Forgery(try BlockFormatTests.dated())
    forgery.sections[3].raw.removeLast(8)
    #expect(
      BlocksTests.refusal(of: forgery.encoded())
        == .field(.rawLength, offset: 64 + 3 * 48 + 16, expected: 400...400, found: 392))
    forgery = Forgery(try BlockFormatTests.dated())
    forgery.sections[4].raw += [1, 2, 3, 4]
    #expect(
      BlocksTests.refusal(of: forgery.encoded())
        == .field(.rawLength, offset: 64 + 4 * 48 + 16, expected: 200...200, found: 204))
  }

  @Test func containersOfNoKindOrLength() throws {
    func defect(_ kind: UInt16, _ cardinality: Int, _ words: [UInt16]) throws -> BlockError? {
      try Self.refusal(kind: kind, cardinality: cardinality, words: words)
    }
    #expect(try defect(0, 2, [3, 9]) == nil)
    #expect(try defect(3, 2, [3, 9]) == .container(item: 4, .unknownKind(3)))
    #expect(try defect(256, 2, [3, 9]) == .container(item: 4, .unknownKind(256)))
    #expect(try defect(0, 3, [3, 9]) == .container(item: 4, .length(expected: 3, found: 2)))
    #expect(try defect(0, 1, []) == .container(item: 4, .length(expected: 1, found: 0)))
    #expect(try defect(1, 2, [3, 9]) == .container(item: 4, .length(expected: 3, found: 2)))
    #expect(try defect(2, 3, [1]) == .container(item: 4, .length(expected: 2, found: 1)))
    #expect(try defect(2, 3, []) == .container(item: 4, .length(expected: 1, found: 0)))
  }

  @Test func containersOfWrongRows() throws {
    func defect(_ kind: UInt16, _ cardinality: Int, _ words: [UInt16]) throws -> BlockError? {
      try Self.refusal(kind: kind, cardinality: cardinality, words: words)
    }
    #expect(try defect(0, 2, [9, 3]) == .container(item: 4, .order))
    #expect(try defect(0, 2, [9, 9]) == .container(item: 4, .order))
    #expect(try defect(0, 2, [9, 40]) == .container(item: 4, .rowBeyondBlock(40)))
    #expect(try defect(0, 2, [9, 39]) == nil)

    #expect(try defect(1, 20, [0x5555, 0x5555, 0x55]) == nil)
    #expect(
      try defect(1, 21, [0x5555, 0x5555, 0x155]) == .container(item: 4, .rowBeyondBlock(40)))
    #expect(
      try defect(1, 21, [0x5555, 0x5555, 0x55])
        == .container(item: 4, .cardinality(expected: 21, found: 20)))

    #expect(try defect(2, 40, [0, 39]) == nil)
    #expect(try defect(2, 41, [0, 40]) == .container(item: 4, .rowBeyondBlock(40)))
    #expect(try defect(2, 3, [0xFFFF, 0xFFFF]) == .container(item: 4, .rowBeyondBlock(131_070)))
    #expect(
      try defect(2, 39, [0, 39]) == .container(item: 4, .cardinality(expected: 39, found: 40)))
    // Runs that touch, overlap or go back.
    #expect(try defect(2, 30, [0, 9, 10, 19]) == .container(item: 4, .order))
    #expect(try defect(2, 30, [0, 9, 5, 19]) == .container(item: 4, .order))
    #expect(try defect(2, 30, [20, 9, 0, 5]) == .container(item: 4, .order))
  }

  @Test func containersThatAreNotTheSmallest() throws {
    func kinds(
      _ kind: UInt16, _ cardinality: Int, _ words: [UInt16]
    ) throws -> BlockError? {
      try Self.refusal(kind: kind, cardinality: cardinality, words: words)
    }
    #expect(
      try kinds(0, 3, [1, 2, 3]) == .container(item: 4, .notSmallest(.array, smallest: .runs)))
    #expect(
      try kinds(1, 2, [0x11, 0, 0]) == .container(item: 4, .notSmallest(.bitmap, smallest: .array)))
    #expect(
      try kinds(1, 40, [0xFFFF, 0xFFFF, 0xFF])
        == .container(item: 4, .notSmallest(.bitmap, smallest: .runs)))
    #expect(try kinds(2, 2, [3, 1]) == .container(item: 4, .notSmallest(.runs, smallest: .array)))
    #expect(
      try kinds(2, 12, [0, 5, 10, 5])
        == .container(item: 4, .notSmallest(.runs, smallest: .bitmap)))
  }
}
