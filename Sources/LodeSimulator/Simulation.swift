import Apriori

/// What came of one seed.
public struct SimulationOutcome: Sendable, Equatable {
  /// The seed.
  public var seed: UInt64
  /// The same for every run of the seed, in any process.
  public var digest: UInt64
  /// Things that happened.
  public var eventCount: Int
  /// Faults among them.
  public var faultCount: Int
  /// Virtual milliseconds from the first start to the end.
  public var milliseconds: UInt64
  /// The most levels of a job whose results were right.
  public var deepestJob: Int
  /// The rare paths that were taken.
  public var probes: Probes
  /// What was wrong; nil for nothing.
  public var failure: SimulationFailure?
}

/// Runs a whole cluster from a seed: with faults, then without, until all is well or something is
/// wrong.
///
/// ```swift
/// let outcome = simulate(seed: 17)
/// if let failure = outcome.failure { print("seed 17 \(failure)") }
/// ```
///
/// - Parameters:
///   - seed: decides everything.
///   - mutant: a fault of the program to put in; nil to test the program as it is.
///   - trace: takes one line for each thing that happens; nil for no transcript, which is faster.
public func simulate(
  seed: UInt64, mutant: Mutant? = nil, trace: ((String) -> Void)? = nil
) -> SimulationOutcome {
  let world = World(
    seed: seed, mutant: mutant, transcript: trace.map(Transcript.init), scratch: CountingScratch())
  world.run()
  return SimulationOutcome(
    seed: seed, digest: world.digest.value, eventCount: world.eventCount,
    faultCount: world.faultCount, milliseconds: world.now / 1_000,
    deepestJob: world.progress.deepestJob, probes: world.probes, failure: world.failure)
}
