// Digests by which coordinator and workers find that they speak of the same things.

import CXXHash

/// XXH3, 64 bits, over a sequence of numbers and arrays.
///
/// Each part is hashed with the digest of those before it as its seed. Whoever adds an array adds its
/// length, so that no two contents run together.
struct ContentDigest {
  private(set) var value: UInt64 = 0

  mutating func add(_ numbers: UInt64...) {
    add(numbers)
  }

  mutating func add<Number: FixedWidthInteger & BitwiseCopyable>(_ numbers: [Number]) {
    numbers.withUnsafeBytes { value = XXH3_64bits_withSeed($0.baseAddress, $0.count, value) }
  }
}

extension CountReport {
  /// A digest of the decoded counts: equal for equal reports, whoever counted and however it was sent.
  public var digest: UInt64 {
    var digest = ContentDigest()
    switch self {
    case .all(let counts):
      digest.add(0, 0, UInt64(counts.count))
      digest.add(counts)
    case .above(let allowance, let positions, let counts):
      digest.add(1, allowance, UInt64(positions.count))
      digest.add(positions)
      digest.add(counts)
    }
    return digest.value
  }
}

extension Level {
  /// A digest of what candidates are made of: the length, where segments end, and their words.
  ///
  /// Counts have no part in it, so a worker that knows none has the digest of the coordinator.
  public var structureDigest: UInt64 {
    var digest = ContentDigest()
    digest.add(UInt64(length), UInt64(segments.count))
    for segment in segments {
      digest.add(UInt64(segment.words.count))
      digest.add(segment.words)
    }
    return digest.value
  }
}

extension LevelSegment {
  /// A digest of the words and the counts.
  public var digest: UInt64 {
    var digest = ContentDigest()
    digest.add(UInt64(length), UInt64(words.count))
    digest.add(words)
    digest.add(counts)
    return digest.value
  }
}

extension PollReply {
  /// A digest of the decoded counts.
  public var digest: UInt64 {
    var digest = ContentDigest()
    digest.add(UInt64(counts.count))
    digest.add(counts)
    return digest.value
  }
}
