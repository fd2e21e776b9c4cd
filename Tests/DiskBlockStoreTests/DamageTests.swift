import CommandRunner
import Glibc
import Messages
import Testing

@testable import DiskBlockStore

@Suite struct DamageTests {
  let folder: TemporaryFolder
  var path: String { folder.path }
  let object = randomObject(blockID(12), length: 40, seed: 3)
  var file: String { "\(path)/objects/\(ObjectFile.path(of: object.descriptor.id))" }

  init() throws { folder = try TemporaryFolder() }

  @Test func everyFlippedByteIsNoticed() throws {
    let bytes = try storedBytes()
    for index in bytes.indices {
      for mask: UInt8 in [0x01, 0x80] {
        var flipped = bytes
        flipped[index] ^= mask
        try expectNoticed(flipped, "byte \(index), mask \(mask)")
      }
    }
  }

  @Test func everyTruncationIsNoticed() throws {
    let bytes = try storedBytes()
    for length in bytes.indices { try expectNoticed(Array(bytes[..<length]), "\(length) bytes") }
    try expectNoticed(bytes + [0], "a byte too many", whileOpen: false)
  }

  /// The file of the object, in a new store.
  private func storedBytes() throws -> [UInt8] {
    let store = try DiskBlockStore.open(path)
    try store.write(object.descriptor, object.bytes)
    return try readFile(file)
  }

  /// Damage must be noticed by an open store when it reads, and by the next one at the latest then.
  private func expectNoticed(
    _ damaged: [UInt8], _ comment: Comment, whileOpen: Bool = true
  ) throws {
    let descriptor = object.descriptor
    do {
      let store = try DiskBlockStore.open(path)
      if store.count == 0 { try store.write(descriptor, object.bytes) }
      overwrite(file, damaged)
      let error = storeError { () throws(StoreError) in _ = try store.read(descriptor) }
      guard isDamage(error) || !whileOpen else {
        Issue.record(comment)
        return
      }
    }
    let next = try DiskBlockStore.open(path)
    if let listed = next.descriptor(of: descriptor.id) {
      // Only the content can be wrong where the header is right.
      #expect(listed == descriptor, comment)
      #expect(
        isDamage(storeError { () throws(StoreError) in _ = try next.read(descriptor) }), comment)
      try next.quarantine(descriptor.id)
    } else {
      #expect(next.findings.count == 1, comment)
    }
    unlink("\(path)/quarantine/dataset-\(dataSet).block-000000000012")
  }

  private func isDamage(_ error: StoreError?) -> Bool {
    guard case .damaged = error else { return false }
    return true
  }

  @Test func whatDoesNotBelongIsSetAsideAndReported() throws {
    let bytes = try storedBytes()
    let owner = "objects/dataset-\(dataSet)"
    overwrite("\(path)/\(owner)/block-000000000013", bytes)
    overwrite("\(path)/\(owner)/block-12", bytes)
    overwrite("\(path)/\(owner)/notes.txt", Array("hello".utf8))
    overwrite("\(path)/\(owner)/empty", [])
    overwrite("\(path)/objects/README", Array("hello".utf8))
    mkdir("\(path)/objects/job-1", 0o700)
    overwrite("\(path)/objects/job-1/block-000000000012", bytes)
    mkdir("\(path)/\(owner)/folder", 0o700)
    symlink(file, "\(path)/\(owner)/link")
    mkfifo("\(path)/\(owner)/pipe", 0o600)
    let store = try DiskBlockStore.open(path)
    #expect(
      store.findings.map(\.path) == [
        "objects/README", "\(owner)/block-000000000013", "\(owner)/block-12", "\(owner)/empty",
        "\(owner)/folder", "\(owner)/link", "\(owner)/notes.txt", "\(owner)/pipe",
        "objects/job-1/block-000000000012",
      ])
    for finding in store.findings {
      var status = stat()
      #expect(lstat("\(path)/\(finding.movedTo)", &status) == 0, "\(finding)")
    }
    #expect(store.inventory == [object.descriptor])
    #expect(try store.read(object.descriptor) == object.bytes)
  }

  @Test func aLaterFormatIsRefusedAndNotSetAside() throws {
    var bytes = try storedBytes()
    bytes[8] = 2
    let checksum = checksum64(Array(bytes[..<56]))
    for index in 0..<8 { bytes[56 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * index)) }
    overwrite(file, bytes)
    #expect(
      storeError { () throws(StoreError) in _ = try DiskBlockStore.open(path) }
        == .newerFormat(path: file, found: 2, supported: 1))
    #expect(try readFile(file) == bytes)
  }

  @Test func aFileThatVanishedIsDamage() throws {
    let store = try DiskBlockStore.open(path)
    try store.write(object.descriptor, object.bytes)
    unlink(file)
    guard
      case .damaged = storeError({ () throws(StoreError) in _ = try store.read(object.descriptor) })
    else {
      Issue.record("a vanished file was not noticed")
      return
    }
    #expect(
      storeError { () throws(StoreError) in try store.delete(object.descriptor.id) } == nil)
  }
}
