internal import CIntegerLines
internal import Glibc

// The only file that reads text through unsafe pointers. Each function states the bounds it relies
// on, and none reads outside the range it is given, but `scanIntegerLines`, which may read (never
// use) up to eight bytes after it.

/// The position of the first `byte` in `range`, nil where there is none.
func firstIndex(of byte: UInt8, in bytes: [UInt8], _ range: Range<Int>) -> Int? {
  guard range.upperBound <= bytes.count, !range.isEmpty else { return nil }
  return bytes.withUnsafeBytes { buffer -> Int? in
    guard let base = buffer.baseAddress,
      let found = memchr(base + range.lowerBound, Int32(byte), range.count)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }
}

/// The position of the last `byte` in `range`, nil where there is none.
func lastIndex(of byte: UInt8, in bytes: [UInt8], _ range: Range<Int>) -> Int? {
  guard range.upperBound <= bytes.count else { return nil }
  return bytes.withUnsafeBufferPointer { buffer -> Int? in
    var index = range.upperBound
    while index > range.lowerBound {
      index -= 1
      if buffer[index] == byte { return index }
    }
    return nil
  }
}

/// Moves `range` to the start of the array.
func moveToFront(_ bytes: inout [UInt8], _ range: Range<Int>) {
  guard range.lowerBound > 0, !range.isEmpty, range.upperBound <= bytes.count else { return }
  bytes.withUnsafeMutableBytes { buffer in
    guard let base = buffer.baseAddress else { return }
    memmove(base, base + range.lowerBound, range.count)
  }
}

/// What the bytes after a valid prefix are.
enum TextEnd {
  /// Everything was valid.
  case complete
  /// The last character has not come in full.
  case partial
  /// A byte that cannot stand there in UTF-8.
  case invalid
  /// A NUL byte.
  case nul
}

/// How far `range` holds complete UTF-8 characters other than NUL, and what comes then.
///
/// Plain ASCII is passed 32 bytes at a time.
func validText(_ bytes: [UInt8], _ range: Range<Int>) -> (end: Int, then: TextEnd) {
  guard range.upperBound <= bytes.count else { return (range.lowerBound, .invalid) }
  return bytes.withUnsafeBufferPointer { bytes in
    var index = range.lowerBound
    let end = range.upperBound
    while index < end {
      // Bounds: index + 32 <= end <= bytes.count.
      while index + 32 <= end, isPlain32(UnsafeRawBufferPointer(bytes), index) { index += 32 }
      if index >= end { break }
      let lead = bytes[index]
      if lead < 0x80 {
        if lead == 0 { return (index, .nul) }
        index += 1
        continue
      }
      let length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0
      if length == 0 { return (index, .invalid) }
      for offset in 1..<length {
        if index + offset >= end { return (index, .partial) }
        let byte = bytes[index + offset]
        // The second byte has a narrower range after some leads: no overlong forms, no surrogates.
        let low: UInt8 = offset == 1 ? (lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80) : 0x80
        let high: UInt8 = offset == 1 ? (lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF) : 0xBF
        if byte < low || byte > high { return (index, .invalid) }
      }
      index += length
    }
    return (end, .complete)
  }
}

