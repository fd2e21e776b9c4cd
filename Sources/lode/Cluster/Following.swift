import Itemsets
import Messages
import Reports
import Runtime
import Synchronization

/// Shows a job's levels as they close; Ctrl-C ends that, not the job.
final class Following: Sendable {
  private let narrator: Narrator
  private let outlives: Bool
  private let job = Mutex<JobID?>(nil)

  /// Milliseconds without an answer after which the coordinator is taken to be away: one that is
  /// started again goes on with the job.
  private static let patienceMilliseconds: UInt64 = 120_000

  /// Prepares for Ctrl-C; to be made before any thread is started.
  ///
  /// - Parameter outlives: whether the cluster goes on without this process.
  init(narrator: Narrator, outlives: Bool = true) {
    self.narrator = narrator
    self.outlives = outlives
    if !outlives { return }
    NodeProcess.whenInterrupted { [self] in
      narrator.clear()
      guard let job = job.withLock({ $0 }) else { return }
      narrator.say("\(job) goes on; follow it with: lode job watch \(job)")
    }
  }

  /// Follows a job until it has ended.
  ///
  /// - Throws: ``CommandFailure`` where it failed or was cancelled.
  func follow(_ first: JobSummary, client: any ClusterClient) throws {
    job.withLock { $0 = first.id }
    var job = first
    var levelsSaid = 0
    var saidMinimum = false
    while true {
      if job.minimumSupport > 0, !saidMinimum {
        saidMinimum = true
        narrator.say(
          Progress.minimumSupport(
            job.specification.minimumSupport, count: job.minimumSupport,
            transactions: job.transactionCount))
      }
      for level in job.levels.dropFirst(levelsSaid) {
        narrator.say(
          Progress.level(
            level.level, candidates: level.candidateCount, frequent: level.frequentCount,
            seconds: Double(level.milliseconds) / 1000))
      }
      levelsSaid = max(levelsSaid, job.levels.count)
      if job.state.isFinal { break }
      narrator.show(
        job.state == .queued
          ? "\(job.id): queued"
          : "\(job.id): level \(job.level): \(job.rangesClosed) of \(job.rangeCount) ranges")
      job = try jobAnswer(
        client.ask(
          .watchJob(job.id, closedLevels: job.levels.count), id: .random(),
          deadlineMilliseconds: Self.patienceMilliseconds))
    }
    narrator.clear()
    try tellEnd(of: job)
  }

  private func tellEnd(of job: JobSummary) throws {
    switch job.state {
    case .failed: throw CommandFailure.failed("\(job.id) failed: \(job.failure)")
    case .cancelled:
      throw CommandFailure.failed(
        "\(job.id) was cancelled; submit it again, or remove it with: lode job remove \(job.id)")
    case .queued, .running, .done:
      let took = readable(milliseconds: job.endedAt - min(job.submittedAt, job.endedAt))
      narrator.say("\(job.id) is done after \(took)")
      if outlives { narrator.say("next: lode job results \(job.id)") }
    }
  }
}
