import CZeroMQ

/// What the one thread of a bulk client does.
final class BulkLoop {
  private let context: ZeroMQContext
  private let options: BulkClient.Options
  private let limits: TransportLimits
  private let commands: BulkCommands
  private var fetches: [UInt64: BulkFetch] = [:]
  /// Fetches with parts still to ask for, in the order they came.
  private var asking: [UInt64] = []
  private var partsOfFetch: [UInt64: Int] = [:]
  private var requests: [UInt64: UnansweredRequest] = [:]
  private var requestNumber: UInt64 = 0
  private var links: [BulkAddress: BulkLink] = [:]
  private var nextTick = Instant.now

  /// Milliseconds between looks at the deadlines.
  private static let tickMilliseconds = 20

  init(
    context: ZeroMQContext, options: BulkClient.Options, limits: TransportLimits,
    commands: BulkCommands
  ) {
    self.context = context
    self.options = options
    self.limits = limits
    self.commands = commands
  }

  func run() {
    while true {
      // The set is made anew each time: it is small, and links come and go.
      var poll = PollSet()
      poll.add(commands.wakeUp)
      let polled = Array(links)
      for (_, link) in polled {
        poll.add(link.connection.socket.handle)
        poll.add(link.connection.monitor.handle)
      }
      let isIdle = requests.isEmpty && asking.isEmpty
      guard poll.wait(milliseconds: isIdle ? (links.isEmpty ? -1 : 1000) : Self.tickMilliseconds)
      else { break }
      commands.wakeUp.lower()
      let batch = commands.takeAll()
      for command in batch.commands { take(command) }
      if batch.isClosed { break }
      for (index, (server, link)) in polled.enumerated() {
        if poll.isReady(2 * index + 1) { receive(from: server, link) }
        if poll.isReady(2 * index + 2) { readMonitor(server, link) }
      }
      if Instant.now >= nextTick {
        lookAtDeadlines()
        nextTick = .now + Self.tickMilliseconds
      }
      askForParts()
    }
    commands.close()
    for command in commands.takeAll().commands { take(command) }
    for server in links.keys { failAll(of: server, .closed) }
    for number in fetches.keys { end(number, .failure(.closed)) }
    for link in links.values { link.connection.close(lingers: true) }
  }

  // MARK: Requests

  private func take(_ command: BulkCommands.Command) {
    switch command {
    case .fetch(let number, let progress, let server, let completion):
      fetches[number] = BulkFetch(progress: progress, server: server, completion: completion)
      asking.append(number)
    case .cancel(let number):
      end(number, .failure(.cancelled))
    case .put(let window, let server, let stream, let sequence, let bytes):
      add(
        .put(window, stream: stream, sequence: sequence), to: server,
        .put(stream: stream, sequence: sequence, bytes: bytes), patience: options.putMilliseconds)
    }
  }

  /// Asks for as many parts as the windows allow, a part of each fetch in turn.
  private func askForParts() {
    var isBlocked: Set<BulkAddress> = []
    var waiting = asking
    while !waiting.isEmpty {
      var again: [UInt64] = []
      for number in waiting {
        guard let server = fetches[number]?.server, !isBlocked.contains(server) else { continue }
        guard links[server]?.partsUnanswered ?? 0 < max(options.chunksPerServer, 1) else {
          isBlocked.insert(server)
          continue
        }
        guard partsOfFetch[number, default: 0] < max(options.chunksPerFetch, 1) else { continue }
        guard let key = fetches[number]?.progress.key,
          let (offset, length) = fetches[number]?.progress.nextPart()
        else {
          asking.removeAll { $0 == number }
          continue
        }
        let isAdded = add(
          .part(fetch: number, offset: offset, length: length), to: server,
          .fetch(key: key, offset: UInt64(offset), length: length),
          patience: options.chunkMilliseconds)
        if isAdded { again.append(number) }
      }
      waiting = again
    }
  }

  @discardableResult
  private func add(
    _ purpose: BulkPurpose, to server: BulkAddress, _ message: BulkMessage, patience: Int
  ) -> Bool {
    requestNumber += 1
    let link: BulkLink
    do throws(TransportError) { link = try self.link(to: server) } catch {
      fail(purpose, .transport(error))
      return false
    }
    requests[requestNumber] = UnansweredRequest(
      purpose: purpose, server: server, frames: message.frames(request: requestNumber),
      patience: patience, givesUpAt: .now + patience * (max(options.retries, 0) + 1),
      isDueAt: .now + patience)
    if case .part(let fetch, _, _) = purpose {
      link.partsUnanswered += 1
      partsOfFetch[fetch, default: 0] += 1
    }
    send(requestNumber, link)
    return true
  }

  /// Sends a request, for the first time or again.
  private func send(_ number: UInt64, _ link: BulkLink) {
    guard let request = requests[number] else { return }
    link.lastUsed = .now
    let reason = link.connection.socket.send(OutgoingMessage(peer: nil, frames: request.frames))
    let wait = reason == nil ? request.patience : min(50, request.patience)
    requests[number]?.isDueAt = min(.now + wait, request.givesUpAt)
    requests[number]?.wasBusy = false
  }

  /// Takes a request off the books.
  private func remove(_ number: UInt64) -> UnansweredRequest? {
    guard let request = requests.removeValue(forKey: number) else { return nil }
    if case .part(let fetch, _, _) = request.purpose {
      links[request.server]?.partsUnanswered -= 1
      partsOfFetch[fetch, default: 1] -= 1
    }
    return request
  }

