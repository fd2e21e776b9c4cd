/// Runs of transactions, each sorted by key, in a temporary file, and their merge.
struct SortedRuns: ~Copyable {
  /// Runs merged at once; when there are as many, they become one.
  private static let maximumRuns = 64
  /// Bytes written, or read for a run, at once.
  private static let chunkBytes = 64 << 10

  private let directory: String?
  private var file: TemporaryFile
  /// Where the runs lie in the file, oldest first.
  private var runs: [Range<Int>] = []
  private var runStart = 0
  private var pending: [UInt8] = []
  private var merge = Merge()

  init(in directory: String?) throws(ReadError) {
    self.directory = directory
    file = try TemporaryFile(in: directory)
  }

  /// Begins a run; its transactions are appended in ascending order of keys.
  mutating func beginRun() throws(ReadError) {
    if runs.count >= Self.maximumRuns { try mergeAll() }
    runStart = file.size
  }

  mutating func append(_ group: borrowing TransactionGroup) throws(ReadError) {
    group.encode(to: &pending)
    if pending.count >= Self.chunkBytes { try flush() }
  }

  mutating func endRun() throws(ReadError) {
    try flush()
    runs.append(runStart..<file.size)
  }

  /// Begins to read all runs together, once the last one has ended.
  mutating func startMerge() throws(ReadError) {
    merge = Merge()
    for (index, run) in runs.enumerated() {
      var cursor = Cursor(run)
      if try cursor.next(file, chunkBytes: Self.chunkBytes) { merge.insert(cursor, index) }
    }
  }

  /// Sets `group` to the next transaction, its parts of all runs put together; false at the end.
  mutating func next(_ group: inout TransactionGroup) throws(ReadError) -> Bool {
    try merge.next(&group, from: file)
  }

  private mutating func flush() throws(ReadError) {
    try file.append(pending)
    pending.removeAll(keepingCapacity: true)
  }

  /// Replaces all runs by one in a new file.
  private mutating func mergeAll() throws(ReadError) {
    var merged = try SortedRuns(in: directory)
    var group = TransactionGroup()
    try merged.beginRun()
    try startMerge()
    while try next(&group) { try merged.append(group) }
    try merged.endRun()
    self = merged
  }

  /// A heap of the runs by their next key; equal keys by age of the run.
  private struct Merge: Sendable {
    private var heap: [(cursor: Cursor, run: Int)] = []

    mutating func next(
      _ group: inout TransactionGroup, from file: borrowing TemporaryFile
    ) throws(ReadError) -> Bool {
      guard !heap.isEmpty else { return false }
      swap(&group, &heap[0].cursor.group)
      try advance(file)
      while let other = heap.first?.cursor.group, other.key == group.key {
        group.items += other.items
        group.time = min(group.time, other.time)
        if group.items.count > ReadingLimits.transactionItems {
          let name = String(decoding: group.key, as: UTF8.self)
          throw .manyItems("", line: nil, transaction: name)
        }
        try advance(file)
      }
      return true
    }

    mutating func insert(_ cursor: Cursor, _ run: Int) {
      heap.append((cursor, run))
      var index = heap.count - 1
      while index > 0, precedes(index, (index - 1) / 2) {
        heap.swapAt(index, (index - 1) / 2)
        index = (index - 1) / 2
      }
    }

    /// Moves the first run of the heap to its next transaction, or drops it at its end.
    private mutating func advance(_ file: borrowing TemporaryFile) throws(ReadError) {
      if try !heap[0].cursor.next(file, chunkBytes: SortedRuns.chunkBytes) {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
      }
      var index = 0
      while true {
        var least = index
        for child in [2 * index + 1, 2 * index + 2] where child < heap.count {
          if precedes(child, least) { least = child }
        }
        if least == index { return }
        heap.swapAt(index, least)
        index = least
      }
    }

    private func precedes(_ first: Int, _ second: Int) -> Bool {
      let left = heap[first].cursor.group.key
      let right = heap[second].cursor.group.key
      return left == right
        ? heap[first].run < heap[second].run : left.lexicographicallyPrecedes(right)
    }
  }

  /// A place in one run, and the transaction read there.
  private struct Cursor: Sendable {
    var group = TransactionGroup()
    private var rest: Range<Int>
    private var buffer: [UInt8] = []
    private var position = 0

    init(_ run: Range<Int>) { rest = run }

    /// Reads the next transaction; false at the end of the run.
    mutating func next(
      _ file: borrowing TemporaryFile, chunkBytes: Int
    ) throws(ReadError) -> Bool {
      while true {
        if let size = group.decode(buffer[position...]) {
          position += size
          return true
        }
        if rest.isEmpty {
          if position == buffer.count { return false }
          throw ReadError(
            .temporary, "temporary storage",
            "a sorted run ends too soon; check the disk of --temp, or choose another folder")
        }
        buffer.removeFirst(position)
        position = 0
        let count = min(max(chunkBytes, buffer.count), rest.count)
        try file.read(count, at: rest.lowerBound, to: &buffer)
        rest = rest.lowerBound + count..<rest.upperBound
      }
    }
  }
}

extension TransactionGroup {
  private static let headerBytes = 20

  /// Appends lengths of key and items, customer, time, key and items, all little-endian.
  fileprivate borrowing func encode(to bytes: inout [UInt8]) {
    Self.append(UInt64(key.count) | UInt64(items.count) << 32, 8, to: &bytes)
    Self.append(UInt64(customer), 4, to: &bytes)
    Self.append(UInt64(bitPattern: time), 8, to: &bytes)
    bytes.append(contentsOf: key)
    for item in items { Self.append(UInt64(item), 4, to: &bytes) }
  }

  /// Reads what `encode` wrote and returns its size; nil where it is not there in full.
  fileprivate mutating func decode(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count >= Self.headerBytes else { return nil }
    var index = bytes.startIndex
    let keyCount = Int(Self.take(4, bytes, &index))
    let itemCount = Int(Self.take(4, bytes, &index))
    let size = Self.headerBytes + keyCount + 4 * itemCount
    guard bytes.count >= size else { return nil }
    customer = UInt32(truncatingIfNeeded: Self.take(4, bytes, &index))
    time = Int64(bitPattern: Self.take(8, bytes, &index))
    key.removeAll(keepingCapacity: true)
    key.append(contentsOf: bytes[index..<index + keyCount])
    index += keyCount
    items.removeAll(keepingCapacity: true)
    for _ in 0..<itemCount {
      items.append(UInt32(truncatingIfNeeded: Self.take(4, bytes, &index)))
    }
    return size
  }

  private static func append(_ value: UInt64, _ count: Int, to bytes: inout [UInt8]) {
    for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }

  private static func take(_ count: Int, _ bytes: ArraySlice<UInt8>, _ index: inout Int) -> UInt64 {
    var value: UInt64 = 0
    for offset in 0..<count { value |= UInt64(bytes[index + offset]) << (8 * offset) }
    index += count
    return value
  }
}
