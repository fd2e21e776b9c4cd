import Apriori

/// Work of an ingest.
public enum IngestWork: Sendable { case none }
/// What came of it.
public enum IngestOutcome: Sendable { case none }
/// Work of a job.
public enum JobWork: Sendable { case none }
/// What came of it.
public enum JobOutcome: Sendable { case none }

func perform(_ work: IngestWork) -> IngestOutcome { .none }
func perform(_ work: JobWork, scratch: CountingScratch) -> JobOutcome { .none }
