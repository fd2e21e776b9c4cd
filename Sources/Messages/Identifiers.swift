public import Blocks

/// A name that an operator or analyst gives to a node or a data set: 1 to 64 of `A-Z a-z 0-9 . _ -`,
/// not beginning with a dot or a dash.
public struct Name: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The most bytes of a name.
  public static let lengthLimit = 64

  /// The name as text.
  public let text: String

  /// A checked name.
  ///
  /// - Throws: ``NameError`` where `text` is no name.
  public init(_ text: String) throws(NameError) {
    guard let first = text.utf8.first, text.utf8.count <= Self.lengthLimit,
      first != UInt8(ascii: "."), first != UInt8(ascii: "-"),
      text.utf8.allSatisfy(Self.isAllowed)
    else { throw NameError(text: text) }
    self.text = text
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// The name as text.
  public var description: String { text }

  /// By bytes.
  public static func < (left: Name, right: Name) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }
}

/// A text that cannot be a name.
public struct NameError: Error, Equatable, CustomStringConvertible {
  /// What was given.
  public let text: String

  /// What is wrong with it and what is allowed.
  public var description: String {
    "\"\(text)\" is no name: use 1 to \(Name.lengthLimit) of A-Z a-z 0-9 . _ - and begin with a"
      + " letter, a digit or _"
  }
}

/// A coordinator's term: every start claims a higher one, and workers obey only the highest they
/// have promised.
public struct Epoch: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The number, from 1; 0 is before any coordinator.
  public let number: UInt64

  /// An epoch by its number.
  public init(_ number: UInt64) { self.number = number }

  /// The epoch of a worker that has promised nothing.
  public static let none = Epoch(0)

  /// The number as text.
  public var description: String { "\(number)" }

  /// By number.
  public static func < (left: Epoch, right: Epoch) -> Bool { left.number < right.number }
}

/// One life of a worker process: higher after every start.
public struct Incarnation: Sendable, Hashable, Comparable {
  /// The number; microseconds since 1970 at the start, or one more than the last where that is more.
  public let number: UInt64

  /// An incarnation by its number.
  public init(_ number: UInt64) { self.number = number }

  /// By number.
  public static func < (left: Incarnation, right: Incarnation) -> Bool {
    left.number < right.number
  }
}

/// The UUID of a cluster, drawn when its first coordinator starts.
public struct ClusterID: Sendable, Hashable, CustomStringConvertible {
  /// The UUID.
  public let id: DataSetID

  /// A cluster by its UUID.
  public init(_ id: DataSetID) { self.id = id }

  /// The usual form of a UUID.
  public var description: String { id.description }
}

/// A job of a cluster; numbered from 1 in order of submission.
public struct JobID: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The number.
  public let number: UInt64

  /// A job by its number.
  public init(_ number: UInt64) { self.number = number }

  /// What users call the job, as in `job-17`.
  public var description: String { "job-\(number)" }

  /// Reads what `description` writes, or a bare number; nil for anything else.
  public init?(text: String) {
    let digits = text.hasPrefix("job-") ? text.dropFirst(4) : text[...]
    guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = UInt64(digits),
      number > 0
    else { return nil }
    self.number = number
  }

  /// By number.
  public static func < (left: JobID, right: JobID) -> Bool { left.number < right.number }
}

/// What a peer may do, told by its authenticated key and never by what it says of itself.
public enum Role: UInt8, Sendable, CaseIterable {
  /// Submits jobs, reads and adds data sets.
  case client = 1
  /// Stores and counts.
  case worker = 2
  /// What a client may, and drains and removes nodes and data sets.
  case admin = 3
  /// Another coordinator, at a worker's data endpoint.
  case coordinator = 4
  /// Anyone on a loopback endpoint without keys: may do everything.
  case loopback = 5
}
