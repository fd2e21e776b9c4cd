import Apriori
import TestSupport
import Testing

@Suite struct LevelValidationTests {
  @Test func acceptsWhatIsWritten() throws {
    var levelCount = 0
    for seed in 0..<150 as Range<UInt64> {
      let data = try ShardedData(seed: seed)
      for level in try data.levels() where level.nodeCount + level.perfectExtensionCount > 0 {
        let segments = try level.segments.map {
          try LevelSegment(
            length: level.length, words: $0.words, counts: $0.counts, rankCount: data.items.count)
        }
        for (read, written) in zip(segments, level.segments) {
          #expect(read == written && read.digest == written.digest)
          #expect(read.groupCount == written.groupCount)
          #expect(read.candidateCount == written.candidateCount)
          #expect(read.perfectExtensionCount == written.perfectExtensionCount)
        }
        let read = try Level(
          validating: level.segments.map { ($0.words, $0.counts) }, length: level.length,
          candidateCount: level.candidateCount, rankCount: data.items.count)
        #expect(read.structureDigest == level.structureDigest)
        #expect(read.segments == level.segments)
        for (read, written) in zip(read.segments, level.segments) {
          #expect(read.groupCount == written.groupCount)
          #expect(read.candidateCount == written.candidateCount)
          #expect(read.perfectExtensionCount == written.perfectExtensionCount)
        }
        levelCount += 1
      }
    }
    #expect(levelCount > 300)
  }

  /// Every word of small levels is changed in every way that matters: the words are refused, or they
  /// are again a level that can be walked and counted.
  @Test func neverTrapsOnChangedWords() throws {
    var refused = 0
    var accepted = 0
    let scratch = CountingScratch()
    for seed in 0..<40 as Range<UInt64> {
      let data = try ShardedData(seed: seed)
      let projection = try data.projection(of: [0], layout: .sparse)
      for level in try data.levels().dropFirst() {
        for segment in level.segments {
          for index in segment.words.indices {
            let word = segment.words[index]
            for changed in [word &+ 1, word &- 1, 0, word ^ 1 << 31, .max] where changed != word {
              var words = segment.words
              words[index] = changed
              guard
                let read = try? LevelSegment(
                  length: level.length, words: words, counts: segment.counts,
                  rankCount: data.items.count)
              else {
                refused += 1
                continue
              }
              accepted += 1
              let level = try Level(
                validating: [(read.words, read.counts)], length: level.length,
                candidateCount: 1, rankCount: data.items.count)
              for range in candidateRanges(of: level, targetCandidateCount: 3) {
                _ = count(range, of: level, in: projection, mode: .all, scratch: scratch)
              }
            }
          }
          for length in segment.words.indices {
            // Whole groups that are all nodes' can remain: those cut off had perfect extensions alone.
            let read = try? LevelSegment(
              length: level.length, words: Array(segment.words[..<length]),
              counts: segment.counts, rankCount: data.items.count)
            if let read { #expect(read.perfectExtensionCount < segment.perfectExtensionCount) }
          }
        }
      }
    }
    #expect(refused > 1000 && accepted > 0)
  }

  @Test(
    arguments: [
      // length, words, number of counts
      (0, [0, 0, 1, 0], 1), (-1, [0, 0, 1, 0], 1), (.max, [0, 0, 1, 0], 1),
      // An empty group, one that is cut off, one of a count too many.
      (1, [0, 0, 0], 0), (1, [0, 0, 3, 0, 1], 3), (1, [0, 0, 2, 0, 1], 3), (1, [0, 0], 0),
      // The root leaves ranks out, stands twice, goes beyond the ranks.
      (1, [0, 0, 2, 1, 2], 2), (1, [0, 1, 1, 2, 0], 1), (1, [0, 0, 1, 0, 0, 0, 1, 1], 2),
      (1, [0, 1, 5, 5, 0, 1, 2, 3, 4], 5),
      // Extensions before the path, equal to it, twice, perfect as well.
      (2, [0, 0, 1, 2, 1], 1), (2, [0, 0, 1, 2, 2], 1), (2, [0, 0, 2, 0, 1, 1], 2),
      (2, [0, 1, 2, 0, 2, 1, 2], 2),
      // Paths out of order, equal, shared where they are not, not shared where they are.
      (2, [0, 0, 1, 1, 2, 0, 0, 1, 0, 2], 2), (2, [0, 0, 1, 1, 2, 0, 0, 1, 1, 3], 2),
      (3, [0, 0, 1, 0, 1, 2, 0, 0, 1, 0, 2, 3], 2), (3, [0, 0, 1, 1, 0, 2], 1),
      (3, [1, 0, 1, 1, 2], 1),
    ] as [(Int, [UInt32], Int)])
  func refuses(length: Int, words: [UInt32], countCount: Int) {
    #expect(throws: CountingError.self) {
      try LevelSegment(
        length: length, words: words, counts: Array(repeating: 1, count: countCount), rankCount: 5)
    }
  }

