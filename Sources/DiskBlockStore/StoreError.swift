import Blocks
import Glibc
public import Messages

/// Why the store could not do what it was asked; the description says what to do about it.
public enum StoreError: Error, Sendable, Equatable {
  /// The data folder cannot be made, read or written.
  case folder(path: String, reason: String)
  /// Another process uses the data folder; its id where it could be read.
  case locked(path: String, process: Int32?)
  /// The file that says whose folder it is cannot be used.
  case identity(path: String, reason: String)
  /// The folder belongs to another cluster.
  case otherCluster(path: String, stored: ClusterID, asked: ClusterID)
  /// A higher epoch has been promised.
  case fenced(promised: Epoch, asked: Epoch)
  /// The store does not hold the object.
  case notFound(ObjectID)
  /// The bytes to be written are not those of the descriptor.
  case wrongBytes(ObjectDescriptor)
  /// The store holds an object of this name with another length or checksum.
  case otherContent(stored: ObjectDescriptor, asked: ObjectDescriptor)
  /// The object's bytes on disk differ from its checksum, or cannot be read.
  case damaged(ObjectID, path: String, reason: String)
  /// An object of this kind is longer than ``StoreLimits`` allows.
  case tooLong(ObjectID, length: UInt64, limit: UInt64)
  /// Objects of this kind are served from memory and never stored.
  case neverStored(ObjectID)
  /// A file is in a format of a later version of Lode.
  case newerFormat(path: String, found: UInt32, supported: UInt32)
  /// The disk or a quota is full; nothing was written, and the store can still be used.
  case diskFull(path: String, reason: String)
  /// A file operation failed.
  case disk(path: String, operation: String, reason: String)
  /// The device did not keep what it promised: the process must stop.
  ///
  /// After a failed flush the system may have dropped the bytes and may call the next flush a
  /// success. The store refuses every change from then on.
  case deviceFailed(path: String, reason: String)
}

extension StoreError: CustomStringConvertible {
  /// What happened, where, and what to do about it.
  public var description: String {
    switch self {
    case .folder(let path, let reason):
      "the data folder \(path) cannot be used: \(reason); name another with --data, or make it"
        + " writable for this user"
    case .locked(let path, let process):
      "the data folder \(path) is in use by \(process.map { "process \($0)" } ?? "another process");"
        + " stop that process, or name another folder with --data"
    case .identity(let path, let reason):
      "\(path) cannot be used: \(reason); move the data folder away and start with an empty one:"
        + " the cluster makes the replicas anew"
    case .otherCluster(let path, let stored, let asked):
      "the data folder \(path) belongs to cluster \(stored), not to \(asked); name another folder"
        + " with --data, or the right coordinator"
    case .fenced(let promised, let asked):
      "epoch \(asked) is over: epoch \(promised) has been promised; stop the older coordinator"
    case .notFound(let id):
      "\(id) is not stored here; take it from another replica"
    case .wrongBytes(let descriptor):
      "the bytes for \(descriptor.id) are not the \(descriptor.length) bytes that were announced;"
        + " send them again"
    case .otherContent(let stored, let asked):
      "\(asked.id) is stored with \(stored.length) bytes of other content than the \(asked.length)"
        + " asked for; set it aside and take it from another replica"
    case .damaged(let id, let path, let reason):
      "\(id) is damaged on disk: \(reason) (\(path)); set it aside and take it from another"
        + " replica, and check the disk if this happens again"
    case .tooLong(let id, let length, let limit):
      "\(id) has \(length) bytes, over the limit of \(limit); nothing longer can be stored"
    case .neverStored(let id):
      "\(id) is of a kind that is served from memory and never stored; ask the node that made it"
    case .newerFormat(let path, let found, let supported):
      "\(path) is in format version \(found), this program reads version \(supported); use the"
        + " version of Lode that wrote it, or a later one"
    case .diskFull(let path, let reason):
      "the disk is full: \(reason) (\(path)); free space or add a worker, nothing was lost"
    case .disk(let path, let operation, let reason):
      "cannot \(operation) \(path): \(reason); check the disk and the permissions of the folder"
    case .deviceFailed(let path, let reason):
      "the device did not keep \(path): \(reason); replace the disk and start this node with an"
        + " empty data folder"
    }
  }

  /// What a worker tells the coordinator.
  public var failure: StoreFailure {
    switch self {
    case .notFound: .unreachable
    case .damaged, .wrongBytes, .otherContent: .damaged
    default: .disk(description)
    }
  }

  /// The error of a system call that has just failed.
  static func failedCall(_ operation: String, _ path: String, _ code: Int32 = errno) -> StoreError {
    switch code {
    case ENOSPC, EDQUOT, EFBIG: .diskFull(path: path, reason: systemMessage(code))
    default: .disk(path: path, operation: operation, reason: systemMessage(code))
    }
  }
}

/// The longest objects that are stored; a longer one is refused before memory is asked for.
public enum StoreLimits {
  /// Bytes of an object that is not a block: a level, a dictionary, counts.
  ///
  /// Whoever makes such an object compares it with the same limit first.
  public static let objectBytes = UInt64(MessageLimits.objectBytes)

  /// The most bytes of an object of this kind.
  public static func bytes(of kind: ObjectKind) -> UInt64 {
    kind == .block ? UInt64(BlockLimits.encodedBytes) : objectBytes
  }
}

/// The system's words for an error number.
func systemMessage(_ code: Int32) -> String {
  strerror(code).map { String(cString: $0) } ?? "error \(code)"
}
