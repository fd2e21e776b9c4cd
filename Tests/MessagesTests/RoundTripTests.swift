import Apriori
import Itemsets
import Messages
import TestSupport
import Testing

/// What is written is read again, whatever the value.
@Suite("Payloads, there and back") struct RoundTripTests {
  @Test(arguments: [0, 0.001, 0.02, 0.2, 0.6, 1])
  func reports(density: Double) throws {
    var samples = Samples(seed: 1)
    for candidates in [0, 1, 2, 127, 128, 129, 1000, 20_000] {
      for most: UInt32 in [0, 1, 300, 70_000, .max] {
        let report = CountReport.all(
          samples.counts(candidates, density: density, most: most))
        let bytes = report.encoded()
        #expect(try CountReport(decoding: bytes, candidateCount: candidates) == report)
        #expect(try CountReport(decoding: bytes) == report)
        #expect(throws: PayloadError.self) {
          try CountReport(decoding: bytes, candidateCount: candidates + 1)
        }
      }
      for allowance: UInt64 in [0, 1, 17, 1 << 31, 1 << 32 - 2] {
        let report = samples.report(
          candidates: candidates, density: density, allowance: allowance)
        let bytes = report.encoded()
        #expect(try CountReport(decoding: bytes, candidateCount: candidates) == report)
        #expect(try CountReport(decoding: bytes) == report)
      }
    }
  }

  @Test func positionsBeyondTheCandidatesAreRefused() throws {
    let report = CountReport.above(allowance: 2, positions: [3, 9], counts: [5, 3])
    let bytes = report.encoded()
    #expect(try CountReport(decoding: bytes, candidateCount: 10) == report)
    #expect(throws: PayloadError.self) { try CountReport(decoding: bytes, candidateCount: 9) }
    let list = PositionList([0, 4]).encoded()
    #expect(throws: PayloadError.self) { try PositionList(decoding: list, candidateCount: 4) }
  }

  @Test func farPositions() throws {
    let positions: [UInt32] = [0, 1, .max - 1, .max]
    let report = CountReport.above(
      allowance: .max, positions: [], counts: [])
    #expect(try CountReport(decoding: report.encoded()) == report)
    let far = CountReport.above(allowance: 0, positions: positions, counts: [1, .max, 2, .max])
    #expect(try CountReport(decoding: far.encoded()) == far)
    #expect(try PositionList(decoding: PositionList(positions).encoded()).positions == positions)
  }

  @Test(arguments: 0..<20) func lists(seed: UInt64) throws {
    var samples = Samples(seed: seed)
    let list = PositionList(samples.positions(below: 3000, density: Double(seed) / 20))
    #expect(try PositionList(decoding: list.encoded()) == list)
    let survivors = samples.survivors(ranges: Int(seed))
    #expect(try SurvivorsList(decoding: survivors.encoded()) == survivors)
    let items = ItemList((0..<40 * Int(seed)).map { _ in UInt32(samples.skewed(below: 1 << 32)) })
    #expect(try ItemList(decoding: items.encoded()) == items)
  }

  @Test(arguments: 0..<20) func reductions(seed: UInt64) throws {
    var samples = Samples(seed: seed)
    for spread in [1, 300, 1 << 32, 1 << 33, .max - 1] as [UInt64] {
      for candidates in [0, 3, 3_000] {
        let reduction = samples.reduction(
          isClosed: seed % 4 > 0, candidates: candidates, spread: spread)
        #expect(try RangeReduction(decoding: reduction.encoded()) == reduction)
      }
    }
    let ends = RangeReduction.closed(
      FrequentCandidates(positions: [0, .max], counts: [0, .max]))
    #expect(try RangeReduction(decoding: ends.encoded()) == ends)
  }

  @Test(arguments: 1...4) func levels(length: Int) throws {
    var samples = Samples(seed: UInt64(length))
    for segments in [1, 2, 5] {
      let level = samples.level(length: length, rankCount: 30, segments: segments, groups: 9)
      let found = try Level(decoding: level.encoded(), rankCount: 30)
      #expect(found.segments == level.segments)
      #expect(found.structureDigest == level.structureDigest)
      #expect(found.length == level.length && found.candidateCount == level.candidateCount)
      #expect(throws: PayloadError.self) { try Level(decoding: level.encoded(), rankCount: 12) }
    }
    let empty = Level(length: length, segments: [], candidateCount: 7)
    #expect(try Level(decoding: empty.encoded()).segments.isEmpty)
  }

  /// Sections are cut into parts of 4 MiB.
  @Test func aLevelOfManyParts() throws {
    var segment = LevelSegment(length: 2)
    var samples = Samples(seed: 4)
    for first in 0..<UInt32(400) {
      let ranks = ((first + 1)..<6_000).map { $0 }
      segment.append(
        path: [first], perfectExtensions: [], extensions: ranks,
        counts: ranks.map { _ in samples.generator.next() >> 20 })
    }
    let level = Level(length: 2, segments: [segment], candidateCount: 1 << 40)
    let bytes = level.encoded()
    #expect(bytes.count > 2 * MessageLimits.partBytes)
    #expect(try Level(decoding: bytes, rankCount: 6_000).segments == level.segments)
  }

  @Test(arguments: [0, 1, 7, 500]) func items(count: Int) throws {
    var samples = Samples(seed: 5)
    let items = samples.rankedItems(count)
    let found = try RankedItems(decoding: items.encoded())
    #expect(found.ids == items.ids && found.counts == items.counts)
    #expect(found.places == items.places && found.names == items.names)
    #expect(found.nameEnds == items.nameEnds)
  }

  @Test func itemsThatContradictThemselvesAreRefused() {
    func items(ids: [UInt32], places: [UInt32]) -> [UInt8] {
      RankedItems(
        ids: ids, counts: [3, 3], places: places, names: Array("ab".utf8), nameEnds: [1, 2]
      ).encoded()
    }
    #expect(throws: Never.self) { try RankedItems(decoding: items(ids: [4, 0], places: [1, 0])) }
    #expect(throws: PayloadError.self) {
      try RankedItems(decoding: items(ids: [4, 4], places: [1, 0]))
    }
    #expect(throws: PayloadError.self) {
      try RankedItems(decoding: items(ids: [4, 0], places: [1, 1]))
    }
    #expect(throws: PayloadError.self) {
      try RankedItems(decoding: items(ids: [4, 0], places: [1, 2]))
    }
  }

  @Test(arguments: 0..<8) func chunks(seed: UInt64) throws {
    var samples = Samples(seed: seed)
    let chunk = samples.chunk(
      rows: 30 * Int(seed / 4), hasTimes: seed % 2 == 1, hasCustomers: seed / 2 % 2 == 1)
    let found = try TransactionChunk(decoding: chunk.encoded())
    #expect(found.names == chunk.names && found.nameEnds == chunk.nameEnds)
    #expect(found.batch.items == chunk.batch.items && found.batch.ends == chunk.batch.ends)
    #expect(found.batch.times == chunk.batch.times)
    #expect(found.batch.customers == chunk.batch.customers)
  }

  @Test func timesOfAllSizes() throws {
    var batch = TransactionBatch()
    batch.times = [.min, .max, 0, -1, 1, .min]
    batch.ends = [Int](repeating: 0, count: 6)
    let chunk = TransactionChunk(names: [], nameEnds: [], batch: batch)
    #expect(try TransactionChunk(decoding: chunk.encoded()).batch.times == batch.times)
  }

  @Test(arguments: [0, 1, 300]) func dictionaries(count: Int) throws {
    var samples = Samples(seed: 8)
    let dictionary = try samples.dictionary(count)
    let segment = DictionarySegment(dictionary)
    let found = try DictionarySegment(decoding: segment.encoded())
    #expect(found == segment)
    let again = try found.dictionary()
    #expect(again.nameBytes == dictionary.nameBytes && again.count == dictionary.count)
  }

  @Test func blockCounts() throws {
    var samples = Samples(seed: 9)
    let blocks = try samples.blocks(20)
    let counts = BlockCounts(blocks)
    let found = try BlockCounts(decoding: counts.encoded())
    #expect(found == counts && found.blockCount == blocks.count)
    var totals = [UInt64](repeating: 0, count: 12)
    for block in blocks { try block.addCounts(into: &totals) }
    #expect(try found.totals(itemCount: 12) == totals)
    #expect(throws: PayloadError.self) { try found.totals(itemCount: 3) }
    #expect(found.transactionCount == blocks.reduce(0) { $0 + UInt64($1.transactionCount) })
    #expect(try BlockCounts(decoding: BlockCounts().encoded()) == BlockCounts())
  }
}
