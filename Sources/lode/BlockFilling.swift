import Blocks
import Itemsets
import Runtime

/// Fills blocks from batches, and counts items.
struct BlockFiller: Sendable {
  private(set) var blocks: BlockPile
  /// Transactions that contain each item, by dictionary id, up to the highest id of any block.
  private(set) var counts: [UInt64] = []
  private(set) var transactionCount: UInt64 = 0
  private var builder: BlockBuilder

  /// - Parameters:
  ///   - memoryLimit: bytes of blocks that are held in memory.
  ///   - folder: where the others go.
  init(transactionsPerBlock: Int, memoryLimit: Int, folder: String) {
    builder = BlockBuilder(transactionsPerBlock: transactionsPerBlock)
    blocks = BlockPile(memoryLimit: memoryLimit, folder: folder)
  }

  mutating func take(_ batch: TransactionBatch) throws {
    transactionCount += UInt64(batch.count)
    var next = 0
    while next < batch.count {
      next = try builder.append(batch, from: next)
      if next < batch.count { try closeBlock() }
    }
  }

  /// Makes a block of what is left; nothing where nothing is.
  mutating func closeBlock() throws {
    guard let block = builder.finish() else { return }
    let idCount = block.itemIDs.last.map { Int($0) + 1 } ?? 0
    if counts.count < idCount {
      counts.append(contentsOf: repeatElement(0, count: idCount - counts.count))
    }
    try block.addCounts(into: &counts)
    try blocks.append(block)
  }
}

/// Fills blocks on a thread of its own while the caller reads on, or at once where there is none.
///
/// Batches are taken in the order in which they are given, so the blocks do not show it. Reading and
/// filling take about as long, but filling in fits: most of its time goes where a block is full. So
/// batches may wait, as many as are read in that time.
final class BlockFilling: Sendable {
  private struct Desk {
    /// Where there is no thread.
    var filler: BlockFiller
    /// What the thread is to take next, in order.
    var waiting: [TransactionBatch] = []
    /// Items and transactions of these.
    var waitingCount = 0
    /// Batches whose memory can be used again.
    var spare: [TransactionBatch] = []
    var isEnding = false
    /// How the thread ended.
    var outcome: Result<BlockFiller, any Error>?

    /// Takes the batch that has waited longest.
    mutating func next() -> TransactionBatch? {
      if waiting.isEmpty { return nil }
      let batch = waiting.removeFirst()
      waitingCount -= batch.items.count + batch.count
      return batch
    }
  }

  /// Items and transactions of batches that wait, from which on no further one may.
  private static let room = 1 << 18

  private let desk: Monitor<Desk>
  private let thread: Thread?

  init(_ filler: BlockFiller, onOwnThread: Bool) {
    let desk = Monitor(Desk(filler: filler))
    self.desk = desk
    let thread = onOwnThread ? Thread { Self.work(at: desk, filler) } : nil
    self.thread = thread?.isRunning == true ? thread : nil
  }

  /// Takes a batch and leaves an empty one in its place.
  ///
  /// - Throws: what went wrong with this batch or one before.
  func take(_ batch: inout TransactionBatch) throws {
    if thread == nil {
      try desk.update { desk in Result { try desk.filler.take(batch) } }.get()
    } else {
      _ = desk.wait { $0.waitingCount < Self.room || $0.outcome != nil ? true : nil }
      let given = batch
      batch = try desk.update { desk in
        if let outcome = desk.outcome { return outcome.map { _ in TransactionBatch() } }
        desk.waiting.append(given)
        desk.waitingCount += given.items.count + given.count
        return .success(desk.spare.popLast() ?? TransactionBatch())
      }.get()
    }
    batch.removeAll()
  }

  /// Waits until all batches have been taken and gives what came of them, the last block still open;
  /// once.
  ///
  /// - Throws: what went wrong with a batch.
  func finish() throws -> BlockFiller {
    guard let thread else { return desk.update { $0.filler } }
    desk.update { $0.isEnding = true }
    thread.join()
    return try desk.wait { $0.outcome }.get()
  }

  private static func work(at desk: Monitor<Desk>, _ empty: BlockFiller) {
    var filler = empty
    let outcome = Result {
      while true {
        _ = desk.wait { !$0.waiting.isEmpty || $0.isEnding ? true : nil }
        guard var batch = desk.update({ $0.next() }) else { break }
        try filler.take(batch)
        desk.update { desk in
          desk.spare.append(batch)
          // Nobody else may hold the memory when it is used again.
          batch = TransactionBatch()
        }
      }
      return filler
    }
    desk.update { $0.outcome = outcome }
  }
}
