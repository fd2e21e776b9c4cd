import Glibc
import Testing

@testable import ZeroMQTransport

@Suite struct KeyFolderTests {
  @Test func theKeysOfAllRolesFitTogether() throws {
    try withFolder { folder in
      try KeyFolder.create(at: folder + "/")
      let context = try ZeroMQContext()
      let coordinator = try KeyFolder.load(.coordinator, from: folder)
      let worker = try KeyFolder.load(.worker, from: "\(folder)/worker")
      let client = try KeyFolder.load(.client, from: folder)
      let admin = try KeyFolder.load(.admin, from: folder)
      #expect(Set(coordinator.publicKeys.keys) == Set(Role.allCases))
      #expect(Set(worker.publicKeys.keys) == [.coordinator, .worker])
      #expect(Set(client.publicKeys.keys) == [.coordinator, .client])
      #expect(Set(Role.allCases.compactMap { coordinator.publicKeys[$0] }).count == 4)

      let control = Collector<ReceivedMessage>()
      let server = try echoServer(
        context, security: coordinator.policy(accepting: [.worker, .client, .admin]), seen: control)
      let data = Collector<ReceivedMessage>()
      let dataServer = try echoServer(
        context, security: worker.policy(accepting: [.coordinator, .worker]), seen: data)
      let received = Collector<[[UInt8]]>()
      for (index, keys) in [worker, client, admin].enumerated() {
        let connection = try collectingClient(
          context, to: server.boundAddress,
          security: try #require(keys.security(to: .coordinator)), into: received)
        try connection.send([[1]])
        #expect(received.wait(for: index + 1).count == index + 1)
      }
      #expect(control.values.map(\.userID) == ["worker", "client", "admin"])
      for (index, keys) in [coordinator, worker].enumerated() {
        let connection = try collectingClient(
          context, to: dataServer.boundAddress,
          security: try #require(keys.security(to: .worker)), into: received)
        try connection.send([[1]])
        #expect(received.wait(for: index + 4).count == index + 4)
      }
      #expect(data.values.map(\.userID) == ["coordinator", "worker"])
      #expect(client.security(to: .worker) == nil)
    }
  }

  @Test func filesAreForTheOwnerAlone() throws {
    try withFolder { folder in
      try KeyFolder.create(at: folder)
      #expect(try mode(folder) == 0o700)
      for role in Role.allCases {
        #expect(try mode("\(folder)/\(role.rawValue)") == 0o700)
        #expect(try mode("\(folder)/\(role.rawValue)/\(role.rawValue).secret") == 0o600)
      }
      let secret = "\(folder)/worker/worker.secret"
      chmod(secret, 0o640)
      #expect(throws: KeyFolderError.tooOpen(path: secret, mode: 0o640)) {
        try KeyFolder.load(.worker, from: folder)
      }
      chmod(secret, 0o400)
      _ = try KeyFolder.load(.worker, from: folder)
      let known = "\(folder)/worker/coordinator.public"
      chmod(known, 0o666)
      #expect(throws: KeyFolderError.tooOpen(path: known, mode: 0o666)) {
        try KeyFolder.load(.worker, from: folder)
      }
      chmod(known, 0o644)
      _ = try KeyFolder.load(.worker, from: folder)
    }
  }

  @Test func nothingIsOverwrittenOrLeftBehind() throws {
    try withFolder { folder in
      try KeyFolder.create(at: folder)
      let before = try KeyFolder.load(.admin, from: folder)
      #expect(throws: KeyFolderError.exists(path: folder)) { try KeyFolder.create(at: folder) }
      #expect(try KeyFolder.load(.admin, from: folder).own == before.own)
      let inside = "\(folder)/none/keys"
      #expect(throws: KeyFolderError.self) { try KeyFolder.create(at: inside) }
    }
  }

  @Test func aMissingOrDamagedFileIsNamed() throws {
    try withFolder { folder in
      try KeyFolder.create(at: folder)
      let known = "\(folder)/client/coordinator.public"
      unlink(known)
      #expect(throws: KeyFolderError.cannotRead(path: known, role: .client, code: ENOENT)) {
        try KeyFolder.load(.client, from: folder)
      }
      let error = KeyFolderError.cannotRead(path: known, role: .client, code: ENOENT)
      #expect(error.description.contains("copy the folder client"))
      let descriptor = open(known, O_WRONLY | O_CREAT, 0o600)
      _ = write(descriptor, "short\n", 6)
      close(descriptor)
      #expect(throws: KeyFolderError.notAKey(path: known)) {
        try KeyFolder.load(.client, from: folder)
      }
      #expect(throws: KeyFolderError.self) { try KeyFolder.load(.worker, from: "\(folder)/client") }
      // A pipe in place of a key must not keep anyone waiting.
      unlink(known)
      mkfifo(known, 0o600)
      #expect(throws: KeyFolderError.notAKey(path: known)) {
        try KeyFolder.load(.client, from: folder)
      }
    }
  }

  @Test func secretsAreNotPrinted() throws {
    let keys = try CurveKeys.generate()
    #expect(!"\(keys)".contains(keys.secretText))
    #expect(!"\(ClientSecurity.curve(keys, server: keys.publicKey))".contains(keys.secretText))
    var text = ""
    dump(keys, to: &text)
    #expect(!text.contains(keys.secretText))
  }

  @Test func whatIsNoKeyIsRefused() throws {
    #expect(PublicKey("") == nil)
    #expect(PublicKey(String(repeating: "#", count: 40)) == nil)  // more than 32 bits a group
    #expect(PublicKey(String(repeating: "~", count: 40)) == nil)
    #expect(PublicKey(String(repeating: "0", count: 39)) == nil)
    // The key pair of the test vector of RFC 26 of ZeroMQ and of libzmq's own tests.
    let pair = try #require(KeyPair(secret: "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"))
    #expect(pair.publicKey.description == "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7")
  }

  private func mode(_ path: String) throws -> UInt32 {
    var status = stat()
    try #require(stat(path, &status) == 0)
    return status.st_mode & 0o777
  }

  /// Runs `body` with the path of a folder that does not exist yet, in one that is removed after.
  private func withFolder(_ body: (String) throws -> Void) throws {
    var template = Array("/tmp/lode-keys-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let parent = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { removeAll(parent) }
    try body("\(parent)/keys")
    // Nothing but the folder was left in its parent.
    let names = try listing(parent)
    #expect(names.filter { $0 != "keys" } == [])
  }

  private func removeAll(_ path: String) {
    guard let names = try? listing(path) else {
      unlink(path)
      return
    }
    for name in names { removeAll("\(path)/\(name)") }
    rmdir(path)
  }

  private func listing(_ path: String) throws -> [String] {
    guard let folder = opendir(path) else { throw TransportError.closed }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
