import Itemsets

/// Where itemsets gather before they go to an ``ItemsetBatch`` in one piece.
///
/// Appending to the three arrays of a batch one itemset at a time costs more than making it.
struct ItemsetStaging: ~Copyable {
  /// A batch is full at this number of itemsets.
  static let itemsetLimit = 4096
  /// A batch is full when the items of its itemsets reach this number.
  static let itemLimit = 1 << 16

  private var items = FlatBuffer<UInt32>(capacity: 1024)
  private var ends = FlatBuffer<Int>(capacity: 64)
  private var counts = FlatBuffer<UInt64>(capacity: 64)
  private var itemCount = 0
  private(set) var count = 0

  init() {}

  /// Whether no itemset may be appended before ``move(to:)``.
  var isFull: Bool { count >= Self.itemsetLimit || itemCount >= Self.itemLimit }

  /// Appends an itemset.
  @inline(__always)
  mutating func append(_ ranks: UnsafePointer<UInt32>, length: Int, count support: UInt64) {
    items.reserve(itemCount + length)
    ends.reserve(count + 1)
    counts.reserve(count + 1)
    let target = items.base + itemCount
    for index in 0..<length { target[index] = ranks[index] }
    itemCount += length
    ends.base[count] = itemCount
    counts.base[count] = support
    count += 1
  }

  /// Replaces what `batch` holds by what has gathered.
  mutating func move(to batch: inout ItemsetBatch) {
    batch.removeAll()
    batch.items.append(contentsOf: UnsafeBufferPointer(start: items.base, count: itemCount))
    batch.ends.append(contentsOf: UnsafeBufferPointer(start: ends.base, count: count))
    batch.counts.append(contentsOf: UnsafeBufferPointer(start: counts.base, count: count))
    itemCount = 0
    count = 0
  }
}
