/// Which results cover which shards: an exact cover in the making, each shard at most once.
///
/// A result is taken only if all its shards are open, else it is left out whole: half of a sum cannot
/// be taken.
struct ShardCover: Sendable {
  enum Verdict: Sendable {
    case accepted
    /// The same shards were covered by one result before, with the same digest.
    case duplicate
    /// Some of the shards are covered by other results.
    case overlapping
    /// The same shards were covered by one result before, with another digest.
    case contradicting
  }

  private static let open = UInt32.max

  /// The number of the result that covers each shard.
  private var owners: [UInt32]
  private var results: [(shardCount: Int, digest: UInt64)] = []

  init(shardCount: Int) {
    owners = Array(repeating: Self.open, count: shardCount)
  }

  var shardCount: Int { owners.count }
  var resultCount: Int { results.count }

  /// Whether these are shards, at least one, ascending.
  func isBlockSet(_ shards: [Int]) -> Bool {
    var previous = -1
    for shard in shards {
      if shard <= previous { return false }
      previous = shard
    }
    return !shards.isEmpty && previous < owners.count
  }

  /// The number of the result that covers a shard, nil where it is open.
  func owner(of shard: Int) -> Int? {
    owners[shard] == Self.open ? nil : Int(owners[shard])
  }

  /// The shards that a result covers, nil for the open ones; ascending.
  func shards(of result: Int?) -> [Int] {
    let wanted = result.map { UInt32(truncatingIfNeeded: $0) } ?? Self.open
    return owners.indices.filter { owners[$0] == wanted }
  }

  /// Takes a result for `shards`, which must be a block set.
  /// - Complexity: linear in `shards`.
  mutating func accept(_ shards: [Int], digest: UInt64) -> Verdict {
    if shards.allSatisfy({ owners[$0] == Self.open }) {
      for shard in shards { owners[shard] = UInt32(truncatingIfNeeded: results.count) }
      results.append((shards.count, digest))
      return .accepted
    }
    guard let owner = shards.first.flatMap({ owner(of: $0) }),
      results[owner].shardCount == shards.count,
      shards.allSatisfy({ owners[$0] == UInt32(truncatingIfNeeded: owner) })
    else { return .overlapping }
    return results[owner].digest == digest ? .duplicate : .contradicting
  }
}
