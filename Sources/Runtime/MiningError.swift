/// Why a job could not be finished.
public enum MiningError: Error, Equatable, CustomStringConvertible {
  /// Counts are missing, out of place or contradict each other; the text says which.
  case failed(String)
  /// Blocks, projections and closed levels outgrew the memory limit, in bytes.
  case memory(level: Int, needed: Int, limit: Int)

  /// What happened, where, and what to do.
  public var description: String {
    switch self {
    case .failed(let text): text
    case .memory(let level, let needed, let limit):
      "after level \(level) the job holds \(needed >> 20) MiB, over the memory limit of"
        + " \(limit >> 20) MiB; raise --memory or --min-support, or set --max-length"
    }
  }
}
