/// What is agreed between all versions of bulk transfer.
public enum BulkLimits {
  /// Bytes of a chunk or a put at most.
  public static let chunkBytesMaximum = 1 << 20
  /// Bytes of a key at most.
  public static let keyBytesMaximum = 64
  /// Bytes of the reason of a refusal at most; longer ones are cut.
  public static let reasonBytesMaximum = 1024
}

/// A message of bulk transfer; the page of this target describes the bytes.
enum BulkMessage: Equatable, Sendable {
  case fetch(key: [UInt8], offset: UInt64, length: Int)
  case chunk(key: [UInt8], offset: UInt64, totalLength: UInt64, bytes: [UInt8])
  case absent(key: [UInt8])
  case busy
  case put(stream: UInt64, sequence: UInt64, bytes: [UInt8])
  case accepted(stream: UInt64, sequence: UInt64, credits: UInt32)
  case refused(reason: String)

  private static let magic: [UInt8] = Array("LDBK".utf8)
  private static let version: UInt8 = 1
  static let headerByteCount = 16

  /// The frames of the message as the request of this number, or as the answer to it.
  func frames(request: UInt64) -> [[UInt8]] {
    var body: [UInt8] = []
    var payload: [UInt8]?
    switch self {
    case .fetch(let key, let offset, let length):
      append(offset, to: &body)
      append(UInt32(clamping: length), to: &body)
      appendKey(key, to: &body)
    case .chunk(let key, let offset, let totalLength, let bytes):
      append(offset, to: &body)
      append(totalLength, to: &body)
      appendKey(key, to: &body)
      payload = bytes
    case .absent(let key):
      appendKey(key, to: &body)
    case .busy:
      break
    case .put(let stream, let sequence, let bytes):
      append(stream, to: &body)
      append(sequence, to: &body)
      payload = bytes
    case .accepted(let stream, let sequence, let credits):
      append(stream, to: &body)
      append(sequence, to: &body)
      append(credits, to: &body)
    case .refused(let reason):
      body = Array(reason.utf8.prefix(BulkLimits.reasonBytesMaximum))
    }
    var header = Self.magic
    header.append(Self.version)
    header.append(kind)
    append(UInt16(clamping: body.count), to: &header)
    append(request, to: &header)
    header += body
    return payload.map { [header, $0] } ?? [header]
  }

  /// Reads a message; nil when the frames are none, in any respect.
  static func read(_ frames: [[UInt8]]) -> (request: UInt64, message: BulkMessage)? {
    guard let header = frames.first, header.count >= headerByteCount,
      header.starts(with: magic), header[4] == version
    else { return nil }
    var reader = Reader(bytes: header, position: 6)
    guard let length = reader.integer(UInt16.self), let request = reader.integer(UInt64.self),
      header.count == headerByteCount + Int(length), frames.count <= 2
    else { return nil }
    let payload = frames.count == 2 ? frames[1] : nil
    guard payload?.count ?? 0 <= BulkLimits.chunkBytesMaximum,
      let message = body(kind: header[5], &reader, payload), reader.isAtEnd
    else { return nil }
    return (request, message)
  }

  private var kind: UInt8 {
    switch self {
    case .fetch: 1
    case .chunk: 2
    case .absent: 3
    case .busy: 4
    case .put: 5
    case .accepted: 6
    case .refused: 7
    }
  }

  private static func body(
    kind: UInt8, _ reader: inout Reader, _ payload: [UInt8]?
  ) -> BulkMessage? {
    switch (kind, payload) {
    case (1, nil):
      guard let offset = reader.integer(UInt64.self), let length = reader.integer(UInt32.self),
        length <= BulkLimits.chunkBytesMaximum, let key = reader.key()
      else { return nil }
      return .fetch(key: key, offset: offset, length: Int(length))
    case (2, .some(let bytes)):
      guard let offset = reader.integer(UInt64.self), let total = reader.integer(UInt64.self),
        let key = reader.key()
      else { return nil }
      return .chunk(key: key, offset: offset, totalLength: total, bytes: bytes)
    case (3, nil):
      return reader.key().map { .absent(key: $0) }
    case (4, nil):
      return .busy
    case (5, .some(let bytes)):
      guard let stream = reader.integer(UInt64.self), let sequence = reader.integer(UInt64.self)
      else { return nil }
      return .put(stream: stream, sequence: sequence, bytes: bytes)
    case (6, nil):
      guard let stream = reader.integer(UInt64.self), let sequence = reader.integer(UInt64.self),
        let credits = reader.integer(UInt32.self)
      else { return nil }
      return .accepted(stream: stream, sequence: sequence, credits: credits)
    case (7, nil):
      return .refused(reason: reader.text())
    default:
      return nil
    }
  }

  private func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private func appendKey(_ key: [UInt8], to bytes: inout [UInt8]) {
    let key = key.prefix(BulkLimits.keyBytesMaximum)
    bytes.append(UInt8(key.count))
    bytes += key
  }

  private struct Reader {
    let bytes: [UInt8]
    var position: Int

    var isAtEnd: Bool { position == bytes.count }

    mutating func integer<Value: FixedWidthInteger>(_: Value.Type) -> Value? {
      let size = Value.bitWidth / 8
      guard bytes.count - position >= size else { return nil }
      var value: Value = 0
      for index in (0..<size).reversed() {
        value = value << 8 | Value(truncatingIfNeeded: bytes[position + index])
      }
      position += size
      return value
    }

    mutating func key() -> [UInt8]? {
      guard let count = integer(UInt8.self), count <= BulkLimits.keyBytesMaximum,
        bytes.count - position >= Int(count)
      else { return nil }
      defer { position += Int(count) }
      return Array(bytes[position..<position + Int(count)])
    }

    mutating func text() -> String {
      defer { position = bytes.count }
      return String(
        decoding: bytes[position...].prefix(BulkLimits.reasonBytesMaximum), as: UTF8.self)
    }
  }
}

extension TransportLimits {
  /// The limits of bulk transfer: a header and a chunk, few waiting for each peer.
  public static var bulk: TransportLimits {
    var limits = TransportLimits()
    limits.framesPerMessage = 2
    limits.frameBytesMaximum = max(BulkLimits.chunkBytesMaximum, 4096)
    limits.messageBytesMaximum = limits.frameBytesMaximum + 4096
    limits.sendHighWaterMark = 64
    limits.receiveHighWaterMark = 16
    return limits
  }
}
