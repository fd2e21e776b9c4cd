import Apriori
import Coordination
import Messages
import Working

/// Where the simulator meets the code under test: how cores are made, told and asked to work.
extension World {
  func makeCoordinator(_ machine: CoordinatorMachine) -> Coordinator {
    var configuration = CoordinatorConfiguration()
    configuration.replication = scenario.replication
    configuration.heartbeatMilliseconds = 100
    configuration.suspectMilliseconds = 500
    configuration.deadMilliseconds = 1_500
    configuration.resendMilliseconds = 200
    configuration.leaseMilliseconds = 100
    configuration.attemptLimit = 1_000_000
    configuration.failureLimit = 4
    configuration.setAsideMilliseconds = scenario.setAsideMilliseconds
    configuration.ingestSilenceMilliseconds = 2_500
    configuration.ingestCredits = 3
    configuration.inlineLimit = scenario.inlineLimit
    configuration.passesValues = scenario.passesValues
    configuration.dataEndpoint = machine.endpoint
    configuration.encodeManifest = { manifest(of: $0) }
    configuration.candidatesPerRange = scenario.rangeTargets
    configuration.reportRule = scenario.rule
    // Levels are small here: where the rule is chosen, by more than that they are.
    configuration.smallLevelLimit = 32
    configuration.avoidMilliseconds = 1_000
    configuration.reducingWorkerCount = scenario.reducingWorkerCount
    configuration.reducingCandidateCount = 1
    // Workers that share all data are never polled, so only every other cluster lets them.
    if !scenario.sharesRanges { configuration.sharedTransactionLimit = 0 }
    return Coordinator(
      configuration: configuration, catalog: catalog, ownObjects: machine.disk.objects,
      seed: chance.bits(), at: machine.moment(at: now))
  }

  func makeWorker(_ machine: WorkerMachine) -> Worker {
    var configuration = WorkerConfiguration(
      name: machine.name, incarnation: Incarnation(machine.incarnation))
    configuration.dataEndpoint = machine.endpoint
    configuration.resendMilliseconds = 200
    configuration.coordinatorSilenceMilliseconds = 600
    configuration.inlineLimit = scenario.inlineLimit
    configuration.passesValues = scenario.passesValues
    configuration.keptReportLimit = scenario.keptReportLimit
    configuration.scrubMilliseconds = 150
    configuration.idleJobMilliseconds = 20_000
    configuration.inventoryPartLength = scenario.inventoryPartLength
    let start = WorkerStart(
      cluster: machine.disk.cluster, promised: machine.disk.promised,
      objects: machine.disk.objects, freeBytes: machine.disk.freeBytes)
    return Worker(
      configuration: configuration, start: start, seed: chance.bits(),
      at: machine.moment(at: now).milliseconds)
  }

  func begin(_ machine: CoordinatorMachine) -> [CoordinatorEffect] {
    machine.core?.start() ?? []
  }

  func begin(_ machine: WorkerMachine) -> [WorkerEffect] {
    machine.core?.start(at: machine.moment(at: now).milliseconds) ?? []
  }

  /// Looking at all of a core's state takes longer than all else: one seed of 64 does it after
  /// every event, the others now and then.
  private var validatesNow: Bool { validatesAlways || eventCount % 64 == 0 }

  func handle(
    _ event: CoordinatorEvent, by machine: CoordinatorMachine
  ) -> [CoordinatorEffect] {
    let effects = machine.core?.handle(event, at: machine.moment(at: now)) ?? []
    if validatesNow { machine.core?.validateState() }
    return effects
  }

  func handle(_ event: WorkerEvent, by machine: WorkerMachine) -> [WorkerEffect] {
    let effects = machine.core?.handle(event, at: machine.moment(at: now).milliseconds) ?? []
    if validatesNow { machine.core?.validateState() }
    return effects
  }

  /// Does work of a compute pool, for real.
  func performed(_ work: CoordinatorWork) -> CoordinatorOutcome { perform(work, scratch: scratch) }

  func performed(_ work: WorkerWork) -> WorkerOutcome { perform(work, scratch: scratch) }

  func encode(_ chunk: TransactionChunk) -> [UInt8] { chunk.encoded() }
}

/// Stands in for the encoding of records, which lies above: the same bytes for the same record.
func manifest(of write: CatalogWrite) -> [UInt8] {
  var digest = RunDigest()
  switch write {
  case .putDataSet(let record):
    digest.add(record.id)
    digest.add(record.dictionary)
    for block in record.shards.flatMap(\.blocks) { digest.add(block) }
  case .putJob(let record):
    digest.add(record.summary.id.number)
    digest.add(UInt64(record.summary.state.rawValue))
    for checkpoint in record.checkpoints { digest.add(checkpoint) }
  default: break
  }
  return (0..<8).map { UInt8(truncatingIfNeeded: digest.value >> (8 * $0)) }
}
