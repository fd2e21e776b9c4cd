/// Work that a worker gives to its compute pool.
public enum WorkerWork: Sendable {}
/// What came of it.
public enum WorkerOutcome: Sendable {}
