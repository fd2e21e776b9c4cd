import Messages

/// Where replicas are planned to lie: which workers carry how much, and which share how many groups.
struct Placement: Sendable, Equatable {
  private struct Pair: Hashable {
    let first: Name
    let second: Name

    init(_ one: Name, _ other: Name) {
      first = min(one, other)
      second = max(one, other)
    }
  }

  private var bytes: [Name: UInt64] = [:]
  private var groupCounts: [Name: Int] = [:]
  private var shared: [Pair: Int] = [:]
  /// For each worker the sum of the squares of what it shares with each other one: of two equally
  /// loaded workers, the one whose replicas lie less evenly on the others has more.
  private var unevenness: [Name: Int] = [:]

  /// Bytes planned on a worker.
  func load(of name: Name) -> UInt64 { bytes[name] ?? 0 }

  /// Groups planned on a worker.
  func groupCount(of name: Name) -> Int { groupCounts[name] ?? 0 }

  /// Groups planned on both workers.
  func sharedCount(_ one: Name, _ other: Name) -> Int { shared[Pair(one, other)] ?? 0 }

  /// A group of `size` bytes is planned on these workers.
  mutating func add(_ targets: [Name], size: UInt64) { change(targets, size: size, by: 1) }

  /// It is not any more.
  mutating func remove(_ targets: [Name], size: UInt64) { change(targets, size: size, by: -1) }

  private mutating func change(_ targets: [Name], size: UInt64, by step: Int) {
    for (index, name) in targets.enumerated() {
      let load = bytes[name] ?? 0
      bytes[name] = step > 0 ? load &+ size : load.subtractingOrZero(size)
      groupCounts[name, default: 0] += step
      if groupCounts[name] == 0 {
        groupCounts[name] = nil
        bytes[name] = nil
      }
      for other in targets[(index + 1)...] {
        let before = sharedCount(name, other)
        let after = before + step
        shared[Pair(name, other)] = after == 0 ? nil : after
        for side in [name, other] {
          let sum = (unevenness[side] ?? 0) + after * after - before * before
          unevenness[side] = sum == 0 ? nil : sum
        }
      }
    }
  }

  /// Chooses workers for the missing replicas of a group.
  ///
  /// One after the other: on another rack than those before, where labels allow it; of these the
  /// least loaded, and of those about as little loaded (within the group's size) the one that shares
  /// the fewest groups with those before, so that the replicas of one worker lie on all others. Of
  /// equal ones comes first whose replicas lie least evenly so far: it needs the choice most.
  /// - Parameters:
  ///   - kept: The workers that the group has already.
  ///   - candidates: The others that have room, ascending.
  /// - Returns: At most `count` workers, in order of choice; fewer where there are no more.
  /// - Complexity: O(count x candidates).
  func choose(_ count: Int, size: UInt64, kept: [Member], candidates: [Member]) -> [Name] {
    var chosen = kept
    var left = candidates
    while chosen.count < kept.count + count, !left.isEmpty {
      let racks = chosen.map(\.rack).filter { !$0.isEmpty }
      let apart = left.filter { !racks.contains($0.rack) }
      let pool = apart.isEmpty ? left : apart
      let least = pool.map { load(of: $0.name) }.min() ?? 0
      let limit = least &+ max(size, 1)
      let near = pool.filter { load(of: $0.name) < limit }
      guard let best = near.min(by: { precedes($0.name, $1.name, beside: chosen) }) else { break }
      chosen.append(best)
      left.removeAll { $0.name == best.name }
    }
    return chosen.dropFirst(kept.count).map(\.name)
  }

  private func precedes(_ one: Name, _ other: Name, beside chosen: [Member]) -> Bool {
    let left = rank(one, beside: chosen)
    let right = rank(other, beside: chosen)
    return left != right ? left < right : one < other
  }

  private func rank(_ name: Name, beside chosen: [Member]) -> (Int, Int, UInt64, Int) {
    (
      sharedCounts(name, chosen), -(unevenness[name] ?? 0), load(of: name), groupCount(of: name)
    )
  }

  private func sharedCounts(_ name: Name, _ chosen: [Member]) -> Int {
    chosen.reduce(0) { $0 + sharedCount(name, $1.name) }
  }
}
