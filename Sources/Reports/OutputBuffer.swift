/// Bytes on their way to a destination, handed to the system 256 KiB at a time.
///
/// Open it before the work whose results it takes, so that an unusable `--to` is refused at the
/// beginning. Without ``finish()`` a file never appears.
public struct OutputBuffer: TextSink, ~Copyable {
  /// Bytes behind every reservation that a copy in steps of up to 64 bytes may overwrite.
  public static let slack = 64
  private static let usualCapacity = 256 * 1024
  /// Copying so many bytes takes longer than handing them to the system by themselves.
  private static let leastWithoutCopy = 32 * 1024

  private var file: OutputFile
  private var storage: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private var used = 0

  /// Opens the destination.
  ///
  /// Throws ``OutputError/unusableDestination(path:reason:)`` for a path that is a folder, whose
  /// folder does not exist or is write-protected.
  public init(_ destination: OutputDestination) throws(OutputError) {
    file = try OutputFile(destination)
    capacity = Self.usualCapacity
    storage = .allocate(capacity: capacity + Self.slack)
  }

  deinit { storage.deallocate() }

  /// Room for `byteCount` bytes, and ``slack`` more that may be overwritten but are not output.
  ///
  /// The pointer is good until the next call of anything else; what was written is kept by
  /// ``advance(to:)``.
  @inline(__always)
  public mutating func reserve(
    _ byteCount: Int
  ) throws(OutputError) -> UnsafeMutablePointer<UInt8> {
    if capacity - used < byteCount { try makeRoom(byteCount) }
    return storage + used
  }

  /// Keeps the bytes written since the last reservation, up to `end`.
  @inline(__always)
  public mutating func advance(to end: UnsafeMutablePointer<UInt8>) {
    used = end - storage
  }

  /// Writes bytes as they are; many go to the system without a copy.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
    guard let base = bytes.baseAddress else { return }
    if bytes.count >= Self.leastWithoutCopy {
      try flush()
      try file.write(bytes)
    } else {
      let start = try reserve(bytes.count)
      UnsafeMutableRawPointer(start).copyMemory(from: base, byteCount: bytes.count)
      advance(to: start + bytes.count)
    }
  }

  /// Hands all bytes to the system.
  public mutating func flush() throws(OutputError) {
    let pending = UnsafeRawBufferPointer(start: storage, count: used)
    used = 0
    try file.write(pending)
  }

  /// Hands all bytes to the system; a file is made durable and appears under its name.
  public mutating func finish() throws(OutputError) {
    try flush()
    try file.commit()
  }

  @inline(never)
  private mutating func makeRoom(_ byteCount: Int) throws(OutputError) {
    try flush()
    guard byteCount > capacity else { return }
    storage.deallocate()
    capacity = byteCount
    storage = .allocate(capacity: capacity + Self.slack)
  }
}
