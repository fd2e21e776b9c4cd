import Blocks
import Glibc
import Itemsets
import Testing

/// Transactions with what may go along with them, for tests to cut into batches.
struct Transactions {
  var items: [[UInt32]]
  var times: [Int64] = []
  var customers: [UInt32] = []

  func batch(_ range: Range<Int>) -> TransactionBatch {
    var batch = TransactionBatch()
    for index in range {
      batch.items += items[index]
      batch.ends.append(batch.items.count)
    }
    if !times.isEmpty { batch.times = Array(times[range]) }
    if !customers.isEmpty { batch.customers = Array(customers[range]) }
    return batch
  }

  /// The transactions as batches of `size`, the last one shorter.
  func batches(of size: Int) -> [TransactionBatch] {
    stride(from: 0, to: items.count, by: size).map { batch($0..<min($0 + size, items.count)) }
  }
}

/// All blocks that `builder` makes of `batches`.
func makeBlocks(_ batches: [TransactionBatch], _ builder: BlockBuilder) throws -> [Block] {
  var builder = builder
  var blocks: [Block] = []
  for batch in batches {
    var next = try builder.append(batch)
    while next < batch.count {
      let full = builder.finish()
      blocks.append(try #require(full))
      next = try builder.append(batch, from: next)
    }
  }
  if let last = builder.finish() { blocks.append(last) }
  return blocks
}

/// The one block of transactions given by their items.
func makeBlock(_ items: [[UInt32]]) throws -> Block {
  let blocks = try makeBlocks([Transactions(items: items).batch(0..<items.count)], BlockBuilder())
  return try #require(blocks.first)
}

/// The one block in which item `i` is in the rows `rows[i]` of `count` transactions.
func makeBlock(rowsOfItems rows: [[Int]], count: Int) throws -> Block {
  var items = [[UInt32]](repeating: [], count: count)
  for (item, rows) in rows.enumerated() {
    for row in rows { items[row].append(UInt32(item)) }
  }
  return try makeBlock(items)
}

/// The rows of each item, found naively.
func naiveRows(_ transactions: ArraySlice<[UInt32]>) -> [UInt32: [Int]] {
  var rows: [UInt32: [Int]] = [:]
  for (row, items) in transactions.enumerated() {
    for item in Set(items) { rows[item, default: []].append(row) }
  }
  return rows
}

/// The rows of a container by the definition of its kind, one row after the other.
func naiveRows(of container: Container, in block: Block) -> [Int] {
  let start = Int(container.offset)
  let words = block.payload[start..<start + Int(container.length)].map(Int.init)
  switch container.kind {
  case .array: return words
  case .bitmap: return (0..<16 * words.count).filter { words[$0 / 16] >> ($0 % 16) & 1 == 1 }
  case .runs:
    return stride(from: 0, to: words.count, by: 2)
      .flatMap { words[$0]...words[$0] + words[$0 + 1] }
  }
}

/// The rows of each item of a block, by the definitions of the kinds.
func naiveRows(of block: Block) -> [UInt32: [Int]] {
  var rows: [UInt32: [Int]] = [:]
  for (item, container) in zip(block.itemIDs, block.containers) {
    rows[item] = naiveRows(of: container, in: block)
  }
  return rows
}

/// The kind of fewest words; of equals array before bitmap before runs.
func naiveKind(of rows: [Int], count: Int) -> Container.Kind {
  let runs = rows.indices.filter { $0 == 0 || rows[$0 - 1] + 1 != rows[$0] }.count
  let sizes: [(Container.Kind, Int)] = [
    (.array, rows.count), (.bitmap, (count + 15) / 16), (.runs, 2 * runs),
  ]
  return sizes.reduce(sizes[0]) { $1.1 < $0.1 ? $1 : $0 }.0
}

/// Checks all that is promised of a block, by means other than the decoder's.
func expectValid(_ block: Block) throws {
  #expect((1...65_536).contains(block.transactionCount))
  #expect(zip(block.itemIDs, block.itemIDs.dropFirst()).allSatisfy { $0 < $1 })
  #expect(block.itemIDs.count == block.containers.count)
  var offset = 0
  var items = [[UInt32]](repeating: [], count: block.transactionCount)
  for (index, container) in block.containers.enumerated() {
    try #require(Int(container.offset) == offset)
    offset += Int(container.length)
    try #require(offset <= block.payload.count)
    let rows = naiveRows(of: container, in: block)
    try #require(rows.last.map { $0 < block.transactionCount } == true)
    #expect(rows.count == Int(container.cardinality))
    // Ids of a forged block may be huge, the builder's memory is linear in them.
    for row in rows { items[row].append(UInt32(index)) }
  }
  #expect(offset == block.payload.count)
  let rebuilt = try makeBlock(items)
  #expect(rebuilt.containers == block.containers)
  #expect(rebuilt.payload == block.payload)
  #expect(block.times.isEmpty || block.times.count == block.transactionCount)
  #expect(block.customers.isEmpty || block.customers.count == block.transactionCount)
}

/// Why `bytes` are refused; nil where they are accepted.
///
/// What `verify` refuses, `decode` must refuse for the same reason.
func refusal(of bytes: [UInt8]) -> BlockError? {
  do throws(BlockError) {
    _ = try BlockFormat.decode(bytes)
    #expect(throws: Never.self) { try BlockFormat.verify(bytes) }
    return nil
  } catch {
    return error
  }
}

/// The little-endian number of eight bytes.
func number(_ bytes: [UInt8], at offset: Int) -> UInt64 {
  (0..<8).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
}

/// The bytes as lines of offset, sixteen bytes in hexadecimal, and text, as `hexdump -C` prints them.
func dumpLines(_ bytes: [UInt8]) -> [Substring] {
  func hexadecimal(_ number: Int, digits: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
  }
  return stride(from: 0, to: bytes.count, by: 16).map { start in
    let line = bytes[start..<min(start + 16, bytes.count)]
    let codes = line.map { hexadecimal(Int($0), digits: 2) }.joined(separator: " ")
    let padding = String(repeating: " ", count: 47 - codes.count)
    let text = line.map { (0x21...0x7E).contains($0) ? String(UnicodeScalar($0)) : "." }
    return Substring("\(hexadecimal(start, digits: 8))  \(codes)\(padding)  |\(text.joined())|")
  }
}

/// The text of a file.
func text(of path: String) throws -> String {
  let file = try #require(fopen(path, "r"), "cannot open \(path)")
  defer { fclose(file) }
  var text: [UInt8] = []
  while case let byte = getc(file), byte != EOF { text.append(UInt8(truncatingIfNeeded: byte)) }
  return String(decoding: text, as: UTF8.self)
}
