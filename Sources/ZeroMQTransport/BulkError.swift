/// Why a fetch or a put failed; the description says what to do about it.
public enum BulkError: Error, Equatable, CustomStringConvertible {
  /// The server has nothing by the key asked for.
  case absent(address: String)
  /// The content is of another length than expected, so it is not what was expected.
  case wrongLength(address: String, expected: Int, announced: UInt64)
  /// The server did not answer, in spite of repeated requests.
  case noAnswer(address: String, milliseconds: Int)
  /// The server was too busy all the time.
  case busy(address: String, milliseconds: Int)
  /// The server refused, for the `reason` it gave.
  case refused(address: String, reason: String)
  /// The server refused this process's key.
  case keyRefused(address: String)
  /// The server answered what was not asked.
  case malformedAnswer(address: String)
  /// The key, the bytes or the length are outside the limits.
  case outsideLimits(what: String, limit: Int)
  /// As much is going on as may; try again when something is done.
  case tooMany(limit: Int)
  /// The caller cancelled it.
  case cancelled
  /// The client was closed.
  case closed
  /// There can be no connection.
  case transport(TransportError)

  /// What happened, where, and what to do.
  public var description: String {
    switch self {
    case .absent(let address):
      "\(address) has nothing by this key: ask another replica"
    case .wrongLength(let address, let expected, let announced):
      "\(address) announces \(announced) bytes where \(expected) were expected: ask another replica"
    case .noAnswer(let address, let milliseconds):
      "\(address) did not answer within \(milliseconds) ms: check that it runs and can be reached"
    case .busy(let address, let milliseconds):
      "\(address) was busy for \(milliseconds) ms: try again later"
    case .refused(let address, let reason):
      "\(address) refused: \(reason)"
    case .keyRefused(let address):
      "\(address) does not know the key of this process: give the keys of this cluster with --keys"
    case .malformedAnswer(let address):
      "\(address) answered what was not asked: check that it is a Lode of the same version"
    case .outsideLimits(let what, let limit):
      "\(what) of more than \(limit) bytes cannot be sent"
    case .tooMany(let limit):
      "\(limit) transfers are going on already: wait for some to end"
    case .cancelled:
      "the transfer was cancelled"
    case .closed:
      "the client is closed"
    case .transport(let error):
      "\(error)"
    }
  }
}
