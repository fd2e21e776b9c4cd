import Apriori
import Messages

/// Apriori's second step as it would be written without a thought of perfect extensions: a candidate
/// goes unless each of its subsets is a node of the level.
///
/// A subset that follows from another by a perfect extension is frequent and no node, so this loses
/// itemsets. Follows the levels that workers are told of, as they do.
struct SubsetTest {
  private struct Key: Hashable {
    var job: JobID
    var level: Int
  }

  private struct Known {
    var level: Level
    var ranges: [CandidateRange]
    /// Of each range the positions of candidates that go.
    var rejected: [Set<UInt32>]
  }

  private var levels: [Key: Known] = [:]

  /// The candidates of a range that go.
  func rejected(_ key: CountingKey, range: UInt32) -> Set<UInt32> {
    guard let known = levels[Key(job: key.job, level: key.level)],
      known.rejected.indices.contains(Int(range)), known.level.structureDigest == key.levelDigest
    else { return [] }
    return known.rejected[Int(range)]
  }

  /// Comes to a level as workers do.
  ///
  /// - Parameter bytes: what the coordinator serves under a name.
  mutating func follow(
    _ opening: LevelOpening, scratch: CountingScratch, bytes: (ObjectDescriptor) -> [UInt8]?
  ) {
    guard let level = level(opening, scratch, bytes), level.structureDigest == opening.digest
    else { return }
    let ranges = candidateRanges(of: level, targetCandidateCount: opening.targetCandidateCount)
    levels[Key(job: opening.job, level: opening.level)] = Known(
      level: level, ranges: ranges, rejected: Self.rejected(level, ranges))
  }

  private func level(
    _ opening: LevelOpening, _ scratch: CountingScratch, _ bytes: (ObjectDescriptor) -> [UInt8]?
  ) -> Level? {
    switch opening.content {
    case .whole(.value(let level)): return level
    case .whole(.bytes(let bytes)): return try? Level(decoding: bytes)
    case .whole(.published(let object)):
      return bytes(object).flatMap { try? Level(decoding: $0) }
    case .survivors(let content):
      guard let base = levels[Key(job: opening.job, level: opening.level - 1)],
        let survivors = survivors(content, bytes), survivors.count == base.ranges.count
      else { return nil }
      var segments: [LevelSegment] = []
      for (list, range) in zip(survivors, base.ranges) {
        guard let segment = try? expand(list, of: range, level: base.level, scratch: scratch)
        else { return nil }
        segments.append(segment)
      }
      return Level(after: base.level, segments: segments, candidateCount: 0)
    }
  }

  private func survivors(
    _ content: Content<[Survivors]>, _ bytes: (ObjectDescriptor) -> [UInt8]?
  ) -> [Survivors]? {
    switch content {
    case .value(let survivors): survivors
    case .bytes(let bytes): try? SurvivorsList(decoding: bytes).ranges
    case .published(let object):
      bytes(object).flatMap { try? SurvivorsList(decoding: $0).ranges }
    }
  }

  /// Which candidates have a subset that is no node, by range.
  private static func rejected(_ level: Level, _ ranges: [CandidateRange]) -> [Set<UInt32>] {
    let groups = groups(of: level)
    let nodes = Set(groups.flatMap { group in group.extensions.map { group.path + [$0] } })
    var isRejected: [Bool] = []
    for group in groups {
      for (place, node) in group.extensions.enumerated() {
        for sibling in group.extensions.dropFirst(place + 1) {
          let candidate = group.path + [node, sibling]
          isRejected.append(
            candidate.indices.contains { left in
              var subset = candidate
              subset.remove(at: left)
              return !nodes.contains(subset)
            })
        }
      }
    }
    var first = 0
    return ranges.map { range in
      defer { first += range.candidateCount }
      return Set(
        (0..<range.candidateCount).filter { isRejected[first + $0] }.map { UInt32($0) })
    }
  }

  private static func groups(of level: Level) -> [(path: [UInt32], extensions: [UInt32])] {
    var groups: [(path: [UInt32], extensions: [UInt32])] = []
    for segment in level.segments {
      let words = segment.words
      var path: [UInt32] = []
      var offset = 0
      for _ in 0..<segment.groupCount {
        let tail = offset + LevelSegment.headerLength
        let perfect = tail + level.length - 1 - Int(words[offset])
        let extensions = perfect + Int(words[offset + 1])
        let end = extensions + Int(words[offset + 2])
        path = Array(path[..<Int(words[offset])]) + words[tail..<perfect]
        groups.append((path, Array(words[extensions..<end])))
        offset = end
      }
    }
    return groups
  }
}
