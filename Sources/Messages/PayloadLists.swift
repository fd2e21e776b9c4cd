public import Apriori

/// Places of candidates in the enumeration of a range, ascending: what a poll asks about.
public struct PositionList: PayloadCoding, Sendable, Equatable {
  /// The positions, ascending.
  public var positions: [UInt32]

  /// A list of ascending positions.
  public init(_ positions: [UInt32]) { self.positions = positions }

  /// The gaps in a Rice code.
  public func encoded() -> [UInt8] {
    var writer = PayloadWriter(.positions)
    writer.append(count: positions.count)
    writer.append(ascending: positions)
    return writer.bytes
  }

  /// Reads a list of positions among any number of candidates.
  public init(decoding bytes: [UInt8]) throws(PayloadError) {
    try self.init(decoding: bytes, candidateCount: MessageLimits.candidates)
  }

  /// Reads a list of positions among so many candidates.
  ///
  /// - Throws: ``PayloadError`` where the bytes are no such list.
  public init(decoding bytes: [UInt8], candidateCount: Int) throws(PayloadError) {
    var reader = try PayloadReader(bytes, as: .positions)
    let limit = min(max(0, candidateCount), MessageLimits.candidates)
    let count = try reader.count("the number of positions", limit: limit, perByte: 8)
    positions = try reader.ascending(count: count, limit: limit, "positions")
    try reader.finish()
  }
}

/// The survivors of all ranges of a level, in order: how a worker comes to the next level.
public struct SurvivorsList: PayloadCoding, Sendable, Equatable {
  /// One entry a range.
  public var ranges: [Survivors]

  /// The survivors of each range.
  public init(_ ranges: [Survivors]) { self.ranges = ranges }

  /// The gaps in Rice codes, and a bit each for the perfect ones where a range has any.
  public func encoded() -> [UInt8] {
    var writer = PayloadWriter(.survivors)
    writer.append(count: ranges.count)
    for range in ranges {
      invariant(range.positions.count == range.isPerfect.count, "Survivors have not one bit each.")
      writer.append(count: range.positions.count)
      if range.positions.isEmpty { continue }
      writer.append(ascending: range.positions)
      let hasPerfect = range.isPerfect.contains(true)
      writer.append(byte: hasPerfect ? 1 : 0)
      guard hasPerfect else { continue }
      var bits = BitWriter()
      for isPerfect in range.isPerfect { bits.append(isPerfect ? 1 : 0, length: 1) }
      writer.append(contentsOf: bits.bytes())
    }
    return writer.bytes
  }

  /// Reads the survivors of any number of ranges.
  public init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, as: .survivors)
    let rangeCount = try reader.count("the number of ranges", limit: MessageLimits.ranges)
    ranges = []
    ranges.reserveCapacity(rangeCount)
    for _ in 0..<rangeCount { ranges.append(try reader.survivors()) }
    try reader.finish()
  }
}

extension PayloadReader {
  fileprivate mutating func survivors() throws(PayloadError) -> Survivors {
    let limit = MessageLimits.candidates
    let count = try count("the number of survivors", limit: limit, perByte: 8)
    guard count > 0 else { return Survivors(positions: [], isPerfect: []) }
    let positions = try ascending(count: count, limit: limit, "survivors")
    var isPerfect = [Bool](repeating: false, count: count)
    switch try byte() {
    case 0: break
    case 1:
      let end = 8 * offset + count
      guard end <= 8 * bytes.count else { throw error(.truncated, at: bytes.count) }
      for index in isPerfect.indices {
        let bit = 8 * offset + index
        isPerfect[index] = bytes[bit / 8] >> UInt8(bit % 8) & 1 == 1
      }
      try finishBits(at: end)
      guard isPerfect.contains(true) else { throw error(.notCanonical("perfect extensions")) }
    case let found: throw invalid("whether survivors are perfect extensions is \(found)")
    }
    return Survivors(positions: positions, isPerfect: isPerfect)
  }
}

/// Dictionary ids by rank: the items that a job counts.
public struct ItemList: PayloadCoding, Sendable, Equatable {
  /// The id of each rank.
  public var ids: [UInt32]

  /// The ids by rank.
  public init(_ ids: [UInt32]) { self.ids = ids }

  /// The ids in packs: they are in no order.
  public func encoded() -> [UInt8] {
    var writer = PayloadWriter(.items)
    writer.append(count: ids.count)
    writer.append(packs: ids)
    return writer.bytes
  }

  /// Reads a list of ids; whether they are distinct and in the dictionary is checked where both are
  /// known.
  public init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, as: .items)
    let count = try reader.count("the number of items", limit: MessageLimits.items, perByte: 64)
    ids = try reader.packs(count: count, "item ids")
    try reader.finish()
  }
}
