internal import CZlib

/// A gzip stream being decompressed: several members one after the other, zeros at the end allowed.
struct Inflater: ~Copyable, @unchecked Sendable {
  /// What a call of `inflate` did.
  struct Progress {
    var consumed = 0
    var produced = 0
    /// Says what is wrong with the data; nil while it is sound.
    var damage: String?
  }

  // zlib keeps a pointer to its stream, so that it needs a fixed address. This value is its only
  // owner, which is why it may move between threads.
  private let stream: UnsafeMutablePointer<z_stream>
  /// Whether the bytes so far end a member, so that the data may end here.
  private(set) var isBetweenMembers = false

  /// Nil where zlib has no memory left.
  init?() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window, +16 for the gzip format with its checksums.
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, size) == Z_OK else {
      stream.deallocate()
      return nil
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Decompresses what it can from `input` to `output`; neither need be used up.
  mutating func inflate(
    _ input: UnsafeMutableRawBufferPointer, to output: UnsafeMutableRawBufferPointer
  ) -> Progress {
    var progress = Progress()
    while progress.consumed < input.count, progress.produced < output.count {
      if isBetweenMembers {
        if input[progress.consumed] == 0 {
          progress.consumed += 1  // padding, as tapes have it
          continue
        }
        inflateReset(stream)
        isBetweenMembers = false
      }
      let source = UnsafeMutableRawBufferPointer(rebasing: input[progress.consumed...])
      let target = UnsafeMutableRawBufferPointer(rebasing: output[progress.produced...])
      stream.pointee.next_in = source.bindMemory(to: UInt8.self).baseAddress
      stream.pointee.avail_in = UInt32(clamping: source.count)
      stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
      stream.pointee.avail_out = UInt32(clamping: target.count)
      let status = CZlib.inflate(stream, Z_NO_FLUSH)
      progress.consumed += min(source.count, Int(UInt32.max)) - Int(stream.pointee.avail_in)
      progress.produced += min(target.count, Int(UInt32.max)) - Int(stream.pointee.avail_out)
      switch status {
      case Z_OK: continue
      case Z_STREAM_END: isBetweenMembers = true
      case Z_BUF_ERROR: return progress
      default:
        progress.damage = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)"
        return progress
      }
    }
    return progress
  }
}
