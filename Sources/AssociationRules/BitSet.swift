/// A fixed number of bits, all clear at first.
struct BitSet: ~Copyable {
  private var words: FlatBuffer<UInt64>

  init(count: Int) {
    words = FlatBuffer(capacity: Self.wordCount(count))
  }

  /// The number of 64-bit words for `count` bits.
  static func wordCount(_ count: Int) -> Int { count / 64 + 1 }

  @inline(__always)
  mutating func insert(_ index: Int) {
    words.base[index >> 6] |= 1 << UInt64(index & 63)
  }

  @inline(__always)
  func contains(_ index: Int) -> Bool {
    words.base[index >> 6] >> UInt64(index & 63) & 1 == 1
  }
}
