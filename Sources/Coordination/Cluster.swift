import Messages

/// What the parts of a coordinator share: who is there, what lies where, and what is known.
struct Cluster: Sendable {
  var configuration: CoordinatorConfiguration
  var members: Membership
  var registry: ObjectRegistry
  var dataSets: DataSets

  /// The cluster's UUID.
  var clusterID: ClusterID { members.clusterID }

  /// The term that this coordinator has claimed.
  var epoch: Epoch { members.epoch }

  /// Says something to a worker; nothing happens where it is not connected.
  func send(_ message: CoordinatorMessage, to name: Name, _ outbox: inout Outbox) {
    members.send(message, to: name, &outbox)
  }
}
