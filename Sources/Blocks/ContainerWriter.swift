/// Turns the rows of items, laid out one item after the other, into their containers, in place.
struct ContainerWriter {
  private(set) var containers: [Container] = []
  private let transactionCount: Int
  /// Containers up to `used`, then rows that are still to be turned into some.
  private var words: [UInt16]
  private var used = 0
  /// A container on its way to where its rows may still lie.
  private var scratch: [UInt16]

  init(transactionCount: Int, rows: consuming [UInt16]) {
    self.transactionCount = transactionCount
    words = rows
    scratch = [UInt16](
      repeating: 0, count: Container.bitmapLength(transactionCount: transactionCount))
  }

  /// Writes the container of the next item, which has these rows; it is never longer than they are.
  mutating func append(_ all: Range<Int>) {
    var rows = all
    var steps = countSteps(words, rows)
    if steps.zero > 0 {
      rows = removeRepeated(&words, rows)
      steps = countSteps(words, rows)
    }
    let (kind, length) = Container.smallest(
      cardinality: rows.count, runs: steps.other + 1, transactionCount: transactionCount)
    switch kind {
    case .array: moveWords(&words, rows, to: used)
    case .bitmap: writeBitmap(words, rows, to: &scratch, length: length)
    case .runs: writeRuns(words, rows, to: &scratch)
    }
    if kind != .array { copyWords(scratch, length, to: &words, at: used) }
    containers.append(
      Container(
        kind: kind, cardinality: UInt32(truncatingIfNeeded: rows.count),
        offset: UInt32(truncatingIfNeeded: used), length: UInt32(truncatingIfNeeded: length)))
    used += length
  }

  /// The words of all containers.
  mutating func takePayload() -> [UInt16] {
    // Without much room behind them, which stays unwritten and so is only addresses.
    if used < words.count / 2 { return Array(words[..<used]) }
    var payload = words
    words = []
    payload.removeLast(payload.count - used)
    return payload
  }
}

/// How many rows are the same as the row before, and how many are neither that nor one more.
private func countSteps(_ rows: [UInt16], _ range: Range<Int>) -> (zero: Int, other: Int) {
  invariant(
    range.lowerBound >= 0 && range.upperBound <= rows.count && !range.isEmpty,
    "An item has rows, and they lie in their array.")
  return unsafe rows.withUnsafeBufferPointer { rows in
    var notZero = 0
    var notOne = 0
    guard let first = rows.baseAddress else { return (0, 0) }
    var start = range.lowerBound + 1
    while start < range.upperBound {
      // Sums of 16 bits without a branch, so that eight are made at once; so few rows cannot
      // overflow them.
      let end = min(start &+ 16_384, range.upperBound)
      var sums: (notZero: UInt16, notOne: UInt16) = (0, 0)
      for index in start..<end {
        let step = unsafe first[index] &- first[index &- 1]
        let other = step ^ 1
        sums.notZero &+= (step | (0 &- step)) >> 15
        sums.notOne &+= (other | (0 &- other)) >> 15
      }
      notZero &+= Int(sums.notZero)
      notOne &+= Int(sums.notOne)
      start = end
    }
    let zero = range.count - 1 - notZero
    return (zero, notOne - zero)
  }
}

/// Leaves each row once, and returns where they are then.
private func removeRepeated(_ rows: inout [UInt16], _ range: Range<Int>) -> Range<Int> {
  var end = range.lowerBound + 1
  for index in end..<range.upperBound where rows[index] != rows[end - 1] {
    rows[end] = rows[index]
    end += 1
  }
  return range.lowerBound..<end
}

/// Moves `range` to `offset`, which is not behind it.
private func moveWords(_ words: inout [UInt16], _ range: Range<Int>, to offset: Int) {
  if range.lowerBound == offset { return }
  invariant(
    0 <= offset && offset <= range.lowerBound && range.upperBound <= words.count,
    "Words move to the front, within their array.")
  unsafe words.withUnsafeMutableBufferPointer { words in
    guard let first = words.baseAddress else { return }
    unsafe (first + offset).update(from: first + range.lowerBound, count: range.count)
  }
}

/// Sets the bits of the rows in the first `length` words of `bitmap`.
private func writeBitmap(
  _ rows: [UInt16], _ range: Range<Int>, to bitmap: inout [UInt16], length: Int
) {
  let rows = rows.span
  var bitmap = bitmap.mutableSpan
  for index in 0..<length { bitmap[index] = 0 }
  // The word is stored again with each of its rows: where rows are dense, loading it would wait for
  // the store before.
  var place = 0
  var word: UInt16 = 0
  for index in range {
    let row = rows[index]
    let bit: UInt16 = 1 << (row & 15)
    let next = Int(row >> 4)
    word = next == place ? word | bit : bit
    place = next
    bitmap[place] = word
  }
}

/// Writes the runs of the rows to the start of `runs`.
private func writeRuns(_ rows: [UInt16], _ range: Range<Int>, to runs: inout [UInt16]) {
  let rows = rows.span
  var runs = runs.mutableSpan
  var end = 0
  // A run is written when it has ended: its length, if it grew in memory, would be waited for.
  var first = rows[range.lowerBound]
  var last = first
  for index in range.dropFirst() {
    let row = rows[index]
    if row != last &+ 1 {
      runs[end] = first
      runs[end + 1] = last &- first
      end += 2
      first = row
    }
    last = row
  }
  runs[end] = first
  runs[end + 1] = last &- first
}

/// Copies the first `count` words of `source` to `target` from `offset` on.
private func copyWords(
  _ source: [UInt16], _ count: Int, to target: inout [UInt16], at offset: Int
) {
  let source = source.span
  var target = target.mutableSpan
  for index in 0..<count { target[offset + index] = source[index] }
}
