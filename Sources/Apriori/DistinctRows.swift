import CXXHash

/// The different rows among those seen, and how often each occurs.
///
/// A row is held as words, a bit a rank, and compared as a whole: exact, unlike a hash of the row.
struct DistinctRows: ~Copyable {
  /// Words of a row.
  let wordCount: Int
  private let limit: Int
  /// How many rows there are.
  private(set) var count = 0
  /// Their words, one row after the other, in the order in which they were met.
  private let words: UnsafeMutablePointer<UInt64>
  /// How often each occurs.
  private let weights: UnsafeMutablePointer<UInt32>
  /// Numbers of rows from 1, each at the hash of its row or in the next free place; 0 is free.
  private let places: UnsafeMutablePointer<UInt32>
  private let placeMask: Int

  /// No rows yet.
  ///
  /// - Parameter limit: how many different rows there may be.
  init(wordCount: Int, limit: Int) {
    self.wordCount = wordCount
    self.limit = limit
    words = .allocate(capacity: max(wordCount * limit, 1))
    weights = .allocate(capacity: max(limit, 1))
    // At most half of the places are taken.
    let placeCount = 2 << (Int.bitWidth - max(limit, 1).leadingZeroBitCount)
    placeMask = placeCount - 1
    places = .allocate(capacity: placeCount)
    places.initialize(repeating: 0, count: placeCount)
  }

  deinit {
    words.deallocate()
    weights.deallocate()
    places.deallocate()
  }

  /// Adds rows; false where there are more different ones than the limit.
  ///
  /// - Parameter rows: `rowCount` rows of `wordCount` words each.
  mutating func add(_ rows: UnsafePointer<UInt64>, count rowCount: Int) -> Bool {
    for index in 0..<rowCount {
      let row = rows + index * wordCount
      // With a seed, since `bench/safety` replaces the function without one, which makes checksums alone.
      let hash = XXH3_64bits_withSeed(row, wordCount * MemoryLayout<UInt64>.stride, 0)
      var place = Int(truncatingIfNeeded: hash) & placeMask
      while true {
        let number = Int(places[place])
        if number == 0 {
          if count == limit { return false }
          (words + count * wordCount).update(from: row, count: wordCount)
          weights[count] = 1
          count += 1
          places[place] = UInt32(truncatingIfNeeded: count)
          break
        }
        if isEqual(row, words + (number - 1) * wordCount) {
          weights[number - 1] += 1
          break
        }
        place = (place + 1) & placeMask
      }
    }
    return true
  }

  @inline(__always)
  private func isEqual(_ row: UnsafePointer<UInt64>, _ other: UnsafePointer<UInt64>) -> Bool {
    for word in 0..<wordCount where row[word] != other[word] { return false }
    return true
  }

  /// One word of a row.
  @inline(__always)
  func word(_ part: Int, of number: Int) -> UInt64 { words[number * wordCount + part] }

  /// How often each of some rows occurs.
  func weights(of numbers: [Int]) -> [UInt32] { numbers.map { weights[$0] } }

  /// The numbers of the rows, most frequent first; equally frequent ones as they were met.
  func byDescendingWeight() -> [Int] {
    var keys: [UInt64] = []
    keys.reserveCapacity(count)
    for number in 0..<count {
      keys.append(UInt64(UInt32.max - weights[number]) << 32 | UInt64(number))
    }
    keys.sort()
    return keys.map { Int($0 & UInt64(UInt32.max)) }
  }
}
