import CommandRunner
import Glibc
import Messages
import Testing

@testable import DiskBlockStore

@Suite struct FaultTests {
  @Test(.enabled(if: SmallDisk.isPossible, "may not mount a disk here"))
  func aFullDiskIsAnErrorAndTheStoreGoesOn() throws {
    let disk = try SmallDisk(kibibytes: 256)
    let store = try DiskBlockStore.open(disk.path)
    var written: [(descriptor: ObjectDescriptor, bytes: [UInt8])] = []
    var refusal: StoreError?
    for number in 0..<100 where refusal == nil {
      let object = randomObject(blockID(UInt64(number)), length: 20_000, seed: UInt64(number))
      refusal = storeError { () throws(StoreError) in
        try store.write(object.descriptor, object.bytes)
      }
      if refusal == nil { written.append(object) }
    }
    guard case .diskFull(_, let reason) = refusal else {
      Issue.record("\(String(describing: refusal))")
      return
    }
    #expect(reason == systemMessage(ENOSPC))
    #expect(written.count > 3)
    #expect(allFiles("\(disk.path)/temporary").isEmpty)
    #expect(store.inventory == written.map(\.descriptor))
    for object in written { #expect(try store.read(object.descriptor) == object.bytes) }

    try store.delete(written[0].descriptor.id)
    let again = randomObject(blockID(500), length: 15_000, seed: 500)
    try store.write(again.descriptor, again.bytes)
    #expect(try store.read(again.descriptor) == again.bytes)
  }

  @Test(.enabled(if: SmallDisk.isPossible, "may not mount a disk here"))
  func aDiskThatTurnsReadOnlyIsAnErrorAndTheObjectsStay() throws {
    let disk = try SmallDisk(kibibytes: 256)
    let store = try DiskBlockStore.open(disk.path)
    let object = randomObject(blockID(1), length: 100, seed: 1)
    try store.write(object.descriptor, object.bytes)
    let objects = "\(disk.path)/objects"
    let (status, _) = shell(
      "mount --bind \(objects) \(objects) && mount -o remount,ro,bind \(objects)")
    defer { _ = shell("umount -l \(objects)") }
    #expect(status == 0)

    let other = randomObject(blockID(2), length: 100, seed: 2)
    expectDiskError(
      storeError { () throws(StoreError) in try store.write(other.descriptor, other.bytes) })
    expectDiskError(
      storeError { () throws(StoreError) in try store.delete(object.descriptor.id) })
    #expect(store.inventory == [object.descriptor])
    #expect(try store.read(object.descriptor) == object.bytes)
    #expect(allFiles("\(disk.path)/temporary").isEmpty)
  }

  private func expectDiskError(_ error: StoreError?) {
    guard case .disk = error else {
      Issue.record("a read-only disk gave \(String(describing: error))")
      return
    }
  }

  /// Kills the process at its every file operation; what it was told is durable must be there.
  @Test(
    .enabled(if: canTrace, "strace cannot be used here"),
    arguments: [
      "openat", "write", "fsync", "rename", "unlink", "mkdir", "fallocate", "ftruncate",
    ])
  func killedAtAnyStepNothingAcknowledgedIsLost(call: String) throws {
    var kills = 0
    for step in 1...400 {
      let folder = try TemporaryFolder()
      let (_, output) = shell(
        "cd \(folder.path); exec strace -f -o /dev/null -e trace=\(call) -e inject=\(call):signal=SIGKILL:when=\(step)"
          + " \(victim) store \(folder.path)/data 4 2>/dev/null")
      try check(folder.path + "/data", output, complete: output.hasSuffix("promised 4\n"))
      if output.hasSuffix("promised 4\n") { break }
      kills += 1
    }
    #expect(kills > 0, "\(call) was never called")
    #expect(kills < 400)
  }

  /// Compares a folder with what its dead owner had said.
  private func check(_ path: String, _ output: String, complete: Bool) throws {
    var stored: Set<UInt64> = []
    var promised: UInt64 = 0
    for line in output.split(separator: "\n") {
      let words = line.split(separator: " ")
      let number = UInt64(words.last ?? "") ?? 0
      switch words.first {
      case "stored": stored.insert(number)
      case "promised": promised = number
      case "deleted": stored.remove(number)
      default: Issue.record("\(line)")
      }
    }
    let store = try DiskBlockStore.open(path)
    #expect(store.findings.isEmpty)
    #expect(allFiles("\(path)/temporary").isEmpty)
    #expect(store.promised.number == promised || store.promised.number == promised + 1)
    let listed = store.inventory
    for object in listed {
      let expected = [UInt8](
        repeating: UInt8(truncatingIfNeeded: object.id.number), count: Int(object.id.number) * 700)
      #expect(try store.read(object) == expected)
    }
    let numbers = Set(listed.map(\.id.number))
    // The step that was under way may have happened or not: one object more, or one less when the
    // third was being deleted.
    #expect(numbers.symmetricDifference(stored).count <= 1)
    #expect(stored.subtracting(numbers).isSubset(of: [3]))
    if complete { #expect(numbers == stored && stored == [1, 2, 4]) }
  }

  /// A failed flush ends the node's life as a writer, whichever it was.
  @Test(.enabled(if: canTrace, "strace cannot be used here"))
  func aFailedFlushStopsTheStore() throws {
    var failures = 0
    for step in 1...200 {
      let folder = try TemporaryFolder()
      let (_, output) = shell(
        "exec strace -f -o /dev/null -e trace=fsync -e inject=fsync:error=EIO:when=\(step)"
          + " \(victim) store \(folder.path)/data 4 2>/dev/null")
      if output.hasSuffix("promised 4\n") { break }
      failures += 1
      #expect(output.contains("error the device did not keep"), "\(output)")
      let said = output.split(separator: "\n").filter { !$0.hasPrefix("error") }
      try check(folder.path + "/data", said.joined(separator: "\n") + "\n", complete: false)
    }
    #expect(failures > 10)
  }

  /// Only what a device has been told to keep may be acknowledged: the order of the system calls.
  @Test(.enabled(if: canTrace, "strace cannot be used here"))
  func acknowledgementsComeAfterTheFlushes() throws {
    let folder = try TemporaryFolder()
    let log = "\(folder.path)/log"
    let data = "\(folder.path)/data"
    let (status, _) = shell(
      "strace -f -y -o \(log) -e trace=rename,fsync,write,unlink,mkdir -s 200"
        + " \(victim) store \(data) 6 2>/dev/null")
    #expect(status == 0)
    // Paths that were changed and not flushed since: a file by its name, a folder by its names.
    var unflushed: Set<String> = []
    var acknowledged = 0
    let calls = String(decoding: try folder.read("log"), as: UTF8.self).split(separator: "\n")
    for call in calls {
      let quoted = call.split(separator: "\"", omittingEmptySubsequences: false)
      // The file of a descriptor, as in `fsync(5</folder/file>)`.
      let opened = call.split(separator: "<", maxSplits: 1).dropFirst().first
        .flatMap { $0.split(separator: ">").first }.map(String.init)
      if call.contains(" rename("), quoted.count > 3 {
        #expect(!unflushed.contains(String(quoted[1])), "\(call)")
        unflushed.insert(parentFolder(of: String(quoted[3])))
      } else if call.contains(" unlink(") || call.contains(" mkdir("), quoted.count > 1 {
        unflushed.insert(parentFolder(of: String(quoted[1])))
      } else if call.contains(" fsync("), let opened {
        unflushed.remove(opened)
      } else if call.contains(" write("), let opened {
        if opened.hasPrefix(data) {
          if !opened.hasSuffix("/lock") { unflushed.insert(opened) }
        } else {
          acknowledged += 1
          // What is emptied at every start need not be flushed.
          #expect(unflushed.subtracting(["\(data)/temporary"]).isEmpty, "\(call)")
        }
      }
    }
    #expect(acknowledged == 14)
  }
}
