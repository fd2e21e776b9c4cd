public import Apriori

/// How a report's counts are written: its third byte.
private enum ReportForm: UInt8 {
  /// All counts, in packs.
  case packs = 0
  /// The positions and counts above an allowance.
  case above = 1
  /// All counts, as the positions and counts that are not 0.
  case sparse = 2
}

extension CountReport: PayloadCoding {
  /// The report as bytes.
  ///
  /// All counts are bit-packed by 128s, or, where that is shorter, written as those that are not 0.
  /// Positions are written as gaps in a Rice code, counts less allowance and 1 in the shortest of
  /// Rice codes, exponential codes and packs.
  public func encoded() -> [UInt8] {
    switch self {
    case .all(let counts):
      let packed = Self.encodedPacks(counts)
      let present = counts.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
      // Positions and counts of more than a quarter are never shorter than packs by much.
      guard counts.count <= MessageLimits.sparseCounts, 4 * present <= counts.count else {
        return packed
      }
      let sparse = Self.encodedSparse(counts)
      return sparse.count < packed.count ? sparse : packed
    case .above(let allowance, let positions, let counts):
      invariant(positions.count == counts.count, "A report has not one count a position.")
      var writer = PayloadWriter(.countReport)
      writer.append(byte: ReportForm.above.rawValue)
      writer.append(varint: allowance)
      writer.append(positions: positions, counts: counts, above: allowance)
      return writer.bytes
    }
  }

  private static func encodedPacks(_ counts: [UInt32]) -> [UInt8] {
    var writer = PayloadWriter(.countReport)
    writer.append(byte: ReportForm.packs.rawValue)
    writer.append(count: counts.count)
    writer.append(packs: counts)
    return writer.bytes
  }

  private static func encodedSparse(_ counts: [UInt32]) -> [UInt8] {
    var writer = PayloadWriter(.countReport)
    writer.append(byte: ReportForm.sparse.rawValue)
    writer.append(count: counts.count)
    let positions = counts.indices.filter { counts[$0] > 0 }
    writer.append(
      positions: positions.map { UInt32($0) }, counts: positions.map { counts[$0] }, above: 0)
    return writer.bytes
  }

  /// Reads a report about any number of candidates.
  public init(decoding bytes: [UInt8]) throws(PayloadError) {
    self = try Self.decoded(bytes, candidateCount: nil)
  }

  /// Reads a report about so many candidates: of a range, or of a list.
  ///
  /// - Throws: ``PayloadError`` where the bytes are no report, not so many counts, or speak of a
  ///   position beyond the candidates.
  public init(decoding bytes: [UInt8], candidateCount: Int) throws(PayloadError) {
    self = try Self.decoded(bytes, candidateCount: candidateCount)
  }

  private static func decoded(
    _ bytes: [UInt8], candidateCount: Int?
  ) throws(PayloadError) -> CountReport {
    var reader = try PayloadReader(bytes, as: .countReport)
    let form = try reader.byte()
    let report: CountReport
    switch ReportForm(rawValue: form) {
    case .packs:
      let count = try reader.countOfAll(
        limit: MessageLimits.counts, perByte: 64, candidateCount: candidateCount)
      report = .all(try reader.packs(count: count, "the counts"))
    case .sparse:
      let count = try reader.countOfAll(
        limit: MessageLimits.sparseCounts, perByte: MessageLimits.sparseCounts,
        candidateCount: candidateCount)
      let (positions, present) = try reader.positionsAndCounts(above: 0, limit: count)
      var counts = [UInt32](repeating: 0, count: count)
      for index in positions.indices { counts[Int(positions[index])] = present[index] }
      report = .all(counts)
    case .above:
      let allowance = try reader.varint()
      let (positions, counts) = try reader.positionsAndCounts(
        above: allowance, limit: min(candidateCount ?? .max, MessageLimits.candidates))
      report = .above(allowance: allowance, positions: positions, counts: counts)
    case nil: throw reader.invalid("its counts are in form \(form), which is unknown")
    }
    try reader.finish()
    return report
  }
}

extension PayloadWriter {
  fileprivate mutating func append(
    positions: [UInt32], counts: [UInt32], above allowance: UInt64
  ) {
    append(count: positions.count)
    append(ascending: positions)
    append(
      small: counts.map { count in
        invariant(UInt64(count) > allowance, "A reported count is within the allowance.")
        return UInt32(truncatingIfNeeded: UInt64(count) - allowance - 1)
      })
  }
}

extension PayloadReader {
  fileprivate mutating func countOfAll(
    limit: Int, perByte: Int, candidateCount: Int?
  ) throws(PayloadError) -> Int {
    let start = offset
    let count = try count("the number of counts", limit: limit, perByte: perByte)
    guard let candidateCount, count != candidateCount else { return count }
    throw error(
      .invalid("it has \(count) counts for \(candidateCount) candidates"), at: start)
  }

  fileprivate mutating func positionsAndCounts(
    above allowance: UInt64, limit: Int
  ) throws(PayloadError) -> (positions: [UInt32], counts: [UInt32]) {
    // A gap takes a bit at least.
    let count = try count("the number of positions", limit: limit, perByte: 8)
    guard count == 0 || allowance < UInt64(UInt32.max) else {
      throw invalid("counts are said to be above \(allowance)")
    }
    let positions = try ascending(count: count, limit: limit, "positions")
    var counts = try small(count: count, "the counts")
    guard count > 0 else { return (positions, counts) }
    let base = UInt32(truncatingIfNeeded: allowance) + 1
    var overflows = false
    for index in counts.indices {
      let (sum, overflow) = counts[index].addingReportingOverflow(base)
      counts[index] = sum
      overflows = overflows || overflow
    }
    if overflows { throw invalid("a count is above 4,294,967,295") }
    return (positions, counts)
  }
}
