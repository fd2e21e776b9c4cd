public import Messages
import SwiftProtobuf

/// The protocol between nodes: typed messages to frames of bytes, and back.
///
/// The specification is in `Protocol/*.proto`; its first file says how frames follow one another.
/// Whatever the bytes are, decoding ends with a valid message or a ``WireError``.
public enum WireFormat {
  /// The versions of the protocol that this program speaks.
  public static let versions: ClosedRange<UInt16> = 1...1

  /// What the first frame says, for who must tell requests from workers' messages.
  ///
  /// - Throws: ``WireError`` where the message is none, or in no version that this program speaks.
  public static func header(of frames: [[UInt8]]) throws(WireError) -> WireHeader {
    guard let first = frames.first else { throw .notAMessage }
    return try WireHeader(first, ours: versions)
  }

  /// What to answer a peer whose message threw ``WireError/version(theirs:ours:)``: the versions
  /// that this program speaks.
  ///
  /// - Parameter frames: the message that cannot be understood; a request's number is given back.
  public static func versionRefusal(of frames: [[UInt8]]) -> [[UInt8]] {
    var bytes = WireHeader(.versionRefusal, request: .none, versions: versions).bytes
    // The layout is the same in all versions, so the number can be read.
    if let first = frames.first, first.count == WireHeader.length {
      bytes.replaceSubrange(9..., with: first[9...])
    }
    return [bytes]
  }

  // MARK: Workers

  /// A worker's message as frames; contents that are still values are encoded, the longest work here.
  ///
  /// - Throws: ``WireError/limit(of:found:limit:)`` where it is longer than a message may be: publish
  ///   what is long.
  public static func encode(_ envelope: WorkerEnvelope) throws(WireError) -> [[UInt8]] {
    var contents = ContentWriter()
    let message = try WireWorkerEnvelope(envelope, &contents)
    return try assemble(message, .worker, .none, contents)
  }

  /// Reads a worker's message; contents are left as bytes.
  ///
  /// - Throws: ``WireError`` where the frames are no such message.
  public static func decodeWorker(_ frames: [[UInt8]]) throws(WireError) -> WorkerEnvelope {
    var (contents, _) = try open(frames, as: .worker)
    let message: WireWorkerEnvelope = try parse(frames, "worker's message")
    let envelope = try message.value(&contents)
    try contents.finish()
    return envelope
  }

  // MARK: The coordinator

  /// The coordinator's message as frames; contents that are still values are encoded.
  ///
  /// - Throws: ``WireError/limit(of:found:limit:)`` where it is longer than a message may be: publish
  ///   what is long.
  public static func encode(_ envelope: CoordinatorEnvelope) throws(WireError) -> [[UInt8]] {
    var contents = ContentWriter()
    let message = try WireCoordinatorEnvelope(envelope, &contents)
    return try assemble(message, .coordinator, .none, contents)
  }

  /// Reads the coordinator's message; contents are left as bytes.
  ///
  /// - Throws: ``WireError`` where the frames are no such message.
  public static func decodeCoordinator(
    _ frames: [[UInt8]]
  ) throws(WireError) -> CoordinatorEnvelope {
    var (contents, _) = try open(frames, as: .coordinator)
    let message: WireCoordinatorEnvelope = try parse(frames, "coordinator's message")
    let envelope = try message.value(&contents)
    try contents.finish()
    return envelope
  }

  // MARK: Clients

  /// A client's request as frames.
  ///
  /// - Throws: ``WireError/limit(of:found:limit:)`` where it is longer than a message may be.
  public static func encode(
    request: ClientRequest, id: RequestID
  ) throws(WireError) -> [[UInt8]] {
    var contents = ContentWriter()
    let message = try WireClientRequest(request, &contents)
    return try assemble(message, .request, id, contents)
  }

  /// Reads a client's request.
  ///
  /// - Throws: ``WireError`` where the frames are no request.
  public static func decodeRequest(
    _ frames: [[UInt8]]
  ) throws(WireError) -> (id: RequestID, request: ClientRequest) {
    var (contents, id) = try open(frames, as: .request)
    let message: WireClientRequest = try parse(frames, "request")
    let request = try message.value(&contents)
    try contents.finish()
    return (id, request)
  }

  /// The answer to a client as frames.
  ///
  /// - Throws: ``WireError/limit(of:found:limit:)`` where it is longer than a message may be.
  public static func encode(
    response: ClientResponse, id: RequestID
  ) throws(WireError) -> [[UInt8]] {
    try assemble(try WireClientResponse(response), .response, id, ContentWriter())
  }

  /// Reads the answer to a client.
  ///
  /// - Throws: ``WireError`` where the frames are no response.
  public static func decodeResponse(
    _ frames: [[UInt8]]
  ) throws(WireError) -> (id: RequestID, response: ClientResponse) {
    let (contents, id) = try open(frames, as: .response)
    let message: WireClientResponse = try parse(frames, "response")
    try contents.finish()
    return (id, try message.value())
  }

  // MARK: Frames

  private static func assemble(
    _ message: some Message, _ family: WireFamily, _ request: RequestID, _ contents: ContentWriter
  ) throws(WireError) -> [[UInt8]] {
    let header = WireHeader(family, request: request, versions: versions).bytes
    let envelope: [UInt8] = try serialize(message)
    try check(envelope.count, MessageLimits.envelopeBytes, "the length")
    let frames = [header, envelope] + contents.frames
    try check(frames.count, MessageLimits.frames, "the number of frames")
    return frames
  }

  /// Checks the first frame and all lengths.
  private static func open(
    _ frames: [[UInt8]], as family: WireFamily
  ) throws(WireError) -> (contents: ContentReader, request: RequestID) {
    let header = try header(of: frames)
    guard header.family == family else {
      throw .family(found: header.family.rawValue, expected: family)
    }
    try check(frames.count, MessageLimits.frames, "the number of frames")
    guard frames.count >= 2 else { throw .missing("its second frame") }
    try check(frames[1].count, MessageLimits.envelopeBytes, "the length")
    for frame in frames.dropFirst(2) {
      try check(frame.count, MessageLimits.frameBytes, "the length of a payload")
    }
    return (ContentReader(Array(frames.dropFirst(2))), header.request)
  }

  private static func parse<M: Message>(
    _ frames: [[UInt8]], _ title: String
  ) throws(WireError) -> M {
    try deserialize(frames[1], title)
  }
}

extension RequestID {
  /// The number of messages that are no requests.
  static let none = RequestID(.none)
}

/// The bytes of a message of Protocol Buffers.
func serialize(_ message: some Message) throws(WireError) -> [UInt8] {
  do {
    return try message.serializedBytes()
  } catch { throw .malformed(message: "message to be sent", "\(error)") }
}

/// Reads a message of Protocol Buffers.
func deserialize<M: Message>(_ bytes: [UInt8], _ title: String) throws(WireError) -> M {
  do {
    return try M(serializedBytes: bytes)
  } catch { throw .malformed(message: title, "\(error)") }
}

func check(_ length: Int, _ limit: Int, _ subject: String) throws(WireError) {
  guard length <= limit else {
    throw .limit(of: subject, found: UInt64(clamping: length), limit: UInt64(limit))
  }
}
