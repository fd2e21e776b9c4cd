/// A stream of bytes put to a server in order, by one caller at a time.
public final class BulkPutStream: Sendable {
  struct WindowState {
    var next: UInt64 = 0
    var unanswered = 0
    var credits: Int
    var failure: BulkError?
  }

  typealias Window = Monitor<WindowState>

  /// The number the server knows the stream by.
  public let id: UInt64

  private let server: BulkAddress
  private let windowMaximum: Int
  private let window: Window
  private let commands: BulkCommands

  init(id: UInt64, server: BulkAddress, windowMaximum: Int, commands: BulkCommands) {
    self.id = id
    self.server = server
    self.windowMaximum = max(windowMaximum, 1)
    self.commands = commands
    window = Monitor(WindowState(credits: max(windowMaximum, 1)))
  }

  /// Puts the next bytes of the stream, at most 1 MiB.
  ///
  /// Waits while as many puts are unanswered as the server allows, and never longer than their
  /// deadlines. Not to be called from a completion of the client, whose thread it waits for.
  ///
  /// - Returns: the place of the bytes in the stream: 0, 1, 2, ...
  /// - Throws: ``BulkError``, also for a put before this one; the stream has failed then.
  @discardableResult
  public func put(_ bytes: [UInt8]) throws(BulkError) -> UInt64 {
    while true {
      if let sequence = try put(bytes, waitingAtMost: 1_000) { return sequence }
    }
  }

  /// Puts the next bytes of the stream, unless there is no room for so many milliseconds.
  ///
  /// - Returns: the place of the bytes in the stream; nil where there was no room.
  /// - Throws: as ``put(_:)``.
  public func put(_ bytes: [UInt8], waitingAtMost milliseconds: Int) throws(BulkError) -> UInt64? {
    guard bytes.count <= BulkLimits.chunkBytesMaximum else {
      throw .outsideLimits(what: "a put", limit: BulkLimits.chunkBytesMaximum)
    }
    let result = window.wait(until: .now + milliseconds) { state -> Result<UInt64, BulkError>? in
      if let failure = state.failure { return .failure(failure) }
      guard state.unanswered < min(state.credits, windowMaximum) else { return nil }
      let sequence = state.next
      // Within the lock, so that puts leave in the order of their numbers.
      guard commands.put(window, server, stream: id, sequence: sequence, bytes) else {
        return .failure(.closed)
      }
      state.next += 1
      state.unanswered += 1
      return .success(sequence)
    }
    return try result?.get()
  }

  /// Waits until the server has accepted all puts.
  ///
  /// - Throws: ``BulkError`` when it did not.
  public func finish() throws(BulkError) {
    while try !finish(waitingAtMost: 1_000) {}
  }

  /// Waits until the server has accepted all puts, but no longer than so many milliseconds.
  ///
  /// - Returns: whether it has.
  /// - Throws: ``BulkError`` when it will not.
  public func finish(waitingAtMost milliseconds: Int) throws(BulkError) -> Bool {
    let result = window.wait(until: .now + milliseconds) { state -> Result<Void, BulkError>? in
      if let failure = state.failure { return .failure(failure) }
      return state.unanswered == 0 ? .success(()) : nil
    }
    try result?.get()
    return result != nil
  }
}
