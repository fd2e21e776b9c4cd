import Apriori
import Blocks
import Itemsets
import Messages

/// Work of a job.
public enum JobWork: Sendable {
  /// Rank the items and make the first level.
  case begin(BeginningWork)
  /// Take up a closed level that was stored.
  case resume(ResumptionWork)
  /// Find what the reports about a range leave open; close it where that is nothing.
  case plan(PlanningWork)
  /// Close a range with the answers to its polls.
  case close(ClosingWork)
  /// Take up what a worker has made of a range.
  case adopt(AdoptingWork)
  /// Put the pieces of a level together and cut its candidates.
  case join(JoiningWork)
  /// Make what survived of a level ready to travel to workers that have its candidates.
  case pack(PackingWork)
  /// Encode a closed level, to be stored or sent as a whole.
  case encode(EncodingWork)
}

/// What came of it.
public enum JobOutcome: Sendable {
  /// The items are ranked.
  case begun(BeginningOutcome)
  /// A stored level is taken up.
  case resumed(ResumptionOutcome)
  /// A range is planned or closed.
  case reduced(ReducingOutcome)
  /// A level is closed.
  case joined(PreparedLevel)
  /// Its survivors are ready to travel.
  case packed(PackedSurvivors)
  /// A level is encoded.
  case encoded(EncodedLevel)
  /// It cannot be done; the text says why.
  case failed(String)
}

/// What the items of a job are ranked from.
enum ItemSource: Sendable {
  /// The dictionary and the counts of a data set, encoded.
  case objects(dictionary: [UInt8], counts: [UInt8])
  /// The ranked items themselves, of so many in all.
  case ranked(RankedItems, itemCount: Int)
}

/// The items of a data set.
public struct BeginningWork: Sendable {
  let source: ItemSource
  let transactionCount: UInt64
  let minimumSupport: UInt64
  let levelWork: LevelWork
  let keepsItems: Bool
}

/// The items of a job, ranked, and its first level.
public struct BeginningOutcome: Sendable {
  let items: RankedItems
  let itemsObject: (descriptor: ObjectDescriptor, bytes: [UInt8])?
  let countedItems: Parcel<[UInt32]>
  let level: PreparedLevel
}

/// The stored items and a stored level.
public struct ResumptionWork: Sendable {
  let items: [UInt8]
  let level: [UInt8]
  let length: Int
  let transactionCount: UInt64
  let levelWork: LevelWork
}

/// What was stored, ready to be counted on.
public struct ResumptionOutcome: Sendable {
  let items: RankedItems
  let countedItems: Parcel<[UInt32]>
  let level: PreparedLevel
}

/// How a closed level is made ready for its candidates to be counted.
struct LevelWork: Sendable {
  let policy: ContentPolicy
  let parallelism: Int
  /// The least and the greatest number of candidates of a range; nil to cut by estimated cost.
  let targets: ClosedRange<Int>?
  let transactionCount: UInt64
  /// Nil while the first level is what is made ready.
  let firstLevel: Level?
}

/// A closed level whose candidates are cut.
public struct PreparedLevel: Sendable {
  let level: Level
  let digest: UInt64
  let cut: LevelCut
  let candidateCount: UInt64
  let nodeCount: Int
  let frequentCount: UInt64
  /// How a worker that has the level before comes to this one; nil where there is none.
  var survivors: Parcel<[Survivors]>?
  /// How any worker comes to it; nil until somebody needs it.
  var whole: Parcel<Level>?
}

/// The reports about one range.
public struct PlanningWork: Sendable {
  let level: Level
  let rangeIndex: Int
  let range: CandidateRange
  let reports: [(content: Content<CountReport>, digest: UInt64, mode: ReportMode)]
  let minimumSupport: UInt64
  let policy: ContentPolicy
  /// The number of the first object to serve a list of candidates under.
  let firstNumber: UInt64
}

/// What the reports left open and the answers to it.
public struct ClosingWork: Sendable {
  let level: Level
  let rangeIndex: Int
  let range: CandidateRange
  let plan: PollPlan
  let polls: [(report: Int, content: Content<CountReport>, digest: UInt64)]
  let minimumSupport: UInt64
}

/// What a worker has made of a range.
public struct AdoptingWork: Sendable {
  let level: Level
  let rangeIndex: Int
  let range: CandidateRange
  let order: UInt64
  let content: Content<RangeReduction>
  /// How many reports there are to be polled about; nil where the range is to be closed.
  let reportCount: Int?
  let minimumSupport: UInt64
  let policy: ContentPolicy
  /// The number of the first object to serve a list of candidates under.
  let firstNumber: UInt64
}

/// What became of a range.
public struct ReducingOutcome: Sendable {
  enum Result: Sendable {
    /// It is closed.
    case closed(ReducedRange)
    /// Somebody has to be asked again about each list that is not empty.
    case open(PollPlan, lists: [Parcel<[UInt32]>?])
    /// The same, planned by a worker, which keeps the plan.
    case openElsewhere(listCounts: [Int], lists: [Parcel<[UInt32]>?])
    /// What a worker has made of it cannot be used.
    case unusable(String)
    /// These reports or answers are not what they were announced to be.
    case damaged([Int], String)
    /// The counts contradict each other.
    case contradiction(String)
  }

  let rangeIndex: Int
  /// The order that a worker has answered; nil where the pool has reduced the range.
  var order: UInt64?
  let result: Result
}

/// The piece of the next level that a range makes; survivors only where they have to travel.
struct ReducedRange: Sendable {
  let segment: LevelSegment
  let survivors: Survivors?
}

/// The pieces of a level.
public struct JoiningWork: Sendable {
  let level: Level
  let segments: [LevelSegment]
  let candidateCount: UInt64
  let levelWork: LevelWork
}

/// What survived of the candidates of each range.
public struct PackingWork: Sendable {
  let survivors: [Survivors]
  /// The length of the level that they make.
  let length: Int
  let policy: ContentPolicy
}

/// What survived of a level, ready to travel.
public struct PackedSurvivors: Sendable {
  let parcel: Parcel<[Survivors]>
}

/// A level to be encoded.
public struct EncodingWork: Sendable {
  let level: Level
  let isCheckpoint: Bool
  let policy: ContentPolicy
}

/// A level as an object and as something to send.
public struct EncodedLevel: Sendable {
  let length: Int
  let isCheckpoint: Bool
  let descriptor: ObjectDescriptor
  let bytes: [UInt8]
  let whole: Parcel<Level>
}
