/// What was found out about an input before its transactions are read.
public struct InputDescription: Sendable, Equatable {
  /// The input as the user named it.
  public let name: String
  /// Its format, as given or as recognised.
  public let format: TransactionFormat
  /// What separates items or cells; nil for ndjson and spmf.
  public let separator: Separator?
  /// Whether the first row of csv or tsv was taken as a header.
  public let hasHeader: Bool
  /// Whether each row is a basket, a part of a transaction or a record of a table.
  public let layout: Layout
  /// Whether the input is gzip.
  public let isCompressed: Bool
  /// How times are written; nil before the first one was read.
  public internal(set) var timeForm: TimeForm?

  /// What a line or row is.
  public enum Layout: String, Sendable {
    /// A transaction with its items.
    case wide
    /// One item, or some, of a transaction named in the row.
    case long
    /// A transaction of items `column=value`.
    case table
  }
}

extension InputDescription: CustomStringConvertible {
  /// One line for people: `retail.dat: basket, separated by blanks`.
  public var description: String {
    var text = "\(name): \(format.rawValue)"
    if format == .csv || format == .tsv || layout == .long { text += ", \(layout.rawValue)" }
    if let separator { text += ", separated by \(separator)" }
    if hasHeader { text += ", with header" }
    if isCompressed { text += ", gzip" }
    if let timeForm { text += ", times as \(timeForm.rawValue)" }
    return text
  }
}

extension ByteStream {
  /// Drops a byte order mark at the very start.
  mutating func skipByteOrderMark() throws(ReadError) {
    while unread.count < 3, try fill() {}
    if buffer[unread].starts(with: [0xEF, 0xBB, 0xBF]) { position += 3 }
  }

  /// Whether `byte` occurs in the first lines, of which it reads no more than needed.
  mutating func sampleHolds(_ byte: UInt8) throws(ReadError) -> Bool {
    var lines = 0
    var searched = 0
    while true {
      while searched < unread.count {
        let start = position + searched
        let newline = firstIndex(of: UInt8(ascii: "\n"), in: buffer, start..<end)
        if firstIndex(of: byte, in: buffer, start..<(newline ?? end)) != nil { return true }
        guard let newline else {
          searched = unread.count
          break
        }
        searched = newline + 1 - position
        lines += 1
        if lines == ReadingLimits.sampleLines { return false }
      }
      if searched >= ReadingLimits.sampleBytes { return false }
      if hasFailed { return false }  // what is wrong is told when the parser comes to it
      if try !fill() { return false }
    }
  }

  /// The first line that is not blank, up to 4,096 bytes of it; it stays unread.
  mutating func firstLine() throws(ReadError) -> [UInt8] {
    let newline = UInt8(ascii: "\n")
    var line: [UInt8] = []
    var taken = 0
    while true {
      // No slice of the buffer may live across `fill`, which would have to copy the buffer then.
      while taken < unread.count {
        let byte = buffer[position + taken]
        if line.isEmpty, isBlank(byte) || byte == newline || byte == UInt8(ascii: "\r") {
          taken += 1
          continue
        }
        if byte == newline || line.count == 4096 { return line }
        line.append(byte)
        taken += 1
      }
      if taken >= ReadingLimits.sampleBytes || hasFailed { return line }
      if try !fill() { return line }
    }
  }
}

/// Recognises the format of an input from its name and, where that says nothing, its first line.
func recogniseFormat(
  _ stream: inout ByteStream, path: String, options: ReadingOptions
) throws(ReadError) -> TransactionFormat {
  if let format = options.format { return format }
  var name = path.lowercased()
  if name.hasSuffix(".gz") { name.removeLast(3) }
  let byName: [(String, TransactionFormat)] = [
    (".csv", .csv), (".tsv", .tsv), (".tab", .tsv), (".ndjson", .ndjson), (".jsonl", .ndjson),
    (".spmf", .spmf), (".basket", .basket),
  ]
  let hasColumns = options.itemColumn != nil || options.table || options.header
  for (suffix, format) in byName where name.hasSuffix(suffix) && path != "-" {
    return format
  }
  let line = try stream.firstLine()
  let text = String(decoding: line, as: UTF8.self)
  if text.hasPrefix("{\"") || text.hasPrefix("{ ") || text.hasPrefix("[\"") { return .ndjson }
  if text.first == "[", text.last == "]" || text.last == "\r" { return .ndjson }
  if text.hasPrefix("@CONVERTED_FROM") || text.hasPrefix("@ITEM=") { return .spmf }
  if hasColumns { return line.contains(UInt8(ascii: "\t")) ? .tsv : .csv }
  let tokens = text.split { $0 == " " || $0 == "\r" }
  if tokens.count > 1, tokens.last == "-2", tokens.allSatisfy({ Int($0) != nil }) { return .spmf }
  return .basket
}
