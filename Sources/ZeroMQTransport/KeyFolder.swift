import Glibc

/// What a process is in a cluster, as far as its key can tell.
public enum Role: String, CaseIterable, Sendable {
  /// Shards, places, plans and merges.
  case coordinator
  /// Holds blocks and counts.
  case worker
  /// Submits jobs and reads results.
  case client
  /// A client that may also change the cluster.
  case admin

  /// The roles whose public keys a process of this role is given: those it connects to, and those
  /// that connect to it.
  var known: [Role] {
    switch self {
    case .coordinator: [.coordinator, .worker, .client, .admin]
    case .worker: [.coordinator, .worker]
    case .client, .admin: [.coordinator]
    }
  }
}

/// Why a folder of keys could not be made or used; the description says what to do about it.
public enum KeyFolderError: Error, Equatable, CustomStringConvertible {
  /// There is something at `path` already.
  case exists(path: String)
  /// The system refused; `code` is its errno.
  case cannotWrite(path: String, code: Int32)
  /// The keys of `role` are not complete: `path` is missing or cannot be read.
  case cannotRead(path: String, role: Role, code: Int32)
  /// Others may read the secret in `path`, or change the key in it.
  case tooOpen(path: String, mode: UInt32)
  /// `path` holds no key.
  case notAKey(path: String)
  /// libzmq cannot make keys.
  case noKeys(TransportError)

  /// What happened, where, and what to do.
  public var description: String {
    switch self {
    case .exists(let path):
      "\(path) exists already and is left as it is: choose another folder, or remove it if no "
        + "machine uses its keys"
    case .cannotWrite(let path, let code):
      "cannot write \(path): \(message(of: code)); choose a folder you may write to"
    case .cannotRead(let path, let role, let code):
      "cannot read \(path): \(message(of: code)); copy the folder \(role.rawValue) that lode keygen "
        + "made to this machine, readable for you alone, and name it with --keys"
    case .tooOpen(let path, let mode):
      "others than you may use or change \(path) (mode \(String(mode, radix: 8))): "
        + "chmod 600 it, and make new keys if someone may have read it"
    case .notAKey(let path):
      "\(path) holds no key: copy it again from the folder lode keygen made"
    case .noKeys(let error):
      "\(error)"
    }
  }
}

/// The keys a process of one role works with.
public struct RoleKeys: Sendable {
  /// The role they are for.
  public let role: Role
  /// The keys of the process itself.
  public let own: KeyPair
  /// The public keys it knows, its own among them.
  public let publicKeys: [Role: PublicKey]

  /// Lets clients in whose key is that of one of `roles`; their user id is the role's name.
  ///
  /// Roles whose key is not known here are not let in.
  public func policy(accepting roles: [Role]) -> SecurityPolicy {
    var names: [PublicKey: String] = [:]
    for role in roles {
      if let key = publicKeys[role] { names[key] = role.rawValue }
    }
    let users = names
    return .curve(own) { users[$0] }
  }

  /// Connects to servers of a role; nil when its key is not known here.
  public func security(to server: Role) -> ClientSecurity? {
    publicKeys[server].map { .curve(own, server: $0) }
  }
}

/// Folders of keys: one folder a role, with all that a process of that role needs and no more.
///
///     DIR/coordinator/  coordinator.secret  coordinator.public  worker.public  client.public  ...
///     DIR/worker/       worker.secret       coordinator.public  worker.public
///     DIR/client/       client.secret       coordinator.public
///     DIR/admin/        admin.secret        coordinator.public
///
/// Each file holds one key of 40 characters. An operator copies one folder to each machine.
public enum KeyFolder {
  /// Makes new keys for all roles in a folder that must not exist yet.
  ///
  /// The folder appears whole or not at all, readable for its owner alone.
  ///
  /// - Throws: ``KeyFolderError``.
  public static func create(at path: String) throws(KeyFolderError) {
    let path = trimmed(path)
    var status = stat()
    if lstat(path, &status) == 0 { throw .exists(path: path) }
    var pairs: [Role: KeyPair] = [:]
    for role in Role.allCases {
      do throws(TransportError) {
        pairs[role] = try CurveKeys.generate()
      } catch { throw .noKeys(error) }
    }
    let draft = "\(path).unfinished-\(getpid())"
    do throws(KeyFolderError) {
      try makeFolder(draft)
      try write(readMe, to: "\(draft)/README.txt")
      for role in Role.allCases {
        let folder = "\(draft)/\(role.rawValue)"
        try makeFolder(folder)
        if let pair = pairs[role] {
          try write(pair.secretText + "\n", to: "\(folder)/\(role.rawValue).secret")
        }
        for known in role.known {
          guard let key = pairs[known]?.publicKey else { continue }
          try write("\(key)\n", to: "\(folder)/\(known.rawValue).public")
        }
        try synchronize(folder)
      }
      try synchronize(draft)
      // Fails where a folder with content has come up meanwhile.
      guard rename(draft, path) == 0 else {
        throw errno == EEXIST || errno == ENOTEMPTY
          ? .exists(path: path) : .cannotWrite(path: path, code: errno)
      }
      try synchronize(parent(of: path))
    } catch {
      removeDraft(draft)
      throw error
    }
  }

