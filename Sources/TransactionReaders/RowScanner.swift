/// Rows of comma-separated values after RFC 4180, found and unescaped inside the stream's buffer.
///
/// A quote means something only as the first byte of a cell; elsewhere it is an ordinary one. A
/// quoted cell may hold separators, newlines and doubled quotes.
struct RowScanner: Sendable {
  let separator: UInt8
  /// Where the cells of the last row lie in the buffer, valid until the stream is filled again.
  private(set) var cells: [Range<Int>] = []
  /// The line on which the last row began.
  private(set) var line = 0

  private enum Place { case cellStart, plain, quoted, quoteInQuoted, carriageReturn }

  private static let newline = UInt8(ascii: "\n")
  private static let quote = UInt8(ascii: "\"")

  // The state of a row that is not complete; positions are relative to its start.
  private var place = Place.cellStart
  private var cellStart = 0
  private var scanned = 0
  private var newlines = 0
  private var quoteLine = 0
  /// Cells with doubled quotes, which must be unescaped.
  private var escaped: [Int] = []
  private var cellIsEscaped = false

  init(separator: UInt8) { self.separator = separator }

  /// Finds the next row; false at the end of the input.
  mutating func next(_ stream: inout ByteStream) throws(ReadError) -> Bool {
    cells.removeAll(keepingCapacity: true)
    escaped.removeAll(keepingCapacity: true)
    place = .cellStart
    cellStart = 0
    scanned = 0
    newlines = 0
    cellIsEscaped = false
    line = stream.line
    while true {
      if try scan(stream) { break }
      if scanned > stream.lineLimit + 1 {
        if place == .quoted { throw unclosed(stream.name, "a row's limit (lineBytes)") }
        throw stream.longLine()
      }
      if try !stream.fill() {
        if scanned == 0 { return false }
        throw unclosed(stream.name, "the end")
      }
    }
    let start = stream.position
    for index in cells.indices {
      cells[index] = cells[index].lowerBound + start..<cells[index].upperBound + start
    }
    for index in escaped { unescape(index, &stream) }
    let hasReturn = scanned > 1 && stream.buffer[start + scanned - 2] == UInt8(ascii: "\r")
    if scanned - (hasReturn ? 2 : 1) > stream.lineLimit { throw stream.longLine() }
    stream.position += scanned
    stream.line += newlines
    return true
  }

  /// Scans the bytes that have come; true where the row is complete.
  private mutating func scan(_ stream: borrowing ByteStream) throws(ReadError) -> Bool {
    let bytes = stream.buffer.span.extracting(stream.unread)
    while scanned < bytes.count {
      if cells.count > ReadingLimits.transactionItems { throw .manyItems(stream.name, line: line) }
      let byte = bytes[scanned]
      switch place {
      case .cellStart:
        if byte == Self.quote {
          place = .quoted
          quoteLine = line + newlines
          cellStart = scanned + 1
          scanned += 1
        } else {
          place = .plain
        }
      case .plain:
        var index = scanned
        while index < bytes.count, bytes[index] != separator, bytes[index] != Self.newline {
          index += 1
        }
        scanned = index
        if index == bytes.count { return false }
        if bytes[index] == separator {
          endCell(at: index)
        } else {
          let hasReturn = index > cellStart && bytes[index - 1] == UInt8(ascii: "\r")
          endCell(at: hasReturn ? index - 1 : index)
        }
        scanned += 1
        if bytes[index] == Self.newline {
          newlines += 1
          return true
        }
      case .quoted:
        if byte == Self.quote { place = .quoteInQuoted }
        if byte == Self.newline { newlines += 1 }
        scanned += 1
      case .quoteInQuoted:
        switch byte {
        case Self.quote:
          cellIsEscaped = true
          place = .quoted
        case separator: endCell(at: scanned - 1)
        case Self.newline:
          endCell(at: scanned - 1)
          scanned += 1
          newlines += 1
          return true
        case UInt8(ascii: "\r"): place = .carriageReturn
        default: throw textAfterQuote(stream.name)
        }
        scanned += 1
      case .carriageReturn:
        if byte != Self.newline { throw textAfterQuote(stream.name) }
        endCell(at: scanned - 2)
        scanned += 1
        newlines += 1
        return true
      }
    }
    return false
  }

  private mutating func endCell(at end: Int) {
    if cellIsEscaped { escaped.append(cells.count) }
    cells.append(cellStart..<end)
    cellIsEscaped = false
    cellStart = scanned + 1
    place = .cellStart
  }

  /// Makes one quote of each pair, in place.
  private mutating func unescape(_ index: Int, _ stream: inout ByteStream) {
    var target = cells[index].lowerBound
    var source = target
    while source < cells[index].upperBound {
      let byte = stream.buffer[source]
      stream.set(byte, at: target)
      target += 1
      source += byte == Self.quote ? 2 : 1
    }
    cells[index] = cells[index].lowerBound..<target
  }

  private func unclosed(_ file: String, _ until: String) -> ReadError {
    ReadError(
      .unclosedQuote, file, line: quoteLine,
      """
      unclosed quote opened here; no closing one before \(until): close it, or write \"\" for a \
      quote that belongs to the text
      """)
  }

  private func textAfterQuote(_ file: String) -> ReadError {
    ReadError(
      .malformed, file, line: line + newlines,
      """
      text after a closing quote; write \"\" for a quote inside a quoted cell (the cell opened on \
      line \(quoteLine))
      """)
  }
}
