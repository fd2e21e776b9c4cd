import Messages

/// A job from its submission to the comparison of its results.
extension World {
  func advanceJob(_ client: Client, _ plan: JobPlan) {
    switch client.step {
    case .begin:
      guard progress.isReady[plan.dataSet] else {
        return alarm(client, after: client.chance.duration(30_000...150_000))
      }
      client.job = Client.JobWork()
      client.job.submission = client.newID()
      client.job.submittedAt = now
      progress.submissionCount += 1
      client.step = .submitting
      submit(client, plan)
    case .submitting, .submittingAgain: submit(client, plan)
    case .following, .cancelling, .openingResults, .removing: askAboutJob(client)
    default: break  // Each object that arrives asks for the next.
    }
  }

  private func submit(_ client: Client, _ plan: JobPlan) {
    let specification = JobSpecification(
      dataSet: checkedName(scenario.dataSets[plan.dataSet].name),
      minimumSupport: plan.minimumSupport, maximumLevel: plan.maximumLevel, arguments: [])
    ask(client, .submitJob(specification), id: client.job.submission)
  }

  private func askAboutJob(_ client: Client) {
    guard let id = client.job.id else { return }
    switch client.step {
    case .cancelling: ask(client, .cancelJob(id), id: client.newID())
    case .openingResults: ask(client, .openResults(id), id: client.newID())
    case .removing: ask(client, .removeJob(id), id: client.newID())
    // Some ask from time to time, others wait for news.
    case _ where id.number.isMultiple(of: 2):
      ask(client, .watchJob(id, closedLevels: client.job.closedLevels), id: client.newID())
    default: ask(client, .showJob(id), id: client.newID())
    }
  }

  func answeredJob(_ client: Client, _ response: ClientResponse, _ plan: JobPlan) {
    switch (client.step, response) {
    case (.removing, .done): jobEnds(client, plan, removed: true)
    case (_, .refused(let refusal)): refusedJob(client, refusal, plan)
    case (.submitting, .job(let summary)):
      client.job.id = summary.id
      client.step = plan.submitsTwice ? .submittingAgain : plan.cancels ? .cancelling : .following
      alarm(client, after: client.chance.duration(10_000...400_000))
    case (.submittingAgain, .job(let summary)):
      if summary.id != client.job.id {
        fail("client", "one request made two jobs, \(summary.id) and another before")
      }
      client.step = plan.cancels ? .cancelling : .following
      alarm(client, after: client.chance.duration(10_000...400_000))
    case (.cancelling, .job(let summary)):
      client.job.wasCancelled = true
      client.step = .following
      follow(client, summary, plan)
    case (.following, .job(let summary)): follow(client, summary, plan)
    case (.openingResults, .results(let results)):
      client.job.results = results
      client.job.objects = []
      client.step = .fetching
      fetchNext(client)
    default: fail("client", "a job is answered with \(brief(response))")
    }
  }

  private func follow(_ client: Client, _ summary: JobSummary, _ plan: JobPlan) {
    switch summary.state {
    case .queued, .running:
      client.job.closedLevels = summary.levels.count
      alarm(client, after: client.chance.duration(30_000...200_000))
    case .done:
      checkFigures(summary, plan)
      client.step = .openingResults
      alarm(client, after: 1_000)
    case .cancelled:
      if !client.job.wasCancelled { fail("client", "\(summary.id) was cancelled by nobody") }
      probes.hit(.jobCancelled)
      jobEnds(client, plan, removed: false)
    case .failed:
      // Too many workers were away for a moment: the operator submits the job again.
      guard progress.lastTooManyDown + 5_000_000 > client.job.submittedAt,
        progress.lastTooManyDown > 0
      else {
        return fail("job", "\(summary.id) failed without need: \(summary.failure)")
      }
      note("\(summary.id) failed: \(summary.failure)")
      client.step = .begin
      tryLater(client)
    }
  }

  private func refusedJob(_ client: Client, _ refusal: Refusal, _ plan: JobPlan) {
    switch (refusal.kind, client.step) {
    case (.unknown, .removing): jobEnds(client, plan, removed: true)
    case (.invalid, .cancelling):
      client.step = .following
      alarm(client, after: 10_000)
    case (.unavailable, _), (.unknown, _), (.dataLost, _), (.failed, _), (.invalid, .removing),
      (.tooFewWorkers, _):
      // Also what a coordinator says that has been replaced and does not know it yet.
      tryLater(client)
    default: fail("client", "a job is refused while it is \(client.step): \(refusal)")
    }
  }

  /// Fetches the next object of the results, or compares them when all are there.
  private func fetchNext(_ client: Client) {
    guard let results = client.job.results else { return }
    let objects = [results.items] + results.levels
    guard client.job.objects.count < objects.count else { return }
    let object = objects[client.job.objects.count]
    let time = network.transferTime(byteCount: object.length)
    add(.clientFetched(client.number, object, source: results.dataEndpoint), after: time)
  }

  func fetched(_ client: Client, _ object: ObjectDescriptor, from source: String) {
    guard case .mine(let plan)? = client.task, case .fetching = client.step,
      let results = client.job.results
    else { return }
    switch fetch(object, from: [source], to: client.place) {
    case .failure:
      client.step = .openingResults
      tryLater(client)
    case .success(let bytes):
      client.job.objects.append(bytes)
      guard client.job.objects.count == results.levels.count + 1 else {
        return fetchNext(client)
      }
      checkResults(client.job.objects, of: results, plan)
      if plan.removes {
        client.step = .removing
        alarm(client, after: 1_000)
      } else {
        jobEnds(client, plan, removed: false)
      }
    }
  }

  private func jobEnds(_ client: Client, _ plan: JobPlan, removed: Bool) {
    if removed { probes.hit(.jobRemoved) }
    progress.openJobs[plan.dataSet] -= 1
    finishTask(client)
  }
}
