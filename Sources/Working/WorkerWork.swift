public import Apriori
import Blocks
public import Messages

/// Work that a worker gives to its compute pool; ``perform(_:scratch:)`` does it.
public enum WorkerWork: Sendable {
  /// Give each item of a job its rank.
  case rankItems(Content<[UInt32]>)
  /// Come to a level.
  case openLevel(LevelWork)
  /// Decode and project the blocks of a piece.
  case project(ProjectionWork)
  /// Count a range in a piece.
  case count(CountingWork)
  /// Add up the counts of the pieces of a block set.
  case merge(MergingWork)
  /// Add up the reports of all block sets about a range.
  case reduce(ReducingWork)
}

/// What came of it.
public enum WorkerOutcome: Sendable {
  /// The ranks of a job's items.
  case ranked(ItemRanks)
  /// A level is ready.
  case levelOpened(LevelAtWork)
  /// A level has another digest than announced.
  case levelDiffers(found: UInt64)
  /// A piece is projected.
  case projected(ProjectedPiece)
  /// The bytes of a block of a piece are no block.
  case undecodable(block: Int, String)
  /// A piece's part of the counts of a range.
  case counted(CountReport)
  /// The counts of a block set in a range, as they are sent.
  case answered(CountedRange)
  /// What became of a range, as it is sent.
  case reduced(ReducedReports)
  /// Why a range could not be reduced.
  case notReduced(ReducingFailure)
  /// A limit was reached, or contents contradict themselves.
  case failed(String)
}

/// The rank of each item of a job by its dictionary id.
public struct ItemRanks: Sendable {
  /// By id; `UInt32.max` for items that are not counted.
  let rankOf: [UInt32]
  let rankCount: Int
}

/// What a level is made of; contents are here, not published elsewhere.
public struct LevelWork: Sendable {
  let opening: LevelOpening
  /// The level before, for survivors.
  let base: LevelAtWork?
  let rankCount: Int
}

/// A closed level with its candidates cut into ranges.
public struct LevelAtWork: Sendable {
  let level: Level
  let ranges: [CandidateRange]
  let digest: UInt64
  let targetCandidateCount: Int
  let byteCount: Int
}

/// The blocks of a piece, some of them still encoded.
public struct ProjectionWork: Sendable {
  let blocks: [BlockSource]
  let ranks: ItemRanks
  let layout: Projection.Layout
  let cacheLimit: Int
  let frequentShare: Double?
}

/// A block, or its bytes.
enum BlockSource: Sendable {
  case decoded(Block)
  case bytes([UInt8])
}

/// A piece ready for counting.
public struct ProjectedPiece: Sendable {
  let projection: Projection
  let byteCount: Int
  /// What had to be decoded, by place in the piece.
  let decoded: [(place: Int, block: Block)]
}

/// One range to be counted in one piece.
public struct CountingWork: Sendable {
  let level: Level
  let range: CandidateRange
  let projection: Projection
  /// Never lists published candidates.
  let rule: CountingRule
  /// How to answer where the piece is the whole block set; nil for a part of several.
  let form: AnswerForm?
}

/// The parts of a range's counts, one a piece.
public struct MergingWork: Sendable {
  let parts: [CountReport]
  let range: CandidateRange
  let rule: CountingRule
  /// How to answer where the parts are all; nil for a part again.
  let form: AnswerForm?
}

/// How a report is made ready for sending.
struct AnswerForm: Sendable {
  let passesValues: Bool
  let inlineLimit: Int
  /// The name that the report gets if it is too long for a message.
  let object: ObjectID
}

/// A report ready for sending.
public struct CountedRange: Sendable {
  let digest: UInt64
  let content: Content<CountReport>
  /// The bytes of a published content.
  let published: [UInt8]?
  /// Bytes that the message takes.
  let byteCount: Int
}

/// Does work of a worker: a function of the work alone.
///
/// - Parameter scratch: memory of the calling thread, reused from work to work.
public func perform(_ work: WorkerWork, scratch: CountingScratch) -> WorkerOutcome {
  do {
    switch work {
    case .rankItems(let items): return .ranked(try ItemRanks(items))
    case .openLevel(let work): return try work.perform(scratch)
    case .project(let work): return try work.perform()
    case .count(let work): return try work.perform(scratch)
    case .merge(let work): return try work.perform()
    case .reduce(let work): return work.perform()
    }
  } catch {
    return .failed("\(error)")
  }
}

/// Contents that contradict what they belong to.
struct WorkError: Error, CustomStringConvertible {
  let description: String
}

