import Messages

/// The coordinator of a cluster, as a value: events go in, effects come out.
public struct Coordinator: Sendable {
  var cluster: Cluster
  var jobs: Jobs
  var outbox = Outbox()

  /// Handles one event.
  public mutating func handle(_ event: CoordinatorEvent, at: Moment) -> [CoordinatorEffect] {
    outbox.takeEffects()
  }
}
