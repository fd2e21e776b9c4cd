/// The frequent candidates of one range: what a worker needs to make the next level from its own.
public struct Survivors: Sendable, Equatable {
  /// Their positions in the range, ascending.
  public var positions: [UInt32]
  /// For each, whether it is a perfect extension of its node; only merged counts tell.
  public var isPerfect: [Bool]

  /// Survivors; both arrays have one entry a candidate.
  public init(positions: [UInt32], isPerfect: [Bool]) {
    self.positions = positions
    self.isPerfect = isPerfect
  }
}
