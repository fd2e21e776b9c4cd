import Apriori

/// What counting by bitmaps takes at least: the kernel calls that it makes, at their measured speed.
///
/// Every node is intersected with its path, which is intersected where it changed, and counted
/// against its later siblings, with the weights of merged rows. What the count takes
/// beyond is the walk through the level and everything that keeps a kernel from its best.
struct KernelBound {
  /// How many candidates were counted.
  private var candidateCount = 0
  /// Intersections of two bitmaps that make a third one.
  private var andCount = 0
  /// Calls that count, by the number of siblings.
  private var calls: [Int] = []
  /// What the calls take at their speed, and at that of batches of eight.
  private var kernelSeconds = Double.infinity
  private var batchSeconds = Double.infinity
  private var countingSeconds = Double.infinity
  private var passes: [Int]?

  /// A bound for a row, with no figures where rows are counted.
  init(of row: MeasuredRow) throws {
    let projection = try row.projection(.automatic)
    guard let passes = projection.wordsPerCandidate else { return }
    self.passes = passes
    _ = try row.mine(.automatic, watch: { add($0) })
    // In turn, so that what else the machine does meets both.
    for _ in 0..<5 {
      if let time = try row.mine(.automatic) {
        countingSeconds = min(countingSeconds, time.counting)
      }
      addTimes(passes: passes, rankCount: row.items.count)
    }
  }

  private mutating func add(_ level: Level) {
    let pathLength = level.length - 1
    for segment in level.segments {
      var offset = 0
      for _ in 0..<segment.groupCount {
        let shared = Int(segment.words[offset])
        let extensionCount = Int(segment.words[offset + 2])
        offset +=
          LevelSegment.headerLength + pathLength - shared + Int(segment.words[offset + 1])
          + extensionCount
        if extensionCount < 2 { continue }
        if pathLength > 0 { andCount += extensionCount - 1 + pathLength - max(shared, 1) }
        if calls.count < extensionCount {
          calls += Array(repeating: 0, count: extensionCount - calls.count)
        }
        for siblings in 1..<extensionCount { calls[siblings] += 1 }
        candidateCount += extensionCount * (extensionCount - 1) / 2
      }
    }
  }

  private mutating func addTimes(passes: [Int], rankCount: Int) {
    let bench = KernelBench(wordCount: passes.max() ?? 0, bitmapCount: rankCount)
    func counting(_ siblings: Int) -> Double {
      passes.count > 1
        ? bench.weightedSeconds(batch: siblings, planes: passes)
        : bench.countSeconds(batch: siblings)
    }
    var seconds = Double(andCount) * bench.andSeconds()
    var batched = seconds
    let eighth = counting(8) / 8
    for (siblings, count) in calls.enumerated() where count > 0 {
      seconds += Double(count) * counting(siblings)
      batched += Double(count * siblings) * eighth
    }
    kernelSeconds = min(kernelSeconds, seconds)
    batchSeconds = min(batchSeconds, batched)
  }

  var json: JSON {
    guard let passes else { return .null }
    return .object([
      ("candidates", .integer(candidateCount)), ("ands", .integer(andCount)),
      ("calls", .integer(calls.reduce(0, +))), ("words", .list(passes.map { .integer($0) })),
      ("kernel_seconds", .number(kernelSeconds)), ("batch_seconds", .number(batchSeconds)),
      ("counting_seconds", .number(countingSeconds)),
    ])
  }
}
