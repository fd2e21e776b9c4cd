import Blocks
import Coordination
import Messages
import Runtime
import Synchronization
import ZeroMQTransport

/// Chunks of ingests that the coordinator has not answered yet.
final class PendingPuts: Sendable {
  /// Who asks, in events: answers go to the put, not to a connection.
  static let peer = PeerID([])

  /// Chunks that a client may have under way: fewer than the coordinator takes.
  private static let credits = 6

  private struct Waiting {
    let reply: BulkPutReply
    let sequence: UInt64
  }

  private let waiting = Mutex<(next: UInt64, puts: [RequestID: Waiting])>((0, [:]))

  /// Offers a put to the node; its first 16 bytes are the ingest.
  func take(_ put: BulkPut, _ reply: BulkPutReply, node: CoordinatorNode) {
    guard put.bytes.count >= 16, let role = try? role(of: put.userID) else {
      return reply.refuse("this is no chunk of an ingest")
    }
    func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
      bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
    let ingest = RequestID(
      DataSetID(high: number(put.bytes[0..<8]), low: number(put.bytes[8..<16])))
    let id = waiting.withLock { waiting in
      waiting.next += 1
      let id = RequestID(DataSetID(high: 0, low: waiting.next))
      waiting.puts[id] = Waiting(reply: reply, sequence: put.sequence)
      return id
    }
    let request = ClientRequest.putChunk(
      ingest: ingest, sequence: put.sequence, bytes: Array(put.bytes.dropFirst(16)))
    if !node.offer(.client(request, id: id, from: Self.peer, role: role)) {
      waiting.withLock { _ = $0.puts.removeValue(forKey: id) }
      reply.refuse("the coordinator is too busy; add the data set again later")
    }
  }

  /// Passes the coordinator's answer on.
  func answer(_ id: RequestID, _ response: ClientResponse) {
    guard let put = waiting.withLock({ $0.puts.removeValue(forKey: id) }) else { return }
    switch response {
    case .ingesting(let progress) where progress.nextSequence > put.sequence:
      put.reply.accept(credits: Self.credits)
    case .refused(let refusal): put.reply.refuse(refusal.message)
    default: put.reply.refuse("chunk \(put.sequence) arrived out of order; add the data set again")
    }
  }
}
