import Glibc
import TestSupport
import Testing

@testable import ZeroMQTransport

@Suite struct BulkTests {
  static let mebibyte = 1 << 20

  /// Content that differs with every seed, and from chunk to chunk: its period is a prime.
  static func content(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    let period = (0..<8191).map { _ in UInt8.random(in: 0...255, using: &generator) }
    var content: [UInt8] = []
    while content.count < count { content += period.prefix(count - content.count) }
    return content
  }

  /// The part of `content` that a request asks for.
  static func part(of content: [UInt8], _ request: BulkRequest) -> BulkAnswer {
    let start = min(Int(clamping: request.offset), content.count)
    let end = min(start + request.length, content.count)
    return .bytes(Array(content[start..<end]), totalLength: UInt64(content.count))
  }

  static func server(
    _ context: ZeroMQContext, security: SecurityPolicy = .none, address: String = loopback,
    _ contents: [[UInt8]: [UInt8]]
  ) throws -> BulkServer {
    try BulkServer(context: context, address: address, security: security) { request in
      contents[request.key].map { part(of: $0, request) } ?? .absent
    }
  }

  @Test(arguments: [0, 1, 1 << 20, 1 << 20 + 1, 5 << 20 + 3], [false, true])
  func contentArrivesWhole(count: Int, encrypted: Bool) throws {
    let context = try ZeroMQContext()
    let content = Self.content(count)
    let own = try CurveKeys.generate()
    let keys = try CurveKeys.generate()
    let server = try Self.server(
      context, security: encrypted ? .curve(own) { $0 == keys.publicKey ? "worker" : nil } : .none,
      [[7]: content])
    let client = try BulkClient(context: context)
    let address = BulkAddress(
      server.boundAddress, security: encrypted ? .curve(keys, server: own.publicKey) : .none)
    let arrived = try client.fetchAndWait(key: [7], expectedLength: count, from: address)
    #expect(arrived == content)
    #expect(throws: BulkError.absent(address: address.address)) {
      try client.fetchAndWait(key: [8], expectedLength: count, from: address)
    }
    #expect(
      throws: BulkError.wrongLength(
        address: address.address, expected: count + 1, announced: UInt64(count))
    ) {
      try client.fetchAndWait(key: [7], expectedLength: count + 1, from: address)
    }
  }

  @Test func severalFetchesFromSeveralServersAtOnce() throws {
    let context = try ZeroMQContext()
    let contents = Dictionary(
      uniqueKeysWithValues: (0..<6).map { index in
        ([UInt8(index)], Self.content(300_000 * (index + 1), seed: UInt64(index)))
      })
    let servers = [try Self.server(context, contents), try Self.server(context, contents)]
    let client = try BulkClient(context: context)
    let results = Collector<(UInt8, Bool)>()
    for server in servers {
      for index in 0..<6 {
        let content = contents[[UInt8(index)], default: []]
        try client.fetch(
          key: [UInt8(index)], expectedLength: content.count,
          from: BulkAddress(server.boundAddress, security: .none)
        ) { result in results.append((UInt8(index), (try? result.get()) == content)) }
      }
    }
    let arrived = results.wait(for: 12)
    #expect(arrived.count == 12)
    #expect(arrived.allSatisfy { $0.1 })
  }

  @Test func theRoleReachesTheProvider() throws {
    let context = try ZeroMQContext()
    let own = try CurveKeys.generate()
    let worker = try CurveKeys.generate()
    let stranger = try CurveKeys.generate()
    let users = [worker.publicKey: "worker"]
    let asked = Collector<String?>()
    let put = Collector<String?>()
    let server = try BulkServer(
      context: context, address: loopback, security: .curve(own) { users[$0] },
      onPut: { request, reply in
        put.append(request.userID)
        reply.refuse("workers do not put")
      }
    ) { request in
      asked.append(request.userID)
      return .refused("not for you")
    }
    let client = try BulkClient(context: context)
    let known = BulkAddress(
      server.boundAddress, security: .curve(worker, server: own.publicKey))
    #expect(throws: BulkError.refused(address: known.address, reason: "not for you")) {
      try client.fetchAndWait(key: [1], expectedLength: 1, from: known)
    }
    #expect(asked.values == ["worker"])
    let stream = client.putStream(id: 1, to: known)
    try stream.put([1])
    #expect(throws: BulkError.refused(address: known.address, reason: "workers do not put")) {
      try stream.finish()
    }
    #expect(put.values == ["worker"])
    let unknown = BulkAddress(
      server.boundAddress, security: .curve(stranger, server: own.publicKey))
    #expect(throws: BulkError.keyRefused(address: known.address)) {
      try client.fetchAndWait(key: [1], expectedLength: 1, from: unknown)
    }
  }

  @Test func aServerThatDiesInTheMiddleIsNoticedInTime() throws {
    let context = try ZeroMQContext()
    let content = Self.content(8 << 20)
    let asked = Collector<UInt64>()
    let gate = Gate()
    var options = BulkClient.Options()
    options.chunkMilliseconds = 100
    options.retries = 2
    let server = try BulkServer(context: context, address: loopback, security: .none) { request in
      asked.append(request.offset)
      if request.offset >= 2 << 20 { gate.pass() }
      return Self.part(of: content, request)
    }
    let client = try BulkClient(context: context, options: options)
    let results = Collector<Result<[UInt8], BulkError>>()
    let address = BulkAddress(server.boundAddress, security: .none)
    try client.fetch(key: [1], expectedLength: content.count, from: address) { results.append($0) }
    #expect(asked.wait(for: 3).count >= 3)
    let started = Instant.now
    gate.open()
    server.close()
    let result = try #require(results.wait(for: 1).first)
    #expect(result == .failure(.noAnswer(address: address.address, milliseconds: 300)))
    #expect(Instant.now < started + 3000)
  }

  @Test func aServerThatRestartsInTheMiddleIsAskedAgain() throws {
    let context = try ZeroMQContext()
    let content = Self.content(6 << 20)
    var options = BulkClient.Options()
    options.chunkMilliseconds = 300
    let asked = Collector<UInt64>()
    let first = try BulkServer(context: context, address: loopback, security: .none) { request in
      asked.append(request.offset)
      return request.offset < 2 << 20 ? Self.part(of: content, request) : .busy
    }
    let client = try BulkClient(context: context, options: options)
    let results = Collector<Result<[UInt8], BulkError>>()
    let address = BulkAddress(first.boundAddress, security: .none)
    try client.fetch(key: [1], expectedLength: content.count, from: address) { results.append($0) }
    asked.wait(for: 4)
    first.close()
    let second = try Self.server(context, address: address.address, [[1]: content])
    #expect(results.wait(for: 1).first == .success(content))
    second.close()
  }

  @Test func aBusyServerIsAskedAgainAndGivenUp() throws {
    let context = try ZeroMQContext()
    let asked = Collector<Int>()
    var options = BulkClient.Options()
    options.chunkMilliseconds = 100
    options.retries = 1
    let server = try BulkServer(context: context, address: loopback, security: .none) { request in
      asked.append(1)
      if request.key == [1], asked.values.count > 2 { return .bytes([5], totalLength: 1) }
      return .busy
    }
    let client = try BulkClient(context: context, options: options)
    let address = BulkAddress(server.boundAddress, security: .none)
    #expect(try client.fetchAndWait(key: [1], expectedLength: 1, from: address) == [5])
    #expect(throws: BulkError.busy(address: address.address, milliseconds: 200)) {
      try client.fetchAndWait(key: [2], expectedLength: 1, from: address)
    }
  }

  @Test func aFetchIsCancelledAndTheRestGoesOn() throws {
    let context = try ZeroMQContext()
    let gate = Gate()
    let server = try BulkServer(context: context, address: loopback, security: .none) { request in
      if request.key == [1] { gate.pass() }
      return .bytes([9], totalLength: 1)
    }
    let client = try BulkClient(context: context)
    let address = BulkAddress(server.boundAddress, security: .none)
    let results = Collector<Result<[UInt8], BulkError>>()
    let fetch = try client.fetch(key: [1], expectedLength: 1, from: address) {
      results.append($0)
    }
    client.cancel(fetch)
    client.cancel(fetch)
    #expect(results.wait(for: 1) == [.failure(.cancelled)])
    #expect(try client.fetchAndWait(key: [2], expectedLength: 1, from: address) == [9])
    gate.open()
    // The late answer to the cancelled fetch is nobody's.
    #expect(try client.fetchAndWait(key: [3], expectedLength: 1, from: address) == [9])
    #expect(results.values.count == 1)
  }

  @Test func limitsHoldAtOnce() throws {
    let context = try ZeroMQContext()
    var options = BulkClient.Options()
    options.fetchesMaximum = 2
    options.contentBytesMaximum = 100
    let client = try BulkClient(context: context, options: options)
    let address = BulkAddress("127.0.0.1:1", security: .none)
    let results = Collector<Result<[UInt8], BulkError>>()
    #expect(throws: BulkError.outsideLimits(what: "content", limit: 100)) {
      try client.fetchAndWait(key: [1], expectedLength: 101, from: address)
    }
    #expect(throws: BulkError.outsideLimits(what: "a key", limit: 64)) {
      try client.fetchAndWait(
        key: [UInt8](repeating: 0, count: 65), expectedLength: 1, from: address)
    }
    for _ in 0..<2 {
      try client.fetch(key: [1], expectedLength: 1, from: address) { results.append($0) }
    }
    #expect(throws: BulkError.tooMany(limit: 2)) {
      try client.fetch(key: [1], expectedLength: 1, from: address) { results.append($0) }
    }
    client.close()
    #expect(results.values == [.failure(.closed), .failure(.closed)])
    #expect(throws: BulkError.closed) {
      try client.fetchAndWait(key: [1], expectedLength: 1, from: address)
    }
  }

  @Test func othersThanThisMachineNeedKeys() throws {
    let context = try ZeroMQContext()
    let client = try BulkClient(context: context)
    #expect(throws: BulkError.transport(.keysRequired(address: "tcp://10.0.0.1:7400"))) {
      try client.fetchAndWait(
        key: [1], expectedLength: 1, from: BulkAddress("10.0.0.1:7400", security: .none))
    }
  }

  @Test func garbageHarmsNobody() throws {
    let context = try ZeroMQContext()
    let server = try Self.server(context, [[1]: [42]])
    let stranger = try ClientEndpoint(
      context: context, address: server.boundAddress, security: .none
    ) { _ in }
    var generator = SeededGenerator(seed: 3)
    var malformed: UInt64 = 0
    for _ in 0..<300 {
      let example = BulkMessageTests.examples.randomElement(using: &generator) ?? .busy
      var frames = example.frames(request: 1)
      let index = Int.random(in: 0..<frames[0].count, using: &generator)
      frames[0][index] ^= UInt8.random(in: 1...255, using: &generator)
      let message = BulkMessage.read(frames)?.message
      switch message {
      case .fetch, .put: break
      default: malformed += 1
      }
      try stranger.send(frames)
    }
    try stranger.send([[], [], [], []])
    let client = try BulkClient(context: context)
    #expect(eventually { server.statistics.messagesMalformed == malformed + 1 })
    let address = BulkAddress(server.boundAddress, security: .none)
    #expect(try client.fetchAndWait(key: [1], expectedLength: 1, from: address) == [42])
  }

  /// A server that answers, but not what was asked.
  @Test func answersOfALiarAreRefused() throws {
    let context = try ZeroMQContext()
    let weak = WeakServer()
    let lie = Monitor(BulkMessage.busy)
    let server = try ServerEndpoint(context: context, address: loopback, security: .none) {
      guard let (request, _) = BulkMessage.read($0.frames) else { return }
      let answer = lie.withLock { $0 }.frames(request: request)
      // First the answer to a request nobody made, which must not matter.
      let endpoint = weak.server.withLock { $0.value }
      try? endpoint?.send(to: $0.peer, BulkMessage.absent(key: [1]).frames(request: request + 9))
      try? endpoint?.send(to: $0.peer, [[1, 2, 3]])
      try? endpoint?.send(to: $0.peer, answer)
    }
    weak.server.withLock { $0.value = server }
    let client = try BulkClient(context: context)
    let address = BulkAddress(server.boundAddress, security: .none)
    let lies: [BulkMessage] = [
      .chunk(key: [2], offset: 0, totalLength: 4, bytes: [1, 2, 3, 4]),
      .chunk(key: [1], offset: 4, totalLength: 4, bytes: [1, 2, 3, 4]),
      .chunk(key: [1], offset: 0, totalLength: 4, bytes: [1, 2, 3]),
      .accepted(stream: 1, sequence: 1, credits: 1),
      .fetch(key: [1], offset: 0, length: 4),
    ]
    for message in lies {
      lie.withLock { $0 = message }
      #expect(throws: BulkError.malformedAnswer(address: address.address)) {
        try client.fetchAndWait(key: [1], expectedLength: 4, from: address)
      }
    }
    lie.withLock { $0 = .chunk(key: [1], offset: 0, totalLength: .max, bytes: [1, 2, 3, 4]) }
    #expect(
      throws: BulkError.wrongLength(address: address.address, expected: 4, announced: .max)
    ) { try client.fetchAndWait(key: [1], expectedLength: 4, from: address) }
    lie.withLock { $0 = .chunk(key: [1], offset: 0, totalLength: 4, bytes: [1, 2, 3, 4]) }
    #expect(
      try client.fetchAndWait(key: [1], expectedLength: 4, from: address) == [1, 2, 3, 4])
  }
}
