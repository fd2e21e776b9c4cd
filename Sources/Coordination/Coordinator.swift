import Blocks
public import Messages

/// The coordinator of a cluster, as a value: events go in, effects come out.
///
/// It has no clock, thread, disk or socket, and draws no random numbers but from its seed, so that
/// the same events give the same effects in production and in a simulation. ``start()`` comes first;
/// then every event goes to ``handle(_:at:)``, whose effects the shell carries out.
public struct Coordinator: Sendable {
  /// How far the start is.
  enum Phase: Sendable { case new, claiming, ready, stopped }

  var phase = Phase.new
  var cluster: Cluster
  var jobs: Jobs
  var ingests: Ingests
  var verifications = Verifications()
  var answers = Answers()
  /// Data sets that are being removed, by the request.
  var removals: [RequestID: DataSetID] = [:]
  var outbox = Outbox()
  /// What was last said about each worker; looked up only.
  private var notedStates: [Name: NodeState] = [:]
  let startedAt: UInt64
  /// What was found at the start, until it is taken over.
  var catalog: CatalogState?
  let ownObjects: [ObjectDescriptor]

  /// A coordinator that has not started.
  ///
  /// - Parameters:
  ///   - catalog: What the catalog holds.
  ///   - ownObjects: What the coordinator's own store holds, listed, not read.
  ///   - seed: Where its UUIDs come from; another one at every start.
  public init(
    configuration: CoordinatorConfiguration, catalog: CatalogState,
    ownObjects: [ObjectDescriptor], seed: UInt64, at: Moment
  ) {
    let (epoch, isSpent) = catalog.epoch.number.addingReportingOverflow(1)
    cluster = Cluster(
      configuration: configuration,
      members: Membership(
        clusterID: catalog.cluster, epoch: isSpent ? catalog.epoch : Epoch(epoch),
        configuration: configuration),
      registry: ObjectRegistry(configuration: configuration), dataSets: DataSets())
    jobs = Jobs(configuration: configuration)
    ingests = Ingests(seed: seed)
    startedAt = at.milliseconds
    self.catalog = catalog
    self.ownObjects = ownObjects
  }

  /// Claims the next epoch; nothing else happens before that is durable.
  public mutating func start() -> [CoordinatorEffect] {
    invariant(phase == .new, "A coordinator starts once.")
    phase = .claiming
    if cluster.epoch == catalog?.epoch {
      stop("the catalog's epoch is the highest there is; its file is damaged: restore it")
    } else {
      outbox.add(.persist(outbox.token(for: .start), [.claim(cluster.epoch)]))
    }
    return outbox.takeEffects()
  }

  /// Handles one event.
  ///
  /// - Complexity: O(message); a tick: O(workers + jobs + open copies); a worker that joins, dies or
  ///   changes its state: O(objects).
  public mutating func handle(
    _ event: CoordinatorEvent, at: Moment
  ) -> [CoordinatorEffect] {
    if phase == .stopped { return [] }
    cluster.registry.now = at.milliseconds
    switch event {
    case .tick: tick(at)
    case .worker(let envelope, let peer, let role):
      handle(envelope, from: peer, role: role, at: at)
    case .client(let request, let id, let peer, let role):
      handle(request, id: id, from: peer, role: role, at: at)
    case .persisted(let token): persisted(token, at)
    case .persistFailed(_, let reason):
      stop("the catalog could not be written: \(reason). Make sure that its disk works, then start")
    case .stored, .storeFailed, .loaded, .loadFailed, .performed: finished(event, at)
    }
    if phase == .ready { settle(at) }
    return outbox.takeEffects()
  }

  /// Tells the operator when a worker comes or goes; nothing twice.
  private mutating func noteState(of name: Name) {
    let state = cluster.members.worker(name)?.state
    if notedStates[name] == state { return }
    notedStates[name] = state
    outbox.add(.note("worker \(name.text) is \(Self.word(for: state))"))
  }

  /// In words; printing an enum would search the whole program for how it is printed.
  private static func word(for state: NodeState?) -> String {
    switch state {
    case .alive: "alive"
    case .suspect: "suspect"
    case .dead: "dead"
    case .draining: "draining"
    case .drained: "drained"
    case .joining: "joining"
    case nil: "forgotten"
    }
  }

  mutating func stop(_ reason: String) {
    phase = .stopped
    outbox.add(.stop(reason))
  }

