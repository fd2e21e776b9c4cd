/// Whether candidates can be left uncounted because all their transactions together are too few.
///
/// A candidate has no more transactions than the path and the node it extends. Asking for their count
/// costs as much as counting one candidate, so it is given up for a range where it seldom helps: in a
/// block set of all transactions every node is frequent, and no node is ever silent.
struct Silence {
  /// So few candidates are counted without asking.
  private static let smallGroup = 8
  /// So often it is asked before it is known whether that helps.
  private static let trialCount = 64

  private let allowance: UInt32?
  private var askedCount = 0
  private var silentCount = 0

  /// - Parameter allowance: counts up to this one do not matter; nil where all do.
  init(allowance: UInt32?) {
    self.allowance = allowance
  }

  /// Whether to ask before so many candidates are counted.
  @inline(__always)
  func isWorthAsking(candidateCount: Int) -> Bool {
    allowance != nil && candidateCount >= Self.smallGroup
      && silentCount &* Self.smallGroup &+ Self.trialCount >= askedCount
  }

  /// Whether none of the candidates within `count` transactions matters.
  @inline(__always)
  mutating func covers(_ count: UInt32) -> Bool {
    guard let allowance else { return false }
    askedCount &+= 1
    silentCount &+= count <= allowance ? 1 : 0
    return count <= allowance
  }
}
