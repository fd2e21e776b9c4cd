import GRDB
import Glibc
public import Messages

/// Why the catalog could not do what it was asked; the description says what to do about it.
public enum CatalogError: Error, Sendable, Equatable {
  /// There is no catalog in the folder.
  case absent(path: String)
  /// There is a catalog already.
  case alreadyExists(path: String)
  /// The file is a database, but no catalog.
  case notACatalog(path: String)
  /// A later version of Lode has changed the tables.
  case newerSchema(path: String, found: [String])
  /// A row, or the whole of a table (row nil), differs from its digest.
  case damaged(path: String, table: String, row: String?)
  /// SQLite cannot read the file.
  case unreadable(path: String, reason: String)
  /// The epoch is not higher than the one that was claimed last.
  case staleEpoch(claimed: Epoch, stored: Epoch)
  /// Another process is changing the catalog.
  case busy(path: String)
  /// The disk or a quota is full; nothing was committed, and the catalog can still be used.
  case diskFull(path: String, reason: String)
  /// The file or its folder cannot be opened or written.
  case inaccessible(path: String, reason: String)
  /// The device did not keep what it promised: the process must stop.
  case deviceFailed(path: String, reason: String)
  /// SQLite refused for a reason that should not arise.
  case failed(path: String, reason: String)
}

extension CatalogError: CustomStringConvertible {
  /// What happened, where, and what to do about it.
  public var description: String {
    switch self {
    case .absent(let path):
      "there is no catalog \(path); name the coordinator's folder with --data, or restore a lost"
        + " catalog from the workers with `lode coordinator --rebuild`"
    case .alreadyExists(let path):
      "there is a catalog \(path) already; name another folder with --data"
    case .notACatalog(let path):
      "\(path) is no catalog of Lode, or a damaged one; restore it from the workers with"
        + " `lode coordinator --rebuild`"
    case .newerSchema(let path, let found):
      "\(path) was changed by a later version of Lode (\(found.joined(separator: ", "))); use that"
        + " version or a later one"
    case .damaged(let path, let table, let row):
      "\(path) is damaged: \(row.map { "row \($0) of " } ?? "")table \(table) differs from its"
        + " digest; restore the catalog from the workers with `lode coordinator --rebuild`, and"
        + " check the disk"
    case .unreadable(let path, let reason):
      "\(path) cannot be read: \(reason); restore the catalog from the workers with"
        + " `lode coordinator --rebuild`, and check the disk"
    case .staleEpoch(let claimed, let stored):
      "epoch \(claimed) cannot be claimed: the catalog is at epoch \(stored); another coordinator"
        + " has used it, stop one of them"
    case .busy(let path):
      "another process is changing \(path); stop it"
    case .diskFull(let path, let reason):
      "the disk is full: \(reason) (\(path)); free space, nothing was lost"
    case .inaccessible(let path, let reason):
      "cannot open or write \(path): \(reason); check the folder and its permissions"
    case .deviceFailed(let path, let reason):
      "the device did not keep \(path): \(reason); move the folder to another disk and restore the"
        + " catalog from the workers with `lode coordinator --rebuild`"
    case .failed(let path, let reason):
      "\(path): \(reason); please report it"
    }
  }

  /// What SQLite's error means for an operator.
  init(_ error: DatabaseError, path: String) {
    let reason = error.message ?? error.resultCode.description
    switch error.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT:
      self = .unreadable(path: path, reason: reason)
    case .SQLITE_FULL: self = .diskFull(path: path, reason: reason)
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
    case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      self = .inaccessible(path: path, reason: reason)
    case .SQLITE_IOERR:
      // A read that fails harms nothing that is on the disk.
      self =
        error.extendedResultCode == .SQLITE_IOERR_READ
          || error.extendedResultCode == .SQLITE_IOERR_SHORT_READ
        ? .unreadable(path: path, reason: reason) : .deviceFailed(path: path, reason: reason)
    default: self = .failed(path: path, reason: "\(error)")
    }
  }

  /// The error of a system call that has just failed.
  static func failedCall(_ path: String, _ code: Int32 = errno) -> CatalogError {
    let reason = systemMessage(code)
    return code == ENOSPC || code == EDQUOT
      ? .diskFull(path: path, reason: reason) : .inaccessible(path: path, reason: reason)
  }
}

/// Runs calls of GRDB, whose errors have no type.
func withCatalogErrors<Value>(
  _ path: String, _ body: () throws -> Value
) throws(CatalogError) -> Value {
  do {
    return try body()
  } catch let error as CatalogError {
    throw error
  } catch let error as DatabaseError {
    throw CatalogError(error, path: path)
  } catch {
    throw .failed(path: path, reason: "\(error)")
  }
}

/// The system's words for an error number.
func systemMessage(_ code: Int32) -> String {
  strerror(code).map { String(cString: $0) } ?? "error \(code)"
}
