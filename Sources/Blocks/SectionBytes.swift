// The only calls into LZ4 and XXH3, and the conversions between words and little-endian bytes.

import CLZ4
import CXXHash

/// The checksum of the format: XXH3, 64 bits, seed 0.
package func checksum(_ bytes: Span<UInt8>) -> UInt64 {
  unsafe bytes.withUnsafeBytes { unsafe checksum($0) }
}

private func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  unsafe XXH3_64bits(bytes.baseAddress, bytes.count)
}

/// `bytes` as an LZ4 block, or nil where that would not be smaller.
package func compressedIfSmaller(_ bytes: [UInt8]) -> [UInt8]? {
  guard bytes.count > 1, let length = Int32(exactly: bytes.count) else { return nil }
  let compressed = unsafe bytes.withUnsafeBytes { source in
    let input = unsafe source.assumingMemoryBound(to: CChar.self).baseAddress
    return unsafe [UInt8](unsafeUninitializedCapacity: bytes.count - 1) { target, count in
      let output = unsafe UnsafeMutableRawBufferPointer(target)
        .assumingMemoryBound(to: CChar.self).baseAddress
      // 0 where the result does not fit in one byte less than the input.
      count = unsafe Int(LZ4_compress_default(input, output, length, length - 1))
    }
  }
  return compressed.isEmpty ? nil : compressed
}

/// Words decoded from the stored bytes of a section, with the checksum of their raw bytes.
struct DecodedWords<Word> {
  let words: [Word]
  let rawChecksum: UInt64
}

/// The `count` words that `stored` holds; nil where LZ4 does not find exactly so many bytes.
///
/// The caller has checked `count` against the limits and, without codec, against the stored length.
func decodeWords<Word: FixedWidthInteger & BitwiseCopyable>(
  _ stored: Span<UInt8>, codec: SectionCodec, count: Int, as type: Word.Type
) -> DecodedWords<Word>? {
  var words = [Word](repeating: 0, count: count)
  let rawChecksum: UInt64? = unsafe words.withUnsafeMutableBytes { target in
    unsafe stored.withUnsafeBytes { source in
      switch codec {
      case .none:
        unsafe target.copyMemory(from: source)
      case .lz4:
        if unsafe decompress(source, into: target) != target.count { return nil }
      }
      return unsafe checksum(UnsafeRawBufferPointer(target))
    }
  }
  guard let rawChecksum else { return nil }
  for index in words.indices { words[index] = Word(littleEndian: words[index]) }
  return DecodedWords(words: words, rawChecksum: rawChecksum)
}

/// The number of bytes that `source` decompresses to; negative where it is damaged or needs more room.
private func decompress(
  _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
) -> Int {
  guard let sourceLength = Int32(exactly: source.count),
    let targetLength = Int32(exactly: target.count)
  else { return -1 }
  return unsafe Int(
    LZ4_decompress_safe(
      source.assumingMemoryBound(to: CChar.self).baseAddress,
      target.assumingMemoryBound(to: CChar.self).baseAddress, sourceLength, targetLength))
}

extension Array where Element == UInt8 {
  /// The bytes of `words`, each with its least significant byte first.
  package init<Word: FixedWidthInteger & BitwiseCopyable>(littleEndian words: [Word]) {
    let ordered = words.map { $0.littleEndian }
    self = unsafe ordered.withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// Appends the bytes of `word`, least significant first.
  package mutating func append<Word: FixedWidthInteger>(littleEndian word: Word) {
    for shift in stride(from: 0, to: Word.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: word >> Word(shift)))
    }
  }
}

extension Span<UInt8> {
  /// The little-endian number at `offset`, which the caller has checked to be inside.
  func littleEndian<Word: FixedWidthInteger & UnsignedInteger>(
    at offset: Int, as type: Word.Type = Word.self
  ) -> Word {
    var word: Word = 0
    for index in 0..<Word.bitWidth / 8 {
      word |= Word(self[offset + index]) << Word(8 * index)
    }
    return word
  }
}
