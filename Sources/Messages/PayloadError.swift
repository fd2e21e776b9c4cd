/// Why bytes are not the payload they should be; the description says what to do about it.
public struct PayloadError: Error, Sendable, Equatable {
  /// What the bytes should have been.
  public let payload: PayloadKind
  /// The byte, counted from the start of the payload, where it was noticed.
  public let offset: Int
  /// What is wrong.
  public let problem: PayloadProblem

  /// An error.
  public init(_ payload: PayloadKind, at offset: Int, _ problem: PayloadProblem) {
    self.payload = payload
    self.offset = offset
    self.problem = problem
  }
}

/// What can be wrong with a payload.
public enum PayloadProblem: Sendable, Equatable {
  /// The bytes end before the value does.
  case truncated
  /// So many bytes follow after the end of the value.
  case trailingBytes(Int)
  /// The bytes are another payload, or none.
  case kind(found: UInt8)
  /// The payload is in a version of its format that this program does not read.
  case version(found: UInt8, supported: UInt8)
  /// A number is beyond what it may be.
  case limit(of: String, found: UInt64, limit: UInt64)
  /// A number is written in another way than the one it has.
  case notCanonical(String)
  /// The value contradicts itself.
  case invalid(String)
  /// LZ4 does not find the declared number of bytes.
  case compression
  /// The checksum of the decompressed bytes differs.
  case checksum(expected: UInt64, found: UInt64)
}

extension PayloadError: CustomStringConvertible {
  /// What happened, where, and what to do about it.
  public var description: String { "a \(payload.title) is refused: \(cause); \(remedy)." }

  private var cause: String {
    switch problem {
    case .truncated: "it is cut off at byte \(offset)"
    case .trailingBytes(let count): "\(count) bytes follow after its end at byte \(offset)"
    case .kind(let found): "the bytes are of kind \(found), not \(payload.rawValue)"
    case .version(let found, let supported):
      "it is in format version \(found), this program reads version \(supported)"
    case .limit(let subject, let found, let limit):
      "\(subject) at byte \(offset) is \(found), over the limit of \(limit)"
    case .notCanonical(let subject): "\(subject) at byte \(offset) is written in a roundabout way"
    case .invalid(let what): "\(what) (byte \(offset))"
    case .compression: "the compressed bytes at byte \(offset) do not decompress as declared"
    case .checksum(let expected, let found):
      "its checksum is \(String(found, radix: 16)), \(String(expected, radix: 16)) was expected"
        + " (byte \(offset))"
    }
  }

  private var remedy: String {
    switch problem {
    case .truncated, .trailingBytes, .compression, .checksum:
      "the bytes changed on their way: fetch or send them again"
    case .version: "run the same version of Lode on all nodes"
    case .kind: "its sender confused two messages: update all nodes to one version of Lode"
    case .limit, .notCanonical, .invalid:
      "its sender is faulty: update all nodes to one version of Lode, and report it if it stays"
    }
  }
}
