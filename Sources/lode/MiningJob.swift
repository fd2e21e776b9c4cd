import Apriori
import AssociationRules
import Itemsets
import Reports
import Runtime

/// From what is mined, here or by a cluster, to written results, as `mine`, `demo` and `job results` do
/// it.
struct MiningJob {
  let request: MiningRequest
  let report: ReportOptions
  let machine: MachineSettings

  /// Opens the destination, lets `obtain` mine, and writes.
  ///
  /// - Parameter start: when the command began, for the summary.
  func run(
    writingTo destination: OutputDestination, since start: Double, obtain: () throws -> Mined
  ) throws {
    let narrator = machine.narrator
    do {
      let output = try OutputBuffer(destination)
      let mined = try obtain()
      let written = try write(mined, to: output)
      if machine.quiet { return }
      narrator.say(
        Progress.summary(
          kind: written.kind, byLength: written.byLength ?? byLength(mined),
          rules: written.ruleCount, seconds: monotonicSeconds() - start))
      if let note = written.note { narrator.say(note) }
    } catch let error as OutputError where error != .closedPipe {
      throw CommandFailure.failed(error)
    } catch let error as ExpansionError {
      throw CommandFailure.failed(error)
    } catch let error as MiningError {
      throw CommandFailure.failed(error)
    }
  }

  /// What mining left behind: the frequent items and the levels.
  struct Mined {
    let items: RankedItems
    let levels: ClosedLevels
    /// Bytes of the limit that are left for indexes.
    let memoryLeft: Int
  }

  /// Decides the minimum support and mines, saying so.
  func mine(_ loaded: LoadedTransactions) throws(MiningError) -> Mined {
    let narrator = machine.narrator
    let minimum = request.support.count(of: loaded.transactionCount)
    narrator.say(
      Progress.minimumSupport(
        request.supportText, count: minimum, transactions: loaded.transactionCount))
    if request.supportText == "1" {
      narrator.say("warning: 1 is a count of one transaction; write 1.0 or 100% for all of them")
    }
    let items = RankedItems(
      dictionary: loaded.dictionary, counts: loaded.counts, minimumCount: minimum)
    let miner = LocalMiner(
      blocks: loaded.blocks, items: items, itemCount: loaded.dictionary.count,
      transactionCount: loaded.transactionCount,
      options: .init(
        threadCount: machine.threadCount, memoryLimit: machine.memoryBytes,
        bytesHeld: loaded.byteCount))
    let clock = Stopwatch()
    let levels = try miner.mine(minimumSupport: minimum, maximumLength: request.maximumLevel) {
      progress in
      switch progress {
      case .counted(let level, let ranges, let all):
        if clock.isDue() { narrator.show("level \(level): \(ranges * 100 / all) %") }
      case .closed(let level):
        narrator.say(
          Progress.level(
            level.level, candidates: level.candidateCount, frequent: UInt64(level.frequentCount),
            seconds: clock.lap()))
      }
    }
    return Mined(
      items: items, levels: levels,
      memoryLeft: max(machine.memoryBytes - loaded.byteCount - levels.byteCount, 0))
  }

  /// What was written, for the summary.
  struct Written {
    var kind = "frequent"
    /// The number of itemsets of each length; nil where all frequent ones are meant.
    var byLength: [UInt64]?
    var ruleCount: UInt64?
    var note: String?
  }

  /// The numbers of itemsets for the summary, counted without expanding them; nil where they are
  /// more than can be counted, which is no reason to fail when the answer has been written.
  private func byLength(_ mined: Mined) -> [UInt64]? {
    let lengths =
      request.target == .rules ? LengthLimits(maximum: request.maximumLevel) : request.lengths
    let counts = try? ItemsetCounts(of: mined.levels, lengths: lengths)
    return counts.map { Array($0.byLength.dropFirst()) }
  }

  private func write(_ mined: Mined, to output: consuming OutputBuffer) throws -> Written {
    switch request.target {
    case .rules: try writeRules(mined, to: output)
    case .closed: try writeCondensed(mined, kind: .closed, to: output)
    case .maximal: try writeCondensed(mined, kind: .maximal, to: output)
    case .itemsets: try writeItemsets(mined, to: output)
    }
  }

