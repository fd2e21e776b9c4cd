public import Apriori

/// Work that a coordinator gives to its compute pool.
///
/// ``perform(_:scratch:)`` does it: a pure function of the work. Cases are added by the parts of the
/// coordinator that need them.
public enum CoordinatorWork: Sendable {
  /// Work of an ingest.
  case ingest(IngestWork)
  /// Work of a job.
  case job(JobWork)
}

/// What came of it.
public enum CoordinatorOutcome: Sendable {
  /// Of an ingest.
  case ingest(IngestOutcome)
  /// Of a job.
  case job(JobOutcome)
}

/// Does work of a coordinator.
/// - Parameter scratch: memory of the calling thread.
public func perform(_ work: consuming CoordinatorWork, scratch: CountingScratch)
  -> CoordinatorOutcome
{
  switch consume work {
  case .ingest(let work): .ingest(perform(work))
  case .job(let work): .job(perform(work, scratch: scratch))
  }
}
