public import Blocks

/// Whom an object belongs to.
public enum ObjectOwner: Sendable, Hashable, Comparable {
  /// A data set.
  case dataSet(DataSetID)
  /// A job.
  case job(JobID)

  /// Data sets by UUID, then jobs by number.
  public static func < (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.dataSet(let left), .dataSet(let right)):
      (left.high, left.low) < (right.high, right.low)
    case (.dataSet, .job): true
    case (.job, .dataSet): false
    case (.job(let left), .job(let right)): left < right
    }
  }
}

/// What an object holds.
public enum ObjectKind: UInt8, Sendable, CaseIterable {
  /// A block of transactions, in the format of `Blocks`.
  case block = 1
  /// A segment of a data set's dictionary: names in order of their ids.
  case dictionary = 2
  /// The item counts of every block of a data set.
  case counts = 3
  /// What a lost catalog is rebuilt from: the record of a data set or of a job.
  case manifest = 4
  /// The ranked items of a job.
  case items = 5
  /// A closed level of a job.
  case level = 6
  /// A count report, or a reduced range, that is too long for a message; served from memory, never
  /// stored.
  case report = 7
  /// The opening of a job or level that is too long for a message; served from memory, never stored.
  case opening = 8

  /// Whether objects of this kind are written to disks.
  public var isStored: Bool { self != .report && self != .opening }
}

/// The name of an immutable object: a block, a dictionary segment, a checkpoint.
public struct ObjectID: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Whom it belongs to.
  public let owner: ObjectOwner
  /// What it holds.
  public let kind: ObjectKind
  /// Its number among the owner's objects of this kind: the sequence number of a block, the length
  /// of a level, else from 0.
  public let number: UInt64

  /// A name.
  public init(owner: ObjectOwner, kind: ObjectKind, number: UInt64) {
    self.owner = owner
    self.kind = kind
    self.number = number
  }

  /// By owner, kind and number.
  public static func < (left: Self, right: Self) -> Bool {
    if left.owner != right.owner { return left.owner < right.owner }
    return (left.kind.rawValue, left.number) < (right.kind.rawValue, right.number)
  }

  /// As in `dataset-123e…/block-12` or `job-17/level-3`.
  public var description: String {
    switch owner {
    case .dataSet(let id): "dataset-\(id)/\(kind)-\(number)"
    case .job(let id): "\(id)/\(kind)-\(number)"
    }
  }
}

/// An object with what its bytes must be.
public struct ObjectDescriptor: Sendable, Hashable {
  /// The name.
  public let id: ObjectID
  /// The number of bytes.
  public let length: UInt64
  /// XXH3 (64 bits) of the bytes, computed where they were made.
  public let checksum: UInt64

  /// A descriptor.
  public init(id: ObjectID, length: UInt64, checksum: UInt64) {
    self.id = id
    self.length = length
    self.checksum = checksum
  }

  /// Describes bytes that were just made.
  public init(id: ObjectID, bytes: [UInt8]) {
    self.init(id: id, length: UInt64(bytes.count), checksum: checksum64(bytes))
  }

  /// Whether `bytes` are the object's: the test after every read from disk or wire.
  /// - Complexity: O(bytes).
  public func matches(_ bytes: [UInt8]) -> Bool {
    UInt64(bytes.count) == length && checksum64(bytes) == checksum
  }
}
