// Bytes of payloads: numbers as varints, one after the other.

/// Writes a payload front to back.
struct PayloadWriter {
  private(set) var bytes: [UInt8]

  /// The beginning of a payload.
  init(_ kind: PayloadKind) { bytes = [kind.rawValue, PayloadKind.version] }

  /// Bytes without a beginning: what goes into a compressed section.
  init() { bytes = [] }

  mutating func append(byte: UInt8) { bytes.append(byte) }

  mutating func append(contentsOf more: [UInt8]) { bytes.append(contentsOf: more) }

  /// Seven bits a byte, least significant first; the high bit says that more follow.
  @inline(__always)
  mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  @inline(__always)
  mutating func append(count: Int) { append(varint: UInt64(count)) }

  mutating func append(word: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
    }
  }
}

/// The most bytes of a varint, and of one of 32 bits.
let longestVarint = 10
let longestVarint32 = 5

/// Writes what ``PayloadWriter/append(varint:)`` appends, to memory with room for it, and returns its
/// end.
@inline(__always)
func write(
  varint value: UInt64, to start: UnsafeMutablePointer<UInt8>
) -> UnsafeMutablePointer<UInt8> {
  var end = unsafe start
  var rest = value
  while rest >= 0x80 {
    unsafe end.pointee = UInt8(truncatingIfNeeded: rest) | 0x80
    unsafe end += 1
    rest >>= 7
  }
  unsafe end.pointee = UInt8(truncatingIfNeeded: rest)
  return unsafe end + 1
}

/// Reads a payload front to back.
struct PayloadReader {
  let kind: PayloadKind
  let bytes: [UInt8]
  /// The next byte to be read.
  private(set) var offset: Int
  /// Added to offsets in errors: where a decompressed section lies in its payload.
  private let base: Int

  /// - Throws: ``PayloadError`` where the first two bytes are not those of the kind.
  init(_ bytes: [UInt8], as kind: PayloadKind) throws(PayloadError) {
    guard bytes.count >= 2 else { throw PayloadError(kind, at: bytes.count, .truncated) }
    guard bytes[0] == kind.rawValue else {
      throw PayloadError(kind, at: 0, .kind(found: bytes[0]))
    }
    guard bytes[1] == PayloadKind.version else {
      throw PayloadError(kind, at: 1, .version(found: bytes[1], supported: PayloadKind.version))
    }
    self.kind = kind
    self.bytes = bytes
    offset = 2
    base = 0
  }

  /// Reads what a compressed section at `base` held.
  init(section: [UInt8], of kind: PayloadKind, base: Int) {
    self.kind = kind
    bytes = section
    offset = 0
    self.base = base
  }

  /// The number of bytes not read yet.
  var remaining: Int { bytes.count - offset }

  func error(_ problem: PayloadProblem, at place: Int? = nil) -> PayloadError {
    PayloadError(kind, at: base > 0 ? base : place ?? offset, problem)
  }

  func invalid(_ what: String) -> PayloadError { error(.invalid(what)) }

  mutating func byte() throws(PayloadError) -> UInt8 {
    guard offset < bytes.count else { throw error(.truncated) }
    defer { offset += 1 }
    return bytes[offset]
  }

  @inline(__always)
  mutating func varint() throws(PayloadError) -> UInt64 {
    if offset < bytes.count, bytes[offset] < 0x80 {
      defer { offset += 1 }
      return UInt64(bytes[offset])
    }
    return try longVarint()
  }

  private mutating func longVarint() throws(PayloadError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    let start = offset
    while true {
      let byte = try byte()
      let bits = UInt64(byte & 0x7F)
      // The tenth byte has room for one bit.
      if shift == 63, byte > 1 { throw error(.notCanonical("a number"), at: start) }
      value |= bits << shift
      if byte < 0x80 {
        if byte == 0, shift > 0 { throw error(.notCanonical("a number"), at: start) }
        return value
      }
      shift += 7
    }
  }

  /// A number that is at most `limit`.
  @inline(__always)
  mutating func number(_ subject: StaticString, limit: UInt64) throws(PayloadError) -> UInt64 {
    let start = offset
    let value = try varint()
    guard value <= limit else {
      throw error(.limit(of: "\(subject)", found: value, limit: limit), at: start)
    }
    return value
  }

  /// A number of things, at most `limit`, of which no more than `perByte` can lie in one byte.
  mutating func count(
    _ subject: StaticString, limit: Int, perByte: Int = 1
  ) throws(PayloadError) -> Int {
    let start = offset
    let value = Int(truncatingIfNeeded: try number(subject, limit: UInt64(limit)))
    guard value / perByte <= remaining else { throw error(.truncated, at: start) }
    return value
  }

  mutating func word() throws(PayloadError) -> UInt64 {
    guard remaining >= 8 else { throw error(.truncated) }
    var value: UInt64 = 0
    for index in 0..<8 { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
    offset += 8
    return value
  }

  /// The next `count` bytes.
  mutating func take(_ count: Int) throws(PayloadError) -> Range<Int> {
    guard count <= remaining else { throw error(.truncated) }
    defer { offset += count }
    return offset..<offset + count
  }

  /// Goes on at the byte after a run of bits that ended before bit `end` of the payload.
  ///
  /// - Throws: ``PayloadError`` where the run ended beyond the payload, or the bits that fill its
  ///   last byte are not 0.
  mutating func finishBits(at end: Int) throws(PayloadError) {
    guard end <= 8 * bytes.count else { throw error(.truncated, at: bytes.count) }
    offset = (end + 7) / 8
    if end % 8 != 0, bytes[offset - 1] >> UInt8(end % 8) != 0 {
      throw error(.notCanonical("the end of a run of bits"))
    }
  }

  /// - Throws: ``PayloadError`` where bytes are left.
  func finish() throws(PayloadError) {
    guard offset == bytes.count else { throw error(.trailingBytes(remaining)) }
  }
}
