import Apriori
public import Coordination
import Itemsets
import Messages

/// Runs a coordinator: carries out its effects with real threads, disks and sockets.
///
/// One thread handles events; a compute pool, a catalog thread and disk threads do the rest and
/// report by events. Nothing here decides anything.
public final class CoordinatorNode: Sendable {
  /// What is served at the data endpoint.
  public let published: PublishedObjects
  private let loop = EventLoop<CoordinatorEvent>(limit: 20_000, byteLimit: 256 << 20)
  private let catalog: any Catalog
  private let store: any ObjectStore
  private let compute: WorkThreads
  private let catalogThread = WorkThreads(count: 1)
  /// What waits for the catalog: all of it is flushed together.
  private let commits = Monitor<[(token: Token, writes: [CatalogWrite])]>([])
  private let disk = ObjectThreads(count: 4)

  /// A node that has not begun.
  ///
  /// - Parameters:
  ///   - threads: those of the compute pool.
  ///   - store: the coordinator's own objects.
  public init(threads: Int, catalog: any Catalog, store: any ObjectStore) {
    self.catalog = catalog
    self.store = store
    published = PublishedObjects(store: store)
    compute = WorkThreads(count: threads)
  }

  /// Takes a message or request from a transport; false where too many wait, and it is lost.
  ///
  /// - Parameter bytes: its length on the wire.
  public func offer(_ event: CoordinatorEvent, bytes: Int) -> Bool {
    loop.offer(event, bytes: bytes)
  }

  /// Makes ``run(_:transport:seed:note:)`` return; what is durable stays, what is not is forgotten.
  public func stop() { loop.stop() }

  /// Handles events on the calling thread until stopped.
  ///
  /// - Parameters:
  ///   - seed: for the ids that the coordinator draws.
  ///   - note: given lines for the operator.
  /// - Throws: ``StorageFailure`` where the catalog cannot be read; ``NodeFailure`` where the
  ///   coordinator had to stop.
  public func run(
    _ configuration: CoordinatorConfiguration, transport: any CoordinatorTransport, seed: UInt64,
    note: (String) -> Void
  ) throws {
    defer {
      compute.stop()
      disk.stop()
      catalogThread.stop()
    }
    var coordinator = Coordinator(
      configuration: configuration, catalog: try catalog.load(), ownObjects: store.inventory,
      seed: seed, at: moment())
    var failure: NodeFailure?
    func carryOut(_ effects: [CoordinatorEffect]) {
      for effect in effects {
        switch effect {
        case .send(let envelope, let peer): transport.send(envelope, to: peer)
        case .reply(let response, let id, let peer): transport.reply(response, id: id, to: peer)
        case .note(let line): note(line)
        case .progress: break
        case .stop(let reason):
          failure = NodeFailure(description: reason)
          loop.stop()
        default: dispatch(effect, transport: transport)
        }
      }
    }
    carryOut(coordinator.start())
    loop.run(tickMilliseconds: 100) {
      carryOut(coordinator.handle(.tick, at: moment()))
    } handle: { event in
      carryOut(coordinator.handle(event, at: moment()))
    }
    if let failure { throw failure }
  }

