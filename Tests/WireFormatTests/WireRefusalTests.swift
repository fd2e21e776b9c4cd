import Blocks
import Messages
import Testing
import WireFormat

/// What is refused, by name.
@Suite("Refused messages") struct WireRefusalTests {
  private func released() throws -> [[UInt8]] {
    var samples = WireSamples(seed: 1)
    return try WireFormat.encode(samples.envelope(.released))
  }

  @Test func anotherVersion() throws {
    var frames = try WireFormat.encode(
      request: .status, id: RequestID(DataSetID(high: 7, low: 8)))
    frames[0][4] = 2
    frames[0][6] = 0
    frames[0][7] = 1
    let error = WireError.version(theirs: 2...256, ours: 1...1)
    #expect(throws: error) { try WireFormat.decodeRequest(frames) }
    #expect(error.description.contains("versions 2 to 256"))
    #expect(error.description.contains("version 1"))
    #expect(error.description.contains("same version of Lode"))

    // The peer is told, and can read it whatever it speaks.
    let refusal = WireFormat.versionRefusal(of: frames)
    #expect(refusal.count == 1)
    #expect(Array(refusal[0][9...]) == Array(frames[0][9...]))
    #expect(throws: WireError.refusedByPeer(theirs: 1...1, ours: 1...1)) {
      try WireFormat.decodeResponse(refusal)
    }
    #expect(throws: WireError.refusedByPeer(theirs: 1...1, ours: 1...1)) {
      try WireFormat.header(of: WireFormat.versionRefusal(of: []))
    }
  }

  /// A later program that speaks our version too is understood.
  @Test func aWiderRangeOfVersions() throws {
    var frames = try released()
    frames[0][6] = 9
    #expect(throws: Never.self) { try WireFormat.decodeCoordinator(frames) }
  }

  @Test func theFirstFrameIsFixedForEver() throws {
    let frames = try WireFormat.encode(
      request: .status, id: RequestID(DataSetID(high: 0x0102_0304_0506_0708, low: 9)))
    #expect(
      frames[0] == Array("LODE".utf8) + [1, 0, 1, 0, 3] + [1, 2, 3, 4, 5, 6, 7, 8]
        + [0, 0, 0, 0, 0, 0, 0, 9])
  }

  @Test func anotherFamily() throws {
    #expect(throws: WireError.family(found: 2, expected: .worker)) {
      try WireFormat.decodeWorker(try released())
    }
    var frames = try released()
    frames[0][8] = 77
    #expect(throws: WireError.unknown("its family, 77")) { try WireFormat.decodeWorker(frames) }
  }

  @Test func anUnknownMessage() throws {
    var frames = try released()
    // Field 500 of the envelope, as a later version may have it, instead of the message.
    frames[1] = [0x0A, 0x00, 0xA2, 0x1F, 0x00]
    #expect(throws: WireError.unknown("what the coordinator says")) {
      try WireFormat.decodeCoordinator(frames)
    }
    frames[1] = []
    #expect(throws: WireError.missing("the cluster")) {
      try WireFormat.decodeCoordinator(frames)
    }
  }

  @Test func payloadsAreNamedOnce() throws {
    var samples = WireSamples(seed: 2)
    let request = ClientRequest.putChunk(ingest: samples.request(), sequence: 3, bytes: [1])
    let frames = try WireFormat.encode(request: request, id: samples.request())
    #expect(throws: WireError.frames(named: 1, found: 0)) {
      try WireFormat.decodeRequest(Array(frames[..<2]))
    }
    #expect(throws: WireError.frames(named: 1, found: 2)) {
      try WireFormat.decodeRequest(frames + [[2]])
    }
  }

  @Test func limits() throws {
    var samples = WireSamples(seed: 4)
    let long = String(repeating: "x", count: MessageLimits.textBytes + 1)
    #expect(throws: WireError.self) {
      try WireFormat.encode(samples.envelope(.refused(long)))
    }
    let objects = (0...InventoryPart.lengthLimit).map { _ in samples.descriptor() }
    let part = InventoryPart(index: 0, partCount: 1, objects: objects)
    #expect(throws: WireError.self) {
      try WireFormat.encode(try samples.envelope(.inventory(part)))
    }
    let chunk = [UInt8](repeating: 0, count: MessageLimits.frameBytes + 1)
    let request = ClientRequest.putChunk(ingest: samples.request(), sequence: 0, bytes: chunk)
    #expect(throws: WireError.self) {
      try WireFormat.encode(request: request, id: samples.request())
    }

    var frames = try released()
    frames[1] = [UInt8](repeating: 0, count: MessageLimits.envelopeBytes + 1)
    #expect(
      throws: WireError.limit(
        of: "the length", found: UInt64(MessageLimits.envelopeBytes + 1),
        limit: UInt64(MessageLimits.envelopeBytes))
    ) { try WireFormat.decodeCoordinator(frames) }
    frames = try released() + [[UInt8]](repeating: [], count: MessageLimits.frames)
    #expect(throws: WireError.self) { try WireFormat.decodeCoordinator(frames) }
  }

  @Test func numbersThatFitNoInteger() throws {
    var samples = WireSamples(seed: 5)
    var frames = try WireFormat.encode(samples.envelope(.inventoryReceived(index: 0)))
    // Field 12 of the envelope: 2^64 - 1, more than an index can be.
    frames[1] =
      [0x0A, 0x00, 0x60] + [UInt8](repeating: 0xFF, count: 9) + [0x01]
    #expect(throws: WireError.self) { try WireFormat.decodeCoordinator(frames) }
    #expect(throws: WireError.self) {
      try WireFormat.encode(samples.envelope(.inventoryReceived(index: -1)))
    }
  }

  @Test func listsOutOfOrder() throws {
    var samples = WireSamples(seed: 6)
    var key = samples.key()
    key.shards = [4, 4]
    let lease = CountingLease(id: 1, key: key, attempt: 0, ranges: [])
    #expect(throws: WireError.self) { try WireFormat.encode(samples.envelope(.count(lease))) }
  }

  @Test func manifestsOfAnotherVersion() throws {
    var bytes = try WireFormat.manifest(for: .claim(Epoch(3)))
    bytes[8] = 9
    #expect(throws: WireError.manifestVersion(found: 9, supported: 1)) {
      try WireFormat.catalogWrite(fromManifest: bytes)
    }
  }
}
