/// A part of an output's text, made on a thread of its own.
public struct TextPiece: TextSink, ~Copyable {
  /// Bytes that it holds before they are written in between.
  public static let usualCapacity = 1 << 19

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

  /// Gives what the part holds to `body`; it is empty then.
  public mutating func empty(
    _ body: (UnsafeRawBufferPointer) throws(OutputError) -> Void
  ) throws(OutputError) {
    let pending = UnsafeRawBufferPointer(start: storage, count: used)
    used = 0
    try body(pending)
  }

  /// Hands over what the part holds, which is empty then.
  ///
  /// - Parameter spare: text that was written, whose memory the part goes on with; nil for new memory.
  public mutating func take(_ spare: FilledText? = nil) -> FilledText {
    let filled = FilledText(storage: storage, capacity: capacity, byteCount: used)
    used = 0
    if let spare {
      storage = spare.storage
      capacity = spare.capacity
    } else {
      storage = .allocate(capacity: capacity + OutputBuffer.slack)
    }
    return filled
  }

  /// Room for `byteCount` bytes, and ``OutputBuffer/slack`` more that may be overwritten.
  @inline(__always)
  public mutating func reserve(
    _ byteCount: Int
  ) throws(OutputError) -> UnsafeMutablePointer<UInt8> {
    if capacity - used < byteCount { try makeRoom(byteCount) }
    return storage + used
  }

  /// Keeps the bytes written since the last reservation, up to `end`.
  @inline(__always)
  public mutating func advance(to end: UnsafeMutablePointer<UInt8>) { used = end - storage }

  @inline(never)
  private mutating func makeRoom(_ byteCount: Int) throws(OutputError) {
    let number = number
    let overflow = overflow
    try empty { bytes throws(OutputError) in try overflow(number, bytes) }
    guard byteCount > capacity else { return }
    storage.deallocate()
    capacity = byteCount
    storage = .allocate(capacity: capacity + OutputBuffer.slack)
  }
}

/// Text that waits to be written; whoever has it frees it, once, or gives it to a part.
public struct FilledText: @unchecked Sendable {
  fileprivate let storage: UnsafeMutablePointer<UInt8>
  fileprivate let capacity: Int
  fileprivate let byteCount: Int

  /// The text.
  public var text: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: storage, count: byteCount)
  }

  /// Gives the memory back.
  public func free() { storage.deallocate() }
}
