import Blocks
import Coordination
import Messages
import Runtime
import Synchronization
import ZeroMQTransport

/// Chunks of ingests that are arriving in pieces, and those that the coordinator has not answered.
final class PendingPuts: Sendable {
  /// Who asks, in events: answers go to the put, not to a connection.
  static let peer = PeerID([])

  /// Pieces that a client may have under way: fewer than the chunks that the coordinator takes.
  private static let credits = 6
  /// Bytes of a chunk: more than the longest transaction with its names takes.
  private static let chunkBytesMaximum = 128 << 20
  /// Bytes of all chunks of which pieces are missing.
  private static let arrivingBytesMaximum = 512 << 20
  /// Milliseconds without the next piece of a chunk after which its client is taken to be gone.
  private static let silenceMilliseconds: UInt64 = 60_000

  private struct Waiting {
    let reply: BulkPutReply
    let chunk: UInt64
  }

  /// A chunk of which pieces are missing.
  private struct Arriving {
    var bytes: [UInt8] = []
    var pieceCount: UInt64 = 0
    var lastHeard: UInt64
  }

  private struct State {
    var next: UInt64 = 0
    var waiting: [RequestID: Waiting] = [:]
    var arriving: [RequestID: Arriving] = [:]
    var arrivingBytes = 0

    mutating func remove(_ ingest: RequestID) -> Arriving? {
      guard let chunk = arriving.removeValue(forKey: ingest) else { return nil }
      arrivingBytes -= chunk.bytes.count
      return chunk
    }

    mutating func forgetSilent(_ now: UInt64) {
      for (ingest, chunk) in arriving where chunk.lastHeard + silenceMilliseconds <= now {
        _ = remove(ingest)
      }
    }
  }

  private enum Step {
    case piece
    case chunk([UInt8], id: RequestID)
    case refused(String)
  }

  private let state = Mutex(State())

  /// Takes a put, whose stream is in order; offers its chunk to the node when that is whole.
  func take(_ put: BulkPut, _ reply: BulkPutReply, node: CoordinatorNode) {
    guard let piece = ChunkPiece(put.bytes), let role = try? role(of: put.userID) else {
      return reply.refuse(
        "this is no chunk of a data set; use the same version of lode as the coordinator")
    }
    switch step(piece, reply) {
    case .piece: reply.accept(credits: Self.credits)
    case .refused(let reason): reply.refuse(reason)
    case .chunk(let bytes, let id):
      let request = ClientRequest.putChunk(
        ingest: piece.ingest, sequence: piece.chunk, bytes: bytes)
      if !node.offer(.client(request, id: id, from: Self.peer, role: role), bytes: bytes.count) {
        state.withLock { _ = $0.waiting.removeValue(forKey: id) }
        reply.refuse("the coordinator is too busy; add the data set again later")
      }
    }
  }

  private func step(_ piece: ChunkPiece, _ reply: BulkPutReply) -> Step {
    let now = monotonicMilliseconds()
    return state.withLock { state in
      state.forgetSilent(now)
      var arriving = state.remove(piece.ingest) ?? Arriving(lastHeard: now)
      guard arriving.pieceCount == piece.number else {
        return .refused("a piece of chunk \(piece.chunk) is missing; add the data set again")
      }
      guard arriving.bytes.count + piece.bytes.count <= Self.chunkBytesMaximum,
        state.arrivingBytes + arriving.bytes.count + piece.bytes.count <= Self.arrivingBytesMaximum
      else {
        return .refused("too many huge transactions are being added at once; add them again later")
      }
      arriving.bytes += piece.bytes
      arriving.pieceCount += 1
      arriving.lastHeard = now
      if !piece.isLast {
        state.arriving[piece.ingest] = arriving
        state.arrivingBytes += arriving.bytes.count
        return .piece
      }
      state.next += 1
      let id = RequestID(DataSetID(high: 0, low: state.next))
      state.waiting[id] = Waiting(reply: reply, chunk: piece.chunk)
      return .chunk(arriving.bytes, id: id)
    }
  }

  /// Passes the coordinator's answer on.
  func answer(_ id: RequestID, _ response: ClientResponse) {
    guard let put = state.withLock({ $0.waiting.removeValue(forKey: id) }) else { return }
    switch response {
    case .ingesting(let progress) where progress.nextSequence > put.chunk:
      put.reply.accept(credits: Self.credits)
    case .refused(let refusal): put.reply.refuse(refusal.message)
    default: put.reply.refuse("chunk \(put.chunk) arrived out of order; add the data set again")
    }
  }
}
