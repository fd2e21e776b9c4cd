import Blocks
import Messages
import Testing

@testable import Coordination

@Suite struct ObjectLimitTests {
  @Test func whatIsTooLongToBeStoredIsNamedWithItsLimit() {
    func problem(_ kind: ObjectKind, _ length: Int) -> String? {
      let id = ObjectID(owner: .job(JobID(7)), kind: kind, number: 3)
      return MessageLimits.problem(
        storing: ObjectDescriptor(id: id, length: UInt64(length), checksum: 0), as: "level 3")
    }
    #expect(problem(.level, MessageLimits.objectBytes) == nil)
    #expect(
      problem(.block, MessageLimits.objectBytes + 1) == nil, "blocks have a limit of their own")
    #expect(
      problem(.level, MessageLimits.objectBytes + 1)
        == "level 3 has 1,073,741,825 bytes, over the limit objectBytes of 1,073,741,824")
  }

  @Test func aDataSetWhoseRecordIsTooLongIsRefusedWithTheLimit() throws {
    var cluster = try TestCluster(["a", "b"]) { $0.encodeManifest = { _ in nil } }
    let ingest = try cluster.open("sales")
    _ = try cluster.ask(
      .putChunk(ingest: ingest, sequence: 0, bytes: TestCluster.chunk(from: 0, count: 10)))
    #expect(throws: TestFailure.self) {
      try cluster.close(ingest, chunks: 1, transactions: 10)
    }
    guard
      case .refused(let refusal) = try cluster.ask(
        .closeDataSet(ingest: ingest, chunkCount: 1, transactionCount: 10))
    else {
      Issue.record("the data set was taken")
      return
    }
    #expect(refusal.message.contains("manifestBytes"))
    #expect(cluster.own.isEmpty && cluster.stopReason == nil)
  }
}
