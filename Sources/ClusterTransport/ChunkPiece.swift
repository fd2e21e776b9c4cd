import Blocks
import Messages

/// A part of a chunk of an ingest that is small enough for one put.
///
/// One transaction may have millions of items, so that a chunk can be longer than a put may be.
struct ChunkPiece {
  let ingest: RequestID
  /// The place of the chunk in the ingest.
  let chunk: UInt64
  /// The place of the piece in the chunk.
  let number: UInt64
  /// Whether the chunk ends with this piece.
  let isLast: Bool
  let bytes: ArraySlice<UInt8>

  /// Four numbers and whether it is the last piece.
  private static let headerLength = 33
  /// Bytes of a chunk in one piece, so that the put stays within a mebibyte.
  private static let length = (1 << 20) - headerLength

  /// The pieces of a chunk, at least one.
  static func pieces(of bytes: [UInt8], chunk: UInt64, ingest: RequestID) -> [ChunkPiece] {
    let count = max(1, (bytes.count + length - 1) / length)
    return (0..<count).map { number in
      let start = number * length
      return ChunkPiece(
        ingest: ingest, chunk: chunk, number: UInt64(number), isLast: number == count - 1,
        bytes: bytes[start..<min(start + length, bytes.count)])
    }
  }

  private init(
    ingest: RequestID, chunk: UInt64, number: UInt64, isLast: Bool, bytes: ArraySlice<UInt8>
  ) {
    self.ingest = ingest
    self.chunk = chunk
    self.number = number
    self.isLast = isLast
    self.bytes = bytes
  }

  /// What a put holds; nil where it is no piece.
  init?(_ put: [UInt8]) {
    guard put.count >= Self.headerLength, put[32] <= 1 else { return nil }
    let numbers = stride(from: 0, to: 32, by: 8).map { start in
      put[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    ingest = RequestID(DataSetID(high: numbers[0], low: numbers[1]))
    chunk = numbers[2]
    number = numbers[3]
    isLast = put[32] == 1
    bytes = put[Self.headerLength...]
  }

  var encoded: [UInt8] {
    var put: [UInt8] = []
    put.reserveCapacity(Self.headerLength + bytes.count)
    for number in [ingest.id.high, ingest.id.low, chunk, number] {
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        put.append(UInt8(truncatingIfNeeded: number >> shift))
      }
    }
    put.append(isLast ? 1 : 0)
    put += bytes
    return put
  }
}
