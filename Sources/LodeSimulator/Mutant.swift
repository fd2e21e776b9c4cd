/// A fault of the program, put in on purpose at the boundary of the cores: the checkers must see it.
public enum Mutant: String, CaseIterable, Sendable {
  /// A report that arrives twice is added up twice.
  case duplicatesAdded
  /// The key of a result has the attempt in it, so that two attempts are both added up.
  case attemptInKey
  /// Allowances are shared out among the workers alive instead of belonging to the data.
  case thresholdFromAliveWorkers
  /// Allowances are those of all that a worker was given, not of the block set.
  case thresholdFromWorkersTotal
  /// Half of a block set that was cut anew answers a poll from its own silence.
  case childAnswersOwnSilence
  /// A late answer for a whole block set is added to those of its parts.
  case lateParentBesideChildren
  /// An object is acknowledged before it is flushed.
  case acknowledgedBeforeFlush
  /// The coordinator's object is acknowledged before it is flushed.
  case checkpointBeforeFlush
  /// A catalog commit is acknowledged before it is flushed.
  case commitBeforeFlush
  /// Checksums of what is read are not compared.
  case checksumSkipped
  /// Nobody compares epochs.
  case epochCheckRemoved
  /// A promise is acknowledged but not written.
  case promiseNotPersisted
  /// Nobody compares incarnations.
  case incarnationIgnored
  /// The changes of a commit are made one by one.
  case commitSplit
  /// The coordinator believes its catalog, not what a worker says it stores.
  case inventoryIgnored
  /// The source of a copy is deleted when the copy begins.
  case replicaDeletedEarly
  /// A lease answered a second time has counts one too high.
  case repeatedAnswerOffByOne
  /// An object is said to be stored that never was.
  case storedWithoutBytes
  /// A request asked again has another number.
  case requestRenumbered
  /// Nobody is told that it is fenced, and the catalog takes writes of any epoch.
  case fencingSilent
  /// A worker that is drained is let go while it still has the last copies.
  case releasedEarly
  /// A poll is answered with the counts above the allowance only.
  case pollAnsweredFromNominations
  /// The answers about two ranges of a lease change places.
  case rangesSwapped
  /// Candidates are dropped that have a subset which is no node, perfect extensions forgotten.
  case subsetTestWithoutExtensions
  /// A reducer takes another report for the one that was accepted.
  case reportConfused
  /// A report that was lost with its worker still counts as covered: as if all had been silent.
  case lostReportForgotten
}
