import Glibc
import TestSupport
import Testing

@testable import ZeroMQTransport

@Suite struct EndpointTests {
  @Test func messagesGoThereAndBackInOrder() throws {
    let context = try ZeroMQContext()
    let seen = Collector<ReceivedMessage>()
    let server = try echoServer(context, seen: seen)
    let received = Collector<[[UInt8]]>()
    let client = try collectingClient(context, to: server.boundAddress, into: received)
    let sent = (0..<200).map { [[UInt8($0)], [], [UInt8](repeating: 7, count: $0 * 10)] }
    for frames in sent { try client.send(frames) }
    #expect(received.wait(for: 200) == sent)
    let first = try #require(seen.values.first)
    #expect(first.userID == nil)
    #expect(first.remoteAddress == "127.0.0.1")
    #expect(Set(seen.values.map(\.peer)).count == 1)
    let bytes = UInt64(sent.joined().reduce(0) { $0 + $1.count })
    #expect(server.statistics.messagesReceived == 200)
    #expect(server.statistics.bytesReceived == bytes)
    #expect(eventually { client.statistics.bytesSent == bytes })
    #expect(client.connectionState == .connected)
    #expect(eventually { server.statistics.messagesQueued == 0 })
    #expect(server.statistics.bytesQueued == 0)
  }

  @Test func twoClientsAreTwoPeers() throws {
    let context = try ZeroMQContext()
    let server = try echoServer(context)
    let first = Collector<[[UInt8]]>()
    let second = Collector<[[UInt8]]>()
    let one = try collectingClient(context, to: server.boundAddress, into: first)
    let two = try collectingClient(context, to: server.boundAddress, into: second)
    try one.send([[1]])
    try two.send([[2]])
    #expect(first.wait(for: 1) == [[[1]]])
    #expect(second.wait(for: 1) == [[[2]]])
  }