  // MARK: Answers

  private func receive(from server: BulkAddress, _ link: BulkLink) {
    for _ in 0..<64 {
      switch link.connection.socket.receive(extraFrames: 0) {
      case .nothing, .ended: return
      case .malformed: continue
      case .message(let frames, _, _):
        link.lastHeard = .now
        // Answers to requests that are over, or nobody's, are of no interest.
        guard let (number, message) = BulkMessage.read(frames), let request = requests[number],
          request.server == server
        else { continue }
        if message == .busy {
          requests[number]?.wasBusy = true
          requests[number]?.isDueAt = min(.now + min(50, request.patience), request.givesUpAt)
        } else if remove(number) != nil {
          take(message, for: request)
        }
      }
    }
  }

  private func take(_ message: BulkMessage, for request: UnansweredRequest) {
    let address = request.server.address
    switch (request.purpose, message) {
    case (_, .refused(let reason)):
      fail(request.purpose, .refused(address: address, reason: reason))
    case (.part, .absent):
      fail(request.purpose, .absent(address: address))
    case (.part(let number, let offset, let length), .chunk(let key, let at, let total, let bytes)):
      guard let expected = fetches[number]?.progress.expectedLength,
        let outcome = fetches[number]?.progress.take(
          offset: offset, length: length, key: key, answeredOffset: at, totalLength: total,
          bytes: bytes)
      else { return }
      switch outcome {
      case .more: break
      case .complete: end(number, .success(fetches[number]?.progress.content ?? []))
      case .wrongLength(let announced):
        end(
          number,
          .failure(.wrongLength(address: address, expected: expected, announced: announced)))
      case .malformed: end(number, .failure(.malformedAnswer(address: address)))
      }
    case (.put(let window, let stream, let sequence), .accepted(let ofStream, let at, let credits))
    where stream == ofStream && sequence == at:
      window.update { state in
        state.unanswered -= 1
        state.credits = max(Int(credits), 1)
      }
    default:
      fail(request.purpose, .malformedAnswer(address: address))
    }
  }

  private func fail(_ purpose: BulkPurpose, _ error: BulkError) {
    switch purpose {
    case .part(let fetch, _, _): end(fetch, .failure(error))
    case .put(let window, _, _): window.update { $0.failure = $0.failure ?? error }
    }
  }

  /// Ends a fetch, if it is going on, with all its requests.
  private func end(_ number: UInt64, _ result: Result<[UInt8], BulkError>) {
    guard let fetch = fetches.removeValue(forKey: number) else { return }
    asking.removeAll { $0 == number }
    for (request, content) in requests {
      if case .part(number, _, _) = content.purpose { _ = remove(request) }
    }
    partsOfFetch[number] = nil
    commands.fetchEnded()
    fetch.completion(result)
  }

  private func failAll(of server: BulkAddress, _ error: BulkError) {
    for number in requests.keys.sorted() where requests[number]?.server == server {
      if let request = remove(number) { fail(request.purpose, error) }
    }
  }

  // MARK: Time and connections

  private func lookAtDeadlines() {
    let now = Instant.now
    // In the order they were made, so that puts stay in order.
    for number in requests.keys.sorted() {
      guard let request = requests[number], request.isDueAt <= now else { continue }
      let address = request.server.address
      if request.givesUpAt <= now {
        let waited = request.patience * (max(options.retries, 0) + 1)
        _ = remove(number)
        fail(
          request.purpose,
          request.wasBusy
            ? .busy(address: address, milliseconds: waited)
            : .noAnswer(address: address, milliseconds: waited))
        continue
      }
      guard let link = links[request.server] else { continue }
      if !request.wasBusy, link.lastHeard + request.patience <= now, !link.wasReset {
        // The connection may be dead without knowing it; what it holds would be lost with it.
        reset(request.server, link)
      }
      if requests[number] != nil { send(number, link) }
    }
    for (server, link) in links
    where link.lastUsed + options.idleMilliseconds <= now
      && !requests.values.contains(where: { $0.server == server })
    {
      link.connection.close(lingers: false)
      links[server] = nil
    }
  }

  private func link(to server: BulkAddress) throws(TransportError) -> BulkLink {
    if let link = links[server] { return link }
    let link = BulkLink(try connect(server))
    links[server] = link
    return link
  }

  private func connect(_ server: BulkAddress) throws(TransportError) -> Connection {
    try Connector(
      context: context,
      address: try secureAddress(server.address, hasKeys: server.security.hasKeys),
      security: server.security, limits: limits
    ).connect()
  }

  private func reset(_ server: BulkAddress, _ link: BulkLink) {
    guard let fresh = try? connect(server) else { return }
    link.connection.close(lingers: false)
    link.connection = fresh
    link.isConnected = false
    link.wasReset = true
    makeDue(server)
  }

  private func makeDue(_ server: BulkAddress) {
    for number in requests.keys where requests[number]?.server == server {
      requests[number]?.isDueAt = .now
    }
  }

  private func readMonitor(_ server: BulkAddress, _ link: BulkLink) {
    while let event = link.connection.monitor.next() {
      switch event {
      case .connected:
        // What was on its way when the connection was lost is lost.
        if link.isConnected { makeDue(server) }
        link.isConnected = true
        link.wasReset = false
      case .keyRefused:
        link.connection.close(lingers: false)
        links[server] = nil
        failAll(of: server, .keyRefused(address: server.address))
        return
      case .disconnected, .closed, .handshakeFailed: break
      }
    }
  }
}
