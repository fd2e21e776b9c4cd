import Blocks
import Messages

/// FNV-1a over words: two runs with the same digest saw the same events in the same order.
struct RunDigest {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  /// Adds a word.
  @inline(__always)
  mutating func add(_ word: UInt64) {
    value = (value ^ word) &* 0x0000_0100_0000_01B3
    value ^= value >> 29
  }

  /// Adds a number.
  @inline(__always)
  mutating func add(_ number: Int) { add(UInt64(truncatingIfNeeded: number)) }

  /// Adds a text.
  mutating func add(_ text: String) {
    for byte in text.utf8 { add(UInt64(byte)) }
    add(text.utf8.count)
  }

  mutating func add(_ id: DataSetID) {
    add(id.high)
    add(id.low)
  }

  mutating func add(_ id: ObjectID) {
    switch id.owner {
    case .dataSet(let dataSet): add(dataSet)
    case .job(let job): add(job.number)
    }
    add(UInt64(id.kind.rawValue))
    add(id.number)
  }

  mutating func add(_ object: ObjectDescriptor) {
    add(object.id)
    add(object.checksum)
  }

  mutating func add(_ key: CountingKey) {
    add(key.job.number)
    add(key.level)
    add(UInt64(key.phase.rawValue))
    for shard in key.shards { add(UInt64(shard)) }
    add(key.levelDigest)
  }
}
