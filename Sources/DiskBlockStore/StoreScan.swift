import Glibc
import Messages

/// A file that did not belong where it was found, or was damaged, and was moved away at the start.
public struct StoreFinding: Sendable, Equatable, CustomStringConvertible {
  /// Where it was, below the data folder.
  public let path: String
  /// Where it is now, below the data folder.
  public let movedTo: String
  /// What was wrong with it.
  public let reason: String

  /// One line for the operator.
  public var description: String {
    "set aside \(path): \(reason); it is kept as \(movedTo) and may be deleted"
  }
}

/// Lists the objects of a data folder by their headers, and sets aside what is none.
struct StoreScan {
  let folder: StoreFolder
  private(set) var objects: [ObjectDescriptor] = []
  private(set) var findings: [StoreFinding] = []

  init(_ folder: StoreFolder) { self.folder = folder }

  /// Goes through `objects/`; what it lists is durable afterwards.
  ///
  /// - Complexity: One open file at a time, O(objects) memory.
  mutating func run() throws(StoreError) {
    for owner in try names(in: folder.objects) {
      let path = "\(folder.objects)/\(owner)"
      guard try isFolder(path) else {
        try setAside("objects/\(owner)", "it is not a folder of objects")
        continue
      }
      var isEmpty = true
      for name in try names(in: path) {
        if let defect = try inspect("\(owner)/\(name)") {
          try setAside("objects/\(owner)/\(name)", defect)
        } else {
          isEmpty = false
        }
      }
      // A process may have died between a rename and the flush that makes it durable.
      try flushFolder(path)
      if isEmpty { _ = rmdir(path) }
    }
    try flushFolder(folder.objects)
  }

  /// Lists the object in a file; the defect where there is none.
  private mutating func inspect(_ path: String) throws(StoreError) -> String? {
    let fullPath = "\(folder.objects)/\(path)"
    guard try isRegularFile(fullPath) else { return "it is not a file" }
    let file = try OpenFile(fullPath, O_RDONLY | O_NONBLOCK)
    let size = try UInt64(clamping: file.status().st_size)
    let header: [UInt8]
    do throws(StoreError) {
      header = try file.read(at: 0, length: ObjectFile.headerLength)
    } catch {
      return "its header cannot be read (\(error))"
    }
    switch ObjectFile.read(header) {
    case .damaged(let defect): return defect
    case .newerFormat(let found):
      throw .newerFormat(path: fullPath, found: found, supported: ObjectFile.version)
    case .object(let object):
      let place = ObjectFile.path(of: object.id)
      guard place == path else { return "it is \(object.id) and belongs in objects/\(place)" }
      guard object.id.kind.isStored, object.length <= StoreLimits.bytes(of: object.id.kind) else {
        return "an object of this kind or length is never stored"
      }
      guard size == object.length + UInt64(ObjectFile.headerLength) else {
        return "it has \(size) bytes instead of \(object.length) and a header of 64"
      }
      objects.append(object)
      return nil
    }
  }

  private mutating func setAside(_ path: String, _ reason: String) throws(StoreError) {
    let target = try folder.setAside(path)
    findings.append(StoreFinding(path: path, movedTo: target, reason: reason))
  }
}

private func fileType(_ path: String) throws(StoreError) -> mode_t {
  var status = stat()
  guard lstat(path, &status) == 0 else { throw .failedCall("examine", path) }
  return status.st_mode & S_IFMT
}

private func isFolder(_ path: String) throws(StoreError) -> Bool {
  try fileType(path) == S_IFDIR
}

private func isRegularFile(_ path: String) throws(StoreError) -> Bool {
  try fileType(path) == S_IFREG
}
