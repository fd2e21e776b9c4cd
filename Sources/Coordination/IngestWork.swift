/// Work of an ingest.
public enum IngestWork: Sendable { case none }

/// What came of it.
public enum IngestOutcome: Sendable { case none }

func perform(_ work: IngestWork) -> IngestOutcome { .none }
