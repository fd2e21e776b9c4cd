// Lists of numbers as bits: ascending positions by their gaps, small numbers by the shortest code.

extension PayloadWriter {
  /// Appends ascending positions: the code of their gaps, then the gaps.
  mutating func append(ascending positions: [UInt32]) {
    var gaps = positions
    var next: UInt32 = 0
    for index in gaps.indices {
      invariant(index == 0 || positions[index] >= next && next > 0, "Positions do not ascend.")
      gaps[index] = positions[index] &- next
      next = positions[index] &+ 1
    }
    append(gaps, as: shortestRiceCode(for: gaps))
  }

  /// Appends numbers that are mostly small: a byte for the code or ``packsCode``, then the numbers.
  mutating func append(small numbers: [UInt32]) {
    let code = shortestCode(for: numbers)
    let length = numbers.reduce(0) { $0 + code.length(of: $1) }
    if packedLength(numbers) < (length + 7) / 8 {
      append(byte: packsCode)
      append(packs: numbers)
    } else {
      append(numbers, as: code)
    }
  }

  private mutating func append(_ numbers: [UInt32], as code: BitCode) {
    append(byte: code.byte)
    var writer = BitWriter()
    for number in numbers { code.write(number, to: &writer) }
    append(contentsOf: writer.bytes())
  }
}

/// Says in place of a code's byte that numbers are written in packs.
let packsCode: UInt8 = 255

/// The Rice code that makes the gaps of a list shortest: gaps of random positions are geometric.
private func shortestRiceCode(for numbers: [UInt32]) -> BitCode {
  let middle = bits(ofMean: numbers)
  return shortest(
    (max(0, middle - 2)...min(31, middle + 1)).map { BitCode.rice(lowBits: $0) }, for: numbers)
}

private func shortestCode(for numbers: [UInt32]) -> BitCode {
  let middle = bits(ofMean: numbers)
  var codes = (max(0, middle - 2)...min(31, middle + 1)).map { BitCode.rice(lowBits: $0) }
  let longest = numbers.max() ?? 0
  for lowBits in max(0, middle - 4)...middle {
    let code = BitCode.exponential(lowBits: lowBits)
    if code.length(of: longest) <= 57 { codes.append(code) }
  }
  return shortest(codes, for: numbers)
}

private func bits(ofMean numbers: [UInt32]) -> Int {
  let sum = numbers.reduce(UInt64(0)) { $0 + UInt64($1) }
  let mean = sum / UInt64(max(1, numbers.count))
  return min(31, 64 - mean.leadingZeroBitCount)
}

private func shortest(_ codes: [BitCode], for numbers: [UInt32]) -> BitCode {
  var best = BitCode.rice(lowBits: 31)
  var bestLength = Int.max
  for code in codes {
    let length = numbers.reduce(0) { $0 + code.length(of: $1) }
    if length < bestLength { (best, bestLength) = (code, length) }
  }
  return best
}

extension PayloadReader {
  /// Reads `count` ascending positions, all below `limit`.
  ///
  /// The caller has checked `count` against the bytes that are there.
  mutating func ascending(
    count: Int, limit: Int, _ subject: StaticString
  ) throws(PayloadError) -> [UInt32] {
    let start = offset
    guard case .rice(let lowBits) = BitCode(byte: try byte()) else {
      throw error(.invalid("the gaps of \(subject) are in no known code"), at: start)
    }
    var positions = [UInt32](repeating: 0, count: count)
    let end = unsafe decodeGaps(
      bytes.span.bytes, from: 8 * offset, lowBits: lowBits, limit: limit, into: &positions)
    guard let end else { throw invalid("\(subject) lead to \(limit) or beyond") }
    try finishBits(at: end)
    return positions
  }

  /// Reads `count` numbers as ``PayloadWriter/append(small:)`` wrote them.
  mutating func small(count: Int, _ subject: StaticString) throws(PayloadError) -> [UInt32] {
    let start = offset
    let named = try byte()
    if named == packsCode { return try packs(count: count, subject) }
    guard let code = BitCode(byte: named) else {
      throw error(.invalid("\(subject) are in no known code"), at: start)
    }
    var numbers = [UInt32](repeating: 0, count: count)
    let end =
      switch code {
      case .rice(let lowBits):
        unsafe decodeRice(bytes.span.bytes, from: 8 * offset, lowBits: lowBits, into: &numbers)
      case .exponential(let lowBits):
        unsafe decodeExponential(
          bytes.span.bytes, from: 8 * offset, lowBits: lowBits, into: &numbers)
      }
    guard let end else { throw invalid("\(subject) have a number that is no count") }
    try finishBits(at: end)
    return numbers
  }
}

/// Decodes positions from gaps; the bit after the last, or nil where one is not below `limit`.
private func decodeGaps(
  _ bytes: RawSpan, from start: Int, lowBits: Int, limit: Int, into positions: inout [UInt32]
) -> Int? {
  var output = positions.mutableSpan
  var bit = start
  var next: UInt64 = 0
  let limit = UInt64(limit)
  for index in 0..<output.count {
    let (gap, length) = riceCode(in: window(bytes, at: bit), lowBits: lowBits)
    let position = next &+ gap
    guard position < limit, gap != .max else { return nil }
    output[index] = UInt32(truncatingIfNeeded: position)
    next = position &+ 1
    bit &+= length
  }
  return bit
}

private func decodeRice(
  _ bytes: RawSpan, from start: Int, lowBits: Int, into numbers: inout [UInt32]
) -> Int? {
  var output = numbers.mutableSpan
  var bit = start
  var all: UInt64 = 0
  for index in 0..<output.count {
    let (number, length) = riceCode(in: window(bytes, at: bit), lowBits: lowBits)
    all |= number
    output[index] = UInt32(truncatingIfNeeded: number)
    bit &+= length
  }
  return all <= UInt64(UInt32.max) ? bit : nil
}

private func decodeExponential(
  _ bytes: RawSpan, from start: Int, lowBits: Int, into numbers: inout [UInt32]
) -> Int? {
  var output = numbers.mutableSpan
  var bit = start
  var all: UInt64 = 0
  for index in 0..<output.count {
    let (number, length) = exponentialCode(in: window(bytes, at: bit), lowBits: lowBits)
    all |= number
    output[index] = UInt32(truncatingIfNeeded: number)
    bit &+= length
  }
  return all <= UInt64(UInt32.max) ? bit : nil
}
