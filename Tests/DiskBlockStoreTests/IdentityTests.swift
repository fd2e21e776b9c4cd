import Blocks
import CommandRunner
import Glibc
import Messages
import Testing

@testable import DiskBlockStore

@Suite struct IdentityTests {
  let folder: TemporaryFolder
  var path: String { folder.path }
  let cluster = ClusterID(DataSetID(high: 1, low: .max))

  init() throws { folder = try TemporaryFolder() }

  @Test func promisesSurvive() throws {
    do {
      let store = try DiskBlockStore.open(path)
      #expect(store.cluster == nil)
      #expect(store.promised == .none)
      try store.promise(cluster: cluster, epoch: Epoch(7))
      try store.promise(cluster: cluster, epoch: Epoch(7))
      #expect(
        storeError { () throws(StoreError) in try store.promise(cluster: cluster, epoch: Epoch(6)) }
          == .fenced(promised: Epoch(7), asked: Epoch(6)))
    }
    let store = try DiskBlockStore.open(path)
    #expect(store.cluster == cluster)
    #expect(store.promised == Epoch(7))
    let other = ClusterID(DataSetID(high: 1, low: 1))
    #expect(
      storeError { () throws(StoreError) in try store.promise(cluster: other, epoch: Epoch(8)) }
        == .otherCluster(path: path, stored: cluster, asked: other))
    #expect(store.promised == Epoch(7))
  }

  @Test func incarnationsOnlyGrow() throws {
    var last = Incarnation(0)
    for minimum: UInt64 in [100, 100, 50, 0, 1000, 999, .max - 1] {
      let store = try DiskBlockStore.open(path)
      let next = try store.nextIncarnation(atLeast: minimum)
      #expect(next > last && next.number >= minimum)
      last = next
    }
    let store = try DiskBlockStore.open(path)
    #expect(try store.nextIncarnation(atLeast: 0) == Incarnation(.max))
    #expect(
      storeError { () throws(StoreError) in _ = try store.nextIncarnation(atLeast: 0) } != nil)
  }

  @Test func everyFlippedByteOfTheIdentityIsNoticed() throws {
    do {
      let store = try DiskBlockStore.open(path)
      try store.promise(cluster: cluster, epoch: Epoch(7))
    }
    let bytes = try folder.read("identity")
    for index in bytes.indices {
      for mask: UInt8 in [0x01, 0x20, 0x80] {
        var flipped = bytes
        flipped[index] ^= mask
        #expect(NodeIdentity(flipped) == nil, "byte \(index)")
      }
      #expect(NodeIdentity(Array(bytes[..<index])) == nil, "cut after \(index)")
    }
    #expect(NodeIdentity(bytes + [0]) == nil)
    try folder.write("identity", bytes.dropLast())
    guard
      case .identity = storeError({ () throws(StoreError) in _ = try DiskBlockStore.open(path) })
    else {
      Issue.record("a damaged identity was accepted")
      return
    }
  }

  @Test func aFolderThatLostItsIdentityIsRefused() throws {
    _ = try DiskBlockStore.open(path)
    unlink("\(path)/identity")
    guard
      case .identity = storeError({ () throws(StoreError) in _ = try DiskBlockStore.open(path) })
    else {
      Issue.record("a folder without identity was accepted")
      return
    }
  }
}
