/// What a checker found wrong.
public struct SimulationFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// Which checker, for telling failures apart.
  public var checker: String
  /// What was found, where.
  public var reason: String
  /// When, in virtual milliseconds.
  public var milliseconds: UInt64

  /// The time, the checker and the reason.
  public var description: String { "at \(milliseconds) ms: \(checker): \(reason)" }
}