extension ItemRanks {
  init(_ content: Content<[UInt32]>) throws {
    let ids: [UInt32]
    switch content {
    case .value(let value): ids = value
    case .bytes(let bytes): ids = try ItemList(decoding: bytes).ids
    case .published: throw WorkError.notFetched
    }
    let highest = ids.max() ?? 0
    guard highest < MessageLimits.items else {
      throw WorkError(
        description: "an item of the job has id \(highest), over the limit of"
          + " \(MessageLimits.items); verify the data set")
    }
    var rankOf = [UInt32](repeating: .max, count: Int(highest) + 1)
    for (rank, id) in ids.enumerated() {
      guard rankOf[Int(id)] == .max else {
        throw WorkError(description: "item \(id) of the job has two ranks; submit the job again")
      }
      rankOf[Int(id)] = UInt32(truncatingIfNeeded: rank)
    }
    self.rankOf = rankOf
    rankCount = ids.count
  }
}

extension WorkError {
  /// The worker fetches published contents before it hands them to its pool.
  static let notFetched = WorkError(
    description: "a published content was not fetched; please report this")
}

extension LevelWork {
  fileprivate func perform(_ scratch: CountingScratch) throws -> WorkerOutcome {
    let level =
      switch opening.content {
      case .whole(let content): try whole(content)
      case .survivors(let content): try expanded(content, scratch)
      }
    // A level that came as a value, with its ranges, is the coordinator's own.
    let isOwn = if case .whole(.value) = opening.content { opening.ranges != nil } else { false }
    let digest = isOwn ? opening.digest : level.structureDigest
    guard level.length == opening.level, digest == opening.digest else {
      return .levelDiffers(found: digest)
    }
    let ranges =
      opening.ranges
      ?? candidateRanges(of: level, targetCandidateCount: opening.targetCandidateCount)
    guard ranges.count == opening.rangeCount else {
      throw WorkError(
        description: "level \(level.length) is cut into \(ranges.count) ranges here and"
          + " \(opening.rangeCount) at the coordinator; run one version of Lode on all nodes")
    }
    let byteCount = level.segments.reduce(0) { $0 + $1.words.count * 4 + $1.counts.count * 8 }
    return .levelOpened(
      LevelAtWork(
        level: level, ranges: ranges, digest: digest,
        targetCandidateCount: opening.targetCandidateCount, byteCount: byteCount))
  }

  private func whole(_ content: Content<Level>) throws -> Level {
    switch content {
    case .value(let level): return level
    case .published: throw WorkError.notFetched
    case .bytes(let bytes):
      if opening.level > 1 { return try Level(decoding: bytes, rankCount: rankCount) }
      // The root's perfect extensions have ranks that are never counted.
      let level = try Level(decoding: bytes)
      guard level.length == 1, level.nodeCount == rankCount else {
        throw WorkError(
          description: "level \(level.length) has \(level.nodeCount) nodes where level 1 with the"
            + " \(rankCount) items of the job was announced; submit the job again")
      }
      return level
    }
  }

  private func expanded(
    _ content: Content<[Survivors]>, _ scratch: CountingScratch
  ) throws -> Level {
    let survivors: [Survivors]
    switch content {
    case .value(let value): survivors = value
    case .bytes(let bytes): survivors = try SurvivorsList(decoding: bytes).ranges
    case .published: throw WorkError.notFetched
    }
    guard let base, base.ranges.count == survivors.count else {
      throw WorkError(
        description: "level \(opening.level) is told for \(survivors.count) ranges of a level of"
          + " \(base?.ranges.count ?? 0)")
    }
    let segments = try zip(survivors, base.ranges).map {
      try expand($0, of: $1, level: base.level, scratch: scratch)
    }
    return Level(
      after: base.level, segments: segments,
      candidateCount: base.ranges.reduce(0) { $0 + UInt64($1.candidateCount) })
  }
}

extension ProjectionWork {
  fileprivate func perform() throws -> WorkerOutcome {
    var blocks: [Block] = []
    blocks.reserveCapacity(self.blocks.count)
    var decoded: [(place: Int, block: Block)] = []
    for (place, source) in self.blocks.enumerated() {
      switch source {
      case .decoded(let block): blocks.append(block)
      case .bytes(let bytes):
        do throws(BlockError) {
          let block = try BlockFormat.decode(bytes)
          decoded.append((place, block))
          blocks.append(block)
        } catch {
          return .undecodable(block: place, "\(error)")
        }
      }
    }
    let projection = try Projection(
      blocks: blocks, rankOf: ranks.rankOf, rankCount: ranks.rankCount, layout: layout,
      cacheLimit: cacheLimit, frequentShare: frequentShare)
    return .projected(
      ProjectedPiece(
        projection: projection, byteCount: projection.byteCount, decoded: decoded))
  }
}
