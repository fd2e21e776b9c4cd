import Glibc
import Testing

@testable import ZeroMQTransport

@Suite struct BulkPutTests {
  @Test func putsWaitForTheWindowAndArriveInOrder() throws {
    let context = try ZeroMQContext()
    let puts = Collector<BulkPut>()
    let replies = Collector<BulkPutReply>()
    let server = try BulkServer(
      context: context, address: loopback, security: .none,
      onPut: { put, reply in
        puts.append(put)
        replies.append(reply)
      }, provider: { _ in .absent })
    let client = try BulkClient(context: context)
    let stream = client.putStream(
      id: 99, to: BulkAddress(server.boundAddress, security: .none))
    let sent = Collector<UInt64>()
    let failures = Collector<BulkError>()
    let writer = try OwnedThread {
      do throws(BulkError) {
        for index in 0..<10 { sent.append(try stream.put([UInt8(index)])) }
        try stream.finish()
        sent.append(10)
      } catch { failures.append(error) }
    }
    #expect(puts.wait(for: 4).count == 4)
    usleep(20_000)
    #expect(sent.values == [0, 1, 2, 3])
    // Fewer credits than before: three answered, two may be unanswered.
    for reply in replies.values.prefix(3) { reply.accept(credits: 2) }
    #expect(puts.wait(for: 5).count == 5)
    usleep(20_000)
    #expect(sent.values == [0, 1, 2, 3, 4])
    for index in 3..<10 {
      try #require(replies.wait(for: index + 1).count > index)
      replies.values[index].accept(credits: 4)
    }
    #expect(sent.wait(for: 11).last == 10)
    writer.join()
    #expect(puts.values.map(\.bytes) == (0..<10).map { [UInt8($0)] })
    #expect(puts.values.map(\.sequence) == Array(0..<10))
    #expect(failures.values.isEmpty)
  }

  @Test func aPutWithoutAnswerIsRefused() throws {
    let context = try ZeroMQContext()
    let server = try BulkServer(
      context: context, address: loopback, security: .none,
      onPut: { _, _ in }, provider: { _ in .absent })
    let client = try BulkClient(context: context)
    let address = BulkAddress(server.boundAddress, security: .none)
    let stream = client.putStream(id: 1, to: address)
    try stream.put([1])
    #expect(throws: BulkError.self) { try stream.finish() }
    #expect(throws: BulkError.self) { try stream.put([2]) }
    let without = try BulkTests.server(context, [:])
    let other = client.putStream(
      id: 1, to: BulkAddress(without.boundAddress, security: .none))
    try other.put([1])
    #expect(
      throws: BulkError.refused(
        address: without.boundAddress, reason: "nothing can be put here")
    ) { try other.finish() }
  }

  @Test func putsReachARestartedServerOnlyFromTheBeginning() throws {
    let context = try ZeroMQContext()
    let accept: BulkServer.PutHandler = { _, reply in reply.accept(credits: 4) }
    let first = try BulkServer(
      context: context, address: loopback, security: .none, onPut: accept,
      provider: { _ in .absent })
    var options = BulkClient.Options()
    options.putMilliseconds = 500
    let client = try BulkClient(context: context, options: options)
    let address = BulkAddress(first.boundAddress, security: .none)
    let stream = client.putStream(id: 5, to: address)
    try stream.put([1])
    try stream.finish()
    first.close()
    let second = try BulkServer(
      context: context, address: address.address, security: .none, onPut: accept,
      provider: { _ in .absent })
    try stream.put([2])
    #expect(throws: BulkError.self) { try stream.finish() }
    let again = client.putStream(id: 6, to: address)
    try again.put([1])
    try again.finish()
    second.close()
  }
}