  /// Makes the catalog anew from what workers hold, before ``run(_:transport:seed:note:)``.
  ///
  /// - Parameter decodeManifest: what a manifest's bytes say; nil where they are damaged.
  /// - Throws: ``NodeFailure`` where that cannot be done; the catalog is then as it was.
  public func rebuild(
    _ configuration: CoordinatorConfiguration, transport: any CoordinatorTransport,
    decodeManifest: @escaping @Sendable ([UInt8]) -> CatalogWrite?, note: (String) -> Void
  ) throws {
    var rebuilding = CatalogRebuilding(
      configuration: configuration, decodeManifest: decodeManifest, at: moment())
    var failure: NodeFailure?
    func carryOut(_ effects: [CoordinatorEffect]) {
      for effect in effects {
        switch effect {
        case .send(let envelope, let peer): transport.send(envelope, to: peer)
        case .reply(let response, let id, let peer): transport.reply(response, id: id, to: peer)
        case .stop(let reason):
          failure = NodeFailure(description: reason)
          loop.interrupt()
        default: dispatch(effect, transport: transport)
        }
      }
      if rebuilding.outcome != nil { loop.interrupt() }
    }
    let wasStopped = loop.run(tickMilliseconds: 100) {
      carryOut(rebuilding.handle(.tick, at: moment()))
    } handle: { event in
      carryOut(rebuilding.handle(event, at: moment()))
    }
    if let failure { throw failure }
    guard !wasStopped, let outcome = rebuilding.outcome else {
      throw NodeFailure(description: "stopped before the catalog was rebuilt; start it again")
    }
    try catalog.replace(with: outcome)
    note(
      "catalog rebuilt: \(counted(outcome.dataSets.count, "data set")) and"
        + " \(counted(outcome.jobs.count, "job")) from \(counted(outcome.nodes.count, "worker"))")
  }

  /// Hands an effect to the threads that carry it out.
  private func dispatch(_ effect: CoordinatorEffect, transport: any CoordinatorTransport) {
    let loop = loop
    let store = store
    switch effect {
    case .persist(let token, let writes):
      let catalog = catalog
      let commits = commits
      commits.update { $0.append((token, writes)) }
      catalogThread.add { _ in
        let commits = commits.update { waiting in
          defer { waiting = [] }
          return waiting
        }
        if commits.isEmpty { return }
        do throws(StorageFailure) {
          try catalog.commit(commits.flatMap(\.writes))
          for commit in commits { loop.post(.persisted(commit.token)) }
        } catch {
          // The node must stop, whichever of them it was.
          loop.post(.persistFailed(commits[0].token, error.description))
        }
      }
    case .store(let token, let descriptor, let bytes):
      disk.add(for: descriptor.id) {
        do throws(StorageFailure) {
          try store.write(descriptor, bytes)
          loop.post(.stored(token, descriptor))
        } catch {
          // A store that broke a promise is no better than such a catalog: the node must stop.
          loop.post(
            error.kind == .fatal
              ? .persistFailed(token, error.description)
              : .storeFailed(token, error.asStoreFailure))
        }
      }
    case .load(let token, let descriptor):
      disk.add(for: descriptor.id) {
        do throws(StorageFailure) {
          loop.post(.loaded(token, try store.read(descriptor)))
        } catch {
          loop.post(.loadFailed(token, error.asStoreFailure))
        }
      }
    case .forget(let id):
      disk.add(for: id) {
        // What cannot be deleted now belongs to nothing at the next start, and is deleted then.
        try? store.delete(id)
      }
    case .fetch(let token, let descriptor, let sources):
      let disk = disk
      transport.fetch(descriptor, sources: sources) { result in
        disk.add(for: descriptor.id) {
          switch verified(result, descriptor) {
          case .success(let bytes): loop.post(.loaded(token, bytes))
          case .failure(let failure): loop.post(.loadFailed(token, failure))
          }
        }
      }
    case .publish(let descriptor, let bytes): published.publish(descriptor.id, bytes)
    case .withdraw(let id): published.withdraw(id)
    case .perform(let token, let work):
      compute.add { scratch in
        loop.post(.performed(token, perform(work, scratch: scratch)))
      }
    case .send, .reply, .note, .progress, .stop: break
    }
  }
}

/// Why a node had to stop.
public struct NodeFailure: Error, Sendable, CustomStringConvertible {
  /// What happened and what to do.
  public let description: String
}

/// Compares fetched bytes with what was announced.
func verified(
  _ result: Result<[UInt8], StoreFailure>, _ descriptor: ObjectDescriptor
) -> Result<[UInt8], StoreFailure> {
  guard case .success(let bytes) = result, !descriptor.matches(bytes) else { return result }
  return .failure(.damaged)
}

func moment() -> Moment {
  Moment(
    milliseconds: monotonicMilliseconds(), unixMilliseconds: unixMicroseconds() / 1_000)
}
