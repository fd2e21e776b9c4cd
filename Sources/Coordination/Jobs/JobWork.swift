import Apriori

/// Work of a job.
public enum JobWork: Sendable { case none }

/// What came of it.
public enum JobOutcome: Sendable { case none }

func perform(_ work: JobWork, scratch: CountingScratch) -> JobOutcome { .none }
