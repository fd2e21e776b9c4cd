import CZeroMQ

/// Where a bulk server listens, and how to be let in.
public struct BulkAddress: Hashable, Sendable {
  /// The server's address, as it announced it.
  public let address: String
  /// The keys to use.
  public let security: ClientSecurity

  /// An address with keys.
  public init(_ address: String, security: ClientSecurity) {
    self.address = address
    self.security = security
  }
}

/// Fetches content from, and puts bytes to, any number of ``BulkServer``s, with one thread.
///
/// A request without an answer is sent again, so that servers must take the same request twice. The
/// connections are made as needed and closed when they have been idle for long.
public final class BulkClient: Sendable {
  /// How much a client does at once, and how long it waits.
  public struct Options: Equatable, Sendable {
    /// Chunks of one fetch asked for and not answered.
    public var chunksPerFetch = 4
    /// Chunks asked for and not answered of one server, over all fetches.
    public var chunksPerServer = 8
    /// Puts of one stream sent and not accepted, at most; the server may allow fewer.
    public var putsPerStream = 4
    /// Milliseconds to wait for an answer to a fetch before asking again.
    public var chunkMilliseconds = 5000
    /// Milliseconds to wait for an answer to a put before sending it again.
    public var putMilliseconds = 10_000
    /// How many times to ask again.
    public var retries = 3
    /// Fetches at once.
    public var fetchesMaximum = 256
    /// Bytes that one fetch may expect.
    public var contentBytesMaximum = 1 << 30
    /// Milliseconds after which an idle connection is closed.
    public var idleMilliseconds = 30_000

    /// The defaults.
    public init() {}
  }

  /// Names a fetch, to cancel it.
  public struct FetchID: Hashable, Sendable {
    let number: UInt64
  }

  /// Called once, on the client's thread, with the content or why there is none; must return soon.
  public typealias Completion = @Sendable (Result<[UInt8], BulkError>) -> Void

  private let options: Options
  private let commands: BulkCommands
  private let thread: Monitor<OwnedThread?>

  /// Starts the client's thread; connects to nothing yet.
  ///
  /// - Throws: ``TransportError/unavailable(what:code:)`` when the system refuses.
  public init(
    context: ZeroMQContext, options: Options = Options(), limits: TransportLimits = .bulk
  ) throws(TransportError) {
    self.options = options
    let commands = BulkCommands(wakeUp: try WakeUp(), fetchesMaximum: options.fetchesMaximum)
    self.commands = commands
    thread = Monitor(
      try OwnedThread {
        BulkLoop(context: context, options: options, limits: limits, commands: commands).run()
      })
  }

  deinit { close() }

  /// Begins to fetch what `key` names.
  ///
  /// The content is as long as expected, and what the server sent: whether it is what it should be
  /// is for a checksum to say.
  ///
  /// - Parameter completion: called exactly once, unless this throws.
  /// - Throws: ``BulkError``: `outsideLimits`, `tooMany` or `closed`, at once.
  @discardableResult
  public func fetch(
    key: [UInt8], expectedLength: Int, from server: BulkAddress,
    completion: @escaping Completion
  ) throws(BulkError) -> FetchID {
    guard key.count <= BulkLimits.keyBytesMaximum else {
      throw .outsideLimits(what: "a key", limit: BulkLimits.keyBytesMaximum)
    }
    guard expectedLength >= 0, expectedLength <= options.contentBytesMaximum else {
      throw .outsideLimits(what: "content", limit: options.contentBytesMaximum)
    }
    let progress = FetchProgress(key: key, expectedLength: expectedLength)
    return FetchID(number: try commands.fetch(progress, server, completion))
  }

  /// Fetches what `key` names and waits for it; not to be called from a completion.
  ///
  /// - Throws: ``BulkError``.
  public func fetchAndWait(
    key: [UInt8], expectedLength: Int, from server: BulkAddress
  ) throws(BulkError) -> [UInt8] {
    let arrived = Monitor<Result<[UInt8], BulkError>?>(nil)
    try fetch(key: key, expectedLength: expectedLength, from: server) { result in
      arrived.update { $0 = result }
    }
    guard let result = arrived.wait(for: { $0 }) else { throw .closed }
    return try result.get()
  }

  /// Ends a fetch with ``BulkError/cancelled``, if it is still going on.
  public func cancel(_ fetch: FetchID) { commands.cancel(fetch.number) }

  /// Begins a stream of puts to a server.
  ///
  /// - Parameter id: a number that no other stream of that server has: take a random one.
  public func putStream(id: UInt64, to server: BulkAddress) -> BulkPutStream {
    BulkPutStream(id: id, server: server, windowMaximum: options.putsPerStream, commands: commands)
  }

  /// Ends all that goes on with ``BulkError/closed`` and waits for the client's thread.
  ///
  /// From a completion it returns at once and the thread ends after it.
  public func close() {
    commands.close()
    thread.withLock { $0.take() }?.join()
  }
}

/// What callers ask of the client's thread.
final class BulkCommands: Sendable {
  enum Command: Sendable {
    case fetch(UInt64, FetchProgress, BulkAddress, BulkClient.Completion)
    case cancel(UInt64)
    case put(BulkPutStream.Window, BulkAddress, stream: UInt64, sequence: UInt64, [UInt8])
  }

  private struct State {
    var waiting: [Command] = []
    var fetchCount = 0
    var number: UInt64 = 0
    var isClosed = false
  }

  let wakeUp: WakeUp
  private let fetchesMaximum: Int
  private let state = Monitor(State())

  init(wakeUp: WakeUp, fetchesMaximum: Int) {
    self.wakeUp = wakeUp
    self.fetchesMaximum = fetchesMaximum
  }

  func fetch(
    _ progress: FetchProgress, _ server: BulkAddress, _ completion: @escaping BulkClient.Completion
  ) throws(BulkError) -> UInt64 {
    let result = state.withLock { state -> Result<UInt64, BulkError> in
      if state.isClosed { return .failure(.closed) }
      guard state.fetchCount < fetchesMaximum else {
        return .failure(.tooMany(limit: fetchesMaximum))
      }
      state.fetchCount += 1
      state.number += 1
      state.waiting.append(.fetch(state.number, progress, server, completion))
      return .success(state.number)
    }
    let number = try result.get()
    wakeUp.raise()
    return number
  }

  func cancel(_ number: UInt64) {
    state.withLock { if !$0.isClosed { $0.waiting.append(.cancel(number)) } }
    wakeUp.raise()
  }

  /// Takes a put; false when the client is closed.
  ///
  /// The window of the stream bounds how many.
  func put(
    _ window: BulkPutStream.Window, _ server: BulkAddress, stream: UInt64, sequence: UInt64,
    _ bytes: [UInt8]
  ) -> Bool {
    let isOpen = state.withLock { state in
      if !state.isClosed {
        state.waiting.append(.put(window, server, stream: stream, sequence: sequence, bytes))
      }
      return !state.isClosed
    }
    wakeUp.raise()
    return isOpen
  }

  func fetchEnded() { state.withLock { $0.fetchCount -= 1 } }

  func close() {
    state.withLock { $0.isClosed = true }
    wakeUp.raise()
  }

  func takeAll() -> (commands: [Command], isClosed: Bool) {
    state.withLock { state in
      defer { state.waiting = [] }
      return (state.waiting, state.isClosed)
    }
  }
}
