internal import CIntegerLines
internal import Glibc
internal import Itemsets

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
/// Plain ASCII is passed 256 bytes at a time, and faster up to the first other character.
func validText(_ bytes: [UInt8], _ range: Range<Int>) -> (end: Int, then: TextEnd) {
  guard range.upperBound <= bytes.count else { return (range.lowerBound, .invalid) }
  return bytes.withUnsafeBufferPointer { bytes in
    var index = range.lowerBound
    let end = range.upperBound
    if let base = bytes.baseAddress { index += lode_plain_text(base + index, range.count) }
    while index < end {
      // Bounds: index + 256 <= end <= bytes.count, and the same with 32.
      while index + 256 <= end, isPlain256(UnsafeRawBufferPointer(bytes), index) { index += 256 }
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

/// Whether 256 bytes from `index` on are ASCII without NUL.
@inline(__always)
private func isPlain256(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Bool {
  // The highest bit of a byte is set in itself where it is not ASCII, in one less where it is NUL.
  var all: UInt64 = 0
  var offset = index
  while offset < index &+ 256 {
    let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    all |= word | (word &- 0x0101_0101_0101_0101)
    offset &+= 8
  }
  return all & 0x8080_8080_8080_8080 == 0
}

/// Why `scanIntegerLines` stopped.
enum IntegerScanEnd {
  /// All lines of the range were read.
  case done
  /// The line at the position needs the general path: other items and characters, a blank line.
  case general
  /// There is no room for the line at the position.
  case full
}

/// Room to note so many items without id.
struct NewIntegers: Sendable {
  fileprivate var noted: [lode_new_integer]

  init(room: Int) { noted = [lode_new_integer](unwritten: room) }
}

/// Reads lines of small integers straight to their ids, new ones for integers not seen before.
///
/// A line counts only as a whole: at anything but digits, separators and the line's end, at a leading
/// zero or an integer of more than 7 digits, the scan stops before the line. What the dictionary has
/// learned of the line until then is what the general path would teach it first.
///
/// - Parameters:
///   - bytes: must have 8 bytes after `range`, which must end with a newline.
///   - separators: bytes between items; both may be the same.
///   - lineLimit: a line of more bytes is left to the general path.
///   - items, ends: room for ids, and for where each transaction ends in `items`.
///   - new: room for items without id, for a time.
/// - Returns: the start of the first line not read, the numbers of ids and lines written, and why
///   the scan stopped.
func scanIntegerLines(
  _ bytes: [UInt8], _ range: Range<Int>, separators: (UInt8, UInt8), lineLimit: Int,
  dictionary: inout ItemDictionary, items: inout [UInt32], ends: inout [Int],
  new: inout NewIntegers
) -> (position: Int, items: Int, lines: Int, end: IntegerScanEnd) {
  guard range.upperBound + 8 <= bytes.count, !range.isEmpty,
    bytes[range.upperBound - 1] == UInt8(ascii: "\n")
  else { return (range.lowerBound, 0, 0, .general) }
  var read = IntegerLinesRead(position: range.lowerBound)
  var isDictionaryFull = false
  while read.position < range.upperBound {
    if !isDictionaryFull {
      let before = read
      let newCount = readWide(
        bytes, upTo: range.upperBound, separators, lineLimit, dictionary.integerIds, &read, &items,
        &ends, &new.noted)
      do throws(DictionaryError) {
        for integer in new.noted[..<newCount] {
          let name = bytes.span.extracting(
            Int(integer.start)..<Int(integer.start + integer.length))
          items[before.items + Int(integer.item)] = try dictionary.id(of: name)
        }
      } catch {
        // Line by line, then, to the one that the general path is to refuse.
        isDictionaryFull = true
        read = before
      }
      if read.position == range.upperBound { break }
    }
    if read.lines == ends.count { return (read.position, read.items, read.lines, .full) }
    let end = readLine(
      bytes, separators, lineLimit, &dictionary, &read.position, &read.items, &items)
    if let end { return (read.position, read.items, read.lines, end) }
    ends[read.lines] = read.items
    read.lines += 1
  }
  return (read.position, read.items, read.lines, .done)
}

/// How far `scanIntegerLines` is.
private struct IntegerLinesRead {
  var position: Int
  var items = 0
  var lines = 0
}

/// Reads lines of integers 64 bytes at a time, as many as it can, and returns how many of their items
/// still need an id.
private func readWide(
  _ bytes: [UInt8], upTo end: Int, _ separators: (UInt8, UInt8), _ lineLimit: Int,
  _ table: [UInt32], _ read: inout IntegerLinesRead, _ items: inout [UInt32], _ ends: inout [Int],
  _ new: inout [lode_new_integer]
) -> Int {
  let firstLine = read.lines
  let firstItem = read.items
  var lines = lode_integer_lines()
  lines.start = read.position
  lines.end = end
  (lines.first_separator, lines.second_separator) = separators
  lines.line_limit = lineLimit
  lines.table_count = table.count
  lines.unknown = ItemDictionary.unknown
  lines.item_room = items.count - firstItem
  lines.end_room = ends.count - firstLine
  lines.new_room = new.count
  let done = items.withUnsafeMutableBufferPointer { items in
    ends.withUnsafeMutableBufferPointer { ends in
      new.withUnsafeMutableBufferPointer { new in
        table.withUnsafeBufferPointer { table in
          bytes.withUnsafeBufferPointer { bytes in
            lines.text = bytes.baseAddress
            lines.table = table.baseAddress
            lines.items = items.baseAddress.map { $0 + firstItem }
            lines.ends = ends.baseAddress.map { $0 + firstLine }
            lines.new_integers = new.baseAddress
            return lode_read_integer_lines(&lines)
          }
        }
      }
    }
  }
  read.position = Int(done.position)
  read.items += Int(done.items)
  read.lines += Int(done.lines)
  if firstItem > 0 {
    for line in firstLine..<read.lines { ends[line] += firstItem }
  }
  return Int(done.new_integers)
}

/// Reads the line at `position`, integer by integer, and moves on; nil where it was read, else why not.
///
/// Bounds: the text ends with a newline, 8 bytes before the end of the array, and no newline is passed
/// inside a line, so that `index` is before it wherever a word is loaded, and the 8 bytes after it hold
/// the rest of the word.
private func readLine(
  _ bytes: [UInt8], _ separators: (UInt8, UInt8), _ lineLimit: Int,
  _ dictionary: inout ItemDictionary, _ position: inout Int, _ count: inout Int,
  _ items: inout [UInt32]
) -> IntegerScanEnd? {
  let newline = UInt8(ascii: "\n")
  var index = position
  var written = count
  while true {
    let word = bytes.withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    }
    let length = leadingDigits(word)
    // A number of 8 digits or more is not in the table; 0 may lead only alone.
    if length > 7 || length > 1 && UInt8(truncatingIfNeeded: word) == UInt8(ascii: "0") {
      return .general
    }
    // The byte after the digits.
    let next = UInt8(truncatingIfNeeded: word &>> UInt64(truncatingIfNeeded: 8 &* length))
    let isSeparator = next == separators.0 || next == separators.1
    let isReturn = next == UInt8(ascii: "\r") && bytes[index + length + 1] == newline
    if !isSeparator, !isReturn, next != newline { return .general }
    if length > 0 {
      if written == items.count { return .full }
      let value = digitsValue(word, length)
      var id = ItemDictionary.unknown
      if value < dictionary.integerIds.count { id = dictionary.integerIds[value] }
      if id == ItemDictionary.unknown {
        do throws(DictionaryError) {
          id = try dictionary.id(of: bytes.span.extracting(index..<index + length))
        } catch {
          return .general  // which says so, with the line
        }
      }
      items[written] = id
      written += 1
    }
    index += length + 1
    if isSeparator { continue }
    if isReturn { index += 1 }
    if written == count || index - position > lineLimit { return .general }
    position = index
    count = written
    return nil
  }
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
