// Containers turned into what counting works on: sorted row numbers, or bits of a longer bitmap.
// Both cost nothing per row but the row itself; they are called once a container.

extension Block {
  /// Replaces `rows` by the ascending rows of `container`, which must be one of this block's.
  ///
  /// - Complexity: O(words of the container + rows); no allocation once `rows` is large enough.
  public func rows(of container: Container, into rows: inout [UInt16]) {
    let count = Int(container.cardinality)
    if rows.count > count {
      rows.removeLast(rows.count - count)
    } else {
      rows.append(contentsOf: repeatElement(0, count: count - rows.count))
    }
    unsafe rows.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      unsafe decodeRows(of: container, into: start)
    }
  }

  /// Writes the ascending rows of `container`, which must be one of this block's, to `rows`.
  ///
  /// - Parameter rows: Room for the `cardinality` of the container.
  /// - Complexity: O(words of the container + rows).
  public func decodeRows(of container: Container, into rows: UnsafeMutablePointer<UInt16>) {
    unsafe payload.withUnsafeBufferPointer { payload in
      guard let start = payload.baseAddress else { return }
      let words = unsafe start + Int(container.offset)
      let length = Int(container.length)
      switch container.kind {
      case .array: unsafe rows.update(from: words, count: length)
      case .bitmap: unsafe decodeBitmap(words, length: length, into: rows)
      case .runs: unsafe decodeRuns(words, length: length, into: rows)
      }
    }
  }

  /// Sets bit `bitOffset + row` of `words` for every row of `container`, one of this block's.
  ///
  /// Bits count from the lowest of the first word. Fastest where `bitOffset` is a multiple of 64.
  /// - Parameter words: A bitmap of at least `bitOffset + transactionCount` bits; no word beyond is
  ///   touched.
  /// - Complexity: O(words of the container), for runs O(words of the bitmap covered).
  public func or(
    _ container: Container, into words: UnsafeMutablePointer<UInt64>, bitOffset: Int
  ) {
    unsafe payload.withUnsafeBufferPointer { payload in
      guard let start = payload.baseAddress else { return }
      let source = unsafe start + Int(container.offset)
      let length = Int(container.length)
      switch container.kind {
      case .array: unsafe orArray(source, length: length, into: words, bitOffset: bitOffset)
      case .bitmap: unsafe orBitmap(source, length: length, into: words, bitOffset: bitOffset)
      case .runs: unsafe orRuns(source, length: length, into: words, bitOffset: bitOffset)
      }
    }
  }
}

/// Four words of a bitmap from word `index` on as one; those beyond `length` are zero.
@inline(__always)
private func chunk(_ words: UnsafePointer<UInt16>, _ index: Int, length: Int) -> UInt64 {
  if index + 4 <= length {
    return unsafe UInt64(words[index]) | UInt64(words[index + 1]) << 16
      | UInt64(words[index + 2]) << 32 | UInt64(words[index + 3]) << 48
  }
  var bits: UInt64 = 0
  for tail in index..<length { unsafe bits |= UInt64(words[tail]) << UInt64(16 * (tail - index)) }
  return bits
}

private func decodeBitmap(
  _ words: UnsafePointer<UInt16>, length: Int, into rows: UnsafeMutablePointer<UInt16>
) {
  var next = unsafe rows
  for index in stride(from: 0, to: length, by: 4) {
    var bits = unsafe chunk(words, index, length: length)
    while bits != 0 {
      unsafe next.pointee = UInt16(truncatingIfNeeded: 16 * index + bits.trailingZeroBitCount)
      unsafe next += 1
      bits &= bits &- 1
    }
  }
}

private func decodeRuns(
  _ words: UnsafePointer<UInt16>, length: Int, into rows: UnsafeMutablePointer<UInt16>
) {
  var next = unsafe rows
  for pair in stride(from: 0, to: length, by: 2) {
    let first = unsafe words[pair]
    let count = unsafe Int(words[pair + 1]) + 1
    for step in 0..<count {
      unsafe next[step] = first &+ UInt16(truncatingIfNeeded: step)
    }
    unsafe next += count
  }
}

private func orArray(
  _ rows: UnsafePointer<UInt16>, length: Int, into words: UnsafeMutablePointer<UInt64>,
  bitOffset: Int
) {
  for index in 0..<length {
    let bit = unsafe bitOffset + Int(rows[index])
    unsafe words[bit >> 6] |= 1 << UInt64(bit & 63)
  }
}

private func orBitmap(
  _ source: UnsafePointer<UInt16>, length: Int, into words: UnsafeMutablePointer<UInt64>,
  bitOffset: Int
) {
  let shift = UInt64(bitOffset & 63)
  var target = unsafe words + bitOffset >> 6
  if shift == 0 {
    for index in stride(from: 0, to: length, by: 4) {
      unsafe target.pointee |= chunk(source, index, length: length)
      unsafe target += 1
    }
    return
  }
  for index in stride(from: 0, to: length, by: 4) {
    let bits = unsafe chunk(source, index, length: length)
    unsafe target[0] |= bits << shift
    let high = bits >> (64 - shift)
    // The caller's bitmap may end with target[0].
    if high != 0 { unsafe target[1] |= high }
    unsafe target += 1
  }
}

private func orRuns(
  _ pairs: UnsafePointer<UInt16>, length: Int, into words: UnsafeMutablePointer<UInt64>,
  bitOffset: Int
) {
  for pair in stride(from: 0, to: length, by: 2) {
    let first = unsafe bitOffset + Int(pairs[pair])
    let last = unsafe first + Int(pairs[pair + 1])
    let firstWord = first >> 6
    let lastWord = last >> 6
    let fromFirst = ~UInt64(0) << UInt64(first & 63)
    let toLast = ~UInt64(0) >> UInt64(63 - last & 63)
    if firstWord == lastWord {
      unsafe words[firstWord] |= fromFirst & toLast
    } else {
      unsafe words[firstWord] |= fromFirst
      for index in firstWord + 1..<lastWord { unsafe words[index] = ~0 }
      unsafe words[lastWord] |= toLast
    }
  }
}
