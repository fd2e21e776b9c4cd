internal import Itemsets

/// A window over the text of one input: whole lines, valid UTF-8 without NUL, bounded in size.
///
/// Parsers see only text that has passed these checks. Whatever is wrong with an input is thrown
/// when a parser asks for bytes beyond the sound ones, so that errors come in order of position and
/// do not depend on how the bytes arrived.
struct ByteStream: ~Copyable {
  /// Bytes after `end` that always exist, so that a scan may load whole words.
  static let padding = 8

  /// The bytes; those in `position..<end` are still to be read.
  private(set) var buffer: [UInt8]
  /// The first byte that no parser has taken.
  var position = 0
  /// One past the last valid byte.
  private(set) var end = 0
  /// The number of the line at `position`, from 1.
  var line = 1

  private var source: ByteSource
  private let chunkBytes: Int
  /// The most bytes of a line or row, without the end of line.
  let lineLimit: Int
  /// One past the last byte that came in; from `end` on they are part of a character, or wrong.
  private var filled = 0
  private var ended = false
  private var failure: TextEnd?

  init(
    _ source: consuming ByteSource, chunkBytes: Int, lineLimit: Int
  ) {
    self.source = source
    self.chunkBytes = max(chunkBytes, 1)
    self.lineLimit = lineLimit
    buffer = [UInt8](unwritten: self.chunkBytes + Self.padding + 1)
  }

  /// The input as the user named it.
  var name: String { source.name }
  /// Bytes of the file read so far, before decompression.
  var bytesConsumed: Int { source.bytesConsumed }
  /// Whether the input is gzip.
  var isCompressed: Bool { source.isCompressed }
  /// Whether the bytes after `end` are known to be wrong, so that the next `fill` throws.
  var hasFailed: Bool { failure != nil }
  /// The unread bytes.
  var unread: Range<Int> { position..<end }

  /// Adds bytes after `end`; the unread ones may move to the front of the buffer.
  ///
  /// A last line without newline gets one. Returns false at the end of the input.
  mutating func fill() throws(ReadError) -> Bool {
    if let failure { throw textError(failure) }
    if ended { return false }
    if 2 * room < chunkBytes { makeRoom() }
    let count = try readChunk()
    if count == 0 {
      ended = true
      if filled > end { throw fail(.invalid) }
      if end > position, buffer[end - 1] != UInt8(ascii: "\n") {
        buffer[end] = UInt8(ascii: "\n")
        end += 1
        filled = end
        return true
      }
      return false
    }
    filled += count
    let valid = validText(buffer, end..<filled)
    let grew = valid.end > end
    end = valid.end
    if valid.then == .invalid || valid.then == .nul {
      failure = valid.then
      if !grew { throw textError(valid.then) }
    }
    return true
  }

  /// Makes sure that a whole line is unread, and returns where the last such line ends.
  ///
  /// Nil at the end of the input.
  mutating func wholeLines() throws(ReadError) -> Int? {
    var searched = 0
    while true {
      let newline = UInt8(ascii: "\n")
      if let last = lastIndex(of: newline, in: buffer, position + searched..<end) {
        return last + 1
      }
      searched = end - position
      if searched > lineLimit + 1 { throw longLine() }
      if try !fill() { return nil }
    }
  }

  /// Takes one line and returns where it lies, without its newline and the CR before it.
  ///
  /// `line` then is the number of the next one. Nil at the end of the input.
  mutating func nextLine() throws(ReadError) -> Range<Int>? {
    var searched = 0
    while true {
      let newline = UInt8(ascii: "\n")
      if let found = firstIndex(of: newline, in: buffer, position + searched..<end) {
        let start = position
        var stop = found
        if stop > start, buffer[stop - 1] == UInt8(ascii: "\r") { stop -= 1 }
        if stop - start > lineLimit { throw longLine() }
        position = found + 1
        line += 1
        return start..<stop
      }
      searched = end - position
      if searched > lineLimit + 1 { throw longLine() }
      if try !fill() { return nil }
    }
  }

  /// The error for a line, at `position`, that is too long.
  func longLine() -> ReadError {
    ReadError(
      .overLimit, name, line: line,
      """
      a line of more than \(grouped(lineLimit)) bytes (limit lineBytes); if this is one long list, \
      put each transaction on a line of its own, for example with `tr`
      """)
  }

  /// Replaces bytes of the unread text, for unescaping in place.
  mutating func set(_ byte: UInt8, at index: Int) { buffer[index] = byte }

  /// Bytes that can be read after `filled`, with a newline and the padding behind them.
  private var room: Int { buffer.count - filled - Self.padding - 1 }

  private mutating func makeRoom() {
    moveToFront(&buffer, position..<filled)
    filled -= position
    end -= position
    position = 0
    if 2 * room < chunkBytes { grow() }
  }

  /// Makes a larger buffer: twice as large, but no larger than a line at the limit needs.
  ///
  /// Old and new exist for a moment at once. From a half of the most on, it therefore goes there at
  /// once, so that both together are at most one and a half times that.
  private mutating func grow() {
    let most = lineLimit + chunkBytes + Self.padding + 8
    let doubled = 2 * buffer.count
    let wanted = doubled > most / 2 ? most : doubled
    // Whatever a caller keeps unread, there is room for a chunk.
    let count = max(wanted, buffer.count + chunkBytes - room)
    var larger = [UInt8](unwritten: count)
    larger.withUnsafeMutableBytes { target in
      buffer.withUnsafeBytes { source in
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<filled]))
      }
    }
    buffer = larger
  }

  private mutating func readChunk() throws(ReadError) -> Int {
    var failure: ReadError?
    let range = filled..<filled + min(room, chunkBytes)
    let count = buffer.withUnsafeMutableBytes { bytes -> Int in
      do throws(ReadError) {
        return try source.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[range]))
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    return count
  }

  private mutating func fail(_ reason: TextEnd) -> ReadError {
    failure = reason
    return textError(reason)
  }

  private func textError(_ reason: TextEnd) -> ReadError {
    var number = line
    for index in position..<end where buffer[index] == UInt8(ascii: "\n") { number += 1 }
    if reason == .nul {
      return ReadError(
        .binary, name, line: number,
        "a NUL byte: this is a binary file, not text; export it as csv, or convert it to UTF-8")
    }
    return ReadError(
      .invalidUTF8, name, line: number,
      "bytes that are not UTF-8; convert it, for example with `iconv -f WINDOWS-1252 -t UTF-8`")
  }
}
