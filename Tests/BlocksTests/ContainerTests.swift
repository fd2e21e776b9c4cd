import Blocks
import TestSupport
import Testing

@Suite("Containers") struct ContainerTests {
  /// Rows of given cardinality in `count`: together at either end, far apart, and scattered.
  static func patterns(cardinality: Int, count: Int, seed: UInt64) -> [[Int]] {
    var generator = SeededGenerator(seed: seed)
    return [
      Array(0..<cardinality),
      Array(count - cardinality..<count),
      (0..<cardinality).map { $0 * (count / cardinality) },
      (0..<count).shuffled(using: &generator).prefix(cardinality).sorted(),
    ]
  }

  static func check(_ patterns: [[Int]], count: Int) throws {
    let block = try makeBlock(rowsOfItems: patterns, count: count)
    #expect(block.transactionCount == count)
    let decoded = try BlockFormat.decode(BlockFormat.encode(block))
    #expect(decoded == block)
    for (item, rows) in patterns.enumerated() {
      let container = block.containers[item]
      #expect(container.kind == naiveKind(of: rows, count: count))
      #expect(Int(container.cardinality) == rows.count)
      #expect(naiveRows(of: container, in: block) == rows)
      var decodedRows: [UInt16] = [1, 2, 3]
      decoded.rows(of: container, into: &decodedRows)
      #expect(decodedRows.map(Int.init) == rows)
    }
  }

  @Test(arguments: [1, 4095, 4096, 4097, 65_535, 65_536])
  func roundTripAtBordersOfCardinality(cardinality: Int) throws {
    let patterns = Self.patterns(cardinality: cardinality, count: 65_536, seed: 1)
    try Self.check(patterns, count: 65_536)
  }

  @Test(arguments: [1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 65_535, 65_536])
  func roundTripAtBordersOfTransactionCount(count: Int) throws {
    var patterns: [[Int]] = []
    // The borders of cardinality in a full block are the test above.
    let cardinalities = count > 1000 ? [2, 5000] : [1, 2, count / 8, count / 2, count - 1, count]
    for cardinality in Set(cardinalities).sorted()
    where (1...count).contains(cardinality) {
      patterns += Self.patterns(cardinality: cardinality, count: count, seed: UInt64(cardinality))
    }
    try Self.check(patterns, count: count)
  }

  @Test func everyKindAppearsAtTheBorders() throws {
    let block = try makeBlock(
      rowsOfItems: [
        (0..<4096).map { 16 * $0 },  // 4,096 words as an array or as a bitmap: array
        (0..<4097).map { 15 * $0 },  // an array would be larger than the bitmap
        Array(0..<65_536), [7, 8],  // 2 words as an array or as a run: array
        [7, 8, 9],  // 3 against 2: runs
        (0..<32_768).map { 2 * $0 },
      ], count: 65_536)
    #expect(block.containers.map(\.kind) == [.array, .bitmap, .runs, .array, .runs, .bitmap])
    #expect(block.containers.map(\.length) == [4096, 4096, 2, 2, 2, 4096])
  }

  @Test func bitmapIsPreferredToRunsOfTheSameSize() throws {
    // 48 rows: a bitmap of 3 words; 2 runs are 4 words. 64 rows: a bitmap of 4 words.
    let rows = Array(0..<10) + Array(20..<30)
    #expect(try makeBlock(rowsOfItems: [rows], count: 48).containers[0].kind == .bitmap)
    #expect(try makeBlock(rowsOfItems: [rows], count: 64).containers[0].kind == .bitmap)
    #expect(try makeBlock(rowsOfItems: [rows], count: 65).containers[0].kind == .runs)
  }

  @Test(arguments: [0, 1, 15, 16, 63, 64, 65, 100, 127, 128, 191])
  func orSetsTheBitsOfTheRowsAndNoOthers(bitOffset: Int) throws {
    for count in [1, 15, 16, 17, 63, 64, 65, 200, 1000] {
      let cardinalities = Set([1, count / 20, count / 2, count]).filter { $0 > 0 }.sorted()
      let patterns = cardinalities.flatMap { Self.patterns(cardinality: $0, count: count, seed: 3) }
      let block = try makeBlock(rowsOfItems: patterns, count: count)
      for (rows, container) in zip(patterns, block.containers) {
        let length = (bitOffset + count + 63) / 64
        let already = bitOffset + count / 2
        var words = [UInt64](repeating: 0, count: length)
        words[already / 64] |= 1 << UInt64(already % 64)
        var expected = words
        for bit in rows.map({ $0 + bitOffset }) { expected[bit / 64] |= 1 << UInt64(bit % 64) }
        // A word that `or` must neither read nor write lies behind the bitmap.
        words.append(0x5555_AAAA_5555_AAAA)
        expected.append(0x5555_AAAA_5555_AAAA)
        words.withUnsafeMutableBufferPointer { buffer in
          guard let start = buffer.baseAddress else { return }
          block.or(container, into: start, bitOffset: bitOffset)
        }
        #expect(words == expected, "\(container.kind) of \(rows.count) in \(count)")
      }
    }
  }
}
