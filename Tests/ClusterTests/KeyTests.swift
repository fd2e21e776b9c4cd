import CommandRunner
import Glibc
import Testing

/// Beyond this machine everything is encrypted, and roles are told by their keys.
@Suite struct KeyTests {
  /// An address of this machine that is not loopback, where it has one.
  static let hostAddress: String? = {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return nil }
    defer { freeifaddrs(list) }
    var next = list
    while let entry = next {
      next = entry.pointee.ifa_next
      guard let address = entry.pointee.ifa_addr, address.pointee.sa_family == AF_INET else {
        continue
      }
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let length = socklen_t(MemoryLayout<sockaddr_in>.size)
      guard
        getnameinfo(address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
      else { continue }
      let name = String(
        decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      if !name.hasPrefix("127.") { return name }
    }
    return nil
  }()

  private func folderWithKeys() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    _ = try alone("keygen keys -q", in: folder)
    _ = try alone("keygen others -q", in: folder)
    return folder
  }

  @Test(.enabled(if: hostAddress != nil, "this machine has no address but loopback"))
  func aClusterBeyondLoopback() throws {
    let folder = try folderWithKeys()
    let cluster = try TestCluster(
      workers: 2, host: #require(Self.hostAddress), keys: "keys", in: folder)
    _ = try alone("generate quest --transactions 5000 --to baskets.dat -q", in: folder)
    _ = try cluster.answer("dataset add baskets baskets.dat --block-transactions 500")
    _ = try cluster.answer("job submit baskets --min-support 1%")
    let results = try cluster.lode("job results 1 -o csv", role: "client")
    #expect(results.output == (try alone("mine baskets.dat --min-support 1% -o csv", in: folder)))
    #expect(try cluster.answer("dataset verify baskets").contains(", 0 defects"))
    // Blocks are copied between workers too.
    try cluster.addWorker("worker-3")
    #expect(try cluster.lode("node drain worker-1").status == 0)
    try cluster.wait(until: "worker-1 is drained") {
      try cluster.state(of: "worker-1") == "drained"
    }
  }

  @Test func rolesAndStrangers() throws {
    let folder = try folderWithKeys()
    let cluster = try TestCluster(workers: 1, options: "--replication 1", keys: "keys", in: folder)
    #expect(try cluster.lode("status", role: "client").status == 0)
    for request in ["node drain worker-1", "node remove worker-1", "dataset remove baskets"] {
      let refused = try cluster.lode(request, role: "client")
      #expect(refused.status == 1)
      #expect(refused.messages.contains("only an admin may do this"))
      #expect(refused.messages.contains("admin's key"))
    }
    let worker = try cluster.lode("status", role: "worker")
    #expect(worker.status == 1)
    #expect(worker.messages.contains("client.secret"))
    let open = try TestCluster(workers: 0)
    for (address, keys) in [
      (cluster.address, nil), (cluster.address, "others/client"), (open.address, "keys/client"),
    ] {
      let refused = try CommandRunner.run(
        words("status --cluster \(address)") + (keys.map { ["--keys", $0] } ?? []), in: folder)
      #expect(refused.status == 1)
      #expect(refused.messages.contains("no handshake with \(address)"), "\(refused.messages)")
      #expect(refused.messages.contains("lode keygen"))
    }
    // A worker says so and tries on, for the coordinator may be started anew with other keys.
    let stranger = try BackgroundCommand(
      words("worker \(cluster.address) --data stranger --keys others/worker"), in: folder,
      log: "stranger.log")
    try stranger.wait(for: "no handshake with \(cluster.address)")
    stranger.signal(SIGTERM)
    #expect(try stranger.waitForEnd(seconds: 10) == 0)
  }
}
