import Apriori
import TestSupport
import Testing

@Suite struct CountingTests {
  /// Calls `body` for each range of every level of random data.
  private func forEachRange(
    seeds: Range<UInt64>,
    _ body: (ShardedData, Level, CandidateRange, inout SeededGenerator) throws -> Void
  ) throws {
    for seed in seeds {
      let data = try ShardedData(seed: seed)
      var random = SeededGenerator(seed: seed)
      for level in try data.levels() {
        let target = Int.random(in: 1...20, using: &random)
        for range in candidateRanges(of: level, targetCandidateCount: target) {
          try body(data, level, range, &random)
        }
      }
    }
  }

  @Test(arguments: [Projection.Layout.denseMerged, .denseSeparate, .denseClasses, .sparse])
  func pollsCountWhatReportsCount(layout: Projection.Layout) throws {
    let scratch = CountingScratch()
    var polled = 0
    try forEachRange(seeds: 0..<400) { data, level, range, random in
      let set = random.parts(of: Array(data.shards.indices))[0]
      let projection = try data.projection(of: set, layout: layout)
      let positions = (0..<UInt32(range.candidateCount)).filter { _ in random.oneIn(3) }
      let counts = try count(
        range, of: level, in: projection, positions: positions, scratch: scratch)
      let report = count(range, of: level, in: projection, mode: .all, scratch: scratch)
      guard case .all(let all) = report else {
        Issue.record("not all counts")
        return
      }
      #expect(counts == positions.map { all[Int($0)] })
      polled += positions.count
    }
    #expect(polled > 1000)
  }

