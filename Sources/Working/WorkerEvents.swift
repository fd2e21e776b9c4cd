public import Apriori
public import Blocks
public import Messages

/// What an operator may set; times are milliseconds.
public struct WorkerConfiguration: Sendable {
  /// The worker's name.
  public var name: Name
  /// This life.
  public var incarnation: Incarnation
  /// What fails together with it; empty where unlabelled.
  public var rack = ""
  /// Threads that count.
  public var threads = 1
  /// Bytes of memory to plan with: projections are kept up to a half of it, blocks up to a quarter.
  ///
  /// Levels, and what the threads work on, are not counted and come on top.
  public var memoryLimit = 1 << 30
  /// Whether blocks are read again where they are needed again; all memory goes to projections then.
  public var rereadsBlocks = false
  /// The share of transactions that frequent itemsets have, where it is known: a guess at what of a
  /// projection the next levels need, which changes time and memory, never a count.
  public var frequentShare: Double?
  /// Where others fetch objects from it.
  public var dataEndpoint = ""
  /// Between heartbeats until the coordinator says otherwise.
  public var heartbeatMilliseconds: UInt64 = 500
  /// After which a message that waits for an answer is sent again.
  public var resendMilliseconds: UInt64 = 1_000
  /// Silence of the coordinator after which the worker says hello anew.
  public var coordinatorSilenceMilliseconds: UInt64 = 3_000
  /// Bytes up to which contents travel in the message itself.
  public var inlineLimit = 256 << 10
  /// Bytes up to which reports that are to stay here travel in the answer nevertheless: about as many
  /// as it takes to tell where they lie.
  public var keptReportLimit = 256
  /// Objects that a part of the inventory lists, at most ``InventoryPart/lengthLimit``.
  public var inventoryPartLength = InventoryPart.lengthLimit
  /// Whether contents are passed as values; only where all parts are in one process.
  public var passesValues = false
  /// How block sets are laid out for counting.
  public var layout = Projection.Layout.automatic
  /// Transactions after which a block set is projected in pieces.
  public var transactionsPerProjection = 1 << 18
  /// Copies fetched at once.
  public var copyLimit = 4
  /// Milliseconds between the checks of stored objects in the background.
  public var scrubMilliseconds: UInt64 = 10_000
  /// After which a job that nobody has spoken of, with nothing to count, is forgotten.
  public var idleJobMilliseconds: UInt64 = 600_000
  /// The version of the software.
  public var software = ""

  /// The defaults.
  public init(name: Name, incarnation: Incarnation) {
    self.name = name
    self.incarnation = incarnation
  }
}

/// Ties an effect to the event that reports its outcome.
public struct WorkerToken: Sendable, Hashable, Comparable {
  /// The number.
  public let number: UInt64

  /// A token by its number.
  public init(_ number: UInt64) { self.number = number }

  /// By number.
  public static func < (left: WorkerToken, right: WorkerToken) -> Bool {
    left.number < right.number
  }
}

/// What a worker finds on its disk when it starts.
public struct WorkerStart: Sendable {
  /// The cluster that the folder belongs to; nil for a new one.
  public var cluster: ClusterID?
  /// The highest epoch promised.
  public var promised: Epoch
  /// Stored objects, ascending by id; listed, not read.
  public var objects: [ObjectDescriptor]
  /// Bytes free on the disk.
  public var freeBytes: UInt64
  /// Blocks that are in memory and stay there: they are never loaded and count against no limit.
  public var residentBlocks: [ObjectID: Block] = [:]

  /// A start.
  public init(
    cluster: ClusterID?, promised: Epoch, objects: [ObjectDescriptor], freeBytes: UInt64
  ) {
    self.cluster = cluster
    self.promised = promised
    self.objects = objects
    self.freeBytes = freeBytes
  }
}

/// What happens to a worker.
public enum WorkerEvent: Sendable {
  /// Time has passed; at least every 100 ms.
  case tick(freeBytes: UInt64)
  /// A coordinator's message.
  case coordinator(CoordinatorEnvelope)
  /// A promise is durable.
  case promised(WorkerToken)
  /// A promise is not durable, or another disk failure that a node must not survive.
  case diskFailed(WorkerToken, String)
  /// The verified bytes of a `fetch` or `load`.
  case loaded(WorkerToken, [UInt8])
  /// There are none, or damaged ones.
  case loadFailed(WorkerToken, StoreFailure)
  /// An object is durable.
  case stored(WorkerToken, freeBytes: UInt64)
  /// An object is not stored, and nothing of it is left.
  case storeFailed(WorkerToken, StoreFailure)
  /// An object is deleted, durably.
  case deleted(WorkerToken)
  /// The outcome of a `perform`.
  case performed(WorkerToken, WorkerOutcome)
  /// The operator wants the process to end: hand back tasks, then stop.
  case stopRequested
}

/// What a worker wants done.
public enum WorkerEffect: Sendable {
  /// Send to the coordinator; may be lost.
  case send(WorkerEnvelope)
  /// Make the promise durable before anything is done for its epoch; report `promised`.
  case promise(WorkerToken, ClusterID, Epoch)
  /// Fetch an object from the first data endpoint that has it, compare the checksum; report `loaded`.
  case fetch(WorkerToken, ObjectDescriptor, sources: [String])
  /// Write temp file, flush, rename, flush the folder; report `stored`.
  case store(WorkerToken, ObjectDescriptor, [UInt8])
  /// Read an object from disk, compare the checksum; report `loaded`.
  case load(WorkerToken, ObjectDescriptor)
  /// Delete an object; report `deleted`.
  case delete(WorkerToken, ObjectID)
  /// Move an object aside so that it is neither listed nor served.
  case quarantine(ObjectID)
  /// Serve these bytes at the data endpoint, from memory, until withdrawn.
  case publish(ObjectDescriptor, [UInt8])
  /// Serve them no longer.
  case withdraw(ObjectID)
  /// Do this in the compute pool; report `performed`.
  case perform(WorkerToken, WorkerWork)
  /// Throw the connection to the coordinator away and connect anew: it may have restarted.
  case reconnect
  /// The process may end; nil for success, else why it must.
  case stop(String?)
  /// Something an operator wants to read, one line.
  case note(String)
}
