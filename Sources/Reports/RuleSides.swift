import Itemsets

/// The text of both sides of rules, made of the names of the itemset that each divides.
///
/// The rules of an itemset come one after the other, so its names are sorted and gathered once; a rule
/// of the same itemset is then two sets of bits, and a side is written without comparing anything.
/// Before, collecting, sorting and copying the names rule by rule took a quarter of the whole run.
struct RuleSides: ~Copyable {
  /// Longer itemsets have no room in 64 bits.
  static let lengthLimit = 64

  private struct Name {
    /// The name and a separator, in steps of 16 bytes.
    let text: UnsafePointer<UInt8>
    /// Bytes with the separator.
    let length: Int
    /// Ascending with the names.
    let number: UInt32
    let isSpecial: Bool
  }

  /// The itemset that an item was last seen in, and the item's place in it, a bit.
  private struct Mark {
    var itemset: UInt64
    var bit: UInt64
  }

  private let itemCount: Int
  private let texts: UnsafeMutablePointer<UInt8>
  /// By rank.
  private let names: UnsafeMutablePointer<Name>
  private let marks: UnsafeMutablePointer<Mark>
  /// The names of the current itemset, ascending.
  private let sorted: UnsafeMutablePointer<Name>
  private let sortedRanks: UnsafeMutablePointer<Int>
  /// The number of the current itemset; marks start at 0, which none has.
  private var itemset: UInt64 = 0
  private var length = -1
  /// Bytes of all names of the current itemset, each with a separator.
  private(set) var byteCount = 0
  /// The bits of all items of the current itemset, and of those whose names are special.
  private(set) var all: UInt64 = 0
  private(set) var special: UInt64 = 0

  /// Prepares names numbered by place.
  init(_ escaped: borrowing EscapedNames, separator: UInt8) {
    itemCount = escaped.numbers.count
    // A name and its separator, up to 15 bytes to the next step.
    texts = .allocate(capacity: escaped.bytes.count + (itemCount + 1) * 16)
    texts.initialize(repeating: 0, count: escaped.bytes.count + (itemCount + 1) * 16)
    names = .allocate(capacity: itemCount + 1)
    marks = .allocate(capacity: itemCount + 1)
    marks.initialize(repeating: Mark(itemset: 0, bit: 0), count: itemCount + 1)
    sorted = .allocate(capacity: Self.lengthLimit)
    sortedRanks = .allocate(capacity: Self.lengthLimit)
    var offset = 0
    for (rank, number) in escaped.numbers.enumerated() {
      let name = escaped.bytes[escaped.starts[Int(number)]..<escaped.starts[Int(number) + 1]]
      for (index, byte) in name.enumerated() { texts[offset + index] = byte }
      texts[offset + name.count] = separator
      (names + rank).initialize(
        to: Name(
          text: UnsafePointer(texts + offset), length: name.count + 1, number: number,
          isSpecial: escaped.isSpecial[Int(number)]))
      offset += (name.count + 16) / 16 * 16
    }
  }

  deinit {
    texts.deallocate()
    names.deallocate()
    marks.deallocate()
    sorted.deallocate()
    sortedRanks.deallocate()
  }

  /// Ends the process where a rank is beyond the last item; called before ranks are turned to.
  func check(_ ranks: Span<UInt32>) {
    var greatest: UInt32 = 0
    for index in ranks.indices { greatest = max(greatest, ranks[index]) }
    guard ranks.isEmpty || Int(greatest) < itemCount else {
      invariantFailed("a rank beyond the last item")
    }
  }

  /// Turns to the itemset of a rule, in any order; false where it is too long.
  @inline(__always)
  mutating func turn(to ranks: Span<UInt32>) -> Bool {
    var difference = UInt64(truncatingIfNeeded: ranks.count ^ length)
    for index in ranks.indices { difference |= marks[Int(ranks[index])].itemset ^ itemset }
    return difference == 0 ? true : start(ranks)
  }

  /// The bits of some items of the current itemset.
  @inline(__always)
  func bits(of ranks: Span<UInt32>) -> UInt64 {
    var bits: UInt64 = 0
    for index in ranks.indices { bits |= marks[Int(ranks[index])].bit }
    return bits
  }

  /// Writes the names of some items, ascending and with the separator between them, and returns the end.
  ///
  /// Spoils up to 16 bytes behind it.
  @inline(__always)
  func write(
    _ bits: UInt64, to start: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    if bits == 0 { return start }
    var rest = bits
    var end = start
    repeat {
      let name = sorted + rest.trailingZeroBitCount
      copy16(name.pointee.text, end)
      let length = name.pointee.length
      var copied = 16
      while copied < length {
        copy16(name.pointee.text + copied, end + copied)
        copied += 16
      }
      end += length
      rest &= rest &- 1
    } while rest != 0
    return end - 1
  }

  @inline(never)
  private mutating func start(_ ranks: Span<UInt32>) -> Bool {
    guard ranks.count <= Self.lengthLimit else {
      length = -1
      return false
    }
    for index in ranks.indices {
      let rank = ranks[index]
      let name = names[Int(rank)]
      var position = index
      while position > 0, sorted[position - 1].number > name.number {
        sorted[position] = sorted[position - 1]
        sortedRanks[position] = sortedRanks[position - 1]
        position -= 1
      }
      sorted[position] = name
      sortedRanks[position] = Int(rank)
    }
    itemset += 1
    length = ranks.count
    byteCount = 0
    all = 0
    special = 0
    for position in 0..<length {
      let bit: UInt64 = 1 << UInt64(position)
      marks[sortedRanks[position]] = Mark(itemset: itemset, bit: bit)
      byteCount += sorted[position].length
      all |= bit
      if sorted[position].isSpecial { special |= bit }
    }
    return true
  }
}

@inline(__always)
private func copy16(_ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>) {
  UnsafeMutableRawPointer(target).storeBytes(
    of: UnsafeRawPointer(source).loadUnaligned(as: SIMD16<UInt8>.self), as: SIMD16<UInt8>.self)
}