  /// More rows than one strip of bitmaps, nearly all different.
  @Test func pollsCountOverSeveralStrips() throws {
    var random = SeededGenerator(seed: 1)
    let rows = (0..<66_000).map { _ -> [Int] in
      let bits = random.next()
      return (0..<18).filter { bits >> UInt64($0) & 1 == 1 }
    }
    let data = try ShardedData(rows: rows, itemCount: 18, support: 16_000, shardCount: 2)
    let scratch = CountingScratch()
    let levels = try data.levels()
    #expect(levels.count == 3)
    for (level, layout) in [(0, .dense), (1, .dense), (1, .sparse)]
      as [(Int, Projection.Layout)]
    {
      let range = candidateRanges(of: levels[level], targetCandidateCount: 1000)[0]
      let projection = try data.projection(of: [0, 1], layout: layout)
      let positions = (0..<UInt32(range.candidateCount)).filter { _ in random.oneIn(3) }
      let all = count(range, of: levels[level], in: projection, mode: .all, scratch: scratch)
      let counts = try count(
        range, of: levels[level], in: projection, positions: positions, scratch: scratch)
      guard case .all(let expected) = all else { continue }
      #expect(positions.count > 30 && counts == positions.map { expected[Int($0)] })
      let mode = ReportMode.above(allowance: 8_200)
      #expect(
        count(range, of: levels[level], in: projection, mode: mode, scratch: scratch)
          == (try mergeReports([all], range: range, mode: mode)))
    }
  }

  /// Every strip walks the range anew, from the path that it begins with; the last one ends with a line
  /// without rows.
  @Test func rangesOverSeveralStripsCountWhatRowsCount() throws {
    var random = SeededGenerator(seed: 2)
    let rows = (0..<66_400).map { _ -> [Int] in
      let bits = random.next() | random.next()
      return (0..<20).filter { bits >> UInt64($0) & 1 == 1 }
    }
    let data = try ShardedData(rows: rows, itemCount: 20, support: 24_000, shardCount: 2)
    let dense = try data.projection(of: [0, 1], layout: .dense)
    let sparse = try data.projection(of: [0, 1], layout: .sparse)
    let scratch = CountingScratch()
    let levels = try data.levels()
    #expect(levels.count >= 3)
    for level in levels {
      for range in candidateRanges(of: level, targetCandidateCount: 300) {
        #expect(
          count(range, of: level, in: dense, mode: .all, scratch: scratch)
            == count(range, of: level, in: sparse, mode: .all, scratch: scratch),
          "level \(level.length)")
      }
    }
  }

  /// What counting leaves of a projection counts the next levels right, or is known not to be enough.
  @Test(arguments: [nil, 0, 0.1, 0.25, 1] as [Double?])
  func whatIsKeptWithoutRowsCountsTheSame(frequentShare: Double?) throws {
    let scratch = CountingScratch()
    var countedWithoutRows = 0
    var lackingRanges = 0
    for seed in 0..<8 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let rows = (0..<900).map { _ in
        let pattern = Int.random(in: 0..<3, using: &random)
        return (0..<16).filter {
          Int.random(in: 0..<10, using: &random) < ($0 % 3 == pattern ? 7 : 2)
        }
      }
      let data = try ShardedData(rows: rows, itemCount: 16, support: 90, shardCount: 3)
      let full = try data.projection(of: [1], layout: .sparse)
      var kept = try data.newProjection(
        of: [1], layout: .sparse, frequentShare: frequentShare)
      let levels = try data.levels()
      #expect(levels.count >= 4)
      for level in levels {
        for range in candidateRanges(of: level, targetCandidateCount: 30) {
          guard kept.canCount(range, of: level) else {
            lackingRanges += 1
            continue
          }
          countedWithoutRows += kept.hasRows ? 0 : 1
          #expect(
            count(range, of: level, in: kept, mode: .all, scratch: scratch)
              == count(range, of: level, in: full, mode: .all, scratch: scratch),
            "seed \(seed), level \(level.length)")
        }
        guard level.length == 2 + Int(seed % 2) else { continue }
        guard let rest = kept.withoutRows else {
          lackingRanges += 1
          continue
        }
        #expect(!rest.hasRows && rest.byteCount < kept.byteCount)
        kept = rest
      }
    }
    // Where all is kept, or what is likely to be needed, it serves; where too little is, it does not.
    if frequentShare ?? 0 <= 0.1 { #expect(countedWithoutRows > 0) }
    if frequentShare ?? 0 >= 0.25 { #expect(lackingRanges > 0) }
  }

  @Test(arguments: [Projection.Layout.denseMerged, .denseSeparate, .denseClasses, .sparse])
  func listsAreAllCountsFiltered(layout: Projection.Layout) throws {
    let scratch = CountingScratch()
    try forEachRange(seeds: 0..<100) { data, level, range, random in
      let set = random.parts(of: Array(data.shards.indices))[0]
      let projection = try data.projection(of: set, layout: layout)
      let all = count(range, of: level, in: projection, mode: .all, scratch: scratch)
      let mode = ReportMode.above(allowance: UInt64.random(in: 0...6, using: &random))
      #expect(
        count(range, of: level, in: projection, mode: mode, scratch: scratch)
          == (try mergeReports([all], range: range, mode: mode)))
    }
  }

  /// Groups large enough that it is asked first whether their node can exceed the allowance.
  @Test(arguments: [
    (Projection.Layout.denseSeparate, 1), (.denseClasses, 1), (.denseMerged, 4), (.sparse, 1),
  ])
  func silentNodesChangeNothing(layout: Projection.Layout, copies: Int) throws {
    var random = SeededGenerator(seed: 7)
    // Where rows repeat they are merged and have weights.
    let rows = (0..<(240 / copies)).flatMap { _ -> [[Int]] in
      let bits = random.next() & random.next() | random.next() & 0x3
      return Array(repeating: (0..<14).filter { bits >> UInt64($0) & 1 == 1 }, count: copies)
    }
    let data = try ShardedData(rows: rows, itemCount: 14, support: 2, shardCount: 1)
    let scratch = CountingScratch()
    let projection = try data.projection(of: [0], layout: layout)
    for level in try data.levels().prefix(4) {
      for range in candidateRanges(of: level, targetCandidateCount: 200) {
        let all = count(range, of: level, in: projection, mode: .all, scratch: scratch)
        for allowance in [0, 1, 3, 8, 20, 60, 300] as [UInt64] {
          let mode = ReportMode.above(allowance: allowance)
          #expect(
            count(range, of: level, in: projection, mode: mode, scratch: scratch)
              == (try mergeReports([all], range: range, mode: mode)), "level \(level.length)")
        }
      }
    }
  }

  @Test func badPollsAreRefused() throws {
    let data = try ShardedData(
      rows: [[0, 1, 2], [0, 1, 2], [2]], itemCount: 3, support: 1, shardCount: 2)
    let level = data.firstLevel
    let range = candidateRanges(of: level, targetCandidateCount: 10)[0]
    let projection = try data.projection(of: [0, 1], layout: .automatic)
    for positions in [[1, 0], [0, 0], [UInt32(range.candidateCount)], [.max]] as [[UInt32]] {
      #expect(throws: CountingError.self) {
        try count(
          range, of: level, in: projection, positions: positions, scratch: CountingScratch())
      }
    }
  }

  /// Bitmaps of a class built for a later level lack rows that an earlier one needs.
  @Test func earlierLevelsCountTheSameAfterLaterOnes() throws {
    // Every triple beginning with item 0 is frequent, few rows hold four items.
    let rows =
      [[0, 1, 2], [0, 1, 3], [0, 2, 3]].flatMap { Array(repeating: $0, count: 3) }
      + Array(repeating: [0, 1, 2, 3], count: 2) + Array(repeating: [1, 2, 3], count: 20)
    let data = try ShardedData(rows: rows, itemCount: 4, support: 2, shardCount: 1)
    let scratch = CountingScratch()
    let later = try data.projection(of: [0], layout: .sparse)
    let levels = try data.levels()
    func countAll(_ level: Level, in projection: Projection) -> [CountReport] {
      candidateRanges(of: level, targetCandidateCount: 100).map {
        count($0, of: level, in: projection, mode: .all, scratch: scratch)
      }
    }
    let dense = try data.projection(of: [0], layout: .denseMerged)
    #expect(levels.count >= 4)
    for level in levels.reversed() {
      #expect(countAll(level, in: later) == countAll(level, in: dense), "level \(level.length)")
    }
  }

  @Test func partsOfABlockSetAddUp() throws {
    let scratch = CountingScratch()
    try forEachRange(seeds: 0..<100) { data, level, range, random in
      let all = Array(data.shards.indices)
      let whole = try data.projection(of: all, layout: .denseMerged)
      let mode =
        random.oneIn(3)
        ? ReportMode.all : .above(allowance: UInt64.random(in: 0...9, using: &random))
      var parts: [CountReport] = []
      for part in random.parts(of: all) {
        parts.append(
          count(
            range, of: level, in: try data.projection(of: part, layout: .sparse),
            mode: random.oneIn(2) ? .all : .above(allowance: 0), scratch: scratch))
      }
      #expect(
        try mergeReports(parts, range: range, mode: mode)
          == count(range, of: level, in: whole, mode: mode, scratch: scratch))
    }
  }

  @Test func incompletePartsAreRefused() throws {
    let data = try ShardedData(
      rows: [[0, 1], [0, 1], [1], []], itemCount: 2, support: 1, shardCount: 1)
    let range = candidateRanges(of: data.firstLevel, targetCandidateCount: 10)[0]
    let silent = CountReport.above(allowance: 3, positions: [], counts: [])
    let large = CountReport.all([.max])
    for (reports, mode) in [
      ([silent, large], .above(allowance: 3)), ([silent], .above(allowance: 4)),
      ([silent], .all), ([large, large], .all), ([.all([1, 2])], .all),
      ([.above(allowance: 0, positions: [1], counts: [1])], .all),
      ([.above(allowance: 0, positions: [0], counts: [0])], .all),
      ([.above(allowance: 0, positions: [0], counts: [])], .all),
    ] as [([CountReport], ReportMode)] {
      #expect(throws: CountingError.self) { try mergeReports(reports, range: range, mode: mode) }
    }
    #expect(
      try mergeReports([silent], range: range, mode: .above(allowance: 3)) == silent)
  }

  @Test func reportsThatLoseItemsetsAreRefused() throws {
    let data = try ShardedData(
      rows: [[0, 1], [0, 1], [1], []], itemCount: 2, support: 2, shardCount: 1)
    let range = candidateRanges(of: data.firstLevel, targetCandidateCount: 10)[0]
    func silent(_ allowance: UInt64) -> CountReport {
      .above(allowance: allowance, positions: [], counts: [])
    }
    #expect(throws: Never.self) {
      try nominations(reports: [silent(1), silent(0)], range: range, minimumSupport: 2)
    }
    #expect(throws: CountingError.self) {
      try nominations(reports: [silent(1), silent(1)], range: range, minimumSupport: 2)
    }
    #expect(throws: CountingError.self) {
      try nominations(reports: [silent(.max), silent(1)], range: range, minimumSupport: 2)
    }
  }

  @Test func contradictingAnswersAreRefused() throws {
    // Item 0 is in two transactions of four, item 1 in all but one.
    let data = try ShardedData(
      rows: [[0, 1], [1], [0, 1], []], itemCount: 2, support: 2, shardCount: 2)
    let level = data.firstLevel
    let range = candidateRanges(of: level, targetCandidateCount: 10)[0]
    let plan = try nominations(
      reports: [
        .above(allowance: 0, positions: [0], counts: [1]),
        .above(allowance: 1, positions: [], counts: []),
      ], range: range, minimumSupport: 2)
    #expect(plan.candidates == [0] && plan.lists == [[], [0]] && !plan.isExact)
    func close(_ answers: [[UInt64]]) throws -> ReducedRange {
      try closeRange(
        range, of: level, plan: plan, polls: answers.map { (1, PollReply(counts: $0)) },
        minimumSupport: 2, scratch: CountingScratch())
    }
    let closed = try close([[1]])
    #expect(closed.survivors == Survivors(positions: [0], isPerfect: [true]))
    #expect(try close([[0], [1]]) == closed)
    #expect(try close([[0]]).survivors.positions.isEmpty)
    for answers in [[], [[2]], [[1], [1]], [[1, 1]], [[]], [[.max], [1]]] as [[[UInt64]]] {
      #expect(throws: CountingError.self, "\(answers)") { try close(answers) }
    }
    // More transactions than the item alone is in.
    let large = try nominations(
      reports: [.all([2]), .all([1])], range: range, minimumSupport: 2)
    #expect(throws: CountingError.self) {
      try closeRange(
        range, of: level, plan: large, polls: [], minimumSupport: 2, scratch: CountingScratch())
    }
  }
}
