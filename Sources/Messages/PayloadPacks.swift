// Numbers in packs of 128: each pack its least number, and how far the others are above it, all with
// as many bits as the farthest needs.

private let packLength = 128

/// A pack as it will be written.
private struct Pack {
  let least: UInt32
  let width: Int
  let byteCount: Int

  init(_ numbers: ArraySlice<UInt32>) {
    least = numbers.min() ?? 0
    width = 32 - ((numbers.max() ?? 0) - least).leadingZeroBitCount
    byteCount = (width * numbers.count + 7) / 8
  }

  /// Bytes with the two numbers before them.
  var length: Int { byteCount + 1 + (38 - (least | 1).leadingZeroBitCount) / 7 }
}

/// The bytes of numbers in packs.
func packedLength(_ numbers: [UInt32]) -> Int {
  stride(from: 0, to: numbers.count, by: packLength).reduce(0) {
    $0 + Pack(numbers[$1..<min($1 + packLength, numbers.count)]).length
  }
}

extension PayloadWriter {
  /// Appends numbers in packs.
  mutating func append(packs numbers: [UInt32]) {
    for start in stride(from: 0, to: numbers.count, by: packLength) {
      let slice = numbers[start..<min(start + packLength, numbers.count)]
      let pack = Pack(slice)
      append(byte: UInt8(pack.width))
      append(varint: UInt64(pack.least))
      var writer = BitWriter()
      for number in slice { writer.append(UInt64(number - pack.least), length: pack.width) }
      append(contentsOf: writer.bytes())
    }
  }
}

extension PayloadReader {
  /// Reads `count` numbers in packs.
  mutating func packs(count: Int, _ subject: StaticString) throws(PayloadError) -> [UInt32] {
    // Even a pack of equal numbers takes two bytes.
    guard count / (packLength / 2) <= remaining + 1 else { throw error(.truncated) }
    var numbers = [UInt32](repeating: 0, count: count)
    for start in stride(from: 0, to: count, by: packLength) {
      let length = min(packLength, count - start)
      let width = Int(try byte())
      guard width <= 32 else { throw invalid("\(subject) have a pack of \(width) bits a number") }
      let least = try number("the least number of a pack", limit: UInt64(UInt32.max))
      let end = 8 * offset + width * length
      guard end <= 8 * bytes.count else { throw error(.truncated, at: bytes.count) }
      let all = unsafe unpack(
        bytes.span.bytes, from: 8 * offset, width: width, least: least, into: &numbers,
        start..<start + length)
      guard all <= UInt64(UInt32.max) else {
        throw invalid("\(subject) have a number that is no count")
      }
      try finishBits(at: end)
    }
    return numbers
  }
}

/// Decodes one pack; all its numbers joined by OR, so that one over 32 bits shows.
private func unpack(
  _ bytes: RawSpan, from start: Int, width: Int, least: UInt64, into numbers: inout [UInt32],
  _ range: Range<Int>
) -> UInt64 {
  var output = numbers.mutableSpan
  var bit = start
  var all: UInt64 = 0
  let mask: UInt64 = 1 << UInt64(width) - 1
  let shift = UInt64(width)
  var index = range.lowerBound
  // As many numbers as one load of 57 bits surely has.
  if width <= 14 {
    while index &+ 4 <= range.upperBound {
      let four = window(bytes, at: bit)
      let first = least &+ four & mask
      let second = least &+ four &>> shift & mask
      let third = least &+ four &>> (2 &* shift) & mask
      let fourth = least &+ four &>> (3 &* shift) & mask
      all |= first | second | third | fourth
      output[index] = UInt32(truncatingIfNeeded: first)
      output[index &+ 1] = UInt32(truncatingIfNeeded: second)
      output[index &+ 2] = UInt32(truncatingIfNeeded: third)
      output[index &+ 3] = UInt32(truncatingIfNeeded: fourth)
      bit &+= 4 &* width
      index &+= 4
    }
  }
  while index < range.upperBound {
    let number = least &+ window(bytes, at: bit) & mask
    all |= number
    output[index] = UInt32(truncatingIfNeeded: number)
    bit &+= width
    index &+= 1
  }
  return all
}
