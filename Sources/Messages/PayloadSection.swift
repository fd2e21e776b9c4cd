import Blocks
import CLZ4

// Compressed sections: bytes in parts of at most `MessageLimits.partBytes`, each as an LZ4 block where
// that is smaller, with the checksum of the decompressed bytes at the end.

extension PayloadWriter {
  /// Appends what `section` holds, compressed.
  mutating func append(section: PayloadWriter) { append(section: section.bytes) }

  /// Appends these bytes, compressed.
  mutating func append(section raw: [UInt8]) {
    append(count: raw.count)
    for start in stride(from: 0, to: raw.count, by: MessageLimits.partBytes) {
      let part = Array(raw[start..<min(start + MessageLimits.partBytes, raw.count)])
      let stored = compressedIfSmaller(part) ?? part
      append(count: stored.count)
      append(contentsOf: stored)
    }
    append(word: checksum64(raw))
  }
}

extension PayloadReader {
  /// Decompresses a section; the reader of what it held.
  mutating func section() throws(PayloadError) -> PayloadReader {
    let start = offset
    let rawCount = try count(
      "the length of a section", limit: MessageLimits.sectionBytes,
      perByte: MessageLimits.expansion)
    var raw = [UInt8](repeating: 0, count: rawCount)
    for partStart in stride(from: 0, to: rawCount, by: MessageLimits.partBytes) {
      let length = min(MessageLimits.partBytes, rawCount - partStart)
      let storedCount = try count("the length of a part", limit: length)
      let place = offset
      let stored = try take(storedCount)
      guard decompress(bytes, stored, into: &raw, partStart..<partStart + length) else {
        throw error(.compression, at: place)
      }
    }
    let expected = try word()
    let found = checksum64(raw)
    guard found == expected else {
      throw error(.checksum(expected: expected, found: found), at: offset - 8)
    }
    return PayloadReader(section: raw, of: kind, base: start)
  }
}

/// Fills `target` of `raw` from the bytes `stored`; false where they do not make exactly so many.
private func decompress(
  _ bytes: [UInt8], _ stored: Range<Int>, into raw: inout [UInt8], _ target: Range<Int>
) -> Bool {
  if stored.count == target.count {
    raw.replaceSubrange(target, with: bytes[stored])
    return true
  }
  return unsafe bytes.withUnsafeBytes { source in
    unsafe raw.withUnsafeMutableBytes { raw in
      let input = unsafe UnsafeRawBufferPointer(rebasing: source[stored])
      let output = unsafe UnsafeMutableRawBufferPointer(rebasing: raw[target])
      guard let inputCount = Int32(exactly: input.count),
        let outputCount = Int32(exactly: output.count)
      else { return false }
      let made = unsafe LZ4_decompress_safe(
        input.assumingMemoryBound(to: CChar.self).baseAddress,
        output.assumingMemoryBound(to: CChar.self).baseAddress, inputCount, outputCount)
      return made == outputCount
    }
  }
}