  private mutating func tick(_ at: Moment) {
    guard phase == .ready else { return }
    cluster.members.tick(at: at)
    settle(at)
    if let next = cluster.registry.nextReviewAt, at.milliseconds >= next {
      cluster.registry.nextReviewAt = nil
      cluster.registry.needsReview = true
    }
    let members = cluster.members
    cluster.registry.repeatCommands(members: members, outbox: &outbox)
    cluster.registry.rebalance(members: members, outbox: &outbox)
    cluster.registry.beginCopies(members: members, outbox: &outbox)
    cluster.registry.fetchMissing(members: members, outbox: &outbox)
    for name in members.names { updateDrained(name) }
    ingests.tick(&cluster, at: at, &outbox)
    verifications.tick(cluster, at: at, &outbox)
    jobs.tick(&cluster, at: at, &outbox)
  }

  /// A draining worker is drained when it stores nothing and works on nothing.
  private mutating func updateDrained(_ name: Name) {
    guard let member = cluster.members.worker(name), member.isDraining else { return }
    let isEmpty = cluster.registry.contents[name]?.objects.isEmpty ?? true
    cluster.members.setDrained(
      name,
      member.isServing && isEmpty && member.leaseCount == 0
        && !cluster.registry.hasCommands(for: name))
  }

  // MARK: Outcomes

  private mutating func persisted(_ token: Token, _ at: Moment) {
    switch outbox.takeOwner(of: token) {
    case .start: recover(at)
    case .member(let name, let incarnation):
      if cluster.members.recorded(name, incarnation) { welcome(name) }
    case .ingest(let id): ingests.persisted(token, id, &cluster, &outbox)
    case .job(let id):
      jobs.finished(.persisted, token: token, job: id, &cluster, at: at, &outbox)
    case .request(let id): persisted(id)
    case .registry, nil: break
    }
  }

  private mutating func finished(_ event: CoordinatorEvent, _ at: Moment) {
    switch event {
    case .performed(let token, .ingest(let outcome)):
      guard case .ingest(let id) = outbox.takeOwner(of: token) else { return }
      ingests.performed(outcome, token, id, &cluster, at: at, &outbox)
    case .performed(let token, .job(let outcome)): finished(.performed(outcome), token, at)
    case .stored(let token, let descriptor): finished(.stored(descriptor), token, at)
    case .storeFailed(let token, let failure): finished(.storeFailed(failure), token, at)
    case .loaded(let token, let bytes): finished(.loaded(bytes), token, at)
    case .loadFailed(let token, let failure): finished(.loadFailed(failure), token, at)
    default: break
    }
  }

  private mutating func finished(_ outcome: JobEffectOutcome, _ token: Token, _ at: Moment) {
    switch outbox.takeOwner(of: token) {
    case .job(let id): jobs.finished(outcome, token: token, job: id, &cluster, at: at, &outbox)
    case .registry:
      switch outcome {
      case .stored:
        cluster.registry.storedHere(token, members: cluster.members, outbox: &outbox)
      case .storeFailed(let failure):
        stop(
          "the coordinator's own store could not write (\(failure)): make room on its disk or"
            + " replace it, then start again")
      case .loaded(let bytes): cluster.registry.loaded(bytes, token, outbox: &outbox)
      case .loadFailed: cluster.registry.loadFailed(token)
      case .persisted, .performed: break
      }
    default: break
    }
  }

  /// Carries the consequences of an event to the parts that they concern, until there are no more.
  private mutating func settle(_ at: Moment) {
    while true {
      let changed = cluster.members.takeChanges()
      for name in changed {
        noteState(of: name)
        cluster.registry.needsReview = true
        jobs.workerChanged(name, &cluster, at: at, &outbox)
      }
      if cluster.registry.needsReview, cluster.registry.mayReview {
        cluster.registry.reviewAll(members: cluster.members, outbox: &outbox)
      }
      for trouble in cluster.registry.takeTroubles() {
        ingests.interrupt(trouble.owner, trouble.reason, &cluster, &outbox)
      }
      let secured = cluster.registry.takeNewlySecured()
      for descriptor in secured {
        switch descriptor.id.owner {
        case .job: jobs.secured(descriptor, &cluster, at: at, &outbox)
        case .dataSet(let id): ingests.secured(.dataSet(id), &cluster, at: at, &outbox)
        }
      }
      if changed.isEmpty, secured.isEmpty { break }
    }
    let writes = cluster.registry.takeWrites()
    if !writes.isEmpty { outbox.add(.persist(outbox.token(for: .registry), writes)) }
  }
}
