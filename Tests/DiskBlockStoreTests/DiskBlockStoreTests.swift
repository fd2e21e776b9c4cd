import Blocks
import CommandRunner
import Glibc
import Messages
import Testing

@testable import DiskBlockStore

@Suite struct DiskBlockStoreTests {
  let folder: TemporaryFolder
  var path: String { "\(folder.path)/data/worker" }

  init() throws { folder = try TemporaryFolder() }

  @Test func whatIsWrittenIsReadBackAlsoByTheNextProcess() throws {
    let objects = (0..<20).map {
      randomObject(blockID(UInt64($0 * 7 % 20)), length: $0 * 100, seed: UInt64($0))
    }
    let level = randomObject(
      ObjectID(owner: .job(JobID(17)), kind: .level, number: 3), length: 5, seed: 99)
    do {
      let store = try DiskBlockStore.open(path)
      #expect(store.inventory.isEmpty)
      for object in objects + [level] { try store.write(object.descriptor, object.bytes) }
    }
    let store = try DiskBlockStore.open(path)
    #expect(store.findings.isEmpty)
    #expect(store.inventory == (objects + [level]).map(\.descriptor).sorted { $0.id < $1.id })
    for object in objects + [level] {
      #expect(try store.read(object.descriptor) == object.bytes)
    }
    #expect(
      allFiles(path).contains(
        "objects/dataset-12345678-9abc-def0-0fed-cba987654321/block-000000000012"))
    #expect(allFiles(path).contains("objects/job-17/level-000000000003"))
    #expect(try store.freeBytes() > 0)
  }

  @Test func aPartIsReadWithoutTheRest() throws {
    let store = try DiskBlockStore.open(path)
    let object = randomObject(blockID(1), length: 1000, seed: 5)
    try store.write(object.descriptor, object.bytes)
    for (offset, length) in [(0, 1000), (0, 1), (999, 10), (300, 64), (0, 5000)] {
      let part = try store.read(object.descriptor.id, offset: UInt64(offset), length: length)
      #expect(part.totalLength == 1000)
      #expect(part.bytes == Array(object.bytes[offset..<min(1000, offset + length)]))
    }
    for (offset, length) in [(UInt64(1000), 1), (.max, .max), (0, 0), (0, -1)] {
      #expect(try store.read(object.descriptor.id, offset: offset, length: length).bytes.isEmpty)
    }
    #expect(
      storeError { () throws(StoreError) in _ = try store.read(blockID(2), offset: 0, length: 1) }
        == .notFound(blockID(2)))
  }

  @Test func writingAgainChangesNothing() throws {
    let store = try DiskBlockStore.open(path)
    let (descriptor, bytes) = randomObject(blockID(1), length: 10, seed: 1)
    let (other, otherBytes) = randomObject(blockID(1), length: 10, seed: 2)
    try store.write(descriptor, bytes)
    try store.write(descriptor, bytes)
    #expect(
      storeError { () throws(StoreError) in try store.write(other, otherBytes) }
        == .otherContent(stored: descriptor, asked: other))
    #expect(
      storeError { () throws(StoreError) in _ = try store.read(other) }
        == .otherContent(stored: descriptor, asked: other))
    #expect(try store.read(descriptor) == bytes)
    #expect(store.inventory == [descriptor])
  }

  @Test func whatMayNotBeStoredIsRefused() throws {
    let store = try DiskBlockStore.open(path)
    let (descriptor, bytes) = randomObject(blockID(1), length: 10, seed: 1)
    #expect(
      storeError { () throws(StoreError) in try store.write(descriptor, bytes + [0]) }
        == .wrongBytes(descriptor))
    var flipped = bytes
    flipped[3] ^= 1
    #expect(
      storeError { () throws(StoreError) in try store.write(descriptor, flipped) }
        == .wrongBytes(descriptor))
    let report = ObjectID(owner: .job(JobID(1)), kind: .report, number: 0)
    #expect(
      storeError { () throws(StoreError) in
        try store.write(ObjectDescriptor(id: report, bytes: bytes), bytes)
      } == .neverStored(report))
    let limit = UInt64(BlockLimits.encodedBytes)
    let long = ObjectDescriptor(id: blockID(1), length: limit + 1, checksum: 0)
    #expect(
      storeError { () throws(StoreError) in try store.write(long, []) }
        == .tooLong(blockID(1), length: limit + 1, limit: limit))
    #expect(allFiles(path) == ["identity", "lock"])
  }

  @Test func deletedObjectsAreGone() throws {
    var store: DiskBlockStore? = try DiskBlockStore.open(path)
    let (descriptor, bytes) = randomObject(blockID(1), length: 10, seed: 1)
    try store?.write(descriptor, bytes)
    try store?.delete(blockID(1))
    try store?.delete(blockID(1))
    #expect(store?.count == 0)
    #expect(
      storeError { () throws(StoreError) in _ = try store?.read(descriptor) }
        == .notFound(blockID(1)))
    store = nil
    store = try DiskBlockStore.open(path)
    #expect(store?.inventory == [])
    #expect(names(in: "objects").isEmpty, "the folder of an owner without objects is removed")
    try store?.write(descriptor, bytes)
    #expect(try store?.read(descriptor) == bytes)
  }

  @Test func anObjectSetAsideIsKeptAndCanBeStoredAgain() throws {
    let store = try DiskBlockStore.open(path)
    let (descriptor, bytes) = randomObject(blockID(1), length: 10, seed: 1)
    for _ in 0..<3 {
      try store.write(descriptor, bytes)
      try store.quarantine(blockID(1))
      try store.quarantine(blockID(1))
      #expect(store.inventory.isEmpty)
    }
    let name = "dataset-\(dataSet).block-000000000001"
    #expect(names(in: "quarantine") == [name, name + ".1", name + ".2"])
  }

  @Test func whatWasLeftInTemporaryIsRemoved() throws {
    _ = try DiskBlockStore.open(path)
    overwrite("\(path)/temporary/1", [1, 2, 3])
    mkdir("\(path)/temporary/folder", 0o700)
    let store = try DiskBlockStore.open(path)
    #expect(names(in: "temporary").isEmpty)
    #expect(names(in: "quarantine") == ["temporary.folder"])
    #expect(store.inventory.isEmpty)
  }

  @Test func aFolderThatCannotBeAFolderIsRefused() throws {
    overwrite("\(folder.path)/file", [1])
    let error = storeError { () throws(StoreError) in
      _ = try DiskBlockStore.open("\(folder.path)/file")
    }
    #expect(error?.description.contains("--data") == true)
    let below = storeError { () throws(StoreError) in
      _ = try DiskBlockStore.open("\(folder.path)/file/below")
    }
    guard case .folder = below else {
      Issue.record("\(String(describing: below))")
      return
    }
  }

  @Test func aSecondUserIsRefused() throws {
    var store: DiskBlockStore? = try DiskBlockStore.open(path)
    #expect(store?.count == 0)
    #expect(
      storeError { () throws(StoreError) in _ = try DiskBlockStore.open(path) }
        == .locked(path: path, process: getpid()))
    store = nil
    _ = try DiskBlockStore.open(path)

    // Another process, which ends when its standard input does.
    guard let other = popen("exec \(victim) hold \(path) > \(folder.path)/said", "w") else {
      Issue.record("cannot start \(victim)")
      return
    }
    var said = ""
    for _ in 0..<500 where !said.hasSuffix("\n") {
      usleep(10_000)
      said = String(decoding: (try? folder.read("said")) ?? [], as: UTF8.self)
    }
    let error = storeError { () throws(StoreError) in _ = try DiskBlockStore.open(path) }
    pclose(other)
    let process = said.split(separator: " ").last.flatMap { Int32($0.dropLast()) }
    #expect(process != nil, "\(said)")
    #expect(error == .locked(path: path, process: process))
    _ = try DiskBlockStore.open(path)
  }

  @Test func threadsMayWriteReadAndDeleteTheSameObjects() async throws {
    let store = try DiskBlockStore.open(path)
    let objects = (0..<12).map {
      randomObject(blockID(UInt64($0)), length: 2000, seed: UInt64($0))
    }
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          for step in 0..<60 {
            let (descriptor, bytes) = objects[(worker + step * 5) % objects.count]
            do throws(StoreError) {
              switch (worker + step) % 4 {
              case 0: try store.delete(descriptor.id)
              case 1: #expect(try store.read(descriptor) == bytes)
              default: try store.write(descriptor, bytes)
              }
            } catch .notFound {
            } catch {
              Issue.record("\(error)")
            }
          }
        }
      }
    }
    let listed = store.inventory
    #expect(!listed.isEmpty)
    for descriptor in listed { _ = try store.read(descriptor) }
    let files = allFiles("\(path)/objects")
    #expect(files == listed.map { ObjectFile.path(of: $0.id) })
    #expect(names(in: "temporary").isEmpty)
  }

  private func names(in name: String) -> [String] {
    (try? DiskBlockStore.namesForTests("\(path)/\(name)")) ?? []
  }
}

extension DiskBlockStore {
  static func namesForTests(_ path: String) throws(StoreError) -> [String] { try names(in: path) }
}
