import LodeSimulator
import Testing

/// A few seeds in the debug build; thousands run in release, see `simulate`.
@Suite struct SimulatorTests {
  @Test(arguments: [1, 2, 3, 64] as [UInt64])
  func clustersSurviveFaults(seed: UInt64) {
    let outcome = simulate(seed: seed)
    #expect(outcome.failure == nil, "seed \(seed): \(outcome.failure?.description ?? "")")
    #expect(outcome.faultCount >= 5)
    #expect(outcome.deepestJob >= 3)
    #expect(outcome.eventCount > 500)
  }

  @Test func sameSeedSameRun() {
    #expect(simulate(seed: 5) == simulate(seed: 5))
    #expect(simulate(seed: 5).digest != simulate(seed: 6).digest)
  }

  @Test func transcriptsChangeNothing() {
    var lineCount = 0
    let traced = simulate(seed: 5) { _ in lineCount += 1 }
    #expect(traced == simulate(seed: 5))
    #expect(lineCount > 500)
  }
}

/// Faults of the program that were put in on purpose, each with a seed that finds it.
///
/// Those that take hundreds of seeds, or end the process, are checked by `simulate --mutants`.
@Suite struct MutantTests {
  static let catchingSeeds: [(Mutant, UInt64)] = [
    (.acknowledgedBeforeFlush, 1),
    (.attemptInKey, 1),
    (.checkpointBeforeFlush, 15),
    (.checksumSkipped, 3),
    (.commitBeforeFlush, 1),
    (.commitSplit, 17),
    (.duplicatesAdded, 1),
    (.fencingSilent, 16),
    (.incarnationIgnored, 12),
    (.inventoryIgnored, 2),
    (.lateParentBesideChildren, 209),
    (.lostReportForgotten, 6),
    (.pollAnsweredFromNominations, 2),
    (.promiseNotPersisted, 1),
    (.rangesSwapped, 2),
    (.releasedEarly, 5),
    (.repeatedAnswerOffByOne, 1),
    (.replicaDeletedEarly, 3),
    (.reportConfused, 4),
    (.requestRenumbered, 16),
    (.storedWithoutBytes, 1),
    (.subsetTestWithoutExtensions, 9),
  ]

  @Test(arguments: catchingSeeds)
  func mutantsAreCaught(mutant: Mutant, seed: UInt64) {
    #expect(simulate(seed: seed, mutant: mutant).failure != nil, "\(mutant) survives seed \(seed)")
  }
}
