/// How far the clients are with their work, as they know it.
struct WorkProgress {
  /// By data set: whether it was acknowledged and is not being removed.
  var isReady: [Bool]
  var isRemoved: [Bool]
  /// Jobs of each data set that are not over for their clients.
  var openJobs: [Int]
  /// Jobs that clients wanted: each may have one number.
  var submissionCount: UInt64 = 0
  /// Workers that were emptied by an operator.
  var drained: [Int] = []
  /// Workers that start while jobs run.
  var lateWorkers: [Int] = []
  /// When as many workers were away as there are replicas; 0 for never.
  var lastTooManyDown: UInt64 = 0
  /// When a job's state changed or a level of it was closed.
  var lastAdvance: UInt64 = 0
  /// The most closed levels of a job whose results were right.
  var deepestJob = 0

  init(dataSetCount: Int) {
    isReady = Array(repeating: false, count: dataSetCount)
    isRemoved = Array(repeating: false, count: dataSetCount)
    openJobs = Array(repeating: 0, count: dataSetCount)
  }
}

extension World {
  /// Deals the work out to the clients.
  func makeClients() {
    for number in 0..<scenario.clientCount {
      clients.append(Client(number: number, chance: chance.split()))
    }
    for dataSet in scenario.dataSets.indices {
      let client = clients[dataSet % clients.count]
      if chance.perMille(250) {
        let sameName = chance.perMille(500)
        client.tasks.append(
          .abandonIngest(
            dataSet: dataSet,
            name: sameName ? scenario.dataSets[dataSet].name : "given-up-\(dataSet)",
            saysSo: chance.perMille(500)))
      }
      client.tasks.append(.ingest(dataSet: dataSet))
    }
    for dataSet in scenario.dataSets.indices {
      for number in 0..<chance.within(1...2) {
        guard let client = chance.pick(clients) else { continue }
        progress.openJobs[dataSet] += 1
        client.tasks.append(.mine(plan(dataSet: dataSet, isDeep: dataSet == 0 && number == 0)))
      }
      if chance.perMille(300) { chance.pick(clients)?.tasks.append(.verify(dataSet: dataSet)) }
    }
    chance.pick(clients)?.tasks.append(.status)
    if scenario.workerCount > scenario.replication, chance.perMille(400) {
      let worker = chance.below(scenario.workerCount)
      chance.pick(clients)?.tasks.append(.drain(worker: worker))
    }
    if scenario.dataSets.count > 1, chance.perMille(300) {
      clients[0].tasks.append(.remove(dataSet: scenario.dataSets.count - 1))
    }
    for client in clients {
      connect(client)
      alarm(client, after: chance.duration(0...400_000))
    }
  }

  private func plan(dataSet: Int, isDeep: Bool) -> JobPlan {
    let data = scenario.dataSets[dataSet]
    var count = max(UInt64(data.threeLevelSupport), 1)
    if !isDeep || chance.perMille(300) {
      count = UInt64(chance.within(1...max(Int(count), 1)))
    }
    // A job over nearly everything is wide; a dozen items make at most 4,095 itemsets.
    let asPercent = chance.perMille(300)
    let total = UInt64(data.transactions.count)
    let percent = max(count * 100 / total, 1)
    if asPercent { count = max((percent * total + 99) / 100, 1) }
    return JobPlan(
      dataSet: dataSet, minimumSupport: asPercent ? "\(percent)%" : "\(count)",
      minimumCount: count, maximumLevel: isDeep || chance.perMille(800) ? nil : 2,
      submitsTwice: chance.perMille(300), cancels: !isDeep && chance.perMille(200),
      removes: !isDeep && chance.perMille(250))
  }
}
