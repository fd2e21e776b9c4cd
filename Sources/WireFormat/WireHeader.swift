import Blocks
public import Messages

/// Who speaks to whom: what the first frame says about a message.
public enum WireFamily: UInt8, Sendable, CaseIterable {
  /// A worker to the coordinator.
  case worker = 1
  /// The coordinator to a worker.
  case coordinator = 2
  /// A client's request.
  case request = 3
  /// The answer to a client.
  case response = 4
  /// The refusal of a message in a version that is not spoken.
  case versionRefusal = 5
}

/// The first frame of a message, whose layout is fixed for ever.
public struct WireHeader: Sendable, Equatable {
  /// The versions of the protocol that the sender speaks.
  public let versions: ClosedRange<UInt16>
  /// Who speaks to whom.
  public let family: WireFamily
  /// The request, of requests and responses and refusals of them; else all bits are 0.
  public let request: RequestID

  /// The number of bytes.
  public static let length = 25
  private static let magic = Array("LODE".utf8)

  init(_ family: WireFamily, request: RequestID, versions: ClosedRange<UInt16>) {
    self.versions = versions
    self.family = family
    self.request = request
  }

  /// Reads a first frame.
  ///
  /// - Throws: ``WireError/notAMessage`` where it is none, ``WireError/version(theirs:ours:)`` where
  ///   the sender speaks no version that this program does, ``WireError/refusedByPeer(theirs:ours:)``
  ///   where it says the same of this program, ``WireError/unknown(_:)`` for an unknown family.
  init(_ frame: [UInt8], ours: ClosedRange<UInt16>) throws(WireError) {
    guard frame.count == Self.length, Array(frame[..<4]) == Self.magic else { throw .notAMessage }
    let lowest = UInt16(frame[4]) | UInt16(frame[5]) << 8
    let highest = UInt16(frame[6]) | UInt16(frame[7]) << 8
    guard lowest <= highest else { throw .notAMessage }
    versions = lowest...highest
    request = RequestID(
      DataSetID(high: Self.word(frame, at: 9), low: Self.word(frame, at: 17)))
    if frame[8] == WireFamily.versionRefusal.rawValue {
      throw .refusedByPeer(theirs: versions, ours: ours)
    }
    guard versions.overlaps(ours) else { throw .version(theirs: versions, ours: ours) }
    guard let family = WireFamily(rawValue: frame[8]) else {
      throw .unknown("its family, \(frame[8])")
    }
    self.family = family
  }

  private static func word(_ frame: [UInt8], at offset: Int) -> UInt64 {
    frame[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The frame.
  var bytes: [UInt8] {
    var bytes = Self.magic
    for version in [versions.lowerBound, versions.upperBound] {
      bytes.append(UInt8(truncatingIfNeeded: version))
      bytes.append(UInt8(truncatingIfNeeded: version >> 8))
    }
    bytes.append(family.rawValue)
    // A UUID is written in the order in which it is printed.
    for word in [request.id.high, request.id.low] {
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    return bytes
  }
}
