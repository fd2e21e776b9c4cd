import Messages

/// The workers, by name.
struct Membership: Sendable {
  let clusterID: ClusterID
  /// The term that this coordinator has claimed.
  var epoch: Epoch
  private var members: [Name: Member] = [:]
  /// All names, ascending.
  private(set) var names: [Name] = []

  init(clusterID: ClusterID, epoch: Epoch) {
    self.clusterID = clusterID
    self.epoch = epoch
  }

  /// The worker with a name.
  func worker(_ name: Name) -> Member? { members[name] }

  /// Workers that may be given leases, ascending: alive, draining ones too, with a complete
  /// inventory, not set aside and not leaving.
  var countingWorkers: [Name] {
    names.filter { name in
      guard let member = members[name] else { return false }
      return member.liveness == .alive && member.isServing && !member.isSetAside
        && !member.isLeaving
    }
  }

  /// Notes that a lease has failed on a worker.
  mutating func noteFailure(of name: Name, at: Moment) {}

  /// Says something to a worker; nothing happens where it is not connected.
  func send(_ message: CoordinatorMessage, to name: Name, _ outbox: inout Outbox) {
    guard let member = members[name], let peer = member.peer else { return }
    outbox.add(
      .send(
        CoordinatorEnvelope(
          cluster: clusterID, epoch: epoch, incarnation: member.incarnation, message: message),
        to: peer))
  }
}
