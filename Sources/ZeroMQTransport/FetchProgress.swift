/// The state of one fetch: which chunks to ask for, and what has arrived.
struct FetchProgress {
  enum Outcome: Equatable {
    case more
    case complete
    /// The content has another length.
    case wrongLength(UInt64)
    /// Not what was asked.
    case malformed
  }

  let key: [UInt8]
  let expectedLength: Int
  private var nextOffset = 0
  private var isBegun = false
  private var missing: Int
  /// Made when the first chunk has shown that the length is right.
  private(set) var content: [UInt8] = []

  init(key: [UInt8], expectedLength: Int) {
    self.key = key
    self.expectedLength = expectedLength
    missing = expectedLength
  }

  /// The next part to ask for; nil when all were asked for.
  ///
  /// Empty content takes one request too.
  mutating func nextPart() -> (offset: Int, length: Int)? {
    guard nextOffset < expectedLength || !isBegun else { return nil }
    isBegun = true
    let length = min(BulkLimits.chunkBytesMaximum, expectedLength - nextOffset)
    defer { nextOffset += length }
    return (nextOffset, length)
  }

  /// Takes the answer to the request of a part.
  mutating func take(
    offset: Int, length: Int, key: [UInt8], answeredOffset: UInt64, totalLength: UInt64,
    bytes: [UInt8]
  ) -> Outcome {
    guard totalLength == UInt64(expectedLength) else { return .wrongLength(totalLength) }
    guard key == self.key, answeredOffset == UInt64(offset), bytes.count == length else {
      return .malformed
    }
    if length == expectedLength {
      content = bytes
    } else {
      if content.isEmpty { content = [UInt8](repeating: 0, count: expectedLength) }
      content.withUnsafeMutableBytes { content in
        UnsafeMutableRawBufferPointer(rebasing: content[offset..<offset + length])
          .copyBytes(from: bytes)
      }
    }
    missing -= length
    return missing == 0 ? .complete : .more
  }
}
