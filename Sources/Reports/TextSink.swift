/// Takes the bytes of text that writers make in place.
public protocol TextSink: ~Copyable {
  /// Room for `byteCount` bytes, and ``OutputBuffer/slack`` more that may be overwritten but are not
  /// output.
  ///
  /// The pointer is good until the next call of anything else; what was written is kept by
  /// ``advance(to:)``.
  mutating func reserve(_ byteCount: Int) throws(OutputError) -> UnsafeMutablePointer<UInt8>

  /// Keeps the bytes written since the last reservation, up to `end`.
  mutating func advance(to end: UnsafeMutablePointer<UInt8>)
}

extension TextSink where Self: ~Copyable {
  /// Writes the UTF-8 of a text.
  public mutating func write(_ text: String) throws(OutputError) {
    var text = text
    let count = text.utf8.count
    let start = try reserve(count)
    text.withUTF8 { bytes in
      if let base = bytes.baseAddress { start.update(from: base, count: count) }
    }
    advance(to: start + count)
  }
}
