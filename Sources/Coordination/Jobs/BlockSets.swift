import Messages

/// A run of shards that one worker is to count together.
struct BlockSet: Equatable, Sendable {
  let home: Name?
  let shards: [UInt32]
  /// Whether all who hold these shards count them, each some of the ranges.
  var isShared = false
}

/// Who counts which shard of a job, and which shards together.
///
/// Decided when a level opens, from nothing but the shards, their holders and the workers, so that it
/// stays as it is from level to level while those do: workers keep projections of block sets.
struct ShardPlan: Sendable {
  /// A longer block set would no longer fit the caches of a worker as one projection.
  static let longestBlockSet: UInt64 = 1 << 18
  /// A block set that is this long ends where the next shard has other holders: should its worker
  /// die, another one can then count it whole.
  static let shortestBlockSet: UInt64 = 1 << 16
  /// One block set may be all data, if its counts surely fit 32 bits.
  static let wholeLimit: UInt64 = 1 << 31

  /// Up to so many transactions, all data are one block set where all who count hold them.
  let sharedLimit: UInt64
  /// The transactions of each shard.
  let transactionCounts: [UInt64]
  /// The workers that can count each shard, ascending.
  let holders: [[Name]]
  /// Who counts each shard; nil where nobody can.
  let workers: [Name?]

  /// Gives every shard to one of its holders, so that transactions per thread are even.
  ///
  /// Shards with few holders go first: they leave no choice.
  init(
    transactionCounts: [UInt64], holders: [[Name]], sharedLimit: UInt64 = 0,
    threads: (Name) -> Int
  ) {
    self.sharedLimit = sharedLimit
    self.transactionCounts = transactionCounts
    self.holders = holders
    let order = holders.indices.sorted {
      (holders[$0].count, transactionCounts[$1], $0)
        < (holders[$1].count, transactionCounts[$0], $1)
    }
    var loads: [Name: UInt64] = [:]
    var workers = [Name?](repeating: nil, count: holders.count)
    for shard in order {
      let transactions = transactionCounts[shard]
      var best: (name: Name, load: UInt64, threads: UInt64)?
      for holder in holders[shard] {
        let load = (loads[holder] ?? 0) + transactions
        let threads = UInt64(min(max(threads(holder), 1), 1 << 12))
        if let known = best, load * known.threads >= known.load * threads { continue }
        best = (holder, load, threads)
      }
      guard let best else { continue }
      workers[shard] = best.name
      loads[best.name] = best.load
    }
    self.workers = workers
  }

  /// All block sets, by worker, then by shards; those that nobody can count come last.
  var blockSets: [BlockSet] {
    if let sharedSet { return [sharedSet] }
    let all = transactionCounts.reduce(0, +)
    if let first = workers.first, let home = first, workers.allSatisfy({ $0 == home }),
      all < Self.wholeLimit
    {
      return [BlockSet(home: home, shards: workers.indices.map { UInt32($0) })]
    }
    var names: [Name] = []
    for case .some(let name) in workers { names.append(name) }
    names.sort()
    var sets: [BlockSet] = []
    var last: Name?
    for name in names where name != last {
      last = name
      sets += runs(of: workers.indices.filter { workers[$0] == name }, home: name)
    }
    return sets + runs(of: workers.indices.filter { workers[$0] == nil }, home: nil)
  }

  /// All data, where all who are to count hold them and projecting them more than once costs little.
  ///
  /// One who has all data knows every count: it tells the frequent candidates alone, and nobody is
  /// polled. Ranges divide evenly among workers, which shards of a few blocks do not.
  private var sharedSet: BlockSet? {
    guard let first = workers.first, let home = first, transactionCounts.reduce(0, +) <= sharedLimit
    else { return nil }
    let common = holders.dropFirst().reduce(holders[0]) { common, next in
      common.filter { next.containsSorted($0) }
    }
    guard common.count > 1, workers.allSatisfy({ $0.map(common.containsSorted) ?? false }) else {
      return nil
    }
    return BlockSet(home: home, shards: workers.indices.map { UInt32($0) }, isShared: true)
  }

  /// Cuts shards of one worker into block sets.
  private func runs(of shards: [Int], home: Name?) -> [BlockSet] {
    let ordered = shards.sorted { left, right in
      if holders[left] != holders[right] {
        return holders[left].lexicographicallyPrecedes(holders[right])
      }
      return left < right
    }
    var sets: [BlockSet] = []
    var open: [Int] = []
    var length: UInt64 = 0
    for shard in ordered {
      let added = transactionCounts[shard]
      if let first = open.first,
        length + added > Self.longestBlockSet
          || (length >= Self.shortestBlockSet && holders[shard] != holders[first])
      {
        sets.append(BlockSet(home: home, shards: open.sorted().map { UInt32($0) }))
        open = []
        length = 0
      }
      open.append(shard)
      length += added
    }
    if !open.isEmpty {
      sets.append(BlockSet(home: home, shards: open.sorted().map { UInt32($0) }))
    }
    return sets
  }
}
