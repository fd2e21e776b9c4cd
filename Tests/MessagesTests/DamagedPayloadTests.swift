import Apriori
import Messages
import TestSupport
import Testing

/// Whatever bytes arrive, reading them ends with a valid value or an error.
@Suite("Damaged payloads") struct DamagedPayloadTests {
  /// Cuts and changes an encoded value in every place.
  ///
  /// A cut is always refused. What is accepted after a change must be a value like any other: it is
  /// written and read again without a difference.
  private func damage<Value: PayloadCoding>(_ value: Value, seed: UInt64) throws {
    let bytes = value.encoded()
    #expect(try Value(decoding: bytes).encoded() == bytes)
    for length in 0..<bytes.count {
      #expect(throws: PayloadError.self) { try Value(decoding: Array(bytes[..<length])) }
    }
    #expect(throws: PayloadError.self) { try Value(decoding: bytes + [0]) }
    for kind in PayloadKind.allCases where kind.rawValue != bytes[0] {
      #expect(throws: PayloadError.self) {
        try Value(decoding: [kind.rawValue] + bytes.dropFirst())
      }
    }
    var generator = SeededGenerator(seed: seed)
    for index in bytes.indices {
      var changes = (0..<8).map { bytes[index] ^ (1 << UInt8($0)) }
      changes += (0..<4).map { _ in UInt8.random(in: 0...255, using: &generator) }
      for change in changes {
        var damaged = bytes
        damaged[index] = change
        check(damaged, as: Value.self)
      }
    }
    for _ in 0..<300 {
      var garbage = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator) >> UInt8(generator.next() % 8)
      }
      garbage.insert(contentsOf: bytes[..<2], at: 0)
      check(garbage, as: Value.self)
    }
  }

  private func check<Value: PayloadCoding>(_ bytes: [UInt8], as type: Value.Type) {
    do throws(PayloadError) {
      let value = try Value(decoding: bytes)
      let written = value.encoded()
      #expect(try Value(decoding: written).encoded() == written)
    } catch {
      #expect(error.description.hasSuffix("."))
      #expect(error.offset >= 0 && error.offset <= bytes.count)
    }
  }

  @Test(arguments: 0..<12) func reports(seed: UInt64) throws {
    var samples = Samples(seed: seed)
    let density = [0.03, 0.3, 1][Int(seed % 3)]
    switch seed % 4 {
    case 0: try damage(CountReport.all(samples.counts(150, density: density, most: 9)), seed: seed)
    case 1:
      try damage(CountReport.all(samples.counts(140, density: density, most: .max)), seed: seed)
    default:
      try damage(
        samples.report(candidates: 100, density: density, allowance: seed), seed: seed)
    }
  }

  @Test func lists() throws {
    var samples = Samples(seed: 21)
    try damage(PositionList(samples.positions(below: 300, density: 0.1)), seed: 1)
    try damage(PositionList([]), seed: 2)
    try damage(samples.survivors(ranges: 6), seed: 3)
    try damage(ItemList((0..<50).map { _ in UInt32(samples.number(0...5000)) }), seed: 4)
  }

  @Test(arguments: 0..<6) func reductions(seed: UInt64) throws {
    var samples = Samples(seed: seed + 30)
    try damage(
      samples.reduction(
        isClosed: seed % 3 > 0, candidates: 150, spread: seed % 2 == 0 ? 60 : 1 << 40), seed: seed)
  }

  @Test(arguments: 1...3) func levels(length: Int) throws {
    var samples = Samples(seed: 22)
    try damage(
      samples.level(length: length, rankCount: 12, segments: 2, groups: 4), seed: UInt64(length))
  }

  @Test func items() throws {
    var samples = Samples(seed: 23)
    try damage(samples.rankedItems(9), seed: 1)
    try damage(DictionarySegment(try samples.dictionary(9)), seed: 2)
    try damage(BlockCounts(try samples.blocks(3)), seed: 3)
  }

  @Test func chunks() throws {
    var samples = Samples(seed: 24)
    try damage(samples.chunk(rows: 9, hasTimes: true, hasCustomers: true), seed: 1)
    try damage(samples.chunk(rows: 5, hasTimes: false, hasCustomers: false), seed: 2)
  }

  /// A few bytes must not ask for gigabytes.
  @Test func lengthsAreCheckedBeforeMemoryIsAskedFor() {
    let huge: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F]
    for kind in PayloadKind.allCases {
      for form: [UInt8] in [[], [0], [1, 0], [2], [1, 0, 1]] {
        let bytes = [kind.rawValue, 1] + form + huge + [0, 0, 0, 0]
        #expect(throws: PayloadError.self) { try CountReport(decoding: bytes) }
        #expect(throws: PayloadError.self) { try PositionList(decoding: bytes) }
        #expect(throws: PayloadError.self) { try SurvivorsList(decoding: bytes) }
        #expect(throws: PayloadError.self) { try ItemList(decoding: bytes) }
        #expect(throws: PayloadError.self) { try Level(decoding: bytes) }
        #expect(throws: PayloadError.self) { try TransactionChunk(decoding: bytes) }
        #expect(throws: PayloadError.self) { try DictionarySegment(decoding: bytes) }
        #expect(throws: PayloadError.self) { try BlockCounts(decoding: bytes) }
        #expect(throws: PayloadError.self) { try RangeReduction(decoding: bytes) }
      }
    }
  }

  @Test func aDictionaryHasEachNameOnce() throws {
    // Two names, "a" and "a", in a section that is not compressed.
    let raw: [UInt8] = [2, 1, 1, 97, 97]
    var bytes: [UInt8] = [PayloadKind.dictionary.rawValue, 1, 5, 5] + raw
    let checksum = checksum64(raw)
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: checksum >> shift))
    }
    let segment = try DictionarySegment(decoding: bytes)
    #expect(throws: PayloadError.self) { try segment.dictionary() }
  }
}
