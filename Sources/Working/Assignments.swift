// What a worker has been asked to count: leases, cut into cells, gathered by block set.

import Apriori
import Messages

/// All leases of a worker.
struct Assignments: Sendable {
  /// An opening that was asked for.
  struct Question: Sendable, Hashable {
    let job: JobID
    let level: Int?
  }

  var byNumber: [Int: Assignment] = [:]
  var numberOf: [CountingKey: Int] = [:]
  var leases: [UInt64: LeaseAtWork] = [:]
  /// Leases whose job or level is not known yet, in order of arrival.
  var early: [(lease: CountingLease, since: UInt64)] = []
  /// When openings were asked for.
  var asked: [Question: UInt64] = [:]
  /// Leases with answers that have not been sent, in order of the first of them.
  var unsent: [UInt64] = []
  /// Leases with cells that are not answered.
  var openLeaseCount = 0
  var cellCount = 0
  var lastNumber = 0
  var lastTicket: UInt64 = 0
  var lastReport: UInt64 = 0

  /// Openings asked for at once.
  static let questionLimit = 1_024
  /// Early leases kept, and for how long.
  static let earlyLimit = 256
  static let earlyMilliseconds: UInt64 = 5_000
  /// Cells at once; the coordinator repeats the leases of those dropped beyond.
  static let cellLimit = 1 << 20
  /// For how long answers wait for the others of their lease.
  static let answerMilliseconds: UInt64 = 500
}

/// One block set in one level and phase.
struct Assignment: Sendable {
  let key: CountingKey
  let pieces: [PieceAtWork]
  /// By range.
  var cells: [UInt32: Cell] = [:]
  /// Cells that no batch has taken yet.
  var waiting: [CellName] = []
  var batch: Batch?

  /// The job, unless something can be begun.
  var idleJob: JobID? { waiting.isEmpty && batch == nil ? key.job : nil }
}

/// A cell, told apart from an earlier one of the same range.
struct CellName: Sendable, Equatable {
  let range: UInt32
  let ticket: UInt64
}

/// One range of an assignment.
struct Cell: Sendable {
  let ticket: UInt64
  /// The lease that asked last.
  var lease: UInt64
  let rule: CountingRule
  /// Whether the answer stays here for a worker that fetches it.
  let keepsReport: Bool
  /// A published list of candidates, once it has been fetched.
  var fetchedList: [UInt8]?
  /// How many pieces are being counted or have been.
  var begunCount = 0
  /// What was counted, each of one piece or the sum of several; empty where there is one piece.
  var parts: [CountReport] = []
  /// How many pieces the parts are of.
  var partPieceCount = 0
  var microseconds: UInt64 = 0
  var answer: RangeAnswer?
  /// Bytes that the answer takes in a message.
  var answerByteCount = 0

  /// The rule without anything published.
  var readyRule: CountingRule {
    if let fetchedList { .listed(.bytes(fetchedList)) } else { rule }
  }
}

/// Cells that are counted together, piece by piece, so that a piece is made once for all of them.
struct Batch: Sendable {
  var cells: [CellName]
  /// The pieces in the order in which they are counted.
  let order: [Int]
  /// How many cells have begun, for each place in `order`.
  var begun: [Int]
  /// The place in `order` that goes next.
  var current = 0
}

/// A lease whose cells are being counted, or have been.
struct LeaseAtWork: Sendable {
  let assignment: Int
  /// Ranges of cells that this lease asked for last.
  var ranges: Set<UInt32> = []
  /// Cells without an answer.
  var openCount = 0
  /// Ranges whose answers have not been sent.
  var unsent: [UInt32] = []
  var unsentByteCount = 0
  var unsentSince: UInt64 = 0
}

/// A cell being counted.
struct CellRun: Sendable {
  let assignment: Int
  let cell: CellName
  let begunAt: UInt64
  /// The pieces that it counts or adds up.
  var pieceCount = 1
}

extension CountingRule {
  /// Whether single candidates are asked for.
  var isListed: Bool {
    if case .listed = self { true } else { false }
  }

  /// Whether both ask for the same in the same form.
  func isSame(as other: CountingRule) -> Bool {
    switch (self, other) {
    case (.all, .all): true
    case (.above(let left), .above(let right)): left == right
    case (.listed(.value(let left)), .listed(.value(let right))): left == right
    case (.listed(.bytes(let left)), .listed(.bytes(let right))): left == right
    case (.listed(.published(let left)), .listed(.published(let right))): left == right
    default: false
    }
  }
}
