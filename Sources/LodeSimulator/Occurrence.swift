import Coordination
import Messages
import Working

/// Something that happens in a simulated world at some time.
///
/// A process is named by its machine and its life: what was meant for an earlier life is dropped.
enum Occurrence {
  /// A process is given the time.
  case tickCoordinator(machine: Int, life: Int)
  case tickWorker(machine: Int, life: Int)
  /// A message arrives.
  case parcel(Parcel)
  /// An effect of a coordinator has come to its end; what it changes changes now.
  case coordinatorDone(machine: Int, life: Int, CoordinatorCompletion)
  case workerDone(machine: Int, life: Int, WorkerCompletion)
  /// A process hears of it.
  case tellCoordinator(machine: Int, life: Int, CoordinatorEvent)
  case tellWorker(machine: Int, life: Int, WorkerEvent)
  /// A client looks at what it waits for.
  case wakeClient(Int, wake: Int)
  case clientFetched(Int, ObjectDescriptor, source: String)
  /// The next fault.
  case fault
  case startCoordinator(machine: Int)
  case startWorker(machine: Int)
  case resumeCoordinator(machine: Int)
  case resumeWorker(machine: Int)
  case healDisk(machine: Int)
  case healSlowness(machine: Int)
  /// Faults end.
  case calm
  /// The world is looked at from outside.
  case inspect
}

/// A message on its way.
struct Parcel {
  enum Content {
    case toCoordinator(WorkerEnvelope, machine: Int, connection: Connection)
    case request(ClientRequest, id: RequestID, machine: Int, connection: Connection)
    case toWorker(CoordinatorEnvelope, machine: Int, connection: Int)
    case response(ClientResponse, id: RequestID, client: Int, connection: Int)
  }
  /// Places in the network.
  var from: Int
  var to: Int
  var content: Content
}

/// The end of an effect of a coordinator.
enum CoordinatorCompletion {
  case persist(Token, [CatalogWrite])
  case store(Token, ObjectDescriptor, [UInt8])
  case load(Token, ObjectDescriptor)
  case forget(ObjectID)
  case fetch(Token, ObjectDescriptor, sources: [String])
  case perform(Token, CoordinatorWork)
}

/// The end of an effect of a worker.
enum WorkerCompletion {
  case promise(WorkerToken, ClusterID, Epoch)
  case store(WorkerToken, ObjectDescriptor, [UInt8])
  case load(WorkerToken, ObjectDescriptor)
  case delete(WorkerToken, ObjectID)
  case fetch(WorkerToken, ObjectDescriptor, sources: [String])
  case perform(WorkerToken, WorkerWork)
}

/// One end of a connection to the coordinator's address, at a worker or client.
///
/// The transport connects anew by itself when the process at the address is another one; then the
/// coordinator sees another routing id.
final class Connection {
  /// Counts up with every connection of the owner.
  let number: Int
  /// The coordinator's machine.
  let machine: Int
  /// The process that the routing id was made by, and the id.
  var boundLife = -1
  var peer = PeerID([])

  init(number: Int, machine: Int) {
    self.number = number
    self.machine = machine
  }
}

/// Whom a coordinator's process knows by a routing id.
enum PeerOwner {
  case worker(machine: Int, connection: Int)
  case client(Int, connection: Int)
}
