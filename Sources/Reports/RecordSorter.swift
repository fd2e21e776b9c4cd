import Glibc

/// Sorts records by key, then by a tie rule, then by arrival, within a budget of memory.
///
/// Records grow from the front of one arena, the entries that are sorted from its back. A full arena
/// is sorted and, where only the first rows are asked for, cut; if that does not help it becomes a
/// run on disk, in a file that has no name. ``finish()`` ends the input, ``next()`` then yields the
/// records in order.
///
/// - Complexity: n log n comparisons; with a limit of k rows, records that cannot be among them any
///   more cost one comparison.
final class RecordSorter {
  private struct Entry {
    let key: UInt64
    /// Where the record starts; ascending with arrival.
    let start: Int
  }

  private let rule: TieRule
  private let limit: Int
  private let budgetWords: Int
  private let directory: String
  private var arena: UnsafeMutablePointer<UInt32>
  private var arenaWords: Int
  private var usedWords = 0
  private var entryCount = 0
  /// With a limit, a key that later records must not exceed to be among the first.
  private var worstKey = UInt64.max
  /// With a limit, the number of entries at which they are cut.
  private var cutCount: Int
  private var runs: SortedRuns?
  private var merger: RunMerger?
  private var position = 0

  /// A sorter that yields at most `limit` records and holds about `memory` bytes.
  init(rule: TieRule, limit: UInt64?, memory: Int, directory: String) {
    self.rule = rule
    self.limit = limit.map { Int(clamping: $0) } ?? .max
    self.directory = directory
    cutCount = self.limit > .max / 4 ? .max : max(self.limit * 2, 4096)
    budgetWords = max(memory, 4096) / 4
    (arena, arenaWords) = Self.allocate(budgetWords)
  }

  /// A sorter with the limit, memory and folder of a report.
  convenience init(rule: TieRule, _ options: ReportOptions) {
    self.init(
      rule: rule, limit: options.rowLimit, memory: options.memory,
      directory: options.temporaryDirectory)
  }

  deinit { free(arena) }

  /// Whether a record with this key can still be among the first.
  func accepts(_ key: UInt64) -> Bool { key <= worstKey && limit > 0 }

  /// Adds a record of so many words in all and returns it, to fill in what follows the key.
  func add(key: UInt64, words: Int) throws(OutputError) -> UnsafeMutablePointer<UInt32> {
    if entryCount >= cutCount { sortAndCut() }
    if freeWords < words + Self.entryCost { try makeRoom(words) }
    let record = arena + usedWords
    record[0] = UInt32(truncatingIfNeeded: words)
    store64(key, record, 1)
    entryCount += 1
    entries[0] = Entry(key: key, start: usedWords)
    usedWords += words
    return record
  }

  /// Ends the input.
  func finish() throws(OutputError) {
    sortAndCut()
    if runs != nil {
      try spill()
      free(arena)
      (arena, arenaWords) = Self.allocate(16)
      merger = try runs?.merged(rule: rule, budgetWords: budgetWords)
    }
  }

  /// The next record in order, good until the next call; nil at the end.
  func next() throws(OutputError) -> UnsafePointer<UInt32>? {
    guard position < limit else { return nil }
    position += 1
    if let merger { return try merger.next() }
    guard position <= entryCount else { return nil }
    return UnsafePointer(arena + entries[position - 1].start)
  }

  /// What an entry costs in words: itself and half as much while it is sorted.
  private static let entryCost = MemoryLayout<Entry>.stride / 4 * 3 / 2

  /// Words that records and entries may still take.
  private var freeWords: Int {
    arenaWords & ~3 - usedWords - entryCount * Self.entryCost
  }

  /// Memory for so many words, or for fewer if the system has less; it is used only as it fills.
  private static func allocate(_ words: Int) -> (UnsafeMutablePointer<UInt32>, Int) {
    var words = words
    while words > 16 {
      if let memory = malloc(words * 4) {
        return (memory.assumingMemoryBound(to: UInt32.self), words)
      }
      words /= 2
    }
    guard let memory = malloc(64) else { invariantFailed("not even 64 bytes of memory") }
    return (memory.assumingMemoryBound(to: UInt32.self), 16)
  }

  /// The entries, last arrival first until they are sorted.
  private var entries: UnsafeMutableBufferPointer<Entry> {
    let end = UnsafeMutableRawPointer(arena + arenaWords & ~3)
    let start = end - entryCount * MemoryLayout<Entry>.stride
    return UnsafeMutableBufferPointer(
      start: start.assumingMemoryBound(to: Entry.self), count: entryCount)
  }

  private func sortEntries() {
    let arena = arena
    let rule = rule
    var sorted = entries
    sorted.sort { left, right in
      if left.key != right.key { return left.key < right.key }
      let order = compareTied(arena + left.start, arena + right.start, rule)
      return order == 0 ? left.start < right.start : order < 0
    }
  }

  private func sortAndCut() {
    sortEntries()
    guard entryCount >= limit else { return }
    if limit > 0 { worstKey = min(worstKey, entries[limit - 1].key) }
    guard entryCount > limit else { return }
    // The first entries move to the back of the arena; their records close up in order of arrival.
    let all = entries
    let removed = entryCount - limit
    entryCount = limit
    for index in stride(from: limit - 1, through: 0, by: -1) { all[removed + index] = all[index] }
    var kept = entries
    kept.sort { $0.start < $1.start }
    usedWords = 0
    for index in kept.indices {
      let words = Int(arena[kept[index].start])
      (arena + usedWords).update(from: arena + kept[index].start, count: words)
      kept[index] = Entry(key: kept[index].key, start: usedWords)
      usedWords += words
    }
    sortEntries()
  }

  private func makeRoom(_ words: Int) throws(OutputError) {
    sortAndCut()
    if freeWords < arenaWords / 2 { try spill() }
    let needed = words + Self.entryCost + 4
    if freeWords < needed {
      // One record larger than the whole budget: the arena grows for it.
      guard entryCount == 0 else { return try makeRoomBySpilling(words) }
      free(arena)
      (arena, arenaWords) = Self.allocate(needed)
      guard arenaWords >= needed else {
        throw OutputError.cannotSpill(directory: directory, code: ENOMEM)
      }
    }
  }

  private func makeRoomBySpilling(_ words: Int) throws(OutputError) {
    try spill()
    try makeRoom(words)
  }

  /// Writes the sorted entries as a run and forgets them.
  private func spill() throws(OutputError) {
    guard entryCount > 0 else { return }
    if self.runs == nil { self.runs = try SortedRuns(directory: directory) }
    guard let runs else { return }
    runs.startRun()
    for entry in entries { try runs.append(UnsafePointer(arena + entry.start)) }
    try runs.endRun()
    entryCount = 0
    usedWords = 0
  }
}
