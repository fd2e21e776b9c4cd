import Messages

/// Collects the payloads of a message that is being written.
struct ContentWriter {
  private(set) var frames: [[UInt8]] = []

  /// Adds a payload; the number of its frame.
  mutating func append(_ bytes: [UInt8]) throws(WireError) -> UInt32 {
    try check(bytes.count, MessageLimits.frameBytes, "the length of a payload")
    try check(frames.count + 3, MessageLimits.frames, "the number of frames")
    frames.append(bytes)
    return UInt32(frames.count - 1)
  }

  /// Adds a content; `encode` makes bytes of a value.
  mutating func append<Value>(
    _ content: Content<Value>, _ encode: (Value) -> [UInt8]
  ) throws(WireError) -> WireContent {
    var message = WireContent()
    switch content {
    case .value(let value): message.place = .frame(try append(encode(value)))
    case .bytes(let bytes): message.place = .frame(try append(bytes))
    case .published(let descriptor):
      message.place = .published(WireObjectDescriptor(descriptor))
    }
    return message
  }
}

/// Hands out the payloads of a message that is being read, each once.
struct ContentReader {
  private let frames: [[UInt8]]
  private var isTaken: [Bool]
  private var takenCount = 0

  init(_ frames: [[UInt8]]) {
    self.frames = frames
    isTaken = [Bool](repeating: false, count: frames.count)
  }

  mutating func take(_ number: UInt32) throws(WireError) -> [UInt8] {
    let index = Int(number)
    guard index < frames.count, !isTaken[index] else {
      throw .frames(named: max(index + 1, takenCount + 1), found: frames.count)
    }
    isTaken[index] = true
    takenCount += 1
    return frames[index]
  }

  mutating func take<Value>(
    _ message: WireContent, _ field: String
  ) throws(WireError) -> Content<Value> {
    switch message.place {
    case .frame(let number): .bytes(try take(number))
    case .published(let descriptor): .published(try descriptor.value())
    case nil: throw .missing(field)
    }
  }

  /// - Throws: ``WireError/frames(named:found:)`` where a payload was not named.
  func finish() throws(WireError) {
    guard takenCount == frames.count else {
      throw .frames(named: takenCount, found: frames.count)
    }
  }
}