/// Whether 32 bytes from `index` on are ASCII without NUL.
@inline(__always)
private func isPlain32(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Bool {
  let word = bytes.loadUnaligned(fromByteOffset: index, as: SIMD32<UInt8>.self)
  let signed = SIMD32<Int8>(truncatingIfNeeded: word)
  return signed.min() > 0
}

/// Why `scanIntegerLines` stopped.
enum IntegerScanEnd {
  /// All lines of the range were read.
  case done
  /// The line at the position needs the general path: new items, other characters, a blank line.
  case general
  /// There is no room for the line at the position.
  case full
}

/// Reads lines of known small integers straight to their ids.
///
/// A line counts only as a whole: at anything but digits, separators and the line's end, at a
/// leading zero or an item the table does not know, the scan stops before the line.
///
/// - Parameters:
///   - bytes: must have 8 bytes after `range`, which must end with a newline.
///   - separators: bytes between items; both may be the same.
///   - lineLimit: a line of more bytes is left to the general path.
///   - table: the ids of integers by value; see `ItemDictionary.integerIds`.
///   - items, ends: room for ids, and for where each transaction ends in `items`.
/// - Returns: the start of the first line not read, the numbers of ids and lines written, and why
///   the scan stopped.
func scanIntegerLines(
  _ bytes: [UInt8], _ range: Range<Int>, separators: (UInt8, UInt8), lineLimit: Int,
  table: [UInt32], unknown: UInt32, items: inout [UInt32], ends: inout [Int]
) -> (position: Int, items: Int, lines: Int, end: IntegerScanEnd) {
  let newline = UInt8(ascii: "\n")
  guard range.upperBound + 8 <= bytes.count, !range.isEmpty,
    bytes[range.upperBound - 1] == newline
  else { return (range.lowerBound, 0, 0, .general) }
  return items.withUnsafeMutableBufferPointer { items in
    ends.withUnsafeMutableBufferPointer { ends in
      table.withUnsafeBufferPointer { table in
        bytes.withUnsafeBytes { bytes in
          let read = readWide(
            bytes, range, separators, lineLimit, table, unknown, items, ends)
          return scan(
            bytes, read.position..<range.upperBound, after: (read.items, read.lines),
            first: separators.0, second: separators.1, lineLimit: lineLimit, table: table,
            unknown: unknown, items: items, ends: ends)
        }
      }
    }
  }
}

/// Reads the first lines of `scanIntegerLines` 64 bytes at a time; the rest is left to `scan`.
private func readWide(
  _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ separators: (UInt8, UInt8),
  _ lineLimit: Int, _ table: UnsafeBufferPointer<UInt32>, _ unknown: UInt32,
  _ items: UnsafeMutableBufferPointer<UInt32>, _ ends: UnsafeMutableBufferPointer<Int>
) -> (position: Int, items: Int, lines: Int) {
  guard let text = bytes.baseAddress, let tableBase = table.baseAddress,
    let itemBase = items.baseAddress, let endBase = ends.baseAddress
  else { return (range.lowerBound, 0, 0) }
  var lines = lode_integer_lines()
  lines.text = text.assumingMemoryBound(to: UInt8.self)
  lines.start = range.lowerBound
  lines.end = range.upperBound
  (lines.first_separator, lines.second_separator) = separators
  lines.line_limit = lineLimit
  lines.table = tableBase
  lines.table_count = table.count
  lines.unknown = unknown
  lines.items = itemBase
  lines.item_room = items.count
  lines.ends = endBase
  lines.end_room = ends.count
  let read = lode_read_integer_lines(&lines)
  return (Int(read.position), Int(read.items), Int(read.lines))
}

/// The loop of `scanIntegerLines` on what its arrays hold, after so many items and lines of it.
///
/// Bounds: the range ends with a newline and no newline is passed inside a line, so
/// `index < range.upperBound` wherever a word is loaded, and the 8 bytes after the range hold the
/// rest of the word. No sum can overflow: all are bounded by counts of arrays.
private func scan(
  _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, after read: (items: Int, lines: Int),
  first: UInt8, second: UInt8, lineLimit: Int, table: UnsafeBufferPointer<UInt32>, unknown: UInt32,
  items: UnsafeMutableBufferPointer<UInt32>,
  ends: UnsafeMutableBufferPointer<Int>
) -> (position: Int, items: Int, lines: Int, end: IntegerScanEnd) {
  let newline = UInt8(ascii: "\n")
  var lineStart = range.lowerBound
  var kept = read.items
  var lines = read.lines
  while lineStart < range.upperBound {
    if lines == ends.count { return (lineStart, kept, lines, .full) }
    var index = lineStart
    var written = kept
    while true {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let length = leadingDigits(word)
      // A number of 8 digits or more is not in the table; 0 may lead only alone.
      if length > 7 { return (lineStart, kept, lines, .general) }
      if length > 0 {
        if length > 1, UInt8(truncatingIfNeeded: word) == UInt8(ascii: "0") {
          return (lineStart, kept, lines, .general)
        }
        let value = digitsValue(word, length)
        if value >= table.count { return (lineStart, kept, lines, .general) }
        let id = table[value]
        if id == unknown { return (lineStart, kept, lines, .general) }
        if written == items.count { return (lineStart, kept, lines, .full) }
        items[written] = id
        written &+= 1
        index &+= length
      }
      // The byte after the digits.
      let next = UInt8(truncatingIfNeeded: word &>> UInt64(truncatingIfNeeded: 8 &* length))
      index &+= 1
      if next == first || next == second { continue }
      if next == newline { break }
      if next == UInt8(ascii: "\r"), bytes[index] == newline {
        index &+= 1
        break
      }
      return (lineStart, kept, lines, .general)
    }
    if written == kept || index &- lineStart > lineLimit {
      return (lineStart, kept, lines, .general)
    }
    kept = written
    ends[lines] = kept
    lines &+= 1
    lineStart = index
  }
  return (lineStart, kept, lines, .done)
}

/// How many of a little-endian word's first bytes are digits, 0 to 8.
@inline(__always)
private func leadingDigits(_ word: UInt64) -> Int {
  // A digit has high half 3, and still has it after adding 6.
  let shifted = word &+ 0x0606_0606_0606_0606
  let other =
    ((word & 0xF0F0_F0F0_F0F0_F0F0) ^ 0x3030_3030_3030_3030)
    | ((shifted & 0xF0F0_F0F0_F0F0_F0F0) ^ 0x3030_3030_3030_3030)
  // A byte of 0xFA or more carries into the next one, but is itself no digit and comes first.
  return other.trailingZeroBitCount >> 3
}

/// The value of the first 1 to 7 bytes of a word, which are digits.
@inline(__always)
private func digitsValue(_ word: UInt64, _ length: Int) -> Int {
  // Shifted up, the missing leading digits become zero bytes; & 0x0F makes digits of the others.
  let digits = (word &<< UInt64(truncatingIfNeeded: 64 &- 8 &* length)) & 0x0F0F_0F0F_0F0F_0F0F
  let pairs = (digits &* (10 << 8 + 1)) >> 8 & 0x00FF_00FF_00FF_00FF
  let fours = (pairs &* (100 << 16 + 1)) >> 16 & 0x0000_FFFF_0000_FFFF
  return Int(truncatingIfNeeded: (fours &* (10_000 << 32 + 1)) >> 32)
}
