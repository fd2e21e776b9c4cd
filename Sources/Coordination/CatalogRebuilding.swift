import Messages

/// Makes the catalog of a lost disk anew from the manifests that workers hold.
///
/// A state machine of its own, in place of the coordinator until it is done: it lets workers in,
/// takes their inventories, fetches the newest manifest of every data set and job, and is done when
/// all that has been announced is there and no further worker has come for a while. It changes
/// nothing on any worker.
public struct CatalogRebuilding: Sendable {
  /// No new worker for so long means that all are here.
  public static let quietMilliseconds: UInt64 = 10_000
  /// Between the fetches of one manifest.
  static let retryMilliseconds: UInt64 = 1_000

  private let configuration: CoordinatorConfiguration
  private let decodeManifest: @Sendable ([UInt8]) -> CatalogWrite?
  private var cluster: ClusterID?
  private var epoch = Epoch.none
  private var workers: [Name: Worker] = [:]
  private var manifests: [ObjectOwner: Manifest] = [:]
  private var fetches: [Token: ObjectDescriptor] = [:]
  private var lastToken: UInt64 = 0
  private var lastChange: Moment

  /// The catalog, once everything is there.
  public private(set) var outcome: CatalogState?

  private struct Worker: Sendable {
    let hello: WorkerHello
    let incarnation: Incarnation
    var lastHeard: Moment
    var nextPart = 0
    var partCount = 1

    var isComplete: Bool { nextPart >= partCount }
  }

  private struct Manifest: Sendable {
    let number: UInt64
    /// Versions of Lode may write the same record in different bytes: each with who has it.
    var forms: [(descriptor: ObjectDescriptor, sources: [String])]
    var write: CatalogWrite?
    var isFetching = false
    var attempts = 0
    var lastAttempt: Moment?
  }

  /// Fetches of one manifest from each who has it, before it is given up.
  private static let attemptLimit = 3

  /// Begins with nothing.
  ///
  /// - Parameter decodeManifest: what a manifest's bytes say; nil where they are damaged.
  public init(
    configuration: CoordinatorConfiguration,
    decodeManifest: @escaping @Sendable ([UInt8]) -> CatalogWrite?, at now: Moment
  ) {
    self.configuration = configuration
    self.decodeManifest = decodeManifest
    lastChange = now
  }

  /// Takes an event and says what to do now.
  /// - Complexity: O(message), a tick O(workers + manifests).
  public mutating func handle(_ event: CoordinatorEvent, at now: Moment) -> [CoordinatorEffect] {
    switch event {
    case .worker(let envelope, let peer, let role) where role == .worker || role == .loopback:
      return receive(envelope, from: peer, at: now)
    case .client(_, let id, let peer, _):
      let refusal = Refusal(
        .unavailable, "the coordinator is making its catalog anew from its workers; ask again soon")
      return [.reply(.refused(refusal), id: id, to: peer)]
    case .loaded(let token, let bytes):
      return loaded(token, bytes, at: now)
    case .loadFailed(let token, _):
      _ = endFetch(token)
      return []
    case .tick: return tick(at: now)
    default: return []
    }
  }

  private mutating func receive(
    _ envelope: WorkerEnvelope, from peer: PeerID, at now: Moment
  ) -> [CoordinatorEffect] {
    func answer(_ message: CoordinatorMessage) -> [CoordinatorEffect] {
      let cluster = cluster ?? ClusterID(.none)
      return [
        .send(
          CoordinatorEnvelope(
            cluster: cluster, epoch: envelope.epoch, incarnation: envelope.incarnation,
            message: message), to: peer)
      ]
    }
    switch envelope.message {
    case .hello(let hello):
      guard let theirs = hello.cluster else {
        return answer(.refused("this worker is new; start it again when the catalog is rebuilt"))
      }
      if let cluster, cluster != theirs {
        return answer(
          .refused(
            "this worker belongs to cluster \(theirs), the one being rebuilt is \(cluster); start"
              + " it with the --data folder of that cluster"))
      }
      cluster = theirs
      epoch = max(epoch, envelope.epoch)
      let known = workers[envelope.name]?.incarnation
      // A hello of an earlier life may arrive late.
      if let known, known > envelope.incarnation { return [] }
      if known != envelope.incarnation {
        workers[envelope.name] = Worker(
          hello: hello, incarnation: envelope.incarnation, lastHeard: now)
        lastChange = now
      }
      workers[envelope.name]?.lastHeard = now
      return answer(
        .welcome(
          Welcome(
            heartbeatMilliseconds: configuration.heartbeatMilliseconds,
            dataEndpoint: configuration.dataEndpoint)))
    case .inventory(let part):
      guard var worker = workers[envelope.name], worker.incarnation == envelope.incarnation else {
        return answer(.introduceYourself)
      }
      worker.lastHeard = now
      worker.partCount = part.partCount
      if part.index == worker.nextPart {
        worker.nextPart += 1
        lastChange = now
        for object in part.objects where object.id.kind == .manifest {
          note(object, at: worker.hello.dataEndpoint)
        }
      }
      workers[envelope.name] = worker
      return answer(.inventoryReceived(index: part.index))
    case .heartbeat(let heartbeat):
      guard workers[envelope.name]?.incarnation == envelope.incarnation else {
        return answer(.introduceYourself)
      }
      workers[envelope.name]?.lastHeard = now
      return answer(.heartbeatReceived(sequence: heartbeat.sequence))
    default: return []
    }
  }

