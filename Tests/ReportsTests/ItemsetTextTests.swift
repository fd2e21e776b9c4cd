import Apriori
import AssociationRules
import Itemsets
import TestSupport
import Testing

@testable import Reports

/// Text made in pieces is the text of the report of all expanded itemsets.
@Suite struct ItemsetTextTests {
  @Test(arguments: 0..<60 as Range<UInt64>)
  func piecesAreTheReport(seed: UInt64) throws {
    var random = RandomLevels(seed: seed)
    let (levels, items) = try random.next()
    var expansion = try ItemsetExpansion(levels, lengths: LengthLimits())
    let (expected, _) = try captured { output in
      var report = try ItemsetReport(
        items: items, transactions: levels.transactionCount, options: ReportOptions(format: .fimi),
        output: output)
      var batch = ItemsetBatch()
      while expansion.next(into: &batch) { try report.append(batch) }
      return try report.finish()
    }
    let nodeCount = levels.levels.reduce(1) { $0 + $1.nodeCount }
    let text = try ItemsetText(levels, items: items)
    for linesPerPiece in [1, 2, 7, 1000] {
      for capacity in [0, 100, 1 << 20] {
        // Writers take turns, as threads do.
        var made: [Int: [UInt8]] = [:]
        let keep: (Int, UnsafeRawBufferPointer) -> Void = { made[$0, default: []] += Array($1) }
        var writers = Writers(text, capacity: capacity, keep)
        var walk = text.walk(linesPerPiece: linesPerPiece)
        var piece = WalkedNodes()
        var number = 0
        while walk.next(into: &piece) {
          try writers.write(piece, number)
          number += 1
        }
        let (isAtEnd, walked, hasMore) = (walk.isAtEnd, walk.nodeCount, walk.next(into: &piece))
        #expect(isAtEnd && walked == nodeCount && !hasMore)
        if linesPerPiece == 1 { #expect(number == nodeCount) }
        let all = (0..<number).flatMap { made[$0] ?? [] }
        #expect(String(decoding: all, as: UTF8.self) == expected)
      }
    }
  }
}

@Suite struct CountTextTests {
  @Test func `a count stands in parentheses before a line feed`() {
    let powers = (0...19).reduce(into: [UInt64(1)]) { powers, _ in
      powers.append(powers[powers.count - 1].multipliedReportingOverflow(by: 10).partialValue)
    }
    let around = powers.dropLast().flatMap { [$0 - 1, $0, $0 + 1] }
    for count in around + Array(0...12_345) + [.max] {
      let text = CountText(count)
      var bytes = [UInt8](repeating: 0, count: CountText.longest)
      let length = bytes.withUnsafeMutableBufferPointer { bytes in
        bytes.baseAddress.map { text.store(to: $0) - $0 }
      }
      #expect(length == text.length)
      #expect(String(decoding: bytes.prefix(text.length), as: UTF8.self) == "(\(count))\n")
    }
  }
}

/// Two writers, each with a part of its own.
private struct Writers: ~Copyable {
  private var even: ItemsetTextWriter
  private var odd: ItemsetTextWriter
  private var evenPart: TextPiece
  private var oddPart: TextPiece
  private let keep: (Int, UnsafeRawBufferPointer) -> Void

  init(
    _ text: ItemsetText, capacity: Int, _ keep: @escaping (Int, UnsafeRawBufferPointer) -> Void
  ) {
    even = ItemsetTextWriter(text)
    odd = ItemsetTextWriter(text)
    evenPart = TextPiece(capacity: capacity, overflow: keep)
    oddPart = TextPiece(capacity: capacity, overflow: keep)
    self.keep = keep
  }

  mutating func write(_ piece: WalkedNodes, _ number: Int) throws {
    let filled: FilledText
    if number.isMultiple(of: 2) {
      evenPart.number = number
      try even.write(piece, to: &evenPart)
      filled = evenPart.take()
    } else {
      oddPart.number = number
      try odd.write(piece, to: &oddPart)
      filled = oddPart.take()
    }
    keep(number, filled.text)
    filled.free()
  }
}

/// Levels that no data made: any tree whose nodes extend nodes that are there.
private struct RandomLevels {
  private var random: SeededGenerator
  private let nameLengths: ClosedRange<Int>
  private let mostRanks: Int
  private let mostPerfectAtRoot: Int

  /// Of usual names; of short names with so many perfect extensions that tables of suffixes are full;
  /// of names too long for these tables.
  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    nameLengths = [1...40, 1...3, 1...9000][Int(seed % 3)]
    mostRanks = [9, 11, 6][Int(seed % 3)]
    mostPerfectAtRoot = [2, 10, 5][Int(seed % 3)]
  }

  mutating func next() throws -> (levels: ClosedLevels, items: RankedItems) {
    let rankCount = Int.random(in: 0...mostRanks, using: &random)
    let perfectCount =
      rankCount == 0 ? 0 : Int.random(in: 0...mostPerfectAtRoot, using: &random)
    let names = (0..<rankCount).map { rank in
      String(repeating: "n", count: Int.random(in: nameLengths, using: &random)) + "\(rank)"
    }
    let nodes = max(rankCount - perfectCount, 0)
    var levels: [Level] = []
    var paths: [[UInt32]] = [[]]
    var free: [[UInt32]: [UInt32]] = [[]: (0..<rankCount).map { UInt32($0) }]
    while levels.count < max(rankCount, 1), !paths.isEmpty {
      let length = levels.count + 1
      var segment = LevelSegment(length: length)
      var next: [[UInt32]] = []
      for path in paths {
        let candidates = (free[path] ?? []).filter { $0 > path.last ?? 0 || path.isEmpty }
        var perfect: [UInt32] = []
        var extensions: [UInt32] = []
        for rank in candidates {
          if path.isEmpty {
            if Int(rank) < nodes { extensions.append(rank) } else { perfect.append(rank) }
          } else {
            switch Int.random(in: 0..<4, using: &random) {
            case 0: perfect.append(rank)
            case 1, 2: extensions.append(rank)
            default: break
            }
          }
        }
        let counts = extensions.map { _ in
          UInt64.random(in: 1...(1 << UInt64.random(in: 0...40, using: &random)), using: &random)
        }
        append(path, perfect, extensions, counts, to: &segment)
        for rank in extensions {
          next.append(path + [rank])
          free[path + [rank]] = extensions
        }
      }
      levels.append(Level(length: length, segments: [segment], candidateCount: 1))
      paths = next
    }
    return (
      ClosedLevels(
        levels: levels, transactionCount: 1 << 41, minimumSupport: 1, completeLength: nil),
      rankedItems(names)
    )
  }

  private func append(
    _ path: [UInt32], _ perfect: [UInt32], _ extensions: [UInt32], _ counts: [UInt64],
    to segment: inout LevelSegment
  ) {
    path.withUnsafeBufferPointer { path in
      perfect.withUnsafeBufferPointer { perfect in
        extensions.withUnsafeBufferPointer { extensions in
          counts.withUnsafeBufferPointer {
            segment.append(
              path: path, perfectExtensions: perfect, extensions: extensions, counts: $0)
          }
        }
      }
    }
  }
}