  @Test(arguments: ["tcp://0.0.0.0:0", "*:0", "tcp://10.1.2.3:7400", "[::]:7400", "node1:7400"])
  func othersThanThisMachineNeedKeys(address: String) throws {
    let context = try ZeroMQContext()
    #expect(throws: TransportError.keysRequired(address: try EndpointAddress(address).description))
    {
      _ = try ServerEndpoint(context: context, address: address, security: .none) { _ in }
    }
    #expect(throws: TransportError.self) {
      _ = try ClientEndpoint(context: context, address: address, security: .none) { _ in }
    }
    let error = TransportError.keysRequired(address: address)
    #expect(error.description.contains("--keys"))
  }

  @Test(
    arguments: [
      ("127.0.0.1:1", true), ("127.9.9.9:1", true), ("localhost:1", true), ("[::1]:1", true),
      ("ipc:///tmp/x", true), ("inproc://x", true), ("128.0.0.1:1", false), ("[::2]:1", false),
      ("127.0.0.1.example:1", false), ("127.1:1", false), ("localhost.example:1", false),
      ("[::ffff:127.0.0.1]:1", false),
    ])
  func loopbackIsToldFromTheRest(text: String, isLoopback: Bool) throws {
    #expect(try EndpointAddress(text).isLoopback == isLoopback)
  }

  @Test(
    arguments: [
      "", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+1", ":7400", "udp://a:1",
      "10.0.0.1:0;127.0.0.1:7400", "::1:7400", "[x]:1", "a b:1", "ipc://", "tcp://",
    ])
  func whatIsNoAddressIsRefused(text: String) {
    #expect(throws: TransportError.self) { try EndpointAddress(text) }
  }

  @Test func anAddressInUseIsNamed() throws {
    let context = try ZeroMQContext()
    let server = try echoServer(context)
    #expect(throws: TransportError.cannotListen(address: server.boundAddress, code: EADDRINUSE)) {
      _ = try echoServer(context, address: server.boundAddress)
    }
  }

  @Test func addressesOfVersion6AreServed() throws {
    let context = try ZeroMQContext()
    guard let server = try? echoServer(context, address: "[::1]:0") else { return }
    let received = Collector<[[UInt8]]>()
    let client = try collectingClient(context, to: server.boundAddress, into: received)
    try client.send([[6]])
    #expect(received.wait(for: 1) == [[[6]]])
  }

  @Test func aRestartedServerIsReachedAfterReset() throws {
    let context = try ZeroMQContext()
    let received = Collector<[[UInt8]]>()
    var server: ServerEndpoint? = try echoServer(context)
    let address = try #require(server?.boundAddress)
    let client = try collectingClient(context, to: address, into: received)
    try client.send([[1]])
    #expect(received.wait(for: 1) == [[[1]]])
    server?.close()
    server = nil
    #expect(eventually { client.connectionState == .connecting })
    try client.send([[2]])
    let restarted = try echoServer(context, address: address)
    client.reset()
    try client.send([[3]])
    #expect(received.wait(for: 2).last == [[3]])
    #expect(!received.values.contains([[2]]))
    restarted.close()
  }

  @Test func aFullQueueRefuses() throws {
    let context = try ZeroMQContext()
    var limits = TransportLimits()
    limits.queuedMessagesMaximum = 8
    limits.sendHighWaterMark = 4
    // Nobody listens there: port 1 is the administrator's.
    let dropped = Collector<DropReason>()
    let client = try ClientEndpoint(
      context: context, address: "127.0.0.1:1", security: .none, limits: limits,
      onDropped: { dropped.append($1) }, handler: { _ in })
    var refusal: SendError?
    for index in 0..<200 where refusal == nil {
      do throws(SendError) { try client.send([[UInt8(index)]]) } catch { refusal = error }
      usleep(200)
    }
    guard case .full(let messages, _) = refusal else {
      Issue.record("never full: \(String(describing: refusal))")
      return
    }
    #expect(messages == 8)
    #expect(client.statistics.messagesRefused == 1)
    // A reset gives back what waited, and there is room again.
    client.reset()
    #expect(dropped.wait(for: 8).allSatisfy { $0 == .reset })
    try client.send([[1]])
  }

  @Test func bytesCountInTheQueueToo() throws {
    let context = try ZeroMQContext()
    var limits = TransportLimits()
    limits.queuedBytesMaximum = 1000
    let client = try ClientEndpoint(
      context: context, address: "127.0.0.1:1", security: .none, limits: limits
    ) { _ in }
    #expect(throws: SendError.full(messages: 0, bytes: 0)) {
      try client.send([[UInt8](repeating: 0, count: 1001)])
    }
    #expect(throws: SendError.outsideLimits(frames: 0, largestFrame: 0)) { try client.send([]) }
    #expect(throws: SendError.self) {
      try client.send([[UInt8](repeating: 0, count: limits.frameBytesMaximum + 1)])
    }
    client.close()
    #expect(throws: SendError.closed) { try client.send([[1]]) }
  }

  @Test func aMessageToNobodyIsReported() throws {
    let context = try ZeroMQContext()
    let dropped = Collector<([UInt8], DropReason)>()
    let server = try ServerEndpoint(
      context: context, address: loopback, security: .none,
      onDropped: { peer, _, reason in dropped.append((peer, reason)) }, handler: { _ in })
    try server.send(to: [9, 9], [[1]])
    let report = try #require(dropped.wait(for: 1).first)
    #expect(report.0 == [9, 9])
    #expect(report.1 == .unroutable)
    #expect(server.statistics.messagesDropped == 1)
    #expect(server.statistics.messagesQueued == 0)
  }

  @Test func aReaderThatStandsStillKeepsNobodyWaiting() throws {
    let context = try ZeroMQContext()
    var limits = TransportLimits()
    limits.sendHighWaterMark = 2
    limits.receiveHighWaterMark = 2
    let dropped = Collector<DropReason>()
    let peers = Collector<[UInt8]>()
    let server = try ServerEndpoint(
      context: context, address: loopback, security: .none, limits: limits,
      onDropped: { dropped.append($2) }, handler: { peers.append($0.peer) })
    let gate = Gate()
    let stopped = try ClientEndpoint(
      context: context, address: server.boundAddress, security: .none, limits: limits
    ) { _ in gate.pass() }
    try stopped.send([[1]])
    let slow = try #require(peers.wait(for: 1).first)
    let received = Collector<[[UInt8]]>()
    let client = try collectingClient(context, to: server.boundAddress, into: received)
    try client.send([[2]])
    let quick = try #require(peers.wait(for: 2).last)
    let load = [UInt8](repeating: 0, count: 1 << 20)
    for _ in 0..<40 {
      while (try? server.send(to: slow, [load])) == nil { usleep(1000) }
    }
    try server.send(to: quick, [[3]])
    #expect(received.wait(for: 1) == [[[3]]])
    #expect(dropped.wait(for: 1).first == .wouldBlock)
    gate.open()
    stopped.close()
  }

  @Test func messagesOutsideTheLimitsAreCountedAndDropped() throws {
    let context = try ZeroMQContext()
    var narrow = TransportLimits()
    narrow.framesPerMessage = 3
    narrow.messageBytesMaximum = 100
    narrow.frameBytesMaximum = 80
    let seen = Collector<ReceivedMessage>()
    let server = try echoServer(context, limits: narrow, seen: seen)
    let received = Collector<[[UInt8]]>()
    let client = try collectingClient(context, to: server.boundAddress, into: received)
    try client.send([[1], [2], [3], [4]])
    try client.send([[UInt8](repeating: 0, count: 60), [UInt8](repeating: 0, count: 60)])
    try client.send([[1], [2], [3]])
    #expect(received.wait(for: 1) == [[[1], [2], [3]]])
    #expect(server.statistics.messagesMalformed == 2)
    // A frame much too large ends the connection before it is read.
    try client.send([[UInt8](repeating: 0, count: 200)])
    #expect(eventually { client.connectionState != .connected })
    client.reset()
    try client.send([[5]])
    #expect(received.wait(for: 2).last == [[5]])
    #expect(seen.values.count == 2)
  }

  @Test func garbageFromStrangersHarmsNobody() throws {
    let context = try ZeroMQContext()
    let server = try echoServer(context)
    var generator = SeededGenerator(seed: 7)
    // Starts as ZeroMQ does, so that some of the garbage gets past the greeting.
    let greeting: [UInt8] =
      [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0] + Array("NULL".utf8)
      + [UInt8](repeating: 0, count: 48)
    for round in 0..<60 {
      let descriptor = try rawConnection(to: server.boundAddress)
      var bytes = round % 3 == 0 ? [] : greeting
      if round % 3 == 2 { bytes += [4, 41, 5] + Array("READY".utf8) }
      bytes += (0..<Int.random(in: 1...400, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      close(descriptor)
    }
    let received = Collector<[[UInt8]]>()
    let client = try collectingClient(context, to: server.boundAddress, into: received)
    try client.send([[1]])
    #expect(received.wait(for: 1) == [[[1]]])
    #expect(eventually { server.statistics.handshakesFailed > 0 })
  }

  @Test func aContextClosesInTimeWithUnsentMessages() throws {
    let context = try ZeroMQContext()
    let client = try ClientEndpoint(
      context: context, address: "127.0.0.1:1", security: .none
    ) { _ in }
    for _ in 0..<50 { try client.send([[UInt8](repeating: 0, count: 1000)]) }
    let server = try echoServer(context)
    let started = Instant.now
    #expect(context.close(withinMilliseconds: 3000))
    #expect(Instant.now < started + 1000)
    #expect(throws: SendError.closed) {
      while Instant.now < started + 3000 { try server.send(to: [1], [[1]]) }
    }
    #expect(throws: TransportError.closed) { _ = try echoServer(context) }
  }

  @Test func endpointsCloseFromTheirOwnHandler() throws {
    let context = try ZeroMQContext()
    let ended = Collector<Bool>()
    let weak = WeakServer()
    let server = try ServerEndpoint(context: context, address: loopback, security: .none) { _ in
      weak.server.withLock { $0.value }?.close()
      ended.append(true)
    }
    weak.server.withLock { $0.value = server }
    let client = try ClientEndpoint(
      context: context, address: server.boundAddress, security: .none
    ) { _ in }
    try client.send([[1]])
    #expect(ended.wait(for: 1) == [true])
    #expect(throws: SendError.closed) { try server.send(to: [1], [[1]]) }
  }
}
