import Blocks
import Itemsets
import Reports
import Runtime
import TransactionReaders

/// A data set read into blocks, with what counting needs to know of it.
struct LoadedTransactions {
  let blocks: BlockPile
  let dictionary: ItemDictionary
  /// Transactions that contain each item, by dictionary id.
  let counts: [UInt64]
  let transactionCount: UInt64
  /// Bytes of memory held by the blocks and the dictionary.
  let byteCount: Int

  /// The part of the memory that blocks may take: projections take three times as much and more, so
  /// blocks that have more of it would leave too little for them.
  private static let blockShare = 8

  /// Bytes of input that are read before a thread that fills blocks meanwhile would have paid for its
  /// start.
  private static let smallInput = 1 << 20

  /// Reads all inputs and says what was found.
  ///
  /// - Parameter name: what to call the data set on standard error; nil for the names of the inputs.
  static func load(
    _ settings: ReadingSettings, machine: MachineSettings, name: String? = nil
  ) throws(CommandFailure) -> LoadedTransactions {
    let narrator = machine.narrator
    let title = name ?? dataSetName(settings.input)
    do {
      var reader = try TransactionReader(
        paths: settings.input, options: settings.options(machine: machine))
      let filler = BlockFiller(
        transactionsPerBlock: settings.blockTransactions,
        memoryLimit: machine.memoryBytes / blockShare, folder: machine.temporaryDirectory)
      let isSmall = reader.summary.bytesTotal.map { $0 < smallInput } ?? false
      let loaded = try load(
        &reader, BlockFilling(filler, onOwnThread: machine.threadCount > 1 && !isSmall)
      ) { narrator.show(readingProgress(title, $0)) }
      narrator.clear()
      report(
        reader, name: title, transactions: loaded.transactionCount, items: loaded.dictionary.count,
        blocks: loaded.blocks.count, saysFormat: name == nil, keptEmpty: settings.keepEmpty,
        narrator: narrator)
      return loaded
    } catch let error as ReadError {
      narrator.clear()
      throw error.kind == .usage ? .usage("\(error)") : .failed(error)
    } catch let error as CommandFailure {
      narrator.clear()
      throw error
    } catch {
      throw .failed("\(error)")
    }
  }

  private static func load(
    _ reader: inout TransactionReader, _ filling: BlockFilling,
    progress: (ReadingSummary) -> Void
  ) throws -> LoadedTransactions {
    var dictionary = ItemDictionary()
    var batch = TransactionBatch()
    var nextProgress = 0.0
    do {
      while try reader.read(into: &batch, dictionary: &dictionary) {
        try filling.take(&batch)
        let now = monotonicSeconds()
        if now >= nextProgress {
          progress(reader.summary)
          nextProgress = now + 0.1
        }
      }
    } catch let error as ReadError {
      // What went wrong with the transactions before it comes first.
      _ = try filling.finish()
      throw error
    }
    var filled = try filling.finish()
    try filled.closeBlock()
    // Blocks know no ids above their highest.
    var counts = filled.counts
    counts.append(contentsOf: repeatElement(0, count: max(dictionary.count - counts.count, 0)))
    return LoadedTransactions(
      blocks: filled.blocks, dictionary: dictionary, counts: counts,
      transactionCount: filled.transactionCount,
      byteCount: filled.blocks.byteCount + dictionary.memoryBytes)
  }

  private static func dataSetName(_ inputs: [String]) -> String {
    let names = inputs.map { input in
      input == "-" ? "standard input" : input.split(separator: "/").last.map(String.init) ?? input
    }
    if names.count == 1 { return names[0] }  // a tenth of a millisecond sooner
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
