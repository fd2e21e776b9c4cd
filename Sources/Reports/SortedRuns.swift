import Glibc

/// Sorted runs of records in one nameless file, in order of their arrival.
final class SortedRuns {
  /// Where a run lies in the file, in bytes.
  struct Run {
    var start: Int
    var end: Int
  }

  private(set) var runs: [Run] = []
  /// The words of the longest record.
  private(set) var longestRecord = 0
  let directory: String
  private let descriptor: Int32
  private var buffer: [UInt32] = []
  private static let bufferWords = 64 * 1024

  init(directory: String) throws(OutputError) {
    self.directory = directory
    if let nameless = openNamelessFile(in: directory) {
      descriptor = nameless
    } else if let named = openNamedFile(in: directory) {
      descriptor = named.descriptor
      _ = unlink(named.path)
    } else {
      throw OutputError.cannotSpill(directory: directory, code: errno)
    }
  }

  deinit { _ = close(descriptor) }

  func startRun() {
    let end = runs.last?.end ?? 0
    runs.append(Run(start: end, end: end))
  }

  func append(_ record: UnsafePointer<UInt32>) throws(OutputError) {
    let words = Int(record[0])
    longestRecord = max(longestRecord, words)
    if buffer.count + words > Self.bufferWords { try flush() }
    buffer.append(contentsOf: UnsafeBufferPointer(start: record, count: words))
  }

  func endRun() throws(OutputError) {
    try flush()
  }

  /// Reads words of the file from a byte offset, as many as there are up to the buffer's size.
  func read(
    _ buffer: UnsafeMutableBufferPointer<UInt32>, at offset: Int
  ) throws(OutputError) {
    var rest = UnsafeMutableRawBufferPointer(buffer)
    var offset = offset
    while let base = rest.baseAddress, !rest.isEmpty {
      let count = pread(descriptor, base, rest.count, offset)
      if count < 0, errno == EINTR { continue }
      // The file ends early only if someone else cut it.
      guard count > 0 else {
        throw OutputError.cannotSpill(directory: directory, code: count < 0 ? errno : EIO)
      }
      rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...])
      offset += count
    }
  }

  /// A merger of all runs, after merging groups of them as often as the budget demands.
  func merged(rule: TieRule, budgetWords: Int) throws(OutputError) -> RunMerger {
    var source = self
    while true {
      let wordsPerRun = max(source.longestRecord, min(4096, budgetWords / 8), 16)
      let fanIn = max(2, budgetWords / wordsPerRun)
      if source.runs.count <= fanIn {
        return try RunMerger(source, source.runs, wordsPerRun: wordsPerRun, rule: rule)
      }
      let target = try SortedRuns(directory: directory)
      var first = 0
      while first < source.runs.count {
        let group = source.runs[first..<min(first + fanIn, source.runs.count)]
        let merger = try RunMerger(source, Array(group), wordsPerRun: wordsPerRun, rule: rule)
        target.startRun()
        while let record = try merger.next() { try target.append(record) }
        try target.endRun()
        first += fanIn
      }
      source = target
    }
  }

  private func flush() throws(OutputError) {
    let code = buffer.withUnsafeBytes { writeFully(descriptor, $0) }
    if code != 0 { throw OutputError.cannotSpill(directory: directory, code: code) }
    runs[runs.count - 1].end += buffer.count * 4
    buffer.removeAll(keepingCapacity: true)
  }
}

/// Yields the records of several sorted runs in order; ties by run, so that arrival decides.
final class RunMerger {
  /// What is in memory of one run.
  private struct Window {
    /// The run's next unread byte in the file, and its end.
    var offset: Int
    let end: Int
    /// The current record and the end of what was read, in words of the run's part of the arena.
    var position = 0
    var filled = 0
  }

  private let source: SortedRuns
  private let rule: TieRule
  private let wordsPerRun: Int
  private let arena: UnsafeMutablePointer<UInt32>
  private var windows: [Window]
  /// Runs that have a record left, as a binary heap with the least record first.
  private var heap: [Int] = []
  /// Whether the first run's current record has been yielded.
  private var hasYielded = false

  init(
    _ source: SortedRuns, _ runs: [SortedRuns.Run], wordsPerRun: Int, rule: TieRule
  ) throws(OutputError) {
    self.source = source
    self.rule = rule
    self.wordsPerRun = wordsPerRun
    arena = .allocate(capacity: max(wordsPerRun * runs.count, 1))
    windows = runs.map { Window(offset: $0.start, end: $0.end) }
    for run in windows.indices {
      if try loadRecord(run) {
        heap.append(run)
        siftUp()
      }
    }
  }

  deinit { arena.deallocate() }

  /// The next record, good until the next call; nil at the end.
  func next() throws(OutputError) -> UnsafePointer<UInt32>? {
    if hasYielded, let run = heap.first {
      windows[run].position += Int(record(run)[0])
      if try !loadRecord(run) {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
      }
      siftDown()
    }
    hasYielded = true
    return heap.first.map(record)
  }

  private func record(_ run: Int) -> UnsafePointer<UInt32> {
    UnsafePointer(arena + run * wordsPerRun + windows[run].position)
  }

  /// Sees to it that the run's current record is whole in memory; false at the end of the run.
  private func loadRecord(_ run: Int) throws(OutputError) -> Bool {
    var window = windows[run]
    let base = arena + run * wordsPerRun
    let held = window.filled - window.position
    let isWhole = held > 0 && Int(base[window.position]) <= held
    if !isWhole, window.offset < window.end {
      base.update(from: base + window.position, count: held)
      let words = min(wordsPerRun - held, (window.end - window.offset) / 4)
      try source.read(
        UnsafeMutableBufferPointer(start: base + held, count: words), at: window.offset)
      window.offset += words * 4
      window.position = 0
      window.filled = held + words
      windows[run] = window
    }
    return window.filled > window.position
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    let (leftRecord, rightRecord) = (record(left), record(right))
    let (leftKey, rightKey) = (recordKey(leftRecord), recordKey(rightRecord))
    if leftKey != rightKey { return leftKey < rightKey }
    let order = compareTied(leftRecord, rightRecord, rule)
    return order == 0 ? left < right : order < 0
  }

  private func siftUp() {
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard precedes(heap[child], heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private func siftDown() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if precedes(heap[child], heap[least]) { least = child }
      }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
