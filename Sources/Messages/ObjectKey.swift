import Blocks

extension ObjectID {
  /// The most bytes of a ``key``.
  public static let keyLengthLimit = 26

  /// The name in 18 or 26 bytes, as data endpoints are asked for it: kind, kind of owner, owner,
  /// number; numbers most significant byte first.
  public var key: [UInt8] {
    var bytes: [UInt8] = [kind.rawValue]
    switch owner {
    case .dataSet(let id):
      bytes.append(1)
      append(id.high, to: &bytes)
      append(id.low, to: &bytes)
    case .job(let id):
      bytes.append(2)
      append(id.number, to: &bytes)
    }
    append(number, to: &bytes)
    return bytes
  }

  /// Reads a ``key``; nil for other bytes.
  public init?(key: [UInt8]) {
    guard key.count >= 2, let kind = ObjectKind(rawValue: key[0]) else { return nil }
    switch (key[1], key.count) {
    case (1, 26):
      self.init(
        owner: .dataSet(DataSetID(high: readNumber(key[2..<10]), low: readNumber(key[10..<18]))),
        kind: kind, number: readNumber(key[18..<26]))
    case (2, 18):
      self.init(
        owner: .job(JobID(readNumber(key[2..<10]))), kind: kind, number: readNumber(key[10..<18]))
    default: return nil
    }
  }
}

private func append(_ number: UInt64, to bytes: inout [UInt8]) {
  for shift in stride(from: 56, through: 0, by: -8) {
    bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
  }
}

private func readNumber(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  bytes.reduce(0) { $0 << 8 | UInt64($1) }
}
