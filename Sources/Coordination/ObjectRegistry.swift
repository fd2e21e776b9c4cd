import Messages

/// Which objects there are, how many copies are wanted, and who holds them.
struct ObjectRegistry: Sendable {
  init() {}

  /// The workers that hold an object, ascending, in any state.
  func holders(of object: ObjectID) -> [Name] { [] }

  /// The workers that hold an object and can be asked for it, ascending.
  func liveHolders(of object: ObjectID, _ members: Membership) -> [Name] { [] }

  /// Whether the coordinator's own store has an object.
  func isStoredHere(_ object: ObjectID) -> Bool { false }

  /// Blocks of a data set that no holder can give any more, ascending.
  ///
  /// A holder that has not come back since the coordinator's start counts until it is dead.
  func lostBlocks(of record: DataSetRecord, _ members: Membership) -> [UInt64] { [] }

  /// Stores an object here and on `replication` workers, or as many as there are; when that is done,
  /// its job hears it by `secured`.
  mutating func keep(
    _ descriptor: ObjectDescriptor, _ bytes: [UInt8], replication: Int, members: Membership,
    outbox: inout Outbox
  ) {}

  /// Deletes everything of an owner, everywhere; recording that is the caller's affair.
  mutating func drop(_ owner: ObjectOwner, members: Membership, outbox: inout Outbox) {}

  /// A worker was found not to hold an object after all: it is copied there again.
  mutating func missing(
    _ object: ObjectID, on worker: Name, members: Membership, outbox: inout Outbox
  ) {}
}
