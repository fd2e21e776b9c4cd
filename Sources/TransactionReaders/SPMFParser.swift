internal import Itemsets

/// The transaction files of the SPMF library: lines of integers, names in lines `@ITEM=1=name`.
struct SPMFParser: Sendable {
  private var integers = IntegerLines()
  /// The numbers that have a name, and by their ids where the name lies in `nameBytes`.
  private var numbers = ItemDictionary(limit: ReadingLimits.distinctItems)
  private var names: [Range<Int>] = []
  private var nameBytes: [UInt8] = []
  /// Whether a transaction was read, after which no name may come.
  private var sawTransaction = false

  /// Appends transactions until the batch has enough; false at the end of the input.
  mutating func read(
    _ stream: inout ByteStream, _ state: inout ReadingState, _ batch: inout TransactionBatch,
    _ dictionary: inout ItemDictionary
  ) throws(ReadError) -> Bool {
    let space = UInt8(ascii: " ")
    let room = BatchRoom(after: batch)
    while !room.isFull(batch) {
      guard let linesEnd = try stream.wholeLines() else { return false }
      if names.isEmpty {
        let read = integers.read(
          &stream, until: linesEnd, separators: (space, space), &batch, &dictionary)
        state.summary.rows += read.lines
        if read.lines > 0 { sawTransaction = true }
        if !read.needsGeneralPath { continue }
      }
      guard let line = try stream.nextLine() else { return false }
      let text = stream.trimmed(line)
      if text.isEmpty {
        state.blankLine(&batch)
        continue
      }
      switch stream.buffer[text.lowerBound] {
      case UInt8(ascii: "#"), UInt8(ascii: "%"): continue
      case UInt8(ascii: "@"): try readName(line, stream)
      default:
        try append(text, stream, &batch, &dictionary)
        state.summary.rows += 1
        sawTransaction = true
      }
    }
    return true
  }

  /// Reads `@ITEM=number=name`; other lines with `@` say where the file comes from.
  private mutating func readName(
    _ line: Range<Int>, _ stream: borrowing ByteStream
  ) throws(ReadError) {
    let prefix = Array("@ITEM=".utf8)
    guard stream.buffer[line].starts(with: prefix) else { return }
    let number = stream.line - 1
    let rest = stream.buffer[line].dropFirst(prefix.count)
    guard let equals = rest.firstIndex(of: UInt8(ascii: "=")), equals > rest.startIndex,
      equals + 1 < rest.endIndex
    else {
      throw ReadError(
        .malformed, stream.name, line: number, "an item line without name; write @ITEM=1=name")
    }
    if sawTransaction {
      throw ReadError(
        .malformed, stream.name, line: number,
        "an @ITEM line after transactions; move all @ITEM lines to the top")
    }
    let token = rest.startIndex..<equals
    let name = equals + 1..<rest.endIndex
    if name.count > ReadingLimits.nameBytes { throw .longName(stream.name, line: number) }
    let id = Int(try stream.id(of: token, line: number, in: &numbers))
    let start = nameBytes.count
    nameBytes.append(contentsOf: stream.buffer[name])
    if id < names.count {
      names[id] = start..<nameBytes.count
    } else {
      names.append(start..<nameBytes.count)
    }
  }

  private func append(
    _ text: Range<Int>, _ stream: borrowing ByteStream, _ batch: inout TransactionBatch,
    _ dictionary: inout ItemDictionary
  ) throws(ReadError) {
    let first = batch.items.count
    let line = stream.line - 1
    var start = text.lowerBound
    for index in text.lowerBound...text.upperBound {
      if index < text.upperBound, !isBlank(stream.buffer[index]) { continue }
      let token = start..<index
      start = index + 1
      if token.isEmpty { continue }
      let bytes = stream.buffer.span.extracting(token)
      try checkInteger(bytes, stream.name, line: line)
      if let named = numbers.find(bytes) {
        let name = nameBytes.span.extracting(names[Int(named)])
        batch.items.append(try identify(name, file: stream.name, line: line, in: &dictionary))
      } else {
        batch.items.append(try stream.id(of: token, line: line, in: &dictionary))
      }
      if batch.items.count - first > ReadingLimits.transactionItems {
        throw .manyItems(stream.name, line: line)
      }
    }
    batch.ends.append(batch.items.count)
  }

  private func checkInteger(
    _ bytes: Span<UInt8>, _ file: String, line: Int
  ) throws(ReadError) {
    for index in bytes.indices where bytes[index] &- UInt8(ascii: "0") > 9 {
      if bytes.count == 2, bytes[0] == UInt8(ascii: "-") {
        throw ReadError(
          .sequences, file, line: line,
          """
          -1 and -2 end itemsets and sequences: this file holds sequences, not transactions; give \
          each itemset a line of its own, without -1 and -2
          """)
      }
      if bytes[index] == UInt8(ascii: ":") {
        throw ReadError(
          .malformed, file, line: line,
          "a ':' as in files with utilities or weights; keep only the items of each line")
      }
      throw ReadError(
        .malformed, file, line: line,
        "\(String(quoting: bytes)) is no integer; for items by name use --format basket")
    }
  }
}
