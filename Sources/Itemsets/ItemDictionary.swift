/// Names to numbers: every distinct item gets the next id in order of first sight.
///
/// An item is its exact bytes: `007` is not `7`. Names lie one after the other in one array of
/// bytes, found through a table of open addresses; nothing is allocated per item. Small integers
/// written canonically (`0`, `42`, no sign, no leading zero) stand in a direct table instead, so that
/// baskets of numbers are read without hashing. Ids are dense, append-only and never change.
public struct ItemDictionary: Sendable {
  /// The most names that any dictionary holds.
  public static let maximumCount = 1 << 26
  /// The most bytes of all names of one dictionary together.
  public static let maximumNameBytes = Int(UInt32.max)

  /// What ``integerIds`` holds where a number is not known as an item.
  package static let unknown = UInt32.max
  /// Integers from here on are always hashed; the direct table never grows beyond.
  private static let directIntegers = 1 << 23

  /// All names, in order of their ids, one after the other.
  public private(set) var nameBytes: [UInt8] = []
  /// Whether every item is an optional `-` and one or more digits; true while there is no item.
  public private(set) var allIntegers = true
  /// The ids of canonical integers by value, ``unknown`` where there is none yet.
  package private(set) var integerIds: [UInt32] = []

  private let limit: Int
  private var nameEnds: [UInt32] = []
  /// Open addressing with linear probing: 32 bits of hash above id + 1; 0 is free.
  private var slots: [UInt64] = []
  /// The names that have a slot: all that had no place in ``integerIds`` when they came.
  private var hashedCount = 0

  /// An empty dictionary that refuses more than `limit` names.
  public init(limit: Int = ItemDictionary.maximumCount) {
    self.limit = min(limit, ItemDictionary.maximumCount)
  }

  /// The number of items.
  public var count: Int { nameEnds.count }

  /// The bytes that the dictionary occupies in memory, for budgets.
  public var memoryBytes: Int {
    nameBytes.capacity + 4 * nameEnds.capacity + 8 * slots.capacity + 4 * integerIds.capacity
  }

  /// Where the name of item `id` lies in ``nameBytes``.
  public func nameRange(_ id: Int) -> Range<Int> {
    (id == 0 ? 0 : Int(nameEnds[id - 1]))..<Int(nameEnds[id])
  }

  /// The name of item `id` as text, for messages; invalid UTF-8 is repaired.
  public func name(_ id: Int) -> String {
    String(decoding: nameBytes[nameRange(id)], as: UTF8.self)
  }

  /// The id of the item with exactly these bytes, a new one at its first sight.
  ///
  /// Throws ``DictionaryError`` where a new item would exceed a limit; the dictionary is unchanged
  /// then. Complexity: O(length of the name), amortised.
  public mutating func id(of bytes: Span<UInt8>) throws(DictionaryError) -> UInt32 {
    let value = Self.canonicalInteger(bytes)
    if let known = find(integer: value) { return known }
    if let known = findHashed(bytes) {
      // The table may have grown since.
      if value >= 0 { _ = remember(integer: value, as: known) }
      return known
    }
    let id = try append(bytes)
    if value < 0 || !remember(integer: value, as: id) { insertHashed(bytes, id) }
    return id
  }

  /// The id of the item with exactly these bytes, nil where there is none.
  public func find(_ bytes: Span<UInt8>) -> UInt32? {
    find(integer: Self.canonicalInteger(bytes)) ?? findHashed(bytes)
  }

  private func find(integer value: Int) -> UInt32? {
    guard value >= 0, value < integerIds.count else { return nil }
    let id = integerIds[value]
    return id == Self.unknown ? nil : id
  }

  /// Forgets all items but keeps the memory for the next ones.
  public mutating func removeAll() {
    nameBytes.removeAll(keepingCapacity: true)
    nameEnds.removeAll(keepingCapacity: true)
    for slot in slots.indices { slots[slot] = 0 }
    hashedCount = 0
    for value in integerIds.indices { integerIds[value] = Self.unknown }
    allIntegers = true
  }

  // MARK: The hash table

