import Messages

/// An object as the coordinator knows it.
struct ObjectEntry: Sendable {
  let descriptor: ObjectDescriptor
  /// The group that it lies and moves with.
  let group: ObjectID
  /// Workers that hold it, ascending: acknowledged or listed, or on record and awaited.
  var holders: [Name] = []
  /// Workers that were told to copy it, ascending.
  var copying: [Name] = []
  /// Whether its bytes are served from the coordinator's memory.
  var isPublished = false
  /// Whether the coordinator's own store keeps it too.
  let keepsHere: Bool
  /// Whether it does by now.
  var isHere = false
  /// Whether its replicas are on record; those of an ingest are recorded all at once at its end.
  var isRecorded: Bool
  /// Whether all the copies that are needed for an acknowledgement have been made once.
  var isSecured = false
}

/// Objects that lie on the same workers and move together: the blocks of a shard, or one object.
struct ObjectGroup: Sendable {
  /// Its objects, ascending; the first names the group.
  var objects: [ObjectID]
  /// Copies wanted.
  let wanted: Int
  /// Whether nothing less than `wanted` copies will do: those of an ingest.
  var isStrict: Bool
  /// Bytes of its objects.
  var bytes: UInt64 = 0
  /// Bytes that it is going to have.
  var plannedBytes: UInt64
  /// Workers on which copies shall be, ascending, at most `wanted`.
  var targets: [Name] = []
  /// Workers that failed to store it, ascending, and until when they are avoided.
  var avoided: [(name: Name, until: UInt64)] = []
  /// A target that takes the place of another one for balance.
  var move: (from: Name, to: Name)?
  /// Live copies of its rarest object that lacks one, while it waits for copies to be made.
  var waitingRank: Int?

  /// What placement reckons with.
  var size: UInt64 { max(bytes, plannedBytes) }
}

/// What one worker holds.
struct NodeContents: Sendable {
  var objects: Set<ObjectID> = []
  var bytes: UInt64 = 0
}

/// A group that waits for copies; fewest copies first.
struct WaitingGroup: Sendable, Comparable {
  let liveCount: Int
  let group: ObjectID

  static func < (left: Self, right: Self) -> Bool {
    left.liveCount != right.liveCount
      ? left.liveCount < right.liveCount : left.group < right.group
  }
}
