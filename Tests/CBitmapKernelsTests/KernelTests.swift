import CBitmapKernels
import Testing

/// Every instruction set against scalar results computed here, at lengths around vector borders.
@Suite(.serialized) struct KernelTests {
  static let names = ["scalar", "avx2", "avx512", "neon"]
  static let wordCounts = [
    0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 1024,
  ]

  private func words(_ count: Int, seed: UInt64, fill: Int = 1) -> [UInt64] {
    var state = seed
    return (0..<count).map { _ in
      var word: UInt64 = .max
      for _ in 0..<fill {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        word &= state ^ (state >> 29)
      }
      return word
    }
  }

  @Test(arguments: names) func matchPlainSwift(name: String) {
    let before = String(cString: lode_kernel_name())
    guard lode_kernel_choose(name) == 1 else {
      print("kernels \(name): skipped, this processor cannot run them")
      return
    }
    defer { #expect(lode_kernel_choose(before) == 1) }
    #expect(String(cString: lode_kernel_name()) == name)
    for count in Self.wordCounts {
      let a = words(count, seed: UInt64(count + 1))
      let b = words(count, seed: UInt64(count + 77), fill: 2)
      var both = [UInt64](repeating: 7, count: count + 1)
      lode_bitmap_and(&both, a, b, count)
      #expect(Array(both[..<count]) == zip(a, b).map { $0 & $1 })
      #expect(both[count] == 7, "wrote behind the end")

      let stride = count + count % 3
      for n in [0, 1, 2, 3, 5, 7, 8, 9, 16, 21] {
        for shift: UInt32 in [0, 3] {
          let bitmaps = words(max(1, stride * 24), seed: UInt64(n * 31 + count), fill: 1)
          let rows = (0..<n).map { UInt32(($0 * 7) % 23) }
          var counts = (0...n).map { UInt32($0 * 10) }
          lode_bitmap_count_each(a, bitmaps, stride, rows, n, count, shift, &counts)
          for index in 0..<n {
            var expected = 0
            for word in 0..<count {
              expected += (a[word] & bitmaps[Int(rows[index]) * stride + word]).nonzeroBitCount
            }
            #expect(counts[index] == UInt32(index * 10 + expected << Int(shift)))
          }
          #expect(counts[n] == UInt32(n * 10), "wrote behind the end")
        }
      }
    }
  }

  @Test func refusesUnknownNames() {
    #expect(lode_kernel_choose("abacus") == 0)
  }
}
