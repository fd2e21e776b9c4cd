/// A part of an output's text, made on a thread of its own.
public struct TextPiece: ~Copyable {
  /// Bytes that it holds before they are written in between.
  public static let usualCapacity = 1 << 20

  private var storage: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private var used = 0
  /// The place of the part among all, from 0.
  public var number = 0
  private let overflow: (_ number: Int, UnsafeRawBufferPointer) throws(OutputError) -> Void

  /// A part without text.
  ///
  /// - Parameter overflow: writes what the part holds when there is no room for more.
  public init(
    capacity: Int = usualCapacity,
    overflow: @escaping (_ number: Int, UnsafeRawBufferPointer) throws(OutputError) -> Void
  ) {
    self.capacity = max(capacity, 0)
    storage = .allocate(capacity: self.capacity + OutputBuffer.slack)
    self.overflow = overflow
  }

  deinit { storage.deallocate() }

  /// Hands over what the part holds, which is empty then.
  public mutating func take() -> FilledText {
    let filled = FilledText(bytes: UnsafeMutableRawBufferPointer(start: storage, count: used))
    storage = .allocate(capacity: capacity + OutputBuffer.slack)
    used = 0
    return filled
  }

  /// Room for `byteCount` bytes, and ``OutputBuffer/slack`` more that may be overwritten.
  @inline(__always)
  mutating func reserve(_ byteCount: Int) throws(OutputError) -> UnsafeMutablePointer<UInt8> {
    if capacity - used < byteCount { try makeRoom(byteCount) }
    return storage + used
  }

  /// Keeps the bytes written since the last reservation, up to `end`.
  @inline(__always)
  mutating func advance(to end: UnsafeMutablePointer<UInt8>) { used = end - storage }

  @inline(never)
  private mutating func makeRoom(_ byteCount: Int) throws(OutputError) {
    let pending = UnsafeRawBufferPointer(start: storage, count: used)
    used = 0
    try overflow(number, pending)
    guard byteCount > capacity else { return }
    storage.deallocate()
    capacity = byteCount
    storage = .allocate(capacity: capacity + OutputBuffer.slack)
  }
}

/// Text that waits to be written; whoever has it frees it, once.
public struct FilledText: @unchecked Sendable {
  fileprivate let bytes: UnsafeMutableRawBufferPointer

  /// The text.
  public var text: UnsafeRawBufferPointer { UnsafeRawBufferPointer(bytes) }

  /// Gives the memory back.
  public func free() { bytes.baseAddress?.deallocate() }
}
