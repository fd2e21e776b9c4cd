/// A rare path; a run counts how often it came along each.
public enum Probe: Int, CaseIterable, Sendable {
  case pollAsked, rangesSeveral, leaseRepeated, speculationWon, answerDuplicated
  case workerFenced, coordinatorFenced, catalogFenced, staleCommandArrived, incarnationStale
  case jobResumed, replicaRepaired, objectQuarantined, damageFoundOnDisk, damageFoundInTransit
  case levelSentWhole, contentPublished, contentFetched, coordinatorFetched
  case ingestInterrupted, workerSetAside
  case workerDrained, workerJoinedLate, replicaRebalanced, diskFull, diskLost, objectVerified
  case coordinatorCrashed, workerCrashed, processPaused, coordinatorReplaced, linkCut
  case crashedBeforeDurable, crashedAfterDurable, messageLost, messageDuplicated
  case requestRepeated, jobCancelled, jobRemoved, dataSetRemoved, ingestAbandoned
  case workerReconnected, inventoryInParts, workerStopped, messageWired, countingFailed
  case rangeReducedElsewhere, rangeClosedElsewhere, reducerDied, reportFetchedAgain
  case reportNotFetched, reducingFailed
}

/// How often each probe was hit.
public struct Probes: Sendable, Equatable {
  private var counts = [UInt64](repeating: 0, count: Probe.allCases.count)

  /// None hit.
  public init() {}

  /// The hits of one probe.
  public subscript(probe: Probe) -> UInt64 { counts[probe.rawValue] }

  mutating func hit(_ probe: Probe) { counts[probe.rawValue] += 1 }

  /// Adds the hits of another run.
  public mutating func add(_ other: Probes) {
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  /// The probes that were never hit.
  public var missing: [Probe] { Probe.allCases.filter { self[$0] == 0 } }

  /// The hits, `name=count` each.
  public var summary: String {
    Probe.allCases.filter { self[$0] > 0 }.map { "\($0)=\(self[$0])" }.joined(separator: " ")
  }
}

extension Probes {
  mutating func hit(_ probe: Probe, if condition: Bool) {
    if condition { hit(probe) }
  }
}
