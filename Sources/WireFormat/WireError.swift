/// Why frames are not a message, or a message cannot be sent; the description says what to do.
public enum WireError: Error, Sendable, Equatable {
  /// The first frame is not that of a message of Lode.
  case notAMessage
  /// The peer speaks no version of the protocol that this program speaks; answer with
  /// ``WireFormat/versionRefusal(of:)``.
  case version(theirs: ClosedRange<UInt16>, ours: ClosedRange<UInt16>)
  /// The peer refused what this program said: it speaks only these versions.
  case refusedByPeer(theirs: ClosedRange<UInt16>, ours: ClosedRange<UInt16>)
  /// The message is of another family than expected.
  case family(found: UInt8, expected: WireFamily)
  /// The second frame, or the body of a manifest, is no such message; the text is swift-protobuf's.
  case malformed(message: String, String)
  /// The message, or a choice in it, is of a kind that this program does not know.
  case unknown(String)
  /// A field that must be there is not.
  case missing(String)
  /// A number or length is beyond what it may be.
  case limit(of: String, found: UInt64, limit: UInt64)
  /// A field has a value that it must not have.
  case invalid(String, String)
  /// Payloads are named that are not there, or are there and not named.
  case frames(named: Int, found: Int)
  /// The bytes are not a manifest.
  case notAManifest
  /// The manifest is in a version of its format that this program does not read.
  case manifestVersion(found: UInt16, supported: UInt16)
  /// The checksum of a manifest differs.
  case checksum(expected: UInt64, found: UInt64)
}

extension WireError: CustomStringConvertible {
  /// What happened, and what to do about it.
  public var description: String { "\(cause); \(remedy)." }

  private var cause: String {
    switch self {
    case .notAMessage: "a message does not begin as messages of Lode do"
    case .version(let theirs, let ours):
      "the other side speaks \(Self.text(theirs)) of the protocol, this program \(Self.text(ours))"
    case .refusedByPeer(let theirs, let ours):
      "the other side speaks \(Self.text(theirs)) of the protocol and refused this program's"
        + " \(Self.text(ours))"
    case .family(let found, let expected):
      "a message is of family \(found), not of family \(expected.rawValue) (\(expected))"
    case .malformed(let message, let text): "a \(message) is not written as one: \(text)"
    case .unknown(let what): "a message says something unknown in \(what)"
    case .missing(let field): "a message lacks \(field)"
    case .limit(let subject, let found, let limit):
      "\(subject) of a message is \(found), over the limit of \(limit)"
    case .invalid(let field, let text): "\(field) of a message is wrong: \(text)"
    case .frames(let named, let found):
      "a message names \(named) payloads as if it had them, and has \(found)"
    case .notAManifest: "the bytes are no manifest: they do not begin with LODEMANI"
    case .manifestVersion(let found, let supported):
      "the manifest is in format version \(found), this program reads version \(supported)"
    case .checksum(let expected, let found):
      "the manifest's checksum is \(String(found, radix: 16)), \(String(expected, radix: 16)) was"
        + " expected"
    }
  }

  private var remedy: String {
    switch self {
    case .notAMessage:
      "check that the address is that of a Lode node and not of another program"
    case .version, .refusedByPeer, .unknown:
      "run the same version of Lode on all nodes and clients"
    case .manifestVersion: "read it with the version of Lode that wrote it, or a later one"
    case .checksum, .notAManifest: "the bytes changed after they were written: take another copy"
    case .family, .malformed, .missing, .limit, .invalid, .frames:
      "its sender is faulty: update all nodes to one version of Lode, and report it if it stays"
    }
  }

  private static func text(_ versions: ClosedRange<UInt16>) -> String {
    versions.count == 1
      ? "version \(versions.lowerBound)"
      : "versions \(versions.lowerBound) to \(versions.upperBound)"
  }
}
