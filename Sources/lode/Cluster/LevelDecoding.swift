import Apriori
import Messages
import Runtime

/// Levels that were fetched, decoded by several threads at once.
final class LevelDecoding: Sendable {
  private struct State {
    /// Bytes that nobody has decoded; those of each level are freed when it is taken.
    var encoded: [[UInt8]]
    /// The places of levels that nobody has taken, the longest last.
    var waiting: [Int]
    var levels: [Level?]
    var failure: PayloadError?
  }

  private struct Taken {
    let place: Int
    let bytes: [UInt8]
  }

  private let state: Monitor<State>
  private let rankCount: Int

  /// - Parameter rankCount: how many ranks the levels are over.
  init(_ encoded: [[UInt8]], rankCount: Int) {
    self.rankCount = rankCount
    state = Monitor(
      State(
        encoded: encoded,
        // Long ones first, so that all threads end together.
        waiting: encoded.indices.sorted { encoded[$0].count < encoded[$1].count },
        levels: Array(repeating: nil, count: encoded.count)))
  }

  /// Decodes all levels; once.
  ///
  /// - Returns: the levels in the order of their bytes.
  /// - Throws: ``PayloadError`` where some bytes are no level.
  /// - Complexity: O(bytes); the longest level bounds what threads can do.
  func run(threadCount: Int) throws(PayloadError) -> [Level] {
    let count = state.update { $0.waiting.count }
    ComputePool.run(threadCount: min(threadCount, count)) { [self] in
      while let taken = take() { decode(taken) }
    }
    let (levels, failure) = state.update { ($0.levels, $0.failure) }
    if let failure { throw failure }
    return levels.compactMap { $0 }
  }

  private func take() -> Taken? {
    state.update { state in
      guard state.failure == nil, let place = state.waiting.popLast() else { return nil }
      let bytes = state.encoded[place]
      state.encoded[place] = []
      return Taken(place: place, bytes: bytes)
    }
  }

  private func decode(_ taken: Taken) {
    do throws(PayloadError) {
      let level = try Level(decoding: taken.bytes, rankCount: rankCount)
      state.update { $0.levels[taken.place] = level }
    } catch {
      state.update { if $0.failure == nil { $0.failure = error } }
    }
  }
}
