import Glibc

/// Where a catalog lies, and how a new one takes its place.
///
/// A new catalog is made as `catalog.sqlite.making` and, once it is complete and durable, renamed to
/// `catalog.sqlite.made`. From then on it is the catalog: whatever else is there is moved away, its
/// journal too, which SQLite would otherwise take for the journal of the new one. A start after a
/// crash in between does the rest.
struct CatalogFiles {
  let folder: String

  var catalog: String { "\(folder)/catalog.sqlite" }
  var making: String { "\(catalog).making" }
  private var made: String { "\(catalog).made" }
  /// What a rebuilt catalog has replaced is kept for those who want to look into it.
  private var replaced: String { "\(catalog).replaced" }

  /// SQLite's own files beside a database.
  private static let companions = ["-wal", "-shm", "-journal"]

  var exists: Bool { access(catalog, F_OK) == 0 }

  /// Whether a new catalog is complete and not yet in its place.
  var isBeingAdopted: Bool { access(made, F_OK) == 0 }

  /// Removes what a crash has left of a catalog that was being made.
  func prepareMaking() throws(CatalogError) {
    for suffix in [""] + Self.companions { try remove(making + suffix) }
  }

  /// Makes the file at `making` the catalog.
  func adopt() throws(CatalogError) {
    try flush(making, O_RDONLY)
    try rename(making, to: made)
    try flush(folder, O_RDONLY | O_DIRECTORY)
    try finishAdopting()
  }

  /// Goes on where a crash has interrupted ``adopt()``; does nothing where none has.
  func finishAdopting() throws(CatalogError) {
    guard isBeingAdopted else { return }
    for suffix in [""] + Self.companions where access(catalog + suffix, F_OK) == 0 {
      try rename(catalog + suffix, to: replaced + suffix)
    }
    try flush(folder, O_RDONLY | O_DIRECTORY)
    try rename(made, to: catalog)
    try flush(folder, O_RDONLY | O_DIRECTORY)
  }

  private func remove(_ path: String) throws(CatalogError) {
    if unlink(path) != 0, errno != ENOENT { throw .failedCall(path) }
  }

  private func rename(_ path: String, to target: String) throws(CatalogError) {
    guard Glibc.rename(path, target) == 0 else { throw .failedCall(path) }
  }

  private func flush(_ path: String, _ flags: Int32) throws(CatalogError) {
    let descriptor = open(path, flags | O_CLOEXEC)
    guard descriptor >= 0 else { throw .failedCall(path) }
    defer { _ = close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw .deviceFailed(path: path, reason: systemMessage(errno))
    }
  }
}
