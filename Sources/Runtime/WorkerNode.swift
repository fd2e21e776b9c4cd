import Apriori
public import Messages
public import Working

/// Runs a worker: carries out its effects with real threads, disks and sockets.
///
/// One thread handles events; a compute pool and disk threads do the rest and report by events.
/// Nothing here decides anything.
public final class WorkerNode: Sendable {
  /// What is served at the data endpoint.
  public let published: PublishedObjects
  private let loop = EventLoop<WorkerEvent>(limit: 20_000, byteLimit: 256 << 20)
  private let folder: any WorkerFolder
  private let compute: WorkThreads
  private let disk = ObjectThreads(count: 4)

  /// A node that has not begun.
  ///
  /// - Parameter threads: those of the compute pool.
  public init(threads: Int, folder: any WorkerFolder) {
    self.folder = folder
    published = PublishedObjects(store: folder)
    compute = WorkThreads(count: threads)
  }

  /// Takes a message from a transport; false where too many wait, and it is lost.
  ///
  /// - Parameter bytes: its length on the wire.
  public func offer(_ envelope: CoordinatorEnvelope, bytes: Int) -> Bool {
    loop.offer(.coordinator(envelope), bytes: bytes)
  }

  /// Lets the worker hand back its tasks; ``run(_:transport:seed:note:)`` returns when that is done.
  public func requestStop() { loop.post(.stopRequested) }

  /// Handles events on the calling thread until the worker stops.
  ///
  /// - Parameters:
  ///   - seed: for the choices that the worker draws.
  ///   - note: given lines for the operator.
  /// - Throws: ``NodeFailure`` where the worker had to stop.
  public func run(
    _ configuration: WorkerConfiguration, transport: any WorkerTransport, seed: UInt64,
    note: (String) -> Void
  ) throws(NodeFailure) {
    defer {
      compute.stop()
      disk.stop()
    }
    let start = WorkerStart(
      cluster: folder.cluster, promised: folder.promised, objects: folder.inventory,
      freeBytes: folder.freeBytes)
    var worker = Worker(
      configuration: configuration, start: start, seed: seed, at: monotonicMilliseconds())
    var failure: NodeFailure?
    func carryOut(_ effects: [WorkerEffect]) {
      for effect in effects {
        switch effect {
        case .send(let envelope): transport.send(envelope)
        case .reconnect: transport.reconnect()
        case .note(let line): note(line)
        case .stop(let reason):
          if let reason { failure = NodeFailure(description: reason) }
          loop.stop()
        default: dispatch(effect, transport: transport)
        }
      }
    }
    carryOut(worker.start(at: monotonicMilliseconds()))
    loop.run(tickMilliseconds: 100) {
      carryOut(
        worker.handle(.tick(freeBytes: folder.freeBytes), at: monotonicMilliseconds()))
    } handle: { event in
      carryOut(worker.handle(event, at: monotonicMilliseconds()))
    }
    if let failure { throw failure }
  }

  /// Hands an effect to the threads that carry it out.
  private func dispatch(_ effect: WorkerEffect, transport: any WorkerTransport) {
    let loop = loop
    let folder = folder
    switch effect {
    case .promise(let token, let cluster, let epoch):
      disk.add {
        do throws(StorageFailure) {
          try folder.promise(cluster, epoch)
          loop.post(.promised(token))
        } catch {
          loop.post(.diskFailed(token, error.description))
        }
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
    case .store(let token, let descriptor, let bytes):
      disk.add(for: descriptor.id) {
        do throws(StorageFailure) {
          try folder.write(descriptor, bytes)
          loop.post(.stored(token, freeBytes: folder.freeBytes))
        } catch {
          loop.post(
            error.kind == .fatal
              ? .diskFailed(token, error.description) : .storeFailed(token, error.asStoreFailure))
        }
      }
    case .load(let token, let descriptor):
      disk.add(for: descriptor.id) {
        do throws(StorageFailure) {
          loop.post(.loaded(token, try folder.read(descriptor)))
        } catch {
          loop.post(.loadFailed(token, error.asStoreFailure))
        }
      }
    case .delete(let token, let id):
      disk.add(for: id) {
        do throws(StorageFailure) {
          try folder.delete(id)
          loop.post(.deleted(token))
        } catch {
          loop.post(.diskFailed(token, error.description))
        }
      }
    case .quarantine(let id):
      disk.add(for: id) {
        // What stays where it is will be found again by the next inventory.
        try? folder.quarantine(id)
      }
    case .publish(let descriptor, let bytes): published.publish(descriptor.id, bytes)
    case .withdraw(let id): published.withdraw(id)
    case .perform(let token, let work):
      compute.add { scratch in
        loop.post(.performed(token, perform(work, scratch: scratch)))
      }
    case .send, .reconnect, .note, .stop: break
    }
  }
}
