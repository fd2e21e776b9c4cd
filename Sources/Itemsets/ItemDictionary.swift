/// Names to numbers: every distinct item gets the next id in order of first sight.
///
/// An item is its exact bytes: `007` is not `7`. Names lie one after the other in one array of
/// bytes, found through a table of open addresses; nothing is allocated per item. Small integers
/// written canonically (`0`, `42`, no sign, no leading zero) also stand in a direct table, so that
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
  /// Whether every item is an optional `-` and 1 to 18 digits; true while there is none.
  public private(set) var allIntegers = true
  /// The ids of canonical integers by value, ``unknown`` where there is none yet.
  package private(set) var integerIds: [UInt32] = []

  private let limit: Int
  private var nameEnds: [UInt32] = []
  /// Open addressing with linear probing: 32 bits of hash above id + 1; 0 is free.
  private var slots: [UInt64] = []

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
    if value >= 0, value < integerIds.count, integerIds[value] != Self.unknown {
      return integerIds[value]
    }
    let hash = Self.hash(bytes)
    let id: UInt32
    if let known = find(bytes, hash: hash) {
      id = known
    } else {
      id = try append(bytes, hash: hash)
    }
    if value >= 0 { remember(integer: value, as: id) }
    return id
  }

  /// The id of the item with exactly these bytes, nil where there is none.
  public func find(_ bytes: Span<UInt8>) -> UInt32? {
    find(bytes, hash: Self.hash(bytes))
  }

  /// Forgets all items but keeps the memory for the next ones.
  public mutating func removeAll() {
    nameBytes.removeAll(keepingCapacity: true)
    nameEnds.removeAll(keepingCapacity: true)
    for slot in slots.indices { slots[slot] = 0 }
    for value in integerIds.indices { integerIds[value] = Self.unknown }
    allIntegers = true
  }

  // MARK: The hash table

  private func find(_ bytes: Span<UInt8>, hash: UInt32) -> UInt32? {
    guard !slots.isEmpty else { return nil }
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

  private mutating func append(
    _ bytes: Span<UInt8>, hash: UInt32
  ) throws(DictionaryError) -> UInt32 {
    guard count < limit else { throw .tooManyItems(limit: limit) }
    guard bytes.count <= Self.maximumNameBytes - nameBytes.count else {
      throw .namesTooLong(limit: Self.maximumNameBytes)
    }
    if 4 * (count + 1) > 3 * slots.count { growSlots() }
    let id = UInt32(count)
    bytes.withUnsafeBufferPointer { nameBytes.append(contentsOf: $0) }
    nameEnds.append(UInt32(nameBytes.count))
    insert(UInt64(hash) << 32 | UInt64(id + 1))
    if allIntegers, Self.integer(bytes) == nil { allIntegers = false }
    return id
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

  /// Puts a number in the direct table, unless that would make the table sparse and large.
  private mutating func remember(integer value: Int, as id: UInt32) {
    if value >= integerIds.count {
      guard value < 16 * (count + 4096) else { return }
      let wanted = 1 << (Int.bitWidth - max(value, 1023).leadingZeroBitCount)
      integerIds.append(
        contentsOf: [UInt32](repeating: Self.unknown, count: wanted - integerIds.count))
    }
    integerIds[value] = id
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
  /// as 7 and 007, then by bytes), else by bytes.
  public func precedes(_ first: UInt32, _ second: UInt32) -> Bool {
    if allIntegers {
      let left = integer(first)
      let right = integer(second)
      if left != right { return left < right }
    }
    return bytesPrecede(first, second)
  }

  /// These ids in ascending item order, as ``precedes(_:_:)`` has it.
  ///
  /// Complexity: O(n log n), nearly all comparisons on one number.
  public func ascending(_ ids: [UInt32]) -> [UInt32] {
    guard allIntegers else { return ascendingByBytes(ids) }
    return ascending(ids) { UInt64(bitPattern: integer($0)) ^ (1 << 63) }
  }

  /// These ids in ascending order of their bytes, even where all are integers.
  package func ascendingByBytes(_ ids: [UInt32]) -> [UInt32] {
    ascending(ids, key: firstBytes)
  }

  /// Sorts by `key`, equal keys by bytes.
  private func ascending(_ ids: [UInt32], key: (UInt32) -> UInt64) -> [UInt32] {
    var keyed = ids.map { (key: key($0), id: $0) }
    keyed.sort { left, right in
      left.key != right.key ? left.key < right.key : bytesPrecede(left.id, right.id)
    }
    return keyed.map(\.id)
  }

  private func bytesPrecede(_ first: UInt32, _ second: UInt32) -> Bool {
    let left = nameRange(Int(first))
    let right = nameRange(Int(second))
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

  private func integer(_ id: UInt32) -> Int64 {
    Self.integer(nameBytes.span.extracting(nameRange(Int(id)))) ?? 0
  }

  /// The value of an optional `-` and 1 to 18 digits, nil for anything else.
  private static func integer(_ bytes: Span<UInt8>) -> Int64? {
    let isNegative = bytes.count > 0 && bytes[0] == UInt8(ascii: "-")
    let digits = isNegative ? 1 : 0
    guard bytes.count - digits >= 1, bytes.count - digits <= 18 else { return nil }
    var value: Int64 = 0
    for index in digits..<bytes.count {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      value = value * 10 + Int64(digit)
    }
    return isNegative ? -value : value
  }
}

/// Why an item could not be added to an ``ItemDictionary``.
public enum DictionaryError: Error, Equatable {
  /// There would be more distinct items than `limit`.
  case tooManyItems(limit: Int)
  /// The names of all items together would exceed `limit` bytes.
  case namesTooLong(limit: Int)
}
