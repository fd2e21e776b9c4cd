import Messages

/// Whom a command is about: one object on one worker, which has at most one command at a time.
struct CommandKey: Sendable, Hashable, Comparable {
  let worker: Name
  let object: ObjectID

  static func < (left: Self, right: Self) -> Bool {
    left.worker != right.worker ? left.worker < right.worker : left.object < right.object
  }
}

/// Something that a worker was told to do, and has not acknowledged.
struct StorageCommand: Sendable {
  enum Kind: Sendable {
    /// Fetch and store the object; ends with `stored`.
    case copy
    /// Delete the object; ends with `deleted`.
    case delete
    /// Set something aside that the cluster does not know under this name; ends with `deleted`.
    case quarantine
  }

  let kind: Kind
  /// Counts up over all commands of this coordinator; a worker obeys no older one.
  let order: UInt64
  /// When it was given, in milliseconds of the coordinator's clock.
  let givenAt: UInt64
  /// When it was last sent; nil where the worker could not be reached yet.
  var sentAt: UInt64?
  /// How often the worker has said that it could not.
  var failureCount = 0
  /// The worker whose copy is read; nil where copies are not throttled, or the coordinator's is.
  var source: Name?
  /// Whether it counts against the copies that a worker may make at once.
  let isThrottled: Bool

  /// Whether a worker may already have removed the object because of it, or be about to.
  var mayHaveRemoved: Bool { kind != .copy && sentAt != nil }
}