  private func findHashed(_ bytes: Span<UInt8>) -> UInt32? {
    guard hashedCount > 0 else { return nil }
    let hash = Self.hash(bytes)
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while slots[slot] != 0 {
      let entry = slots[slot]
      if UInt32(truncatingIfNeeded: entry >> 32) == hash {
        let id = UInt32(truncatingIfNeeded: entry) - 1
        if isEqual(Int(id), bytes) { return id }
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private func isEqual(_ id: Int, _ bytes: Span<UInt8>) -> Bool {
    let range = nameRange(id)
    guard range.count == bytes.count else { return false }
    let name = nameBytes.span.extracting(range)
    for index in bytes.indices where name[index] != bytes[index] { return false }
    return true
  }

  private mutating func append(_ bytes: Span<UInt8>) throws(DictionaryError) -> UInt32 {
    guard count < limit else { throw .tooManyItems(limit: limit) }
    guard bytes.count <= Self.maximumNameBytes - nameBytes.count else {
      throw .namesTooLong(limit: Self.maximumNameBytes)
    }
    let id = UInt32(count)
    bytes.withUnsafeBufferPointer { nameBytes.append(contentsOf: $0) }
    nameEnds.append(UInt32(nameBytes.count))
    if allIntegers, !Self.isInteger(bytes) { allIntegers = false }
    return id
  }

  private mutating func insertHashed(_ bytes: Span<UInt8>, _ id: UInt32) {
    if 4 * (hashedCount + 1) > 3 * slots.count { growSlots() }
    insert(UInt64(Self.hash(bytes)) << 32 | UInt64(id + 1))
    hashedCount += 1
  }

  private mutating func insert(_ entry: UInt64) {
    let mask = slots.count - 1
    var slot = Int(entry >> 32) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = entry
  }

  private mutating func growSlots() {
    let old = slots
    slots = [UInt64](repeating: 0, count: max(256, 2 * old.count))
    for entry in old where entry != 0 { insert(entry) }
  }

  /// Puts a number in the direct table, unless that would make the table sparse and large; whether it
  /// did.
  private mutating func remember(integer value: Int, as id: UInt32) -> Bool {
    if value >= integerIds.count {
      guard value < 16 * (count + 4096) else { return false }
      let wanted = 1 << (Int.bitWidth - max(value, 1023).leadingZeroBitCount)
      integerIds.append(
        contentsOf: [UInt32](repeating: Self.unknown, count: wanted - integerIds.count))
    }
    integerIds[value] = id
    return true
  }

  /// A multiply-and-fold hash over eight bytes at a time; the same in every process.
  private static func hash(_ bytes: Span<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes { bytes in
      var hash = 0x9E37_79B9_7F4A_7C15 ^ UInt64(bytes.count)
      var offset = 0
      while offset + 8 <= bytes.count {
        hash = fold(hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        offset += 8
      }
      var rest: UInt64 = 0
      while offset < bytes.count {
        rest = rest << 8 | UInt64(bytes[offset])
        offset += 1
      }
      return UInt32(truncatingIfNeeded: fold(hash ^ rest) >> 16)
    }
  }

  private static func fold(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return product.high ^ product.low
  }

  /// The value of a canonical integer small enough for the direct table, else -1.
  private static func canonicalInteger(_ bytes: Span<UInt8>) -> Int {
    guard bytes.count >= 1, bytes.count <= 7 else { return -1 }
    if bytes[0] == UInt8(ascii: "0") { return bytes.count == 1 ? 0 : -1 }
    var value = 0
    for index in bytes.indices {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit <= 9 else { return -1 }
      value = value * 10 + Int(digit)
    }
    return value < directIntegers ? value : -1
  }

  // MARK: Ascending item order

  /// Whether item `first` stands before `second` in ascending item order.
  ///
  /// Items compare as integers where all items of the dictionary are integers (equal values, such
  /// as 7 and 007, then by bytes), else by bytes. Integers may be of any length.
  public func precedes(_ first: UInt32, _ second: UInt32) -> Bool {
    guard allIntegers else { return bytesPrecede(first, second) }
    let left = clampedInteger(first)
    let right = clampedInteger(second)
    return left != right ? left < right : integersOfOneClampPrecede(first, second)
  }

  /// These ids in ascending item order, as ``precedes(_:_:)`` has it.
  ///
  /// Complexity: O(n log n), nearly all comparisons on one number.
  public func ascending(_ ids: [UInt32]) -> [UInt32] {
    guard allIntegers else { return ascendingByBytes(ids) }
    return ascending(
      ids, key: { UInt64(bitPattern: clampedInteger($0)) ^ (1 << 63) },
      thenBy: integersOfOneClampPrecede)
  }

  /// These ids in ascending order of their bytes, even where all are integers.
  package func ascendingByBytes(_ ids: [UInt32]) -> [UInt32] {
    ascending(ids, key: firstBytes, thenBy: bytesPrecede)
  }

  /// Sorts by `key`, equal keys by `precedes`.
  private func ascending(
    _ ids: [UInt32], key: (UInt32) -> UInt64, thenBy precedes: (UInt32, UInt32) -> Bool
  ) -> [UInt32] {
    var keyed = ids.map { (key: key($0), id: $0) }
    keyed.sort { left, right in
      left.key != right.key ? left.key < right.key : precedes(left.id, right.id)
    }
    return keyed.map(\.id)
  }

  private func bytesPrecede(_ first: UInt32, _ second: UInt32) -> Bool {
    bytesPrecede(nameRange(Int(first)), nameRange(Int(second)))
  }

  private func bytesPrecede(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
    let names = nameBytes.span
    for offset in 0..<min(left.count, right.count) {
      let one = names[left.lowerBound + offset]
      let other = names[right.lowerBound + offset]
      if one != other { return one < other }
    }
    return left.count < right.count
  }

  /// The first eight bytes of a name as a number that sorts like them.
  private func firstBytes(_ id: UInt32) -> UInt64 {
    let range = nameRange(Int(id))
    var key: UInt64 = 0
    for offset in 0..<8 {
      key = key << 8 | (offset < range.count ? UInt64(nameBytes[range.lowerBound + offset]) : 0)
    }
    return key
  }

  // MARK: Integers of any length

  /// The magnitude that stands for all integers of more than 18 digits.
  private static let clamp: Int64 = 1_000_000_000_000_000_000

  /// Whether a name is an optional `-` and one or more digits.
  private static func isInteger(_ bytes: Span<UInt8>) -> Bool {
    let start = bytes.count > 0 && bytes[0] == UInt8(ascii: "-") ? 1 : 0
    for index in start..<bytes.count where bytes[index] &- UInt8(ascii: "0") > 9 { return false }
    return bytes.count > start
  }

  /// The value of an integer, held to at most ``clamp`` in magnitude.
  private func clampedInteger(_ id: UInt32) -> Int64 {
    let digits = significantDigits(id)
    var value = Self.clamp
    if digits.count <= 18 {
      value = 0
      for index in digits { value = value * 10 + Int64(nameBytes[index] &- UInt8(ascii: "0")) }
    }
    return isNegative(id) ? -value : value
  }

  /// The order of integers whose ``clampedInteger(_:)`` is the same: by value, then by bytes.
  private func integersOfOneClampPrecede(_ first: UInt32, _ second: UInt32) -> Bool {
    let left = significantDigits(first)
    let right = significantDigits(second)
    // A longer row of digits is further from zero, and of equally long ones the greater bytes are.
    if left.count != right.count { return (left.count < right.count) != isNegative(first) }
    if bytesPrecede(left, right) { return !isNegative(first) }
    if bytesPrecede(right, left) { return isNegative(first) }
    return bytesPrecede(first, second)
  }

  private func isNegative(_ id: UInt32) -> Bool {
    nameBytes[nameRange(Int(id)).lowerBound] == UInt8(ascii: "-")
  }

  /// Where the digits of an integer lie, without leading zeros; empty for zero.
  private func significantDigits(_ id: UInt32) -> Range<Int> {
    let range = nameRange(Int(id))
    var start = range.lowerBound + (isNegative(id) ? 1 : 0)
    while start < range.upperBound, nameBytes[start] == UInt8(ascii: "0") { start += 1 }
    return start..<range.upperBound
  }
}

/// Why an item could not be added to an ``ItemDictionary``.
public enum DictionaryError: Error, Equatable {
  /// There would be more distinct items than `limit`.
  case tooManyItems(limit: Int)
  /// The names of all items together would exceed `limit` bytes.
  case namesTooLong(limit: Int)
}
