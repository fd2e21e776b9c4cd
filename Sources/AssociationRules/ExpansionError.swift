/// Why itemsets or rules cannot be made from closed levels.
public enum ExpansionError: Error, Equatable, CustomStringConvertible {
  /// The itemsets of `length`, or all together where it is nil, are more than 64 bits can count.
  case tooManyItemsets(length: Int?)
  /// Itemsets up to `requested` were asked for, but these levels decide them to `complete` only.
  case incompleteLevels(requested: Int, complete: Int)
  /// An index of `nodes` nodes goes beyond its 32-bit links.
  case tooManyNodes(nodes: Int)
  /// `purpose` needs `needed` bytes, and `limit` are allowed.
  case memoryLimit(purpose: String, needed: Int, limit: Int)

  /// What happened and what to do about it.
  public var description: String {
    switch self {
    case .tooManyItemsets(let length):
      let which = length.map { "itemsets of \($0) items" } ?? "itemsets"
      return "there are more than 2^64 \(which), too many to count; raise --min-support or set "
        + "--max-length"
    case .incompleteLevels(let requested, let complete):
      return "itemsets up to \(requested) items were asked for, but the job's levels are complete "
        + "only up to \(complete); mine with a greater --max-length"
    case .tooManyNodes(let nodes):
      return "the index of supports would hold \(nodes) itemsets, more than its limit of "
        + "\(ItemsetIndex.nodeLimit); raise --min-support or set --max-length"
    case .memoryLimit(let purpose, let needed, let limit):
      return "\(purpose) needs \(needed >> 20) MiB, and \(limit >> 20) MiB of --memory are left; "
        + "raise --memory or --min-support, or set --max-length"
    }
  }
}
