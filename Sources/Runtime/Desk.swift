import Apriori
import Itemsets

/// The level loop with the work it has asked for: what the threads share.
struct Desk {
  enum Work {
    case count(CountingTask)
    case reduce(ReducingTask)
  }

  /// What a thread is told: a piece of work, or that there is none left.
  struct Answer {
    let effect: Work?
  }

  private(set) var loop: LevelLoop
  private(set) var failure: MiningError?
  private var counting: [CountingTask] = []
  private var nextCounting = 0
  private var reducing: [ReducingTask] = []
  /// Ranges of the open level that are done.
  private var reducedCount = 0
  private var rangeCount: Int { (counting.last?.rangeIndex ?? 0) + 1 }
  private var finished = false
  private let memoryLimit: Int?
  private let bytesHeld: Int
  private let projections: [Projection]
  private let progress: @Sendable (MiningProgress) -> Void

  init(
    loop: LevelLoop, memoryLimit: Int?, bytesHeld: Int, projections: [Projection],
    progress: @escaping @Sendable (MiningProgress) -> Void
  ) {
    self.loop = loop
    self.memoryLimit = memoryLimit
    self.bytesHeld = bytesHeld
    self.projections = projections
    self.progress = progress
  }

  mutating func start(items: RankedItems, itemCount: Int) {
    accept(loop.start(items: items, itemCount: itemCount))
  }

  /// The next piece of work, nil while there is none but more may come.
  ///
  /// Reducing goes first: it frees the reports.
  mutating func next() -> Answer? {
    if failure != nil { return Answer(effect: nil) }
    if let task = reducing.popLast() { return Answer(effect: .reduce(task)) }
    if nextCounting < counting.count {
      nextCounting += 1
      return Answer(effect: .count(counting[nextCounting - 1]))
    }
    return finished ? Answer(effect: nil) : nil
  }

  mutating func handle(_ event: LevelLoop.Event) {
    do throws(CountingError) {
      if case .reduced(let level, _, _) = event, failure == nil {
        reducedCount += 1
        progress(.counted(level: level + 1, ranges: reducedCount, of: rangeCount))
      }
      accept(try loop.handle(event))
    } catch {
      fail(.counting(error))
    }
  }

  mutating func fail(_ error: MiningError) {
    if failure == nil { failure = error }
  }

  private mutating func accept(_ effects: [LevelLoop.Effect]) {
    for effect in effects {
      switch effect {
      case .count(let task): counting.append(task)
      case .reduce(let task): reducing.append(task)
      case .closed(let summary):
        counting = []
        nextCounting = 0
        reducedCount = 0
        checkMemory(level: summary.level)
        progress(.closed(summary))
      case .finished: finished = true
      }
    }
  }

  private mutating func checkMemory(level: Int) {
    guard let memoryLimit else { return }
    let needed =
      projections.reduce(bytesHeld) { $0 + $1.byteCount } + loop.result.byteCount
    if needed > memoryLimit {
      fail(.memory(level: level, needed: needed, limit: memoryLimit))
    }
  }
}
