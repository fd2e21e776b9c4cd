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

  /// Calls `body` with kernels chosen, where this processor has them.
  private func withKernels(_ name: String, _ body: () -> Void) {
    let before = String(cString: lode_kernel_name())
    guard lode_kernel_choose(name) == 1 else { return }
    body()
    #expect(lode_kernel_choose(before) == 1)
  }

  /// All pairs of a group, whichever of its nodes are asked for, with a prefix and without.
  @Test(arguments: names) func countPairs(name: String) {
    withKernels(name) {
      for count in Self.wordCounts {
        let prefix = words(count, seed: UInt64(count + 5))
        let stride = count + count % 2
        let bitmaps = words(max(1, stride * 12), seed: UInt64(count + 99))
        func word(_ row: UInt32, _ place: Int) -> UInt64 { bitmaps[Int(row) * stride + place] }
        for (n, first, end) in [(0, 0, 0), (1, 0, 1), (2, 0, 1), (5, 0, 4), (6, 2, 5), (11, 0, 10)]
        {
          let rows = (0..<n).map { UInt32(($0 * 5) % 12) }
          for hasPrefix in [true, false] {
            var expected: [UInt32] = []
            for i in first..<end {
              for j in i + 1..<max(n, i + 1) {
                let bits = (0..<count).reduce(0) { sum, place in
                  let above = hasPrefix ? prefix[place] : .max
                  return sum + (above & word(rows[i], place) & word(rows[j], place)).nonzeroBitCount
                }
                expected.append(UInt32(bits) + UInt32(expected.count))
              }
            }
            var counts = (0...expected.count).map { UInt32($0) }
            var node = [UInt64](repeating: 0, count: count + 1)
            lode_bitmap_count_pairs(
              hasPrefix ? prefix : nil, bitmaps, stride, rows, n, first, end, count, &node, &counts)
            #expect(Array(counts.dropLast()) == expected, "\(count) words, \(n) rows")
            #expect(counts.last == UInt32(expected.count), "wrote behind the end")
          }
        }
      }
    }
  }

  /// Weights of one, two and no planes a line, and of many.
  @Test(arguments: names) func countWeighted(name: String) {
    withKernels(name) {
      for planeCounts in [[1], [3], [15, 2], [4, 0, 1], [20, 20, 7, 1]] {
        let count = 8 * planeCounts.count
        let prefix = words(count, seed: 3)
        let bitmaps = words(count * 10, seed: 4)
        let starts = planeCounts.reduce(into: [UInt32(0)]) {
          $0.append($0[$0.count - 1] + UInt32($1))
        }
        let planes = words(8 * planeCounts.reduce(0, +), seed: 5)
        for n in [0, 1, 3, 8, 10] {
          let rows = (0..<n).map { UInt32(($0 * 3) % 10) }
          var counts = (0...n).map { UInt32($0) }
          lode_bitmap_count_weighted(
            prefix, bitmaps, count, rows, n, count, planes, starts, &counts)
          for index in 0..<n {
            let both = (0..<count).map { prefix[$0] & bitmaps[Int(rows[index]) * count + $0] }
            let expected = index + weight(of: both, planes, planeCounts)
            #expect(counts[index] == UInt32(truncatingIfNeeded: expected))
          }
          #expect(counts[n] == UInt32(n), "wrote behind the end")
        }
      }
    }
  }

  /// The sum of the weights of bits, given by planes from the highest on, line by line.
  private func weight(of bits: [UInt64], _ planes: [UInt64], _ planeCounts: [Int]) -> Int {
    var sum = 0
    var first = 0
    for (line, planeCount) in planeCounts.enumerated() {
      for plane in 0..<planeCount {
        for place in 0..<8 {
          let common = bits[8 * line + place] & planes[8 * (first + plane) + place]
          sum += common.nonzeroBitCount << (planeCount - 1 - plane)
        }
      }
      first += planeCount
    }
    return sum
  }

  /// All pairs of a group over merged rows, whichever of its nodes are asked for.
  @Test(arguments: names) func countPairsWeighted(name: String) {
    withKernels(name) {
      for planeCounts in [[1], [15, 2], [4, 0, 1]] {
        let count = 8 * planeCounts.count
        let prefix = words(count, seed: 8)
        let bitmaps = words(count * 12, seed: 9)
        let starts = planeCounts.reduce(into: [UInt32(0)]) {
          $0.append($0[$0.count - 1] + UInt32($1))
        }
        let planes = words(8 * planeCounts.reduce(0, +), seed: 10)
        for (n, first, end) in [(0, 0, 0), (1, 0, 1), (2, 0, 1), (5, 0, 4), (6, 2, 5), (11, 0, 10)]
        {
          let rows = (0..<n).map { UInt32(($0 * 5) % 12) }
          for hasPrefix in [true, false] {
            var expected: [UInt32] = []
            for i in first..<end {
              for j in i + 1..<max(n, i + 1) {
                let bits = (0..<count).map { place in
                  (hasPrefix ? prefix[place] : .max) & bitmaps[Int(rows[i]) * count + place]
                    & bitmaps[Int(rows[j]) * count + place]
                }
                let sum = weight(of: bits, planes, planeCounts) + expected.count
                expected.append(UInt32(truncatingIfNeeded: sum))
              }
            }
            var counts = (0...expected.count).map { UInt32($0) }
            var node = [UInt64](repeating: 0, count: count)
            lode_bitmap_count_pairs_weighted(
              hasPrefix ? prefix : nil, bitmaps, count, rows, n, first, end, count, planes, starts,
              &node, &counts)
            #expect(Array(counts.dropLast()) == expected, "\(planeCounts) planes, \(n) rows")
            #expect(counts.last == UInt32(expected.count), "wrote behind the end")
          }
        }
      }
    }
  }

  private func isSet(_ bit: Int, in words: [UInt64]) -> Bool {
    let word = words[bit / 64]
    return word >> UInt64(bit % 64) & 1 == 1
  }

  /// Bits under a mask, of full and empty words and of all between.
  @Test(arguments: names) func gatherBits(name: String) {
    withKernels(name) {
      for fill in [0, 1, 2, 6] {
        for count in [1, 2, 9, 100] {
          let bitmap = words(count, seed: 6)
          let mask = words(count, seed: 7, fill: fill)
          let places = mask.indices.filter { mask[$0] != 0 }.map { UInt32($0) }
          let kept = (0..<64 * count).filter { isSet($0, in: mask) }
          let bits = kept.map { isSet($0, in: bitmap) }
          let length = (bits.count + 63) / 64
          var out = [UInt64](repeating: 0, count: length + 1)
          out[length] = 9
          lode_bitmap_gather(&out, bitmap, mask, places, places.count)
          #expect(bits.indices.map { isSet($0, in: out) } == bits)
          if bits.count % 64 > 0 { #expect(out[length - 1] >> UInt64(bits.count % 64) == 0) }
          #expect(out[length] == 9, "wrote behind the end")
        }
      }
    }
  }

  /// Candidates below, at and above the minimum, and those of the node's count.
  @Test(arguments: names) func selectFrequent(name: String) {
    withKernels(name) {
      let room = Int(LODE_SELECT_ROOM)
      for n in [0, 1, 2, 7, 15, 16, 17, 33, 100] {
        for node in [9, 200, (1 << 32) + 9] as [UInt64] {
          let siblings = (0..<n).map { UInt32($0 * 3 + 1) }
          let counts = words(n, seed: UInt64(n)).map { UInt32($0 % 10) }
          let perfectPlaces = (0..<n).filter { UInt64(counts[$0]) == node }
          let places = (0..<n).filter { counts[$0] >= 4 && UInt64(counts[$0]) != node }
          var extensions = [UInt32](repeating: 0, count: n + room)
          var extensionCounts = [UInt64](repeating: 0, count: n + room)
          var perfect = [UInt32](repeating: 0, count: n + room)
          let selected = lode_select_frequent(
            siblings, counts, n, 4, node, &extensions, &extensionCounts, &perfect)
          #expect(extensions.prefix(Int(selected.extensions)) == places.map { siblings[$0] }[...])
          #expect(
            extensionCounts.prefix(Int(selected.extensions))
              == places.map { UInt64(counts[$0]) }[...])
          #expect(perfect.prefix(Int(selected.perfect)) == perfectPlaces.map { siblings[$0] }[...])
        }
      }
    }
  }

  @Test(arguments: names) func listAbove(name: String) {
    withKernels(name) {
      for n in [0, 1, 15, 16, 17, 40, 129] {
        for allowance in [0, 5, 9, .max] as [UInt32] {
          let counts = words(n, seed: UInt64(n + 50)).map { UInt32($0 % 10) }
          let above = (0..<n).filter { counts[$0] > allowance }
          var places = [UInt32](repeating: 77, count: above.count + 1)
          var listed = [UInt32](repeating: 77, count: above.count + 1)
          lode_list_above(counts, n, allowance, 1_000, &places, &listed)
          #expect(places == above.map { UInt32($0 + 1_000) } + [77])
          #expect(listed == above.map { counts[$0] } + [77])
        }
      }
    }
  }

  @Test func refusesUnknownNames() {
    #expect(lode_kernel_choose("abacus") == 0)
  }
}
