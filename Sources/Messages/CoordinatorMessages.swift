/// The answer to a worker that may join.
public struct Welcome: Sendable, Equatable {
  /// Milliseconds between its heartbeats.
  public var heartbeatMilliseconds: UInt64
  /// Where objects are fetched from the coordinator.
  public var dataEndpoint: String

  /// An answer.
  public init(heartbeatMilliseconds: UInt64, dataEndpoint: String) {
    self.heartbeatMilliseconds = heartbeatMilliseconds
    self.dataEndpoint = dataEndpoint
  }
}

/// What the coordinator says to a worker; every one may arrive twice, late or never.
///
/// What it tells a worker to copy or remove is ordered: the number counts up in one epoch, stays the
/// same when the order is repeated, and a worker does not obey one that is older than the last for
/// that object. So a deletion that arrives twice does not reach the copy made after it.
public enum CoordinatorMessage: Sendable {
  /// The worker is a member.
  case welcome(Welcome)
  /// The worker may not join, and should stop; the text says why and what to do.
  case refused(String)
  /// A part of the inventory has arrived.
  case inventoryReceived(index: Int)
  /// A heartbeat has arrived.
  case heartbeatReceived(sequence: UInt64)
  /// The sender is not known (any more): say hello.
  case introduceYourself
  /// Fetch the object from the first source that has it, verify, store, say `stored`.
  case replicate(ObjectDescriptor, sources: [String], order: UInt64)
  /// Delete the object, say `deleted`.
  case delete(ObjectID, order: UInt64)
  /// Set the object aside: the cluster does not know it. It is kept, but no longer listed or served;
  /// say `deleted`, also where there is none.
  case quarantine(ObjectID, order: UInt64)
  /// Read the object from disk and say `verified`.
  case verify(ObjectDescriptor)
  /// A job begins.
  case openJob(JobOpening)
  /// A level's candidates are going to be counted.
  case openLevel(LevelOpening)
  /// Count.
  case count(CountingLease)
  /// Add up what others have counted of a range.
  case reduce(ReducingOrder)
  /// The leases, or orders, are not wanted any more.
  case cancel(leases: [UInt64])
  /// Forget the job.
  case closeJob(JobID)
  /// A worker that is leaving may stop now.
  case released
}

/// A coordinator's message with its envelope.
public struct CoordinatorEnvelope: Sendable {
  /// The cluster.
  public var cluster: ClusterID
  /// The coordinator's term.
  public var epoch: Epoch
  /// The life of the worker that is spoken to; another one ignores the message.
  public var incarnation: Incarnation
  /// What is said.
  public var message: CoordinatorMessage

  /// An envelope.
  public init(
    cluster: ClusterID, epoch: Epoch, incarnation: Incarnation, message: CoordinatorMessage
  ) {
    self.cluster = cluster
    self.epoch = epoch
    self.incarnation = incarnation
    self.message = message
  }
}
