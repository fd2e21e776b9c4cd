import Apriori

/// How a reduction is written: its third byte.
private enum ReductionForm: UInt8 {
  /// Frequent candidates, their counts less the least of them in a code for small numbers.
  case closed = 0
  /// The same with counts too far apart for that, as varints.
  case closedWide = 1
  /// Lists of candidates.
  case open = 2
}

extension RangeReduction: PayloadCoding {
  /// The reduction as bytes: positions as gaps in a Rice code, counts less the least.
  public func encoded() -> [UInt8] {
    var writer = PayloadWriter(.reduction)
    switch self {
    case .closed(let frequent):
      invariant(
        frequent.positions.count == frequent.counts.count, "A reduction has not one count each.")
      let least = frequent.counts.min() ?? 0
      let isWide = (frequent.counts.max() ?? 0) - least > UInt64(UInt32.max)
      let form = isWide ? ReductionForm.closedWide : ReductionForm.closed
      writer.append(byte: form.rawValue)
      writer.append(count: frequent.positions.count)
      if frequent.positions.isEmpty { break }
      writer.append(ascending: frequent.positions)
      writer.append(varint: least)
      if isWide {
        for count in frequent.counts { writer.append(varint: count - least) }
      } else {
        writer.append(small: frequent.counts.map { UInt32(truncatingIfNeeded: $0 - least) })
      }
    case .open(let lists):
      writer.append(byte: ReductionForm.open.rawValue)
      writer.append(count: lists.count)
      for list in lists {
        writer.append(count: list.count)
        if !list.isEmpty { writer.append(ascending: list) }
      }
    }
    return writer.bytes
  }

  /// Reads what became of a range of any number of candidates.
  ///
  /// - Throws: ``PayloadError`` where the bytes are no reduction.
  public init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, as: .reduction)
    let form = try reader.byte()
    switch ReductionForm(rawValue: form) {
    case .closed: self = .closed(try reader.frequentCandidates(isWide: false))
    case .closedWide: self = .closed(try reader.frequentCandidates(isWide: true))
    case .open: self = .open(try reader.lists())
    case nil: throw reader.invalid("it is in form \(form), which is unknown")
    }
    try reader.finish()
  }
}

extension PayloadReader {
  fileprivate mutating func frequentCandidates(
    isWide: Bool
  ) throws(PayloadError) -> FrequentCandidates {
    // A gap takes a bit at least.
    let count = try count(
      "the number of frequent candidates", limit: MessageLimits.candidates, perByte: 8)
    guard count > 0 else {
      if isWide { throw error(.notCanonical("counts")) }
      return FrequentCandidates(positions: [], counts: [])
    }
    let positions = try ascending(
      count: count, limit: MessageLimits.candidates, "frequent candidates")
    let least = try varint()
    var counts = [UInt64](repeating: 0, count: count)
    if isWide {
      guard count <= remaining else { throw error(.truncated) }
      for index in counts.indices { counts[index] = try varint() }
    } else {
      let differences = try small(count: count, "the counts")
      for index in counts.indices { counts[index] = UInt64(differences[index]) }
    }
    guard counts.contains(0), isWide == counts.contains(where: { $0 > UInt64(UInt32.max) }) else {
      throw error(.notCanonical("counts"))
    }
    var overflows = false
    for index in counts.indices {
      let (sum, overflow) = counts[index].addingReportingOverflow(least)
      counts[index] = sum
      overflows = overflows || overflow
    }
    if overflows { throw invalid("a count is over 64 bits") }
    return FrequentCandidates(positions: positions, counts: counts)
  }

  fileprivate mutating func lists() throws(PayloadError) -> [[UInt32]] {
    let listCount = try count("the number of lists", limit: MessageLimits.listLength)
    var lists: [[UInt32]] = []
    lists.reserveCapacity(listCount)
    for _ in 0..<listCount {
      let limit = MessageLimits.candidates
      let count = try count("the length of a list", limit: limit, perByte: 8)
      lists.append(count == 0 ? [] : try ascending(count: count, limit: limit, "candidates"))
    }
    return lists
  }
}
