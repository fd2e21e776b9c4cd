internal import Itemsets

/// Baskets: one transaction a line, items separated by blanks or one character.
struct BasketParser: Sendable {
  let separator: Separator
  let trim: Bool
  private var integers = IntegerLines()

  init(separator: Separator, trim: Bool) {
    self.separator = separator
    self.trim = trim
  }

  /// Appends transactions until the batch has enough; false at the end of the input.
  mutating func read(
    _ stream: inout ByteStream, _ state: inout ReadingState, _ batch: inout TransactionBatch,
    _ dictionary: inout ItemDictionary
  ) throws(ReadError) -> Bool {
    let separators: (UInt8, UInt8)
    switch separator {
    case .blanks: separators = (UInt8(ascii: " "), UInt8(ascii: "\t"))
    case .byte(let byte): separators = (byte, byte)
    }
    let room = BatchRoom(after: batch)
    while !room.isFull(batch) {
      guard let linesEnd = try stream.wholeLines() else { return false }
      let read = integers.read(
        &stream, until: linesEnd, separators: separators, &batch, &dictionary)
      state.summary.rows += read.lines
      if read.needsGeneralPath {
        guard let line = try stream.nextLine() else { return false }
        try append(line, stream, &state, &batch, &dictionary)
      }
    }
    return true
  }

  /// Reads a line of any items.
  private func append(
    _ line: Range<Int>, _ stream: borrowing ByteStream, _ state: inout ReadingState,
    _ batch: inout TransactionBatch, _ dictionary: inout ItemDictionary
  ) throws(ReadError) {
    let first = batch.items.count
    if !stream.trimmed(line).isEmpty {
      var start = line.lowerBound
      for index in line.lowerBound...line.upperBound {
        if index < line.upperBound {
          let byte = stream.buffer[index]
          switch separator {
          case .blanks: if !isBlank(byte) { continue }
          case .byte(let separator): if byte != separator { continue }
          }
        }
        let item = trim ? stream.trimmed(start..<index) : start..<index
        start = index + 1
        if item.isEmpty { continue }
        batch.items.append(try stream.id(of: item, line: stream.line - 1, in: &dictionary))
        if batch.items.count - first > ReadingLimits.transactionItems {
          throw .manyItems(stream.name, line: stream.line - 1)
        }
      }
    }
    if batch.items.count == first {
      state.blankLine(&batch)
    } else {
      state.summary.rows += 1
      batch.ends.append(batch.items.count)
    }
  }
}

/// The fast path for lines of small integers, with its scratch memory.
struct IntegerLines: Sendable {
  private var items = [UInt32](unwritten: BatchRoom.items)
  private var ends = [Int](unwritten: BatchRoom.transactions)
  private var new = NewIntegers(room: 1024)

  /// Appends transactions from the position of `stream` on, up to `linesEnd` or a line that is
  /// anything else; `needsGeneralPath` says that such a line is next.
  mutating func read(
    _ stream: inout ByteStream, until linesEnd: Int, separators: (UInt8, UInt8),
    _ batch: inout TransactionBatch, _ dictionary: inout ItemDictionary
  ) -> (lines: Int, needsGeneralPath: Bool) {
    let scan = scanIntegerLines(
      stream.buffer, stream.position..<linesEnd, separators: separators,
      lineLimit: stream.lineLimit, dictionary: &dictionary, items: &items, ends: &ends, new: &new)
    let base = batch.items.count
    // Room for all that a batch may get: to grow would copy, and touch new memory.
    if base == 0 { batch.items.reserveCapacity(2 * BatchRoom.items) }
    batch.items.append(contentsOf: items[..<scan.items])
    if base > 0 {
      for line in 0..<scan.lines { ends[line] += base }
    }
    batch.ends.append(contentsOf: ends[..<scan.lines])
    stream.position = scan.position
    stream.line += scan.lines
    switch scan.end {
    case .done: return (scan.lines, false)
    case .general: return (scan.lines, true)
    case .full: return (scan.lines, scan.lines == 0)
    }
  }
}
