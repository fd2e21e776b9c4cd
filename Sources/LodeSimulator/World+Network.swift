import Coordination
import Messages

/// A reason, as a `Result` wants it.
struct FetchError: Error {
  var failure: StoreFailure
}

/// What goes between machines.
extension World {
  /// Sends a message on its way: it may arrive never, late or twice.
  func post(_ parcel: Parcel) {
    var parcel = parcel
    if scenario.usesWire {
      probes.hit(.messageWired)
      parcel.content = wired(parcel.content)
    }
    let arrivals = network.arrivals(from: parcel.from, to: parcel.to, at: now)
    if let first = arrivals.first {
      queue.add(.parcel(parcel), at: first)
    } else {
      probes.hit(.messageLost)
    }
    if let second = arrivals.second {
      probes.hit(.messageDuplicated)
      queue.add(.parcel(parcel), at: second)
    }
  }

  func arrive(_ parcel: Parcel, _ occurrence: Occurrence) {
    digest.add(parcel.from << 16 | parcel.to)
    if network.isCut(from: parcel.from, to: parcel.to, at: now) { return }
    switch parcel.content {
    case .toCoordinator(let envelope, let number, let connection):
      let machine = coordinators[number]
      guard isAwake(machine, life: machine.life, occurrence) else { return }
      let peer = bind(connection, to: machine, owner: workerOwner(parcel.from, connection))
      guard let envelope = mutated(envelope, for: machine) else { return }
      noteArrived(envelope)
      tell(machine, .worker(envelope, from: peer, role: .worker))
    case .request(let request, let id, let number, let connection):
      let machine = coordinators[number]
      guard isAwake(machine, life: machine.life, occurrence) else { return }
      let owner = PeerOwner.client(parcel.from - 200, connection: connection.number)
      let peer = bind(connection, to: machine, owner: owner)
      tell(machine, .client(request, id: id, from: peer, role: .admin))
    case .toWorker(let envelope, let number, let connection):
      let machine = workers[number]
      guard isAwake(machine, life: machine.life, occurrence) else { return }
      // With fixed routing ids a message may reach a later life of the worker.
      guard machine.connection.number == connection || !scenario.namesEndpointsByLife else {
        return
      }
      guard let envelope = mutated(envelope, for: machine) else { return }
      if envelope.epoch < machine.disk.promised { probes.hit(.staleCommandArrived) }
      if envelope.incarnation.number < machine.incarnation { probes.hit(.incarnationStale) }
      tell(machine, .coordinator(envelope))
    case .response(let response, let id, let client, let connection):
      guard clients[client].connection.number == connection else { return }
      answered(clients[client], mutated(response), id: id)
    }
  }

  private func workerOwner(_ place: Int, _ connection: Connection) -> PeerOwner {
    .worker(machine: place - 100, connection: connection.number)
  }

  /// The routing id by which a process knows a connection: a new one for each process.
  private func bind(
    _ connection: Connection, to machine: CoordinatorMachine, owner: PeerOwner
  ) -> PeerID {
    if connection.boundLife != machine.life {
      connection.boundLife = machine.life
      connection.peer = newPeer()
      machine.peers[connection.peer] = owner
    }
    return connection.peer
  }

  /// Reads an object of a machine's own disk and compares its checksum, as its shell does.
  func read(_ object: ObjectDescriptor, from machine: Machine) -> Result<[UInt8], FetchError> {
    guard let bytes = machine.disk.bytes(of: object.id) else {
      return .failure(FetchError(failure: .unreachable))
    }
    if mutant != .checksumSkipped, !object.matches(bytes) {
      return .failure(FetchError(failure: .damaged))
    }
    return .success(bytes)
  }

  /// Copies an object from the first source that has it, and compares its checksum.
  func fetch(
    _ object: ObjectDescriptor, from sources: [String], to place: Int
  ) -> Result<[UInt8], FetchError> {
    var failure = StoreFailure.unreachable
    for source in sources {
      guard let machine = server(at: source),
        !network.isCut(from: machine.place, to: place, at: now),
        !network.isCut(from: place, to: machine.place, at: now),
        !network.transferFails(),
        var bytes = machine.published[object.id]?.bytes ?? machine.disk.bytes(of: object.id)
      else { continue }
      if let bit = network.damagedBit(), !bytes.isEmpty {
        bytes[bit / 8 % bytes.count] ^= 1 << UInt8(bit % 8)
      }
      if mutant == .checksumSkipped || object.matches(bytes) { return .success(bytes) }
      probes.hit(.damageFoundInTransit)
      failure = .damaged
    }
    return .failure(FetchError(failure: failure))
  }

  /// The machine that answers at a data endpoint now.
  func server(at endpoint: String) -> Machine? {
    let machine: Machine
    switch endpoints[endpoint] {
    case .coordinator(let number): machine = coordinators[number]
    case .worker(let number, let life):
      machine = workers[number]
      if let life, life != machine.life { return nil }
    case nil: return nil
    }
    return machine.isResponsive ? machine : nil
  }
}
