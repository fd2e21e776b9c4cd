import Messages

/// Clients that wait for news of a job: a level that closes, or its end.
///
/// A client that asked every few milliseconds would take more of the processors than a short job does.
/// There is no clock here: a client that hears nothing for a while sends its question again, which is
/// then answered, so it sees how far the level is.
struct JobWatchers: Sendable {
  private struct Watcher {
    let job: JobID
    let closedLevels: Int
    let id: RequestID
    let peer: PeerID
  }

  private var waiting: [Watcher] = []

  /// As many may wait; others are answered at once.
  private static let limit = 1_000

  /// Keeps a question about a job until there is news.
  ///
  /// - Parameter closedLevels: how many closed levels the client knows of.
  /// - Returns: false where it is to be answered now: there is news, it was asked before, or too many
  ///   wait.
  mutating func wait(
    for job: JobSummary, closedLevels: Int, _ id: RequestID, _ peer: PeerID
  ) -> Bool {
    let known = waiting.count
    waiting.removeAll { $0.id == id && $0.peer == peer }
    if waiting.count < known || waiting.count >= Self.limit
      || Self.isNews(job, closedLevels)
    {
      return false
    }
    waiting.append(Watcher(job: job.id, closedLevels: closedLevels, id: id, peer: peer))
    return true
  }

  /// Answers those for whom there is news.
  ///
  /// - Parameter summary: gives a job as clients see it; nil for one that was removed.
  mutating func tell(_ summary: (JobID) -> JobSummary?, _ outbox: inout Outbox) {
    if waiting.isEmpty { return }
    var rest: [Watcher] = []
    for watcher in waiting {
      guard let job = summary(watcher.job) else {
        let gone = Refusal(.unknown, "\(watcher.job) was removed; lode job list shows all jobs")
        outbox.add(.reply(.refused(gone), id: watcher.id, to: watcher.peer))
        continue
      }
      if Self.isNews(job, watcher.closedLevels) {
        outbox.add(.reply(.job(job), id: watcher.id, to: watcher.peer))
      } else {
        rest.append(watcher)
      }
    }
    waiting = rest
  }

  private static func isNews(_ job: JobSummary, _ closedLevels: Int) -> Bool {
    job.state.isFinal || job.levels.count > closedLevels
  }

  func validateState() {
    invariant(waiting.count <= Self.limit, "Too many clients wait for news of jobs.")
  }
}
