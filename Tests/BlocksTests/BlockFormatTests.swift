import Blocks
import Itemsets
import Testing

@Suite("Block format") struct BlockFormatTests {
  /// Forty transactions with one container of every kind: the example of the documentation.
  static func example() throws -> Block {
    let items = (0..<40).map { row -> [UInt32] in
      [2] + (row == 7 || row == 30 ? [5] : []) + (row % 2 == 0 ? [6] : [])
    }
    let dataSet = DataSetID(high: 0x123e_4567_e89b_12d3, low: 0xa456_4266_1417_4000)
    var builder = BlockBuilder(dataSet: dataSet, firstSequenceNumber: 3)
    _ = try builder.append(Transactions(items: items).batch(0..<40))
    let block = builder.finish(dictionaryDigest: 0x0123_4567_89AB_CDEF)
    return try #require(block)
  }

  /// A small block with times and customers.
  static func dated() throws -> Block {
    let transactions = Transactions(
      items: (0..<50).map { [UInt32($0 % 7), 9, UInt32(20 + $0 / 5)] },
      times: (0..<50).map { 1_700_000_000_000_000 + 977 * Int64($0) },
      customers: (0..<50).map { UInt32($0 % 11) })
    return try #require(try makeBlocks(transactions.batches(of: 50), BlockBuilder()).first)
  }

  /// A block of several thousand transactions, with compressed sections.
  static func large() throws -> Block {
    let transactions = BlockBuilderTests.random(5000, seed: 5)
    return try #require(try makeBlocks(transactions.batches(of: 5000), BlockBuilder()).first)
  }

  @Test func equalsAnIndependentEncoderWhereNothingIsCompressed() throws {
    let block = try Self.example()
    #expect(block.containers.map(\.kind) == [.runs, .array, .bitmap])
    #expect(BlockFormat.encode(block) == Forgery(block).encoded())
  }

  @Test func readsWhatAnIndependentEncoderWrites() throws {
    for block in [try Self.example(), try Self.dated(), try Self.large()] {
      #expect(try BlockFormat.decode(Forgery(block).encoded()) == block)
    }
  }

  @Test func roundTripAndDeterminism() throws {
    for block in [try Self.example(), try Self.dated(), try Self.large()] {
      let bytes = BlockFormat.encode(block)
      #expect(try BlockFormat.decode(bytes) == block)
      #expect(BlockFormat.encode(try BlockFormat.decode(bytes)) == bytes)
      try BlockFormat.verify(bytes)
    }
    #expect(BlockFormat.encode(try Self.large()) == BlockFormat.encode(try Self.large()))
  }

  @Test func compressesWhereThatIsSmaller() throws {
    let block = try Self.large()
    let bytes = BlockFormat.encode(block)
    #expect(bytes.count < Forgery(block).encoded().count)
    let codecs = (0..<3).map { bytes[64 + 48 * $0 + 3] }
    #expect(codecs.contains(1))
    for section in 0..<3 {
      let entry = 64 + 48 * section
      let raw = number(bytes, at: entry + 16)
      let stored = number(bytes, at: entry + 24)
      #expect(bytes[entry + 3] == 1 ? stored < raw : stored == raw)
    }
  }

  @Test func theHighestIDAndTheWidestGapRoundTrip() throws {
    // Only a forgery reaches such ids: the builder's memory is linear in the highest.
    var forgery = Forgery(try makeBlock([[0, 1], [1]]))
    forgery.sections[0].raw = bytes(UInt32(0)) + bytes(UInt32.max - 1)
    let block = try BlockFormat.decode(forgery.encoded())
    #expect(block.itemIDs == [0, UInt32.max])
    #expect(BlockFormat.encode(block) == forgery.encoded())
  }

  @Test func dataSetIDPrintsAsUUID() throws {
    #expect(try Self.example().dataSet.description == "123e4567-e89b-12d3-a456-426614174000")
    #expect(DataSetID.none.description == "00000000-0000-0000-0000-000000000000")
  }

  @Test func unknownOptionalSectionsAreSkippedButVerified() throws {
    let block = try Self.dated()
    var forgery = Forgery(block)
    forgery.sections.append(
      .init(kind: 8, flags: 0, codec: 77, raw: [1, 2, 3, 4, 5], rawLength: UInt64.max))
    forgery.sections.append(.init(kind: 900, flags: 0, raw: []))
    let bytes = forgery.encoded()
    #expect(try BlockFormat.decode(bytes) == block)
    try BlockFormat.verify(bytes)
    for bit in 0..<40 {
      var flipped = bytes
      flipped[bytes.count - 1 - bit / 8] ^= 1 << UInt8(bit % 8)
      guard case .storedChecksum(SectionKind.numbers, _, _, _)? = refusal(of: flipped) else {
        Issue.record("a flip in an unknown section was not found")
        continue
      }
    }
  }

  @Test(arguments: [UInt16(0), 6, 7, 8, 9, 65_535])
  func unknownRequiredSectionsRefuseTheBlock(kind: UInt16) throws {
    var forgery = Forgery(try Self.example())
    let section = Forgery.Section(kind: kind, flags: 1, raw: [1])
    forgery.sections.insert(section, at: kind == 0 ? 0 : 3)
    let error = refusal(of: forgery.encoded())
    if kind == 0 {
      #expect(error == .field(.kind, offset: 64, expected: 1...65_535, found: 0))
    } else {
      #expect(error == .unknownRequiredSection(SectionKind(rawValue: kind)))
    }
  }

  @Test func futureVersionsAreRefusedByName() throws {
    var forgery = Forgery(try Self.example())
    forgery.version = 2
    forgery.headerLength = 128
    let error = refusal(of: forgery.encoded())
    #expect(error == .unsupportedVersion(found: 2, supported: 1))
    #expect(error?.description.contains("version 2") == true)
  }

  @Test func otherBytesAreNotABlock() throws {
    #expect(refusal(of: Array("milk,bread,butter\n".utf8)) == .notABlock)
    #expect(refusal(of: []) == .truncated(needed: 16, found: 0))
  }

  @Test func theExampleOfTheDocumentationIsWhatTheEncoderWrites() throws {
    let sources = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let page = try text(of: "/\(sources)/Sources/Blocks/Blocks.docc/Format.md")
    let dump = dumpLines(BlockFormat.encode(try Self.example()))
    let shown = page.split(separator: "\n").filter { $0.contains("  |") && $0.hasSuffix("|") }
    #expect(shown == dump)
  }
}
