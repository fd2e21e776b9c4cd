import Itemsets

/// All item names as one format writes them, prepared once so that a row only copies bytes.
struct EscapedNames {
  /// How items are numbered here.
  enum Numbering {
    /// By rank: rows keep their natural order.
    case rank
    /// By place in ascending item order: sorting the numbers of a set sorts its items.
    case place
  }

  /// The number of each rank.
  let numbers: [UInt32]
  /// The names by number, one after the other, and 16 bytes that copies may read.
  let bytes: [UInt8]
  /// Where each name starts in `bytes`, and where the last one ends.
  let starts: [Int]
  /// Whether each name makes a csv field need quotes.
  let isSpecial: [Bool]

  /// Prepares names: `escape` appends one name's bytes and says whether it is special.
  init(
    _ items: RankedItems, _ numbering: Numbering,
    _ escape: (_ rank: Int, _ name: ArraySlice<UInt8>, _ into: inout [UInt8]) -> Bool
  ) {
    guard items.places.count == items.count, items.nameEnds.count == items.count,
      items.nameEnds.last ?? 0 == items.names.count
    else { invariantFailed("ranked items whose arrays differ in length") }
    var ranks = Array(0..<items.count)
    if numbering == .place {
      for (rank, place) in items.places.enumerated() {
        guard Int(place) < ranks.count else { invariantFailed("a place beyond the last item") }
        ranks[Int(place)] = rank
      }
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(items.names.count + items.count * 3 + 16)
    var starts = [0]
    var isSpecial: [Bool] = []
    for rank in ranks {
      isSpecial.append(escape(rank, items.names[items.nameRange(rank)], &bytes))
      starts.append(bytes.count)
    }
    bytes.append(contentsOf: [UInt8](repeating: 0, count: 16))
    self.bytes = bytes
    self.starts = starts
    self.isSpecial = isSpecial
    numbers = numbering == .place ? items.places : ranks.map { UInt32(truncatingIfNeeded: $0) }
  }

  /// Puts the numbers of a row's ranks into `side` and measures their text.
  ///
  /// With `sorted`, in ascending order. Ranks beyond the last item end the process.
  @inline(__always)
  func collect(
    _ ranks: Span<UInt32>, _ range: Range<Int>, sorted: Bool, into side: inout RowSide
  ) {
    let numbers = numbers.span
    let starts = starts.span
    let isSpecial = isSpecial.span
    side.numbers.removeAll(keepingCapacity: true)
    side.byteCount = range.count
    side.isSpecial = false
    for index in range {
      let number = numbers[Int(ranks[index])]
      let position = Int(number)
      side.byteCount += starts[position + 1] - starts[position]
      if isSpecial[position] { side.isSpecial = true }
      side.numbers.append(number)
    }
    if sorted, range.count > 1 { side.sort() }
  }

  /// Copies the names of a side, `separator` between them, and returns the end.
  ///
  /// Needs `side.byteCount` bytes and 16 of slack.
  @inline(__always)
  func write(
    _ side: borrowing RowSide, separator: UInt8, to start: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    let bytes = bytes.span.bytes
    let starts = starts.span
    let numbers = side.numbers.span
    var end = start
    for index in numbers.indices {
      if index > 0 {
        end[0] = separator
        end += 1
      }
      let number = Int(numbers[index])
      var offset = starts[number]
      let nameEnd = starts[number + 1]
      let written = end + (nameEnd - offset)
      while offset < nameEnd {
        let chunk = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
        UnsafeMutableRawPointer(end).storeBytes(of: chunk, as: SIMD16<UInt8>.self)
        offset += 16
        end += 16
      }
      end = written
    }
    return end
  }
}

/// The items of one side of a row on their way to text.
struct RowSide: ~Copyable {
  /// Numbers of the items in the order in which they are written.
  var numbers: [UInt32] = []
  /// Bytes of the names with a separator after each.
  var byteCount = 0
  /// Whether any name is special.
  var isSpecial = false

  /// Sorts the numbers; sets are short, so by insertion up to 32.
  @inline(__always)
  mutating func sort() {
    guard numbers.count <= 32 else {
      numbers.sort()
      return
    }
    var span = numbers.mutableSpan
    for index in 1..<span.count {
      let number = span[index]
      var position = index
      while position > 0, span[position - 1] > number {
        span[position] = span[position - 1]
        position -= 1
      }
      span[position] = number
    }
  }
}
