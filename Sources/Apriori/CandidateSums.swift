/// The reports about a range added up, candidate by candidate.
///
/// Either every candidate has a sum, or those that at least one of several lists names.
struct CandidateSums {
  /// The candidates with a sum, ascending; nil for all.
  let positions: [UInt32]?
  /// The sum of the reported counts of each.
  private(set) var reported: [UInt64]
  /// The sum of the allowances of the reports that list each.
  private var spoken: [UInt64]

  /// Adds up checked reports; what a report leaves out adds nothing.
  ///
  /// Counts have 32 bits and there are fewer than 2^32 reports, so the sums fit; the sum of all
  /// allowances must have 64 bits.
  /// - Complexity: linear in the entries of the reports plus a 64th of the candidates; linear in the
  ///   candidates where a report has all counts.
  init(_ reports: [CountReport], candidateCount: Int) {
    var union: PositionUnion?
    if reports.allSatisfy(\.isList) {
      union = PositionUnion(reports, candidateCount: candidateCount)
    }
    positions = union?.positions
    let count = union?.positions.count ?? candidateCount
    reported = [UInt64](repeating: 0, count: count)
    spoken = [UInt64](repeating: 0, count: count)
    reported.withUnsafeMutableBufferPointer { sums in
      spoken.withUnsafeMutableBufferPointer { spoken in
        guard let sums = sums.baseAddress, let spoken = spoken.baseAddress else { return }
        for report in reports {
          switch report {
          case .all(let counts): add(counts, to: sums, count: count)
          case .above(let allowance, let positions, let counts):
            if let union {
              union.forEachPlace(of: positions, with: counts) { place, count in
                sums[place] &+= UInt64(count)
                spoken[place] &+= allowance
              }
            } else {
              for (position, count) in zip(positions, counts) {
                sums[Int(position)] &+= UInt64(count)
                spoken[Int(position)] &+= allowance
              }
            }
          }
        }
      }
    }
  }

  /// The candidates that can have `minimum` transactions, with their reported counts.
  ///
  /// - Parameter silent: the sum of the allowances of all reports, below `minimum`.
  func candidates(
    reaching minimum: UInt64, silent: UInt64
  ) -> (positions: [UInt32], counts: [UInt64]) {
    let places = [UInt32](unsafeUninitializedCapacity: reported.count + 1) { places, found in
      reported.withUnsafeBufferPointer { reported in
        spoken.withUnsafeBufferPointer { spoken in
          guard let places = places.baseAddress, let sums = reported.baseAddress,
            let spoken = spoken.baseAddress
          else { return }
          var next = 0
          for index in 0..<reported.count {
            places[next] = UInt32(truncatingIfNeeded: index)
            // A report either lists a candidate or is silent about it: no difference below 0.
            let needed = minimum &- (silent &- spoken[index])
            next &+= sums[index] >= needed ? 1 : 0
          }
          found = next
        }
      }
    }
    let counts = gather(reported, at: places)
    guard let positions else { return (places, counts) }
    return (gather(positions, at: places), counts)
  }
}

private func add(_ counts: [UInt32], to sums: UnsafeMutablePointer<UInt64>, count: Int) {
  counts.withUnsafeBufferPointer { counts in
    guard let base = counts.baseAddress else { return }
    for index in 0..<min(count, counts.count) { sums[index] &+= UInt64(base[index]) }
  }
}

private func gather<Number>(_ numbers: [Number], at places: [UInt32]) -> [Number] {
  numbers.withUnsafeBufferPointer { numbers in
    guard let base = numbers.baseAddress else { return [] }
    return places.map { base[Int($0)] }
  }
}

extension CountReport {
  fileprivate var isList: Bool {
    if case .above = self { return true }
    return false
  }
}

/// The candidates that at least one of several lists names, and the place of each among them.
///
/// A bit a candidate and a number a word: for ranges of the usual size it stays in the first two
/// caches, and a place costs one population count, however many lists there are.
private struct PositionUnion {
  /// The candidates, ascending.
  let positions: [UInt32]
  private let bits: [UInt64]
  /// How many candidates precede each word.
  private let before: [UInt32]

  /// - Parameter reports: those that list candidates, all below `candidateCount`.
  init(_ reports: [CountReport], candidateCount: Int) {
    var bits = [UInt64](repeating: 0, count: (candidateCount + 63) / 64)
    var before = [UInt32](repeating: 0, count: bits.count)
    var count = 0
    bits.withUnsafeMutableBufferPointer { words in
      guard let bits = words.baseAddress else { return }
      for report in reports {
        guard case .above(_, let positions, _) = report else { continue }
        positions.withUnsafeBufferPointer { positions in
          for position in positions { bits[Int(position >> 6)] |= 1 << UInt64(position & 63) }
        }
      }
      for index in words.indices {
        before[index] = UInt32(truncatingIfNeeded: count)
        count &+= bits[index].nonzeroBitCount
      }
    }
    positions = [UInt32](unsafeUninitializedCapacity: count) { positions, written in
      var next = 0
      for (index, word) in bits.enumerated() {
        var rest = word
        while rest != 0 {
          positions[next] = UInt32(truncatingIfNeeded: index << 6 + rest.trailingZeroBitCount)
          next &+= 1
          rest &= rest &- 1
        }
      }
      written = next
    }
    self.bits = bits
    self.before = before
  }

  /// Calls `body` for each entry of one of the lists with its place among all candidates.
  @inline(__always)
  func forEachPlace(
    of list: [UInt32], with counts: [UInt32], _ body: (_ place: Int, _ count: UInt32) -> Void
  ) {
    bits.withUnsafeBufferPointer { bits in
      before.withUnsafeBufferPointer { before in
        list.withUnsafeBufferPointer { list in
          counts.withUnsafeBufferPointer { counts in
            guard let bits = bits.baseAddress, let before = before.baseAddress,
              let positions = list.baseAddress, let counts = counts.baseAddress
            else { return }
            for entry in 0..<list.count {
              let word = Int(positions[entry] >> 6)
              let below = bits[word] & ((1 << UInt64(positions[entry] & 63)) &- 1)
              body(Int(before[word]) &+ below.nonzeroBitCount, counts[entry])
            }
          }
        }
      }
    }
  }
}