  /// Remembers the newest manifest of an owner, and everyone who has it.
  private mutating func note(_ object: ObjectDescriptor, at source: String) {
    let owner = object.id.owner
    guard var known = manifests[owner], known.number >= object.id.number else {
      manifests[owner] = Manifest(number: object.id.number, forms: [(object, [source])])
      return
    }
    guard known.number == object.id.number else { return }
    if let form = known.forms.firstIndex(where: { $0.descriptor == object }) {
      if known.forms[form].sources.contains(source) { return }
      known.forms[form].sources.append(source)
    } else {
      known.forms.append((object, [source]))
    }
    manifests[owner] = known
  }

  /// A fetch has ended: what was fetched; nil where that is not wanted any more.
  private mutating func endFetch(_ token: Token) -> ObjectDescriptor? {
    guard let descriptor = fetches.removeValue(forKey: token),
      manifests[descriptor.id.owner]?.number == descriptor.id.number
    else { return nil }
    manifests[descriptor.id.owner]?.isFetching = false
    return descriptor
  }

  private mutating func loaded(
    _ token: Token, _ bytes: [UInt8], at now: Moment
  ) -> [CoordinatorEffect] {
    guard let descriptor = endFetch(token), descriptor.matches(bytes),
      let write = decodeManifest(bytes), write.isRecord(of: descriptor.id.owner)
    else { return [] }
    manifests[descriptor.id.owner]?.write = write
    lastChange = now
    return []
  }

  private mutating func tick(at now: Moment) -> [CoordinatorEffect] {
    forgetSilent(at: now)
    let isQuiet =
      now.milliseconds.subtractingOrZero(lastChange.milliseconds)
      >= Self.quietMilliseconds
    var effects: [CoordinatorEffect] = []
    for owner in manifests.keys.sorted() {
      guard var manifest = manifests[owner], manifest.write == nil, !manifest.isFetching else {
        continue
      }
      let sourceCount = manifest.forms.reduce(0) { $0 + $1.sources.count }
      if isQuiet, manifest.attempts >= Self.attemptLimit * sourceCount {
        return [.stop(Self.unreadable(manifest))]
      }
      if let last = manifest.lastAttempt,
        now.milliseconds.subtractingOrZero(last.milliseconds) < Self.retryMilliseconds
      {
        continue
      }
      // Another form each time, and in turn another first source of it.
      let form = manifest.forms[manifest.attempts % manifest.forms.count]
      let turn = manifest.attempts / manifest.forms.count % form.sources.count
      let sources = Array(form.sources[turn...] + form.sources[..<turn])
      lastToken += 1
      manifest.isFetching = true
      manifest.attempts += 1
      manifest.lastAttempt = now
      effects.append(.fetch(Token(lastToken), form.descriptor, sources: sources))
      fetches[Token(lastToken)] = form.descriptor
      manifests[owner] = manifest
    }
    let isComplete =
      !workers.isEmpty && workers.values.allSatisfy(\.isComplete)
      && manifests.values.allSatisfy { $0.write != nil }
    if isComplete, isQuiet { finish() }
    return effects
  }

  /// A worker that died before its inventory was complete is not waited for; what it has told of
  /// others may have too.
  private mutating func forgetSilent(at now: Moment) {
    for name in workers.keys.sorted() {
      guard let worker = workers[name], !worker.isComplete,
        now.milliseconds.subtractingOrZero(worker.lastHeard.milliseconds)
          >= configuration.deadMilliseconds
      else { continue }
      workers[name] = nil
      lastChange = now
    }
  }

  private static func unreadable(_ manifest: Manifest) -> String {
    let names = manifest.forms.prefix(1).map { "\($0.descriptor.id)" }.joined()
    let sources = manifest.forms.flatMap(\.sources).joined(separator: ", ")
    return "\(names) cannot be read from any of \(sources); the catalog was not rebuilt: start the"
      + " other workers that hold it, then rebuild again"
  }

  private mutating func finish() {
    guard let cluster else { return }
    var state = CatalogState(cluster: cluster)
    state.apply(.claim(epoch))
    for owner in manifests.keys.sorted() {
      if let write = manifests[owner]?.write { state.apply(write) }
    }
    for name in workers.keys.sorted() {
      guard let worker = workers[name] else { continue }
      state.apply(
        .putNode(
          NodeRecord(
            name: name, incarnation: worker.incarnation, rack: worker.hello.rack,
            isDraining: false)))
    }
    outcome = state
  }
}

extension CatalogWrite {
  /// Whether this adds the record of `owner`: all that a manifest of it may do.
  fileprivate func isRecord(of owner: ObjectOwner) -> Bool {
    switch (self, owner) {
    case (.putDataSet(let record), .dataSet(let id)): record.id == id
    case (.putJob(let record), .job(let id)): record.summary.id == id
    default: false
    }
  }
}
