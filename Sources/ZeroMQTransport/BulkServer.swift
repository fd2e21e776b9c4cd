import Glibc
import Synchronization

/// A request for a part of what a key names.
public struct BulkRequest: Sendable {
  /// The key, at most 64 bytes, as the client sent it.
  public let key: [UInt8]
  /// The first byte asked for.
  public let offset: UInt64
  /// The bytes asked for, at most 1 MiB.
  public let length: Int
  /// Who asks, as the authorizer said; nil without CURVE.
  public let userID: String?
  /// Where the client is, for messages to people.
  public let remoteAddress: String?
}

/// What a provider says to a ``BulkRequest``.
public enum BulkAnswer: Sendable {
  /// The bytes asked for, all of them that the content has, and the length of all of the content.
  case bytes([UInt8], totalLength: UInt64)
  /// The key names nothing here.
  case absent
  /// Not now: the client asks again a little later.
  case busy
  /// Never, for this reason: the client fails.
  case refused(String)
}

/// Bytes a client puts into a stream.
public struct BulkPut: Sendable {
  /// The stream, as the client named it.
  public let stream: UInt64
  /// The place in the stream, from 0 without gaps.
  public let sequence: UInt64
  /// At most 1 MiB.
  public let bytes: [UInt8]
  /// Who puts, as the authorizer said; nil without CURVE.
  public let userID: String?
  /// Where the client is, for messages to people.
  public let remoteAddress: String?
}

/// Answers fetches and takes puts of ``BulkClient``s.
///
/// The content comes from a provider run by a few threads, so that a slow disk does not keep the
/// socket waiting. When more is asked than it keeps up with, clients are told `busy`.
public final class BulkServer: Sendable {
  /// Gives a part of what a key names; called by several threads at once, and may take its time.
  public typealias Provider = @Sendable (BulkRequest) -> BulkAnswer
  /// Takes a put; called by one thread in the order of each stream.
  ///
  /// It should return soon and answer
  /// by the reply, at once or later; the credits it gives are what bounds the puts it holds.
  public typealias PutHandler = @Sendable (BulkPut, BulkPutReply) -> Void

  /// How much a server takes on at once.
  public struct Options: Equatable, Sendable {
    /// Threads that run the provider.
    public var providerThreads = 2
    /// Requests that wait for the provider or are with it.
    public var requestsMaximum = 1024
    /// Of them, requests of one connection.
    public var requestsPerPeerMaximum = 64
    /// Bytes of puts that wait for the handler.
    public var putBytesMaximum = 64 << 20
    /// Puts of a stream that the handler has not answered.
    public var unansweredPutsPerStreamMaximum = 64
    /// Streams remembered.
    public var streamsMaximum = 1024

    /// The defaults.
    public init() {}
  }

  private let desk: BulkDesk
  private let endpoint: ServerEndpoint
  private let threads: Monitor<[OwnedThread]>

  /// Listens at `address`; without a put handler, puts are refused.
  ///
  /// - Throws: ``TransportError``, as ``ServerEndpoint`` does.
  public init(
    context: ZeroMQContext, address: String, security: SecurityPolicy,
    options: Options = Options(), limits: TransportLimits = .bulk,
    onPut: PutHandler? = nil, provider: @escaping Provider
  ) throws(TransportError) {
    let desk = BulkDesk(options: options, takesPuts: onPut != nil)
    self.desk = desk
    endpoint = try ServerEndpoint(
      context: context, address: address, security: security, limits: limits
    ) { desk.receive($0) }
    desk.open(endpoint)
    var started: [OwnedThread] = []
    do throws(TransportError) {
      for _ in 0..<max(options.providerThreads, 1) {
        started.append(try OwnedThread { desk.provide(provider) })
      }
      if let onPut { started.append(try OwnedThread { desk.takePuts(onPut) }) }
    } catch {
      desk.close()
      for thread in started { thread.join() }
      throw error
    }
    threads = Monitor(started)
  }

  deinit { close() }

  /// The address it listens at, with the port the system chose.
  public var boundAddress: String { endpoint.boundAddress }

  /// What its socket has done; messages that are no bulk messages count as malformed.
  public var statistics: TransportStatistics {
    var statistics = endpoint.statistics
    statistics.messagesMalformed += desk.malformedCount
    return statistics
  }

  /// Stops listening, and waits for the provider and the handler to return.
  public func close() {
    desk.close()
    endpoint.close()
    let started = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in started { thread.join() }
  }
}

/// The answer to one put, to be given once: at once, later, or from another thread.
///
/// One that is let go unanswered refuses the put.
public final class BulkPutReply: Sendable {
  private let isAnswered = Atomic<Bool>(false)
  private let answer: @Sendable (UInt32, String?) -> Void

  init(_ answer: @escaping @Sendable (UInt32, String?) -> Void) { self.answer = answer }

  deinit { refuse("the server gave no answer: see its messages") }

  /// Accepts the put, and lets the client have so many unanswered from now on, at least one.
  public func accept(credits: Int) {
    guard !isAnswered.exchange(true, ordering: .acquiringAndReleasing) else { return }
    answer(UInt32(clamping: max(credits, 1)), nil)
  }

  /// Refuses the put and all that follow in its stream.
  public func refuse(_ reason: String) {
    guard !isAnswered.exchange(true, ordering: .acquiringAndReleasing) else { return }
    answer(0, reason)
  }
}