  private func writeRules(_ mined: Mined, to output: consuming OutputBuffer) throws -> Written {
    if report.areRulesWrittenAsTheyCome { return try writeAllRules(mined, to: output) }
    var rules = try RuleGenerator(
      mined.levels, options: request.rules, memoryLimit: mined.memoryLeft)
    var report = try RuleReport(items: mined.items, options: report, output: output)
    var batch = RuleBatch()
    var isCut = false
    var made = 0
    let clock = Stopwatch()
    while !isCut, try rules.next(into: &batch) {
      try report.append(batch)
      isCut = !report.needsRows
      made += batch.count
      if clock.isDue() { machine.narrator.show("\(grouped(made)) rules") }
    }
    machine.narrator.clear()
    let summary = try report.finish()
    if isCut {
      // There may be billions more: nobody waits for their number.
      let count = Progress.counted(summary.rowsWritten, "rule")
      return Written(note: "first \(count); --top none for all")
    }
    return Written(ruleCount: summary.rowsSeen, note: summary.note)
  }

  /// Writes rules as they come; all threads make them and their text.
  private func writeAllRules(_ mined: Mined, to output: consuming OutputBuffer) throws -> Written {
    let rules = try RuleSource(
      mined.levels, options: request.rules, memoryLimit: mined.memoryLeft,
      generatorCount: machine.threadCount)
    var output = output
    let text = try RuleText(items: mined.items, options: report, to: &output)
    let clock = Stopwatch()
    let count = RuleCount { [narrator = machine.narrator] count in
      if clock.isDue() { narrator.show("\(grouped(count)) rules") }
    }
    let writing = TextWriting(RulePieces(rules), to: output) { () throws(OutputError) in
      try RulePieceWriter(rules, text, count)
    }
    try writing.run(threadCount: machine.threadCount)
    machine.narrator.clear()
    return Written(ruleCount: count.value)
  }

  private func writeCondensed(
    _ mined: Mined, kind: CondensedKind, to output: consuming OutputBuffer
  ) throws -> Written {
    var itemsets = try CondensedExpansion(
      mined.levels, kind: kind, lengths: request.lengths, memoryLimit: mined.memoryLeft)
    var report = try ItemsetReport(
      items: mined.items, transactions: mined.levels.transactionCount, options: report,
      output: output)
    var byLength: [UInt64] = []
    var batch = ItemsetBatch()
    while itemsets.next(into: &batch) {
      for index in 0..<batch.count {
        let length = batch.range(index).count
        if byLength.count < length {
          byLength += Array(repeating: 0, count: length - byLength.count)
        }
        byLength[length - 1] += 1
      }
      try report.append(batch)
    }
    let summary = try report.finish()
    return Written(kind: "\(kind)", byLength: byLength, note: summary.note)
  }

  private func writeItemsets(_ mined: Mined, to output: consuming OutputBuffer) throws -> Written {
    if report.isPlainFIMI, request.lengths == LengthLimits() {
      let clock = Stopwatch()
      let nodeCount = mined.levels.levels.reduce(1) { $0 + $1.nodeCount }
      let text = try ItemsetText(mined.levels, items: mined.items)
      let pieces = ItemsetPieces(text) { [narrator = machine.narrator] nodes in
        if clock.isDue() { narrator.show("writing: \(nodes * 100 / nodeCount) %") }
      }
      let writing = TextWriting(pieces, to: output) { ItemsetPieceWriter(text) }
      try writing.run(threadCount: machine.threadCount)
      machine.narrator.clear()
      return Written()
    }
    var itemsets = try ItemsetExpansion(mined.levels, lengths: request.lengths)
    var report = try ItemsetReport(
      items: mined.items, transactions: mined.levels.transactionCount, options: report,
      output: output)
    var batch = ItemsetBatch()
    var made = 0
    let clock = Stopwatch()
    while report.needsRows, itemsets.next(into: &batch) {
      try report.append(batch)
      made += batch.count
      if clock.isDue() { machine.narrator.show("\(grouped(made)) itemsets") }
    }
    machine.narrator.clear()
    let summary = try report.finish()
    guard summary.note != nil, !machine.quiet else { return Written() }
    // The report has not seen the rows behind the last one it needed.
    let counts = try? ItemsetCounts(of: mined.levels, lengths: request.lengths)
    let total = counts.map { grouped($0.total) } ?? Progress.uncountable
    return Written(note: "\(grouped(summary.rowsWritten)) of \(total); --top none for all")
  }
}

/// Tells how long each step took, and when to show progress again; used by one thread at a time.
private final class Stopwatch: @unchecked Sendable {
  private static let secondsBetweenShows = 0.1

  private var lapStart = monotonicSeconds()
  private var nextShow = monotonicSeconds() + 0.5

  /// Seconds since the lap before.
  func lap() -> Double {
    let now = monotonicSeconds()
    defer { lapStart = now }
    return now - lapStart
  }

  /// Whether progress was last shown long enough ago.
  func isDue() -> Bool {
    let now = monotonicSeconds()
    if now < nextShow { return false }
    nextShow = now + Self.secondsBetweenShows
    return true
  }
}
