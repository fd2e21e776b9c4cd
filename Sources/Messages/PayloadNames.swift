public import Itemsets

extension PayloadWriter {
  /// Appends names, one after the other, behind the length of each.
  mutating func append(names: [UInt8], ends: [Int]) {
    append(count: ends.count)
    var start = 0
    for end in ends {
      invariant(end >= start && end <= names.count, "The ends of names do not ascend.")
      append(count: end - start)
      start = end
    }
    invariant(start == names.count, "Names go on after the last.")
    append(contentsOf: names)
  }
}

extension PayloadReader {
  mutating func names() throws(PayloadError) -> (names: [UInt8], ends: [Int]) {
    let count = try count("the number of names", limit: MessageLimits.items)
    var ends = [Int](repeating: 0, count: count)
    var end = 0
    for index in ends.indices {
      end += try self.count("the length of a name", limit: MessageLimits.nameBytes)
      ends[index] = end
    }
    guard end <= MessageLimits.nameBytes else {
      throw error(
        .limit(
          of: "the length of all names", found: UInt64(end),
          limit: UInt64(MessageLimits.nameBytes)))
    }
    return (Array(bytes[try take(end)]), ends)
  }
}

extension RankedItems: PayloadCoding {
  /// The items as bytes, compressed.
  public func encoded() -> [UInt8] {
    invariant(
      counts.count == count && places.count == count && nameEnds.count == count,
      "Ranked items have not one entry a rank.")
    var section = PayloadWriter()
    section.append(names: names, ends: nameEnds)
    var last: UInt64 = 0
    for count in counts {
      invariant(count >= last, "The counts of ranked items do not ascend.")
      section.append(varint: count - last)
      last = count
    }
    for id in ids { section.append(varint: UInt64(id)) }
    for place in places { section.append(varint: UInt64(place)) }
    var writer = PayloadWriter(.rankedItems)
    writer.append(section: section)
    return writer.bytes
  }

  /// Reads ranked items; all arrays have one entry a rank, counts ascend, ids are distinct, and
  /// places are a permutation.
  public init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, as: .rankedItems)
    var section = try reader.section()
    let (names, nameEnds) = try section.names()
    let counts = try section.ascendingCounts(nameEnds.count)
    let ids = try section.distinct(nameEnds.count, "item id", limit: MessageLimits.items)
    let places = try section.distinct(nameEnds.count, "place", limit: nameEnds.count)
    try section.finish()
    try reader.finish()
    self.init(ids: ids, counts: counts, places: places, names: names, nameEnds: nameEnds)
  }
}

extension PayloadReader {
  fileprivate mutating func ascendingCounts(_ count: Int) throws(PayloadError) -> [UInt64] {
    var counts = [UInt64](repeating: 0, count: count)
    var last: UInt64 = 0
    for index in counts.indices {
      let (sum, overflow) = last.addingReportingOverflow(try varint())
      guard !overflow else { throw invalid("the count of rank \(index) is over 64 bits") }
      counts[index] = sum
      last = sum
    }
    return counts
  }

  /// Reads distinct numbers below `limit`.
  fileprivate mutating func distinct(
    _ count: Int, _ subject: StaticString, limit: Int
  ) throws(PayloadError) -> [UInt32] {
    var numbers = [UInt32](repeating: 0, count: count)
    for index in numbers.indices {
      let value = try number(subject, limit: UInt64(max(1, limit) - 1))
      numbers[index] = UInt32(truncatingIfNeeded: value)
    }
    let sorted = numbers.sorted()
    for index in sorted.indices.dropFirst() where sorted[index] == sorted[index - 1] {
      throw invalid("\(subject) \(sorted[index]) stands twice")
    }
    return numbers
  }
}

/// The names of a data set's items, in order of their ids.
public struct DictionarySegment: PayloadCoding, Sendable, Equatable {
  /// All names, one after the other.
  public let names: [UInt8]
  /// Where each name ends in ``names``.
  public let nameEnds: [Int]

  /// The names of a dictionary.
  /// - Complexity: O(bytes of all names).
  public init(_ dictionary: ItemDictionary) {
    names = dictionary.nameBytes
    nameEnds = (0..<dictionary.count).map { dictionary.nameRange($0).upperBound }
  }

  /// The names as bytes, compressed.
  public func encoded() -> [UInt8] {
    var section = PayloadWriter()
    section.append(names: names, ends: nameEnds)
    var writer = PayloadWriter(.dictionary)
    writer.append(section: section)
    return writer.bytes
  }

  /// Reads names; that they are distinct is checked by ``dictionary()``.
  public init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, as: .dictionary)
    var section = try reader.section()
    (names, nameEnds) = try section.names()
    try section.finish()
    try reader.finish()
  }

  /// The dictionary that gives each name its id again.
  ///
  /// - Throws: ``PayloadError`` where a name stands twice or there are more than a dictionary holds.
  /// - Complexity: O(bytes of all names).
  public func dictionary() throws(PayloadError) -> ItemDictionary {
    var dictionary = ItemDictionary()
    var start = 0
    for (index, end) in nameEnds.enumerated() {
      let id: UInt32
      do {
        id = try dictionary.id(of: names.span.extracting(start..<end))
      } catch {
        throw PayloadError(.dictionary, at: 0, .invalid("name \(index) is one too many: \(error)"))
      }
      guard Int(id) == index else {
        throw PayloadError(.dictionary, at: 0, .invalid("name \(index) is that of item \(id)"))
      }
      start = end
    }
    return dictionary
  }
}
