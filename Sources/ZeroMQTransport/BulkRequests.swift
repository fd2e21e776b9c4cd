/// A fetch that is going on.
struct BulkFetch {
  var progress: FetchProgress
  let server: BulkAddress
  let completion: BulkClient.Completion
}

/// What a request is for.
enum BulkPurpose {
  case part(fetch: UInt64, offset: Int, length: Int)
  case put(BulkPutStream.Window, stream: UInt64, sequence: UInt64)
}

/// A request that has no answer yet.
struct UnansweredRequest {
  let purpose: BulkPurpose
  let server: BulkAddress
  let frames: [[UInt8]]
  /// Milliseconds to wait before it is sent again.
  let patience: Int
  let givesUpAt: Instant
  var isDueAt: Instant
  var wasBusy = false
}

/// The connection to one server, and what is known of it.
final class BulkLink {
  var connection: Connection
  /// Whether it has been connected since it was made; connected again means that messages were lost.
  var isConnected = false
  /// Whether it replaced one on which the server was silent, and has not been connected since.
  var wasReset = false
  var lastUsed = Instant.now
  var lastHeard = Instant.now
  var partsUnanswered = 0

  init(_ connection: Connection) { self.connection = connection }
}