  @Test func segmentsMustFollowEachOther() throws {
    let first: [UInt32] = [0, 0, 1, 0, 2]
    let second: [UInt32] = [0, 0, 1, 1, 2]
    func level(_ segments: [[UInt32]], rankCount: Int = 5) throws -> Level {
      try Level(
        validating: segments.map { ($0, [1]) }, length: 2, candidateCount: 9, rankCount: rankCount)
    }
    #expect(try level([first, second]).nodeCount == 2)
    for segments in [
      [second, first], [first, first], [first, [0, 0, 1, 0, 2, 3]], [first, []],
    ] {
      #expect(throws: CountingError.self) { try level(segments) }
    }
    #expect(throws: CountingError.self) { try level([first], rankCount: 2) }
    // A count too few in one segment and one too many in the next.
    #expect(throws: CountingError.self) {
      try Level(
        validating: [(first, []), (second, [1, 1])], length: 2, candidateCount: 9, rankCount: 5)
    }
    // What was checked can be appended to.
    var longer = try LevelSegment(length: 2, words: first, counts: [1], rankCount: 5)
    longer.append(path: [1], perfectExtensions: [], extensions: [2], counts: [1])
    #expect(longer.words == [0, 0, 1, 0, 2, 0, 0, 1, 1, 2])
  }

  @Test func badSurvivorsAreRefused() throws {
    let data = try ShardedData(
      rows: [[0, 1, 2], [0, 1], [0]], itemCount: 3, support: 1, shardCount: 1)
    let range = candidateRanges(of: data.firstLevel, targetCandidateCount: 10)[0]
    let limit = UInt32(range.candidateCount)
    for (positions, perfect) in [
      ([1, 0], [false, false]), ([0, 0], [false, false]), ([limit], [false]), ([0], []),
      ([], [true]),
    ] as [([UInt32], [Bool])] {
      #expect(throws: CountingError.self) {
        try expand(
          Survivors(positions: positions, isPerfect: perfect), of: range, level: data.firstLevel,
          scratch: CountingScratch())
      }
    }
  }

  @Test func digestsTellLevelsAndReportsApart() throws {
    let data = try ShardedData(
      rows: [[0, 1, 2], [0, 1], [0]], itemCount: 3, support: 1, shardCount: 1)
    let segment = try LevelSegment(
      length: 2, words: [0, 0, 1, 0, 2, 0, 0, 1, 1, 2], counts: [1, 1], rankCount: 5)
    let cut = [[0, 0, 1, 0, 2], [0, 0, 1, 1, 2]] as [[UInt32]]
    let digests = [
      data.firstLevel.structureDigest,
      Level(length: 2, segments: [segment], candidateCount: 3).structureDigest,
      Level(
        length: 2,
        segments: try cut.map {
          try LevelSegment(length: 2, words: $0, counts: [1], rankCount: 5)
        }, candidateCount: 3
      ).structureDigest,
      Level(length: 2, segments: [], candidateCount: 3).structureDigest,
      CountReport.all([]).digest, CountReport.all([0]).digest, CountReport.all([1]).digest,
      CountReport.above(allowance: 0, positions: [], counts: []).digest,
      CountReport.above(allowance: 1, positions: [], counts: []).digest,
      CountReport.above(allowance: 1, positions: [3], counts: [4]).digest,
      CountReport.above(allowance: 1, positions: [4], counts: [3]).digest,
      PollReply(counts: []).digest, PollReply(counts: [0]).digest,
    ]
    #expect(Set(digests).count == digests.count)
  }
}
