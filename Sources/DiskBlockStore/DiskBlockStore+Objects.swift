import Glibc
public import Messages

extension DiskBlockStore {
  /// All objects, ascending; what each node tells the coordinator when it joins.
  /// - Complexity: O(n log n).
  public var inventory: [ObjectDescriptor] { index.withLock { $0.objects } }

  /// How many objects are stored.
  public var count: Int { index.withLock { $0.count } }

  /// The descriptor of a stored object.
  public func descriptor(of id: ObjectID) -> ObjectDescriptor? { index.withLock { $0[id] } }

  /// Bytes that this process may still write to the disk.
  ///
  /// - Throws: What the disk says.
  public func freeBytes() throws(StoreError) -> UInt64 {
    var status = statvfs()
    guard statvfs(files.path, &status) == 0 else { throw .failedCall("examine", files.path) }
    let (bytes, overflow) = UInt64(status.f_bavail)
      .multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return overflow ? .max : bytes
  }

  /// Stores an object durably; does nothing where an equal one is stored.
  ///
  /// - Throws: ``StoreError``; nothing is stored then. After
  ///   ``StoreError/deviceFailed(path:reason:)`` the process must stop.
  /// - Complexity: O(bytes), two flushes of the device.
  public func write(_ object: ObjectDescriptor, _ bytes: [UInt8]) throws(StoreError) {
    guard object.id.kind.isStored else { throw .neverStored(object.id) }
    let limit = StoreLimits.bytes(of: object.id.kind)
    guard object.length <= limit else {
      throw .tooLong(object.id, length: object.length, limit: limit)
    }
    guard object.matches(bytes) else { throw .wrongBytes(object) }
    try changing(object.id) { () throws(StoreError) in
      if let stored = descriptor(of: object.id) {
        guard stored == object else { throw .otherContent(stored: stored, asked: object) }
        return
      }
      try makeOwnerFolder(object.id.owner)
      let path = files.path(of: object.id)
      try createFile(path, ObjectFile.header(of: object), bytes)
      do throws(StoreError) {
        try flushFolder(parentFolder(of: path))
      } catch {
        _ = unlink(path)
        throw error
      }
      index.withLock { $0.insert(object) }
    }
  }

  /// The bytes of an object, verified.
  ///
  /// - Throws: ``StoreError/damaged(_:path:reason:)`` where they are not those of the descriptor, after
  ///   which the caller should ``quarantine(_:)`` the object; ``StoreError/notFound(_:)``,
  ///   ``StoreError/otherContent(stored:asked:)``, or what the disk says.
  /// - Complexity: O(bytes).
  public func read(_ object: ObjectDescriptor) throws(StoreError) -> [UInt8] {
    let file = try openObject(object.id)
    guard file.stored == object else {
      throw .otherContent(stored: file.stored, asked: object)
    }
    let header = try file.read(at: 0, length: ObjectFile.headerLength)
    guard header == ObjectFile.header(of: object) else {
      throw .damaged(object.id, path: file.path, reason: "its header is damaged")
    }
    // The store has checked the length against the limit of the kind.
    let bytes = try file.read(at: ObjectFile.headerLength, length: Int(object.length))
    guard object.matches(bytes) else {
      throw .damaged(object.id, path: file.path, reason: "its checksum differs")
    }
    return bytes
  }

  /// A part of an object, to be served to another node, which verifies the whole.
  ///
  /// - Returns: The bytes from `offset` on, at most `length`, none beyond the end; and the length of
  ///   the whole object.
  /// - Throws: ``StoreError/notFound(_:)``, ``StoreError/damaged(_:path:reason:)`` where the file is
  ///   too short, or what the disk says.
  public func read(
    _ id: ObjectID, offset: UInt64, length: Int
  ) throws(StoreError) -> (bytes: [UInt8], totalLength: UInt64) {
    let file = try openObject(id)
    let total = file.stored.length
    guard offset < total, length > 0 else { return ([], total) }
    let part = min(UInt64(length), total - offset)
    let bytes = try file.read(at: ObjectFile.headerLength + Int(offset), length: Int(part))
    return (bytes, total)
  }

