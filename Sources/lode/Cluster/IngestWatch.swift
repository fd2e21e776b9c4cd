import Messages
import Runtime

/// Keeps an ingest alive while its client waits for input or room, and notices when it has ended.
final class IngestWatch: Sendable {
  private struct State {
    var isStopping = false
    var failure: ClientFailure?
  }

  /// Far less than the silence after which the coordinator gives an ingest up.
  private static let intervalMilliseconds: UInt64 = 2_000

  private let state: Monitor<State>
  private let thread: Thread

  /// Begins to watch, over a conversation that nobody else uses.
  init(_ ingest: RequestID, client: any ClusterClient) {
    let state = Monitor(State())
    self.state = state
    thread = Thread {
      while state.wait(
        milliseconds: Self.intervalMilliseconds, for: { $0.isStopping ? true : nil }) == nil
      {
        do throws(ClientFailure) {
          // A chunk that is never the next one only asks how far the ingest is.
          let response = try client.ask(.putChunk(ingest: ingest, sequence: .max, bytes: []))
          if case .refused(let refusal) = response { throw .refused(refusal) }
        } catch {
          return state.update { $0.failure = error }
        }
      }
    }
  }

  /// Throws why the ingest has ended, if it has.
  func check() throws(ClientFailure) {
    if let failure = state.update({ $0.failure }) { throw failure }
  }

  /// Watches no longer.
  func stop() {
    state.update { $0.isStopping = true }
  }
}
