import Blocks
import Itemsets
import Reports
import TransactionReaders

/// A data set read into blocks, with what counting needs to know of it.
struct LoadedTransactions {
  let blocks: [Block]
  let dictionary: ItemDictionary
  /// Transactions that contain each item, by dictionary id.
  let counts: [UInt64]
  let transactionCount: UInt64
  /// Bytes held by the blocks and the dictionary.
  let byteCount: Int

  /// Reads all inputs and says what was found.
  ///
  /// - Parameter name: what to call the data set on standard error; nil for the names of the inputs.
  static func load(
    _ arguments: ReadingArguments, machine: MachineArguments, name: String? = nil
  ) throws(CommandFailure) -> LoadedTransactions {
    let narrator = machine.narrator
    let title = name ?? dataSetName(arguments.input)
    var loader = Loader(
      transactionsPerBlock: arguments.blockTransactions, memoryLimit: machine.memoryBytes)
    do {
      var reader = try TransactionReader(
        paths: arguments.input, options: arguments.options(machine: machine))
      try loader.load(&reader) { narrator.show(readingProgress(title, $0)) }
      narrator.clear()
      report(
        reader, name: title, transactions: loader.result.transactionCount,
        items: loader.result.dictionary.count, blocks: loader.result.blocks.count,
        saysFormat: name == nil, keptEmpty: arguments.keepEmpty, narrator: narrator)
    } catch let error as ReadError {
      narrator.clear()
      throw error.kind == .usage ? .usage("\(error)") : .failed(error)
    } catch let error as CommandFailure {
      narrator.clear()
      throw error
    } catch {
      throw .failed("\(error)")
    }
    return loader.result
  }

  private static func dataSetName(_ inputs: [String]) -> String {
    let names = inputs.map { input in
      input == "-" ? "standard input" : input.split(separator: "/").last.map(String.init) ?? input
    }
    if names.count <= 3 { return names.joined(separator: " + ") }
    return "\(names[0]) + \(names.count - 1) more"
  }

  static func readingProgress(_ title: String, _ summary: ReadingSummary) -> String {
    var line = "\(title): \(grouped(summary.transactions)) transactions"
    if let total = summary.bytesTotal, total > 0 {
      line += ", \(summary.bytesConsumed * 100 / total) %"
    }
    return line
  }

  /// Says what was read and what was skipped.
  static func report(
    _ reader: borrowing TransactionReader, name title: String, transactions: UInt64, items: Int,
    blocks: Int? = nil, saysFormat: Bool = true, keptEmpty: Bool, narrator: Narrator
  ) {
    if saysFormat {
      for input in reader.inputs { narrator.say("\(input)") }
    }
    let summary = reader.summary
    narrator.say(
      Progress.input(title, transactions: transactions, items: items, blocks: blocks))
    if summary.emptyBaskets > 0 {
      narrator.say(
        Progress.counted(summary.emptyBaskets, "blank line")
          + (keptEmpty
            ? " counted as transactions" : " skipped; --keep-empty counts them as transactions"))
    }
    // Between rows or values that name their transaction, a blank line is none.
    let others = summary.blankLines - summary.emptyBaskets
    if others > 0 { narrator.say(Progress.counted(others, "blank line") + " skipped") }
    if summary.rowsWithoutTransaction > 0 {
      narrator.say(
        Progress.counted(summary.rowsWithoutTransaction, "row") + " without a transaction skipped")
    }
  }
}

/// Fills blocks from a reader.
private struct Loader {
  private var builder: BlockBuilder
  private let memoryLimit: Int
  private var blocks: [Block] = []
  private var dictionary = ItemDictionary()
  private var transactionCount: UInt64 = 0
  private var byteCount = 0
  private var counts: [UInt64] = []

  init(transactionsPerBlock: Int, memoryLimit: Int) {
    builder = BlockBuilder(transactionsPerBlock: transactionsPerBlock)
    self.memoryLimit = memoryLimit
  }

  var result: LoadedTransactions {
    LoadedTransactions(
      blocks: blocks, dictionary: dictionary, counts: counts, transactionCount: transactionCount,
      byteCount: byteCount + dictionary.memoryBytes)
  }

  mutating func load(
    _ reader: inout TransactionReader, progress: (ReadingSummary) -> Void
  ) throws {
    var batch = TransactionBatch()
    var nextProgress = 0.0
    while try reader.read(into: &batch, dictionary: &dictionary) {
      try take(batch)
      batch.removeAll()
      let now = monotonicSeconds()
      if now >= nextProgress {
        progress(reader.summary)
        nextProgress = now + 0.1
      }
    }
    try closeBlock()
  }

  private mutating func take(_ batch: TransactionBatch) throws {
    transactionCount += UInt64(batch.count)
    var next = 0
    while next < batch.count {
      next = try builder.append(batch, from: next)
      if next < batch.count { try closeBlock() }
    }
  }

  private mutating func closeBlock() throws {
    guard let block = builder.finish() else { return }
    if counts.count < dictionary.count {
      counts.append(contentsOf: repeatElement(0, count: dictionary.count - counts.count))
    }
    try block.addCounts(into: &counts)
    blocks.append(block)
    byteCount += block.byteCount
    if byteCount > memoryLimit {
      throw CommandFailure.failed(
        "after \(grouped(transactionCount)) transactions the blocks hold \(byteCount >> 20) MiB,"
          + " over the memory limit of \(memoryLimit >> 20) MiB; raise --memory")
    }
  }
}