  /// Deletes an object durably; does nothing where it is not stored.
  ///
  /// - Throws: What the disk says; the object is still there then.
  public func delete(_ id: ObjectID) throws(StoreError) {
    try changing(id) { () throws(StoreError) in
      guard let object = descriptor(of: id) else { return }
      index.withLock { $0.remove(id) }
      let path = files.path(of: id)
      if unlink(path) != 0, errno != ENOENT {
        let error = StoreError.failedCall("delete", path)
        index.withLock { $0.insert(object) }
        throw error
      }
      try flushFolder(parentFolder(of: path))
    }
  }

  /// Moves an object's file to `quarantine/`; does nothing where it is not stored.
  ///
  /// - Throws: What the disk says; the object is no longer listed or served even then.
  public func quarantine(_ id: ObjectID) throws(StoreError) {
    try changing(id) { () throws(StoreError) in
      guard descriptor(of: id) != nil else { return }
      index.withLock { $0.remove(id) }
      _ = try files.setAside("objects/\(ObjectFile.path(of: id))")
    }
  }

  // MARK: Changes

  /// Runs a change of one object while no other thread changes it.
  private func changing(
    _ id: ObjectID, _ change: () throws(StoreError) -> Void
  ) throws(StoreError) {
    try gate.alone(with: id) { () throws(StoreError) in
      try stoppingAtDeviceFailure(change)
    }
  }

  /// Runs a change unless a flush has failed before, and remembers when one does.
  func stoppingAtDeviceFailure<Value>(
    _ change: () throws(StoreError) -> Value
  ) throws(StoreError) -> Value {
    if let failure = index.withLock({ $0.failure }) { throw failure }
    do throws(StoreError) {
      return try change()
    } catch {
      if case .deviceFailed = error { index.withLock { $0.failure = error } }
      throw error
    }
  }

  private func makeOwnerFolder(_ owner: ObjectOwner) throws(StoreError) {
    if index.withLock({ $0.owners.contains(owner) }) { return }
    try makeFolder("\(files.objects)/\(ObjectFile.folder(of: owner))")
    // Another thread may have made it without having flushed it yet.
    try flushFolder(files.objects)
    index.withLock { $0.insertOwner(owner) }
  }

  /// Writes and flushes a file that appears under its name only when it is complete.
  private func createFile(
    _ path: String, _ header: [UInt8], _ bytes: [UInt8]
  ) throws(StoreError) {
    let temporary = files.newTemporaryPath()
    do throws(StoreError) {
      let file = try OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL)
      try file.reserve(header.count + bytes.count)
      try file.write(header)
      try file.write(bytes)
      try file.flush()
      try renameFile(temporary, to: path)
    } catch {
      _ = unlink(temporary)
      throw error
    }
  }

  private func openObject(_ id: ObjectID) throws(StoreError) -> StoredFile {
    guard let stored = descriptor(of: id) else { throw .notFound(id) }
    let path = files.path(of: id)
    do throws(StoreError) {
      return StoredFile(stored: stored, file: try OpenFile(path, O_RDONLY | O_NONBLOCK))
    } catch {
      // It may have been deleted since.
      guard descriptor(of: id) != nil else { throw .notFound(id) }
      guard access(path, F_OK) == 0 else {
        throw .damaged(id, path: path, reason: "its file is gone")
      }
      throw error
    }
  }
}

/// An object's file while it is read: what the disk cannot give back is damage of the object.
private struct StoredFile: ~Copyable {
  let stored: ObjectDescriptor
  let file: OpenFile

  var path: String { file.path }

  func read(at offset: Int, length: Int) throws(StoreError) -> [UInt8] {
    let bytes: [UInt8]
    do throws(StoreError) {
      bytes = try file.read(at: offset, length: length)
    } catch {
      throw .damaged(stored.id, path: path, reason: "\(error)")
    }
    guard bytes.count == length else {
      throw .damaged(stored.id, path: path, reason: "it is cut off")
    }
    return bytes
  }
}
