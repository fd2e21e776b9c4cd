// Whom a worker obeys: the coordinator of the highest epoch it has promised, made durable before
// anything is done for it.

import Messages

/// What the worker has promised.
struct Promises: Sendable {
  /// The cluster that the folder belongs to; nil for a new one.
  var cluster: ClusterID?
  /// The highest epoch whose promise is durable.
  var promised: Epoch
  /// A promise that is being made durable.
  var pending: (cluster: ClusterID, epoch: Epoch)?
  /// Messages of the pending epoch; more than the limit are dropped, they are sent again.
  var held: [CoordinatorEnvelope] = []
  /// Whether a strange cluster has been spoken of.
  var hasNotedStranger = false

  /// The most messages held back.
  static let heldLimit = 1_024

  init(cluster: ClusterID?, promised: Epoch) {
    self.cluster = cluster
    self.promised = promised
  }
}

extension Worker {
  /// Takes a coordinator's message if it is meant for this worker and may be obeyed.
  mutating func receive(_ envelope: CoordinatorEnvelope) {
    guard envelope.incarnation == configuration.incarnation else { return }
    if let cluster = promises.cluster ?? promises.pending?.cluster, cluster != envelope.cluster {
      return receiveFromStranger(envelope, cluster: cluster)
    }
    if envelope.epoch < promises.promised { return send(.fenced(promises.promised)) }
    if case .refused(let text) = envelope.message {
      if membership.phase == .introducing { stop(text) }
      return
    }
    let pending = promises.pending?.epoch
    if envelope.epoch > max(promises.promised, pending ?? .none) {
      promises.pending = (envelope.cluster, envelope.epoch)
      promises.held = []
      effects.append(
        .promise(token(for: .promise(envelope.epoch)), envelope.cluster, envelope.epoch))
    }
    if let pending = promises.pending {
      if envelope.epoch == pending.epoch, promises.held.count < Promises.heldLimit {
        promises.held.append(envelope)
      }
      return
    }
    obey(envelope.message)
  }

  private mutating func receiveFromStranger(
    _ envelope: CoordinatorEnvelope, cluster: ClusterID
  ) {
    if case .refused(let text) = envelope.message, membership.phase == .introducing {
      return stop(text)
    }
    if promises.hasNotedStranger { return }
    promises.hasNotedStranger = true
    note(
      "a coordinator of cluster \(envelope.cluster) is ignored: this folder belongs to cluster"
        + " \(cluster); give the worker the address of its own coordinator, or an empty folder")
  }

  /// A promise is durable; with two in the making the later one counts.
  mutating func settlePromise(_ owner: Waiting?) {
    guard case .promise(let epoch) = owner, let pending = promises.pending,
      pending.epoch == epoch
    else { return }
    promises.cluster = pending.cluster
    promises.promised = pending.epoch
    promises.pending = nil
    forgetOldEpoch()
    let held = promises.held
    promises.held = []
    for envelope in held where !hasStopped { obey(envelope.message) }
  }

  private mutating func obey(_ message: CoordinatorMessage) {
    heard()
    switch message {
    case .welcome(let welcome): welcomed(welcome)
    case .refused: break
    case .inventoryReceived(let index): partReceived(index)
    case .heartbeatReceived: break
    case .introduceYourself: unknownToCoordinator()
    case .replicate(let descriptor, let sources, let order):
      if accept(order, for: descriptor.id) { replicate(descriptor, sources: sources) }
    case .delete(let id, let order): if accept(order, for: id) { delete(id) }
    case .quarantine(let id, let order): if accept(order, for: id) { quarantine(id) }
    case .verify(let descriptor): verify(descriptor)
    case .openJob(let opening): openJob(opening)
    case .openLevel(let opening): openLevel(opening)
    case .count(let lease): take(lease)
    case .reduce(let order): take(order)
    case .cancel(let leases): cancel(leases)
    case .closeJob(let job): closeJob(job)
    case .released:
      if membership.phase == .leaving { membership.isReleased = true }
      stopIfReleased()
    }
  }
}
