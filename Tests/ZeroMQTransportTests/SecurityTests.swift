import Glibc
import Testing

@testable import ZeroMQTransport

@Suite struct SecurityTests {
  @Test func theRoleOfAKeyArrives() throws {
    let context = try ZeroMQContext()
    let server = try CurveKeys.generate()
    let worker = try CurveKeys.generate()
    let admin = try CurveKeys.generate()
    let seen = Collector<ReceivedMessage>()
    let endpoint = try echoServer(
      context, security: policy(server, [worker.publicKey: "worker", admin.publicKey: "admin"]),
      seen: seen)
    let received = Collector<[[UInt8]]>()
    for keys in [worker, admin] {
      let client = try collectingClient(
        context, to: endpoint.boundAddress, security: .curve(keys, server: server.publicKey),
        into: received)
      let expected = received.values.count + 1
      try client.send([[], [1]])
      #expect(received.wait(for: expected).count == expected)
    }
    #expect(seen.values.map(\.userID) == ["worker", "admin"])
    #expect(seen.values.map(\.remoteAddress) == ["127.0.0.1", "127.0.0.1"])
  }

  @Test func anUnknownKeyIsRefusedAndCounted() throws {
    let context = try ZeroMQContext()
    let server = try CurveKeys.generate()
    let seen = Collector<ReceivedMessage>()
    let endpoint = try echoServer(context, security: policy(server, [:]), seen: seen)
    let client = try ClientEndpoint(
      context: context, address: endpoint.boundAddress,
      security: .curve(try CurveKeys.generate(), server: server.publicKey)
    ) { _ in }
    try client.send([[1]])
    #expect(eventually { client.connectionState == .keyRefused })
    #expect(eventually { endpoint.statistics.keysRefused >= 1 })
    #expect(eventually { endpoint.statistics.handshakesFailed >= 1 })
    #expect(seen.values.isEmpty)
  }

  @Test func aWrongServerKeyIsRefused() throws {
    let context = try ZeroMQContext()
    let keys = try CurveKeys.generate()
    let seen = Collector<ReceivedMessage>()
    let endpoint = try echoServer(
      context, security: policy(try CurveKeys.generate(), [keys.publicKey: "worker"]), seen: seen)
    let client = try ClientEndpoint(
      context: context, address: endpoint.boundAddress,
      security: .curve(keys, server: try CurveKeys.generate().publicKey)
    ) { _ in }
    try client.send([[1]])
    #expect(eventually { endpoint.statistics.handshakesFailed >= 1 })
    #expect(eventually { client.connectionState == .handshakeFailed })
    #expect(seen.values.isEmpty)
  }

  @Test func noKeyAtAServerWithKeysIsRefused() throws {
    let context = try ZeroMQContext()
    let seen = Collector<ReceivedMessage>()
    let endpoint = try echoServer(
      context, security: .curve(try CurveKeys.generate()) { _ in "anyone" }, seen: seen)
    let client = try ClientEndpoint(
      context: context, address: endpoint.boundAddress, security: .none
    ) { _ in }
    try client.send([[1]])
    #expect(eventually { endpoint.statistics.handshakesFailed >= 1 })
    #expect(client.connectionState != .connected)
    #expect(seen.values.isEmpty)
  }

  @Test func keysAtAServerWithoutKeysAreRefused() throws {
    let context = try ZeroMQContext()
    let seen = Collector<ReceivedMessage>()
    let endpoint = try echoServer(context, seen: seen)
    let client = try ClientEndpoint(
      context: context, address: endpoint.boundAddress,
      security: .curve(try CurveKeys.generate(), server: try CurveKeys.generate().publicKey)
    ) { _ in }
    try client.send([[1]])
    #expect(eventually { endpoint.statistics.handshakesFailed >= 1 })
    #expect(seen.values.isEmpty)
  }

  /// A client without keys may write any `User-Id` into its handshake; libzmq believes it.
  @Test func aUserWithoutKeysIsNobody() throws {
    let context = try ZeroMQContext()
    let seen = Collector<ReceivedMessage>()
    let endpoint = try echoServer(context, seen: seen)
    let descriptor = try rawConnection(to: endpoint.boundAddress)
    func property(_ name: String, _ value: String) -> [UInt8] {
      [UInt8(name.utf8.count)] + Array(name.utf8) + [0, 0, 0, UInt8(value.utf8.count)]
        + Array(value.utf8)
    }
    let ready =
      [5] + Array("READY".utf8) + property("Socket-Type", "DEALER") + property("User-Id", "admin")
    var bytes: [UInt8] = [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0] + Array("NULL".utf8)
    bytes += [UInt8](repeating: 0, count: 48) + [4, UInt8(ready.count)] + ready
    #expect(Glibc.send(descriptor, bytes, bytes.count, 0) == bytes.count)
    // The message must not overtake the server's own greeting (64 bytes) and READY.
    var answer = 0
    while answer <= 64 {
      let count = recv(descriptor, &bytes, bytes.count, 0)
      try #require(count > 0)
      answer += count
    }
    let message: [UInt8] = [0, 2, 42, 43]
    #expect(Glibc.send(descriptor, message, message.count, 0) == message.count)
    let arrived = try #require(seen.wait(for: 1).first)
    #expect(arrived.frames == [[42, 43]])
    #expect(arrived.userID == nil)
    close(descriptor)
  }

  @Test func twoServersHaveTheirOwnUsers() throws {
    let context = try ZeroMQContext()
    let server = try CurveKeys.generate()
    let keys = try CurveKeys.generate()
    let seen = Collector<ReceivedMessage>()
    let first = try echoServer(
      context, security: policy(server, [keys.publicKey: "one"]), seen: seen)
    let second = try echoServer(context, security: policy(server, [:]), seen: seen)
    let security = ClientSecurity.curve(keys, server: server.publicKey)
    let one = try ClientEndpoint(
      context: context, address: first.boundAddress, security: security
    ) { _ in }
    let two = try ClientEndpoint(
      context: context, address: second.boundAddress, security: security
    ) { _ in }
    try one.send([[1]])
    try two.send([[2]])
    #expect(eventually { two.connectionState == .keyRefused })
    #expect(seen.wait(for: 1).map(\.userID) == ["one"])
    #expect(first.statistics.keysRefused == 0)
    #expect(second.statistics.keysRefused >= 1)
  }

  private func policy(_ own: KeyPair, _ users: [PublicKey: String]) -> SecurityPolicy {
    .curve(own) { users[$0] }
  }
}
