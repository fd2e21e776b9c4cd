import Glibc
public import Messages
import Synchronization

/// The objects that a node keeps on its disk, with what it must not forget about itself.
///
/// Made for several threads: a lock guards the index and is never held during a file operation.
/// What was written is durable when the call returns. See the module's page for the folder's layout.
public final class DiskBlockStore: Sendable {
  let files: StoreFolder
  let index: Mutex<StoreIndex>
  let gate = ObjectGate()
  private let identity: Mutex<NodeIdentity>

  /// What was set aside when the store was opened, in order of paths.
  public let findings: [StoreFinding]

  /// Opens a data folder, making it where it does not exist.
  ///
  /// Reads the header of every object; empties `temporary/`; moves damaged and foreign files to
  /// `quarantine/` (see ``findings``).
  ///
  /// - Throws: ``StoreError``: the folder is in use, cannot be used, was written by a later version,
  ///   or its identity is lost.
  /// - Complexity: O(objects) small reads, O(objects) memory.
  public static func open(_ folder: String) throws(StoreError) -> DiskBlockStore {
    try DiskBlockStore(StoreFolder(folder))
  }

  private init(_ files: StoreFolder) throws(StoreError) {
    self.files = files
    identity = Mutex(try Self.prepare(files))
    var scan = StoreScan(files)
    try scan.run()
    findings = scan.findings
    index = Mutex(StoreIndex(scan.objects))
  }

  /// Makes what is missing in the folder and reads the identity.
  ///
  /// The identity is written first, so that a folder with objects and without an identity is one
  /// that has lost it. Such a folder is refused: its promises are forgotten.
  private static func prepare(_ files: StoreFolder) throws(StoreError) -> NodeIdentity {
    let identity: NodeIdentity
    if let stored = try readIdentity(files) {
      identity = stored
    } else {
      identity = NodeIdentity()
      try replaceFile(files.identity, with: identity.bytes, through: files.identity + ".new")
    }
    for folder in [files.objects, files.quarantine, files.temporary] { try makeFolder(folder) }
    try flushFolder(files.path)
    try files.emptyTemporary()
    return identity
  }

  private static func readIdentity(_ files: StoreFolder) throws(StoreError) -> NodeIdentity? {
    guard try names(in: files.path).contains("identity") else {
      if try names(in: files.path).contains("objects") {
        throw .identity(path: files.identity, reason: "it is missing, though there are objects")
      }
      return nil
    }
    let bytes = try OpenFile(files.identity, O_RDONLY)
      .read(at: 0, length: NodeIdentity.lengthLimit)
    guard let identity = NodeIdentity(bytes) else {
      throw .identity(path: files.identity, reason: "it is damaged, or of a later version of Lode")
    }
    return identity
  }

  // MARK: What the node is

  /// The data folder.
  public var folder: String { files.path }

  /// The cluster that the folder belongs to; nil before the first promise.
  public var cluster: ClusterID? { identity.withLock { $0.cluster } }

  /// The highest epoch that was promised.
  public var promised: Epoch { identity.withLock { $0.epoch } }

  /// Promises, durably, to obey no coordinator of a lower epoch.
  ///
  /// - Throws: ``StoreError/otherCluster(path:stored:asked:)``,
  ///   ``StoreError/fenced(promised:asked:)``, or what the disk says; then nothing is promised.
  public func promise(cluster: ClusterID, epoch: Epoch) throws(StoreError) {
    try changeIdentity { identity throws(StoreError) in
      if let stored = identity.cluster, stored != cluster {
        throw .otherCluster(path: folder, stored: stored, asked: cluster)
      }
      guard epoch >= identity.epoch else {
        throw .fenced(promised: identity.epoch, asked: epoch)
      }
      identity.cluster = cluster
      identity.epoch = epoch
    }
  }

  /// A number for this life of the node, durably higher than that of every earlier one.
  ///
  /// - Parameter minimum: Microseconds since 1970, so that numbers tell when.
  /// - Throws: What the disk says.
  public func nextIncarnation(atLeast minimum: UInt64) throws(StoreError) -> Incarnation {
    try changeIdentity { identity throws(StoreError) in
      let (next, overflow) = identity.incarnation.number.addingReportingOverflow(1)
      guard !overflow else {
        throw .identity(path: files.identity, reason: "its incarnation is the highest there is")
      }
      identity.incarnation = Incarnation(max(next, minimum))
    }.incarnation
  }

  /// Changes the identity on disk, then in memory.
  @discardableResult
  private func changeIdentity(
    _ change: (inout NodeIdentity) throws(StoreError) -> Void
  ) throws(StoreError) -> NodeIdentity {
    try stoppingAtDeviceFailure { () throws(StoreError) in
      // The lock is held while the file is written: promises are rare, and none may overtake another.
      let result = identity.withLock { stored -> Result<NodeIdentity, StoreError> in
        do throws(StoreError) {
          var changed = stored
          try change(&changed)
          if changed != stored {
            try replaceFile(
              files.identity, with: changed.bytes, through: files.newTemporaryPath())
            stored = changed
          }
          return .success(changed)
        } catch {
          return .failure(error)
        }
      }
      return try result.get()
    }
  }
}
