/// How often each row of merged ones occurs, as bit planes.
///
/// Rows stand in lines of 512, eight words of a bitmap. A line has a plane for each bit that some weight
/// in it has, and those below, the highest first: so weights of bits are added up by doubling.
/// `lode_bitmap_count_weighted` does it, all planes of a line while the line is in a register. Where a
/// plane was a call with an intersection of its own, connect-four at 90 % took 3.7 times as long as its
/// kernels; now these are 15 steps on a single line.
final class RowWeights: @unchecked Sendable {
  /// All planes, line by line, 8 words each.
  private let planes: AlignedWords
  /// The first plane of each line, and the end of the last.
  private let starts: UnsafeMutablePointer<UInt32>
  private let lineCount: Int

  /// Weights in the order of the rows.
  init(_ weights: [UInt32]) {
    lineCount = weights.count <= 0 || (weights.max() ?? 0) <= 1 ? 0 : (weights.count + 511) / 512
    starts = .allocate(capacity: lineCount + 1)
    starts.initialize(repeating: 0, count: lineCount + 1)
    for line in 0..<lineCount {
      let highest = weights[512 * line..<min(512 * (line + 1), weights.count)].max() ?? 0
      starts[line + 1] = starts[line] + UInt32(32 - highest.leadingZeroBitCount)
    }
    planes = AlignedWords(count: Int(starts[lineCount]) * 8)
    if lineCount == 0 { return }
    for (row, weight) in weights.enumerated() {
      // The plane of bit 0 is the last one of its line.
      var word = planes.base + Int(starts[row / 512 + 1]) * 8 + row % 512 / 64
      var rest = weight
      while rest > 0 {
        word -= 8
        word.pointee |= UInt64(rest & 1) << UInt64(row & 63)
        rest >>= 1
      }
    }
  }

  deinit { starts.deallocate() }

  /// Whether all rows have weight 1.
  var isEmpty: Bool { lineCount == 0 }

  var wordCount: Int { planes.count + lineCount / 2 + 1 }

  /// For each bit the words of the lines that have a plane for it.
  var wordsPerPlane: [Int] {
    var words: [Int] = []
    for line in 0..<lineCount {
      for plane in 0..<Int(starts[line + 1] - starts[line]) {
        if plane == words.count { words.append(0) }
        words[plane] += 8
      }
    }
    return words
  }

  /// The planes from a word of the bitmaps on, a multiple of 8.
  func lines(from firstWord: Int) -> Lines {
    Lines(planes: UnsafePointer(planes.base), starts: UnsafePointer(starts + firstWord / 8))
  }

  /// What a kernel wants to know; good while the weights live.
  struct Lines {
    let planes: UnsafePointer<UInt64>
    let starts: UnsafePointer<UInt32>
  }

  /// Nanoseconds that a candidate takes a plane of a line, and a word of bitmaps over all rows.
  private static let planeNanoseconds = 1.2
  private static let wordNanoseconds = 0.1

  /// Whether counting over merged rows is estimated to be no slower than over all.
  func pay(insteadOf wordCount: Int) -> Bool {
    Double(starts[lineCount]) * Self.planeNanoseconds <= Double(wordCount) * Self.wordNanoseconds
  }
}
