import Messages

/// A worker as its coordinator knows it.
struct Member: Sendable {
  /// How long ago it was heard of, in three steps.
  enum Liveness: Sendable { case alive, suspect, dead }

  let name: Name
  /// The highest incarnation that has said hello, or is on record.
  var incarnation: Incarnation
  var rack: String
  var liveness = Liveness.suspect
  /// Whether an operator wants it emptied.
  var isDraining: Bool
  /// Whether it is empty and works on nothing.
  var isDrained = false
  /// Whether it has said that it stops.
  var isLeaving = false
  /// Its connection; nil until it has said hello to this coordinator.
  var peer: PeerID?
  /// Whether its record is durable, so that it has been welcomed.
  var isWelcome = false
  /// Whether all parts of its inventory have arrived.
  var hasInventory = false
  /// The part of the inventory that is expected next.
  var nextInventoryPart = 0
  /// How many parts there are, as the first one said.
  var inventoryPartCount = 0
  /// When it last said hello or a part arrived that was expected.
  var lastListed: UInt64 = 0
  var dataEndpoint = ""
  var threads = 0
  var memoryBytes: UInt64 = 0
  var freeBytes: UInt64 = 0
  var software = ""
  /// Leases it works on, by its last heartbeat.
  var leaseCount = 0
  /// When it was last heard of, in milliseconds of the coordinator's clock.
  var lastHeard: UInt64
  /// When leases failed on it, lately.
  var failures: [UInt64] = []
  /// Until when it is set aside and gets no leases, in milliseconds of the coordinator's clock; nil
  /// where it is not.
  var setAsideUntil: UInt64?
  /// Objects that it was told to set aside.
  var quarantinedCount = 0

  /// A worker that has not said hello to this coordinator yet.
  init(_ record: NodeRecord, lastHeard: UInt64) {
    name = record.name
    incarnation = record.incarnation
    rack = record.rack
    isDraining = record.isDraining
    self.lastHeard = lastHeard
  }

  var record: NodeRecord {
    NodeRecord(name: name, incarnation: incarnation, rack: rack, isDraining: isDraining)
  }

  /// How it stands, for users.
  var state: NodeState {
    switch liveness {
    case .dead: .dead
    case _ where isDrained: .drained
    case .suspect: .suspect
    case .alive where !isServing: .joining
    case .alive: isDraining ? .draining : .alive
    }
  }

  /// Whether it gets no leases because of failures.
  var isSetAside: Bool { setAsideUntil != nil }

  /// Whether it can be spoken to, and what it stores is known.
  var isServing: Bool { liveness != .dead && isWelcome && hasInventory }

  /// Whether replicas may be planned to stay on it; one that is awaited or restarts keeps them.
  var keepsReplicas: Bool { liveness != .dead && !isDraining }

  /// Whether new replicas may be planned on it.
  var takesReplicas: Bool { isServing && liveness == .alive && !isDraining && !isLeaving }
}