  /// Reads the keys of a role from its folder, or from the folder that holds all roles' folders.
  ///
  /// - Throws: ``KeyFolderError``, naming the file that is missing, too open or no key.
  public static func load(_ role: Role, from path: String) throws(KeyFolderError) -> RoleKeys {
    let path = trimmed(path)
    var status = stat()
    let inner = "\(path)/\(role.rawValue)"
    let folder = stat(inner, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR ? inner : path
    let secretPath = "\(folder)/\(role.rawValue).secret"
    // Owner only: whoever reads a secret is its role.
    guard let own = KeyPair(secret: try read(secretPath, role: role, forbidden: 0o077)) else {
      throw .notAKey(path: secretPath)
    }
    var publicKeys: [Role: PublicKey] = [role: own.publicKey]
    for known in role.known where known != role {
      let path = "\(folder)/\(known.rawValue).public"
      // Whoever changes a public key decides who is trusted.
      guard let key = PublicKey(try read(path, role: role, forbidden: 0o022)) else {
        throw .notAKey(path: path)
      }
      publicKeys[known] = key
    }
    return RoleKeys(role: role, own: own, publicKeys: publicKeys)
  }

  // MARK: Files

  private static let readMe = """
    Keys of a Lode cluster, one folder for each role. Copy to each machine the folder of what runs
    there, and no other, readable for the user who runs it alone:

      coordinator   lode coordinator --keys .../coordinator
      worker        lode worker      --keys .../worker       (the same on every worker)
      client        lode job ...     --keys .../client       (may submit jobs and read results)
      admin         lode node ...    --keys .../admin        (may also change the cluster)

    Files that end in .secret must stay secret. Whoever has one is that role. To replace keys, make
    a new folder with lode keygen and copy it to every machine.

    """

  private static func makeFolder(_ path: String) throws(KeyFolderError) {
    guard mkdir(path, 0o700) == 0 else { throw .cannotWrite(path: path, code: errno) }
  }

  private static func write(_ text: String, to path: String) throws(KeyFolderError) {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .cannotWrite(path: path, code: errno) }
    defer { close(file) }
    let bytes = Array(text.utf8)
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.write(file, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .cannotWrite(path: path, code: errno) }
      offset += count
    }
    guard fsync(file) == 0 else { throw .cannotWrite(path: path, code: errno) }
  }

  private static func synchronize(_ folder: String) throws(KeyFolderError) {
    let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard file >= 0 else { throw .cannotWrite(path: folder, code: errno) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw .cannotWrite(path: folder, code: errno) }
  }

  private static func read(
    _ path: String, role: Role, forbidden: mode_t
  ) throws(KeyFolderError) -> String {
    // Not blocking, lest a pipe in place of a key would keep it waiting.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw .cannotRead(path: path, role: role, code: errno) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else {
      throw .cannotRead(path: path, role: role, code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAKey(path: path) }
    let mode = status.st_mode & 0o777
    guard mode & forbidden == 0 else { throw .tooOpen(path: path, mode: mode) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = Glibc.read(file, &bytes, bytes.count)
    guard count >= 0 else { throw .cannotRead(path: path, role: role, code: errno) }
    var text = bytes.prefix(count)
    while let last = text.last, last == 10 || last == 13 || last == 32 { text.removeLast() }
    return String(decoding: text, as: UTF8.self)
  }

  private static func removeDraft(_ draft: String) {
    for role in Role.allCases {
      let folder = "\(draft)/\(role.rawValue)"
      unlink("\(folder)/\(role.rawValue).secret")
      for known in role.known { unlink("\(folder)/\(known.rawValue).public") }
      rmdir(folder)
    }
    unlink("\(draft)/README.txt")
    rmdir(draft)
  }

  private static func trimmed(_ path: String) -> String {
    var path = Substring(path)
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return String(path)
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
