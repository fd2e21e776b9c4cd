/// The frequent candidates of one range: all that has to travel for others to build the next level.
public struct Survivors: Sendable, Equatable {
  /// Their places in the enumeration of the range, ascending.
  public let positions: [UInt32]
  /// Whether each is a perfect extension, which only merged counts can tell.
  public let isPerfect: [Bool]

  /// Survivors as they come from elsewhere; ``expand(_:of:level:scratch:)`` checks them.
  public init(positions: [UInt32], isPerfect: [Bool]) {
    self.positions = positions
    self.isPerfect = isPerfect
  }
}

/// Builds the groups that the survivors of a range make, for those who know no counts.
///
/// The words are those of the segment that closing the range gave; every count is 0. Nothing that
/// counts candidates reads the counts of a level.
///
/// - Parameters:
///   - level: the closed level that the range was cut from.
///   - scratch: memory of the calling thread, reused from task to task.
/// - Throws: ``CountingError`` where survivors are out of order or outside the range.
/// - Complexity: linear in the nodes of the range plus the survivors.
public func expand(
  _ survivors: Survivors, of range: CandidateRange, level: Level, scratch: CountingScratch
) throws(CountingError) -> LevelSegment {
  guard survivors.positions.count == survivors.isPerfect.count,
    isAscending(survivors.positions, below: range.candidateCount)
  else {
    throw CountingError(
      "survivors are out of order or outside their range of \(range.candidateCount) candidates;"
        + " ask for them again")
  }
  let selection = SurvivorSelection(range: range, level: level, minimumSupport: 1, scratch: scratch)
  return selection.expand(survivors)
}
