import Blocks
import CBitmapKernels

/// How long the kernels take: every instruction set that this processor has, short and long bitmaps,
/// one at a time and in batches.
enum KernelTimes {
  private static let names = ["scalar", "avx2", "avx512", "neon"]
  private static let wordCounts = [1, 2, 4, 8, 16, 32, 56, 128, 1024]
  private static let batches = [1, 2, 4, 8, 32]

  static func measured() -> JSON {
    let chosen = String(cString: lode_kernel_name())
    var times: [JSON] = []
    for name in names where lode_kernel_choose(name) == 1 {
      for wordCount in wordCounts {
        let bench = KernelBench(wordCount: wordCount, bitmapCount: 32)
        times.append(
          .object([
            ("kernel", .text(name)), ("words", .integer(wordCount)),
            ("and", .number(bench.andSeconds())),
            (
              "count",
              .object(
                batches.map {
                  ("\($0)", .number(bench.countSeconds(batch: $0) / Double($0)))
                })
            ),
          ]))
      }
    }
    _ = lode_kernel_choose(chosen)
    return .object([("chosen", .text(chosen)), ("times", .list(times))])
  }
}

/// Bitmaps to try kernels on.
struct KernelBench {
  private let wordCount: Int
  private let bitmapCount: Int
  private let bitmaps: [UInt64]

  init(wordCount: Int, bitmapCount: Int) {
    self.wordCount = wordCount
    self.bitmapCount = max(bitmapCount, 1)
    var random = SystemRandomNumberGenerator()
    bitmaps = (0..<self.bitmapCount * wordCount).map { _ in random.next() }
  }

  /// Seconds of the intersection of two bitmaps.
  func andSeconds() -> Double {
    var result = [UInt64](repeating: 0, count: wordCount)
    return bitmaps.withUnsafeBufferPointer { bitmaps in
      result.withUnsafeMutableBufferPointer { result in
        guard let base = bitmaps.baseAddress, let target = result.baseAddress else { return 0 }
        let other = base + (bitmapCount - 1) * wordCount
        return leastSeconds { lode_bitmap_and(target, base, other, wordCount) }
      }
    }
  }

  /// Seconds of one call that counts one bitmap against so many others.
  func countSeconds(batch: Int, words: Int? = nil) -> Double {
    let rows = (0..<batch).map { UInt32(truncatingIfNeeded: $0 % bitmapCount) }
    var counts = [UInt32](repeating: 0, count: batch)
    return bitmaps.withUnsafeBufferPointer { bitmaps in
      counts.withUnsafeMutableBufferPointer { counts in
        guard let base = bitmaps.baseAddress, let target = counts.baseAddress else { return 0 }
        return leastSeconds {
          lode_bitmap_count_each(
            base, base, wordCount, rows, batch, words ?? wordCount, 0, target)
        }
      }
    }
  }

  /// Seconds of one call that counts one bitmap of merged rows against so many others.
  ///
  /// - Parameter planes: for each bit of a weight the words that have a plane for it.
  func weightedSeconds(batch: Int, planes: [Int]) -> Double {
    let rows = (0..<batch).map { UInt32(truncatingIfNeeded: $0 % bitmapCount) }
    var starts: [UInt32] = [0]
    for line in 0..<wordCount / 8 {
      starts.append(
        starts[line] + UInt32(truncatingIfNeeded: planes.prefix { $0 > 8 * line }.count))
    }
    let bits = [UInt64](repeating: .max, count: Int(starts.last ?? 0) * 8)
    var counts = [UInt32](repeating: 0, count: batch)
    return bitmaps.withUnsafeBufferPointer { bitmaps in
      counts.withUnsafeMutableBufferPointer { counts in
        guard let base = bitmaps.baseAddress, let target = counts.baseAddress else { return 0 }
        return leastSeconds {
          lode_bitmap_count_weighted(
            base, base, wordCount, rows, batch, wordCount, bits, starts, target)
        }
      }
    }
  }
}
