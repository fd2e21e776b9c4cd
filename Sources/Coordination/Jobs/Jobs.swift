import Blocks
import Messages

/// The outcome of an effect of a job.
enum JobEffectOutcome: Sendable {
  case persisted
  case stored(ObjectDescriptor)
  case storeFailed(StoreFailure)
  case loaded([UInt8])
  case loadFailed(StoreFailure)
  case performed(JobOutcome)
}

/// All jobs.
struct Jobs: Sendable {
  init(configuration: CoordinatorConfiguration) {}

  mutating func restore(
    _ records: [JobRecord], lastJob: JobID, _ cluster: inout Cluster, at: Moment,
    _ outbox: inout Outbox
  ) {}

  mutating func handle(
    _ request: ClientRequest, id: RequestID, from peer: PeerID, _ cluster: inout Cluster,
    at: Moment, _ outbox: inout Outbox
  ) {}

  mutating func handle(
    _ message: WorkerMessage, from worker: Name, _ cluster: inout Cluster, at: Moment,
    _ outbox: inout Outbox
  ) {}

  mutating func workerChanged(
    _ name: Name, _ cluster: inout Cluster, at: Moment, _ outbox: inout Outbox
  ) {}

  mutating func finished(
    _ outcome: JobEffectOutcome, token: Token, job: JobID, _ cluster: inout Cluster, at: Moment,
    _ outbox: inout Outbox
  ) {}

  mutating func secured(
    _ descriptor: ObjectDescriptor, _ cluster: inout Cluster, at: Moment, _ outbox: inout Outbox
  ) {}

  mutating func tick(_ cluster: inout Cluster, at: Moment, _ outbox: inout Outbox) {}

  func summary(_ id: JobID) -> JobSummary? { nil }

  var summaries: [JobSummary] { [] }

  func uses(_ dataSet: DataSetID) -> Bool { false }

  func validateState() {}
}
