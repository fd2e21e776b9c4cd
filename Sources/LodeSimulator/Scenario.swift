import Apriori
import Messages

/// What a seed decides before the first event: the size of the cluster, its habits and its work.
struct Scenario {
  /// Workers at the start.
  var workerCount: Int
  /// Workers that join while jobs run.
  var lateWorkerCount: Int
  var clientCount: Int
  /// Copies of each object.
  var replication: Int
  var dataSets: [GeneratedDataSet]

  /// Durations in microseconds.
  var networkDelay: ClosedRange<UInt64>
  var diskDelay: ClosedRange<UInt64>
  var computeDelay: ClosedRange<UInt64>
  var tick: UInt64
  /// Shares in a thousand.
  var lossPerMille: Int
  var duplicatePerMille: Int
  var damagePerMille: Int

  /// When the phase with faults ends, and the mean time between two of them.
  var safetyEnd: UInt64
  var faultInterval: UInt64

  var inlineLimit: Int
  var passesValues: Bool
  /// Whether messages become bytes between machines.
  var usesWire: Bool
  /// How many objects a part of an inventory lists.
  var inventoryPartLength: Int
  var namesEndpointsByLife: Bool
  var allowsStaleCoordinator: Bool
  var setAsideMilliseconds: UInt64

  /// Whether workers that hold all data share its ranges, so that nobody is polled: by the
  /// lowest bit of the tick, which is as good as drawn.
  var sharesRanges: Bool { tick % 2 == 1 }

  /// From how many workers on ranges are reduced on workers, and how long a report is that stays with
  /// its worker: by the lowest bits of the interval between faults.
  var reducingWorkerCount: Int { [1, 1, 1, 1, 2, 2, 3, .max][Int(faultInterval % 8)] }
  var keptReportLimit: Int { [0, 0, 8, 16][Int(faultInterval / 8 % 4)] }

  /// How many candidates a range has, and how block sets answer.
  var rangeTargets: ClosedRange<Int>
  var rule: ReportRule?

  init(chance: inout Chance) {
    workerCount = chance.pick([1, 2, 2, 3, 3, 3, 4, 4, 5, 6, 8]) ?? 3
    lateWorkerCount = chance.perMille(400) ? chance.within(1...2) : 0
    clientCount = chance.within(1...3)
    replication = chance.within(1...min(3, workerCount))
    dataSets = []
    let delays: [ClosedRange<UInt64>] = [100...800, 300...5_000, 1_000...40_000]
    networkDelay = chance.pick(delays) ?? 100...800
    let disks: [ClosedRange<UInt64>] = [50...500, 500...8_000, 5_000...60_000]
    diskDelay = chance.pick(disks) ?? 50...500
    let computing: [ClosedRange<UInt64>] = [200...2_000, 2_000...30_000, 20_000...200_000]
    computeDelay = chance.pick(computing) ?? 200...2_000
    tick = chance.duration(40_000...100_000)
    lossPerMille = chance.pick([0, 0, 5, 20, 60]) ?? 0
    duplicatePerMille = chance.pick([0, 10, 50, 150]) ?? 0
    damagePerMille = chance.pick([0, 0, 10, 40]) ?? 0
    safetyEnd = chance.duration(3_000_000...7_000_000)
    faultInterval = chance.duration(150_000...900_000)
    inlineLimit = chance.pick([0, 64, 512, 256 << 10]) ?? 0
    passesValues = chance.perMille(300)
    usesWire = !passesValues && chance.perMille(200)
    inventoryPartLength = chance.pick([1, 5, 10_000, 10_000]) ?? 1
    namesEndpointsByLife = chance.perMille(500)
    allowsStaleCoordinator = chance.perMille(400)
    setAsideMilliseconds = chance.pick([1_000, 4_000]) ?? 1_000
    let targets: [ClosedRange<Int>] = [1...4, 8...40, 1_000...2_000]
    rangeTargets = chance.pick(targets) ?? 8...40
    let rules: [ReportRule?] = [nil, .nonZero, .nominate, .nominate]
    rule = chance.pick(rules) ?? nil
    let count = chance.pick([1, 1, 2, 3]) ?? 1
    for number in 0..<count {
      var data = GeneratedDataSet(number: number, chance: &chance)
      // The first one carries the job that must go through three levels.
      while number == 0, data.threeLevelSupport == 0 {
        data = GeneratedDataSet(number: number, chance: &chance)
      }
      dataSets.append(data)
    }
  }
}
