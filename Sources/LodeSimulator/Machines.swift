import Coordination
import Messages
import Working

/// What every machine has.
class Machine {
  /// The machine's number among its kind.
  let number: Int
  /// Its place in the network.
  let place: Int
  var disk = Disk()
  /// Counts the processes that ran on it; the current one where one runs.
  var life = 0
  /// Until when the process stands still; nil where it runs.
  var pausedUntil: UInt64?
  /// What has happened to the process while it stood still.
  var backlog: [Occurrence] = []
  /// How many times slower than usual it computes.
  var slowness: UInt64 = 1
  /// What it serves from memory.
  var published: [ObjectID: (object: ObjectDescriptor, bytes: [UInt8])] = [:]
  /// Where its clocks begin, in microseconds.
  let clockOrigin: UInt64
  /// Whether it will never start again.
  var isGone = false

  init(number: Int, place: Int, clockOrigin: UInt64) {
    self.number = number
    self.place = place
    self.clockOrigin = clockOrigin
  }

  var isRunning: Bool { false }

  /// Whether a message or a request for an object would be answered.
  var isResponsive: Bool { isRunning && pausedUntil == nil }

  /// The time by the machine's clocks.
  func moment(at now: UInt64) -> Moment {
    Moment(
      milliseconds: (now + clockOrigin) / 1_000,
      unixMilliseconds: 1_760_000_000_000 + now / 1_000 + clockOrigin % 2_000)
  }

  /// The process is gone, with all it had in memory.
  func endProcess() {
    life += 1
    pausedUntil = nil
    backlog.removeAll()
    published.removeAll()
    slowness = 1
  }
}

/// A machine with a coordinator.
final class CoordinatorMachine: Machine {
  var core: Coordinator?
  /// The epoch that the process has claimed, by what it made durable.
  var claimed = Epoch.none
  /// Whether another coordinator has taken over.
  var isStale = false
  /// Whether an earlier process ran on it.
  var claimedBefore = false
  /// The connections that the process knows.
  var peers: [PeerID: PeerOwner] = [:]
  /// When the last of its commits will be durable: commits keep their order.
  var lastCommitAt: UInt64 = 0
  /// The same for its own store.
  var lastStoreAt: UInt64 = 0

  override var isRunning: Bool { core != nil }

  var endpoint: String { "c\(number)" }

  override func endProcess() {
    super.endProcess()
    core = nil
    claimed = .none
    peers.removeAll()
    lastCommitAt = 0
    lastStoreAt = 0
  }
}

/// A machine with a worker.
final class WorkerMachine: Machine {
  let name: Name
  var core: Worker?
  var incarnation: UInt64 = 0
  var connection: Connection
  var connectionCount = 0
  var endpoint = ""
  /// Until when its counting fails, as for lack of memory.
  var failsUntil: UInt64 = 0
  /// Whether an operator has stopped it for good.
  var isRetired = false

  init(number: Int, place: Int, clockOrigin: UInt64, name: Name) {
    self.name = name
    connection = Connection(number: 0, machine: 0)
    super.init(number: number, place: place, clockOrigin: clockOrigin)
  }

  override var isRunning: Bool { core != nil }

  override func endProcess() {
    super.endProcess()
    core = nil
  }
}
