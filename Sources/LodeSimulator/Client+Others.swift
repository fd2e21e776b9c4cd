import Messages

/// What clients do besides adding data sets and mining them.
extension World {
  func advanceOther(_ client: Client, _ task: ClientTask) {
    switch task {
    case .status: ask(client, .status, id: client.newID())
    case .verify(let dataSet):
      // Another client may remove it; then there is nothing to verify.
      if progress.isRemoved[dataSet] { return finishTask(client) }
      guard progress.isReady[dataSet] else { return wait(client) }
      if case .begin = client.step {
        client.step = .following
        client.ingest.id = client.newID()
      }
      let name = checkedName(scenario.dataSets[dataSet].name)
      ask(client, .verifyDataSet(name), id: client.ingest.id)
    case .drain(let worker):
      switch client.step {
      case .begin, .following:
        client.step = .following
        ask(client, .drainNode(workers[worker].name), id: client.newID())
      case .waiting:
        guard workers[worker].isRetired else {
          if workers[worker].isRunning { tell(workers[worker], .stopRequested) }
          return wait(client)
        }
        client.step = .removing
        ask(client, .removeNode(workers[worker].name), id: client.newID())
      default: ask(client, .removeNode(workers[worker].name), id: client.newID())
      }
    case .remove(let dataSet):
      guard progress.isReady[dataSet], progress.openJobs[dataSet] == 0 else {
        return wait(client)
      }
      let name = checkedName(scenario.dataSets[dataSet].name)
      progress.isRemoved[dataSet] = true
      ask(client, .removeDataSet(name), id: client.newID())
    default: break
    }
  }

  private func wait(_ client: Client) {
    alarm(client, after: client.chance.duration(50_000...200_000))
  }

  func answeredOther(_ client: Client, _ response: ClientResponse, _ task: ClientTask) {
    switch (task, response) {
    case (.status, .status(let status)):
      for node in status.nodes where node.setAsideMilliseconds > 0 { probes.hit(.workerSetAside) }
      finishTask(client)
    case (.verify, .verification(let report)):
      guard report.isComplete else { return wait(client) }
      probes.hit(.objectVerified)
      for defect in report.defects where !checks.wasLost(defect.object) {
        fail(
          "verify", "\(defect.object) on \(defect.node) is said to be wrong, and nothing was done")
      }
      finishTask(client)
    case (.drain(let worker), .node(let summary)):
      guard summary.state == .drained else { return wait(client) }
      probes.hit(.workerDrained)
      checkDrained(workers[worker])
      progress.drained.append(worker)
      client.step = .waiting
      wait(client)
    case (.drain, .done): finishTask(client)
    case (.remove(let dataSet), .done):
      probes.hit(.dataSetRemoved)
      progress.isReady[dataSet] = false
      finishTask(client)
    case (.remove(let dataSet), .refused(let refusal)) where refusal.kind == .unknown:
      // Either an answer was lost, or a replaced coordinator does not know it yet.
      if catalog.dataSets.contains(where: { $0.name.text == scenario.dataSets[dataSet].name }) {
        return tryLater(client)
      }
      finishTask(client)
    case (.drain, .refused(let refusal)) where refusal.kind == .unknown && isRemoving(client):
      finishTask(client)
    case (_, .refused(let refusal)):
      if refusal.kind == .forbidden { fail("client", "forbidden: \(refusal)") }
      tryLater(client)
    default: fail("client", "\(task) is answered with \(brief(response))")
    }
  }

  private func isRemoving(_ client: Client) -> Bool {
    if case .removing = client.step { return true }
    return false
  }
}
