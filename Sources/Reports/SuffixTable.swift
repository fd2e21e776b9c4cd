/// How lines end that differ only in the perfect extensions chosen: every non-empty subset of some, as
/// names with the count behind, a subset before those it begins, else by position.
///
/// One table serves all lines that begin with different choices among the other extensions, so the
/// text of such a line is two copies of known length. All of mushroom at 1 %, 91 million lines, took
/// 1,345 ms where extension was chosen after extension, and takes 480.
struct SuffixTable: ~Copyable {
  /// Two extensions make three lines, too few for a table.
  private static let fewestExtensions = 3
  /// Extensions in the table at most: 127 suffixes of usual names stay in the nearest cache.
  private static let mostExtensions = 7
  /// Bytes of all suffixes; where names are so long that they need more, fewer extensions are taken.
  private static let capacity = 1 << 16

  private let bytes: UnsafeMutablePointer<UInt8>
  private let lengths: UnsafeMutablePointer<Int>
  private var count = 0
  /// Bytes from one suffix to the next, and of the longest one.
  private var stride = 0
  private var longest = 0
  /// Bytes of all suffixes together.
  private var byteCount = 0

  init() {
    bytes = .allocate(capacity: Self.capacity + OutputBuffer.slack)
    lengths = .allocate(capacity: 1 << Self.mostExtensions)
  }

  deinit {
    bytes.deallocate()
    lengths.deallocate()
  }

  /// Fills the table for the last ones of `extensions`, and returns how many of them it leaves out.
  ///
  /// About half are taken, since each suffix costs as much as a line: then there are as many lines
  /// that begin differently to use it.
  mutating func fill(
    _ extensions: UnsafeBufferPointer<UInt32>, names: NameSlots, count countText: CountText
  ) -> Int {
    count = 0
    byteCount = 0
    longest = countText.length
    var taken = 0
    let wanted = extensions.count < Self.fewestExtensions ? 0 : extensions.count / 2 + 1
    while taken < min(wanted, Self.mostExtensions) {
      let length = longest + names.length(extensions[extensions.count - taken - 1])
      // Names are copied in steps of 16 bytes, and suffixes read in steps of 32.
      let stride = (length + 47) / 32 * 32
      if stride << (taken + 1) > Self.capacity { break }
      longest = length
      self.stride = stride
      taken += 1
    }
    let total = 1 << taken - 1
    // From the last extension on: each alone, then before every suffix there is, in front of those.
    for index in 0..<taken {
      let rank = extensions[extensions.count - index - 1]
      let known = total - count
      let first = known - count - 1
      let alone = bytes + first * stride
      keep(countText.store(to: names.copy(rank, to: alone)) - alone, at: first)
      for suffix in 0..<count {
        add(
          rank, names, at: first + 1 + suffix, before: bytes + (known + suffix) * stride,
          lengths[known + suffix])
      }
      count = 2 * count + 1
    }
    return extensions.count - taken
  }

  @inline(__always)
  private mutating func add(
    _ rank: UInt32, _ names: NameSlots, at place: Int, before rest: UnsafePointer<UInt8>,
    _ length: Int
  ) {
    let end = names.copy(rank, to: bytes + place * stride)
    var copied = 0
    repeat {
      copy16(rest + copied, to: end + copied)
      copied += 16
    } while copied < length
    keep(names.length(rank) + length, at: place)
  }

  @inline(__always)
  private mutating func keep(_ length: Int, at place: Int) {
    lengths[place] = length
    byteCount += length
  }

  /// Writes a line for each suffix behind the same prefix.
  @inline(__always)
  func write(
    behind prefix: UnsafePointer<UInt8>, _ prefixLength: Int, to output: inout TextPiece
  ) throws(OutputError) {
    if count == 0 { return }
    // The last line's steps may reach behind it by the rest of a prefix and of a suffix.
    let target = try output.reserve(byteCount + count * prefixLength + longest)
    let end =
      switch ((prefixLength + 31) / 32, (longest + 31) / 32) {
      case (...1, 1): write(behind: prefix, prefixLength, steps: 1, 1, to: target)
      case (...1, 2): write(behind: prefix, prefixLength, steps: 1, 2, to: target)
      case (2, 1): write(behind: prefix, prefixLength, steps: 2, 1, to: target)
      case (2, 2): write(behind: prefix, prefixLength, steps: 2, 2, to: target)
      case (let prefixSteps, let suffixSteps):
        write(behind: prefix, prefixLength, steps: prefixSteps, suffixSteps, to: target)
      }
    output.advance(to: end)
  }

  /// Copies in so many steps of 32 bytes; with constants of them there is no loop and no branch.
  @inline(__always)
  private func write(
    behind prefix: UnsafePointer<UInt8>, _ prefixLength: Int, steps prefixSteps: Int,
    _ suffixSteps: Int, to start: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    var target = start
    var suffix = UnsafePointer(bytes)
    for index in 0..<count {
      for step in 0..<prefixSteps { copy32(prefix + 32 * step, to: target + 32 * step) }
      let end = target + prefixLength
      for step in 0..<suffixSteps { copy32(suffix + 32 * step, to: end + 32 * step) }
      target = end + lengths[index]
      suffix += stride
    }
    return target
  }
}

@inline(__always)
private func copy32(_ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
  copy16(source, to: target)
  copy16(source + 16, to: target + 16)
}
