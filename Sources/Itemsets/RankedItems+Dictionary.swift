extension RankedItems {
  /// The items that reach a minimum count, in rank order: ascending count, ties by item.
  ///
  /// `counts` holds the transactions of each item by its id; an item beyond its end has none. An
  /// item in no transaction is never kept, whatever the minimum. Complexity: O(n log n).
  public init(dictionary: ItemDictionary, counts: [UInt64], minimumCount: UInt64) {
    let known = min(dictionary.count, counts.count)
    let kept = (0..<known).filter { counts[$0] > 0 && counts[$0] >= minimumCount }
    let ascending = dictionary.ascending(kept.map { UInt32($0) })
    var ranked = ascending.indices.map { (count: counts[Int(ascending[$0])], place: $0) }
    ranked.sort { $0.count != $1.count ? $0.count < $1.count : $0.place < $1.place }

    var names: [UInt8] = []
    var nameEnds: [Int] = []
    nameEnds.reserveCapacity(ranked.count)
    for item in ranked {
      names += dictionary.nameBytes[dictionary.nameRange(Int(ascending[item.place]))]
      nameEnds.append(names.count)
    }
    self.init(
      ids: ranked.map { ascending[$0.place] }, counts: ranked.map(\.count),
      places: ranked.map { UInt32($0.place) }, names: names, nameEnds: nameEnds)
  }
}
