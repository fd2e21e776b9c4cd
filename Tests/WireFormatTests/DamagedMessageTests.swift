import Coordination
import Messages
import TestSupport
import Testing
import WireFormat

/// Whatever frames arrive, reading them ends with a valid message or an error that says what to do.
@Suite("Damaged messages") struct DamagedMessageTests {
  /// Reads frames as what they say they are, and writes what was read again.
  private func roundTrip(_ frames: [[UInt8]]) throws(WireError) -> [[UInt8]] {
    switch try WireFormat.header(of: frames).family {
    case .worker: return try WireFormat.encode(try WireFormat.decodeWorker(frames))
    case .coordinator: return try WireFormat.encode(try WireFormat.decodeCoordinator(frames))
    case .request:
      let (id, request) = try WireFormat.decodeRequest(frames)
      return try WireFormat.encode(request: request, id: id)
    case .response:
      let (id, response) = try WireFormat.decodeResponse(frames)
      return try WireFormat.encode(response: response, id: id)
    case .versionRefusal: throw .unknown("a refusal that was read as a message")
    }
  }

  /// A message that was accepted is one like any other.
  private func check(_ frames: [[UInt8]]) {
    do throws(WireError) {
      let written = try roundTrip(frames)
      #expect(try roundTrip(written) == written)
    } catch { #expect(error.description.hasSuffix(".")) }
  }

  private func messages(_ samples: inout WireSamples) throws -> [[[UInt8]]] {
    var messages: [[[UInt8]]] = []
    for message in samples.workerMessages() {
      messages.append(try WireFormat.encode(try samples.envelope(message)))
    }
    for message in samples.coordinatorMessages() {
      messages.append(try WireFormat.encode(samples.envelope(message)))
    }
    for request in try samples.requests() {
      messages.append(try WireFormat.encode(request: request, id: samples.request()))
    }
    for response in try samples.responses() {
      messages.append(try WireFormat.encode(response: response, id: samples.request()))
    }
    return messages
  }

  @Test(arguments: 0..<2) func cutsAndChanges(seed: UInt64) throws {
    var samples = WireSamples(seed: seed)
    for frames in try messages(&samples) {
      #expect(try roundTrip(frames) == frames)
      for count in 0..<2 {
        #expect(throws: WireError.self) { try roundTrip(Array(frames[..<count])) }
      }
      if frames.count > 2 {
        #expect(throws: WireError.self) { try roundTrip(frames.dropLast()) }
      }
      #expect(throws: WireError.self) { try roundTrip(frames + [[1, 2]]) }
      for frame in 0..<2 {
        for length in samples.places(0..<frames[frame].count, most: 40) {
          var cut = frames
          cut[frame].removeLast(frames[frame].count - length)
          if frame == 0 { #expect(throws: WireError.notAMessage) { try roundTrip(cut) } }
          check(cut)
        }
        for index in samples.places(frames[frame].indices, most: 40) {
          var changed = frames
          changed[frame][index] ^= 1 << UInt8(samples.word() % 8)
          check(changed)
          changed[frame][index] = UInt8(truncatingIfNeeded: samples.word())
          check(changed)
        }
      }
    }
  }

  @Test(arguments: 1...4) func garbage(family: UInt8) throws {
    var samples = WireSamples(seed: UInt64(family))
    var frames = try WireFormat.encode(samples.envelope(.released))
    frames[0][8] = family
    for _ in 0..<1000 {
      let length = Int(samples.word() % 70)
      frames[1] = (0..<length).map { _ in UInt8(truncatingIfNeeded: samples.word()) }
      check(frames)
    }
  }

  @Test(arguments: 0..<4) func manifests(seed: UInt64) throws {
    var samples = WireSamples(seed: seed)
    for write in try samples.catalogWrites() {
      let bytes = try WireFormat.manifest(for: write)
      for length in 0..<bytes.count {
        #expect(throws: WireError.self) {
          try WireFormat.catalogWrite(fromManifest: Array(bytes[..<length]))
        }
      }
      for index in bytes.indices {
        var changed = bytes
        changed[index] ^= 1 << UInt8(samples.word() % 8)
        #expect(throws: WireError.self) { try WireFormat.catalogWrite(fromManifest: changed) }
      }
    }
  }
}
