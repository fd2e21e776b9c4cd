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

  private let configuration: CoordinatorConfiguration
  private let decodeManifest: @Sendable ([UInt8]) -> CatalogWrite?
  private var cluster: ClusterID?
  private var epoch = Epoch.none
  private var workers: [Name: Worker] = [:]
  private var manifests: [ObjectOwner: Manifest] = [:]
  private var fetches: [Token: ObjectOwner] = [:]
  private var lastToken: UInt64 = 0
  private var lastChange: Moment

  /// The catalog, once everything is there.
  public private(set) var outcome: CatalogState?

  private struct Worker: Sendable {
    let hello: WorkerHello
    let incarnation: Incarnation
    var nextPart = 0
    var partCount = 1

    var isComplete: Bool { nextPart >= partCount }
  }

  private struct Manifest: Sendable {
    var descriptor: ObjectDescriptor
    var sources: [String]
    var write: CatalogWrite?
    var isFetching = false
    var attempts = 0
  }

  /// Fetches of one manifest before it is given up.
  private static let attemptLimit = 10

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
      if let owner = fetches.removeValue(forKey: token) { manifests[owner]?.isFetching = false }
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
      if workers[envelope.name]?.incarnation != envelope.incarnation {
        workers[envelope.name] = Worker(hello: hello, incarnation: envelope.incarnation)
        lastChange = now
      }
      return answer(
        .welcome(
          Welcome(
            heartbeatMilliseconds: configuration.heartbeatMilliseconds,
            dataEndpoint: configuration.dataEndpoint)))
    case .inventory(let part):
      guard var worker = workers[envelope.name], worker.incarnation == envelope.incarnation else {
        return answer(.introduceYourself)
      }
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
      return answer(.heartbeatReceived(sequence: heartbeat.sequence))
    default: return []
    }
  }

  /// Remembers the newest manifest of an owner, and everyone who has it.
  private mutating func note(_ object: ObjectDescriptor, at source: String) {
    guard var known = manifests[object.id.owner], known.descriptor.id.number >= object.id.number
    else {
      manifests[object.id.owner] = Manifest(descriptor: object, sources: [source])
      return
    }
    if known.descriptor == object, !known.sources.contains(source) {
      known.sources.append(source)
      manifests[object.id.owner] = known
    }
  }

  private mutating func loaded(
    _ token: Token, _ bytes: [UInt8], at now: Moment
  ) -> [CoordinatorEffect] {
    guard let owner = fetches.removeValue(forKey: token) else { return [] }
    manifests[owner]?.isFetching = false
    manifests[owner]?.write = decodeManifest(bytes)
    lastChange = now
    return []
  }

  private mutating func tick(at now: Moment) -> [CoordinatorEffect] {
    var effects: [CoordinatorEffect] = []
    for owner in manifests.keys.sorted() {
      guard var manifest = manifests[owner], manifest.write == nil, !manifest.isFetching else {
        continue
      }
      if manifest.attempts >= Self.attemptLimit {
        return [
          .stop(
            "\(manifest.descriptor.id) cannot be read from any of"
              + " \(manifest.sources.joined(separator: ", ")); the catalog was not rebuilt: start the"
              + " other workers that hold it, then rebuild again")
        ]
      }
      lastToken += 1
      manifest.isFetching = true
      manifest.attempts += 1
      // Another first source each time.
      let turn = manifest.attempts % manifest.sources.count
      let sources = Array(manifest.sources[turn...] + manifest.sources[..<turn])
      effects.append(.fetch(Token(lastToken), manifest.descriptor, sources: sources))
      fetches[Token(lastToken)] = owner
      manifests[owner] = manifest
    }
    let isComplete =
      !workers.isEmpty && workers.values.allSatisfy(\.isComplete)
      && manifests.values.allSatisfy { $0.write != nil }
    if isComplete, now.milliseconds - lastChange.milliseconds >= Self.quietMilliseconds {
      finish()
    }
    return effects
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
