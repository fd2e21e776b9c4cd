/// Nodes of closed levels that follow each other in a walk, for one thread to make something of.
///
/// Holds places in the levels, not their contents: good while the levels live.
public struct WalkedNodes: @unchecked Sendable {
  /// What a walker knows of a node when it stands on it.
  public struct Node {
    private let depthWord: UInt32
    /// The last rank of the core; 0 for the root.
    public let rank: UInt32
    /// The count; 0 in ``WalkedNodes/above``, where it is not known.
    public let count: UInt64
    private let perfectStart: UnsafePointer<UInt32>
    private let perfectWord: UInt32

    // A thousand nodes pass from thread to thread: 32 bytes each.
    @inline(__always)
    init(
      depth: Int, rank: UInt32, count: UInt64, perfectStart: UnsafePointer<UInt32>,
      perfectCount: Int
    ) {
      depthWord = UInt32(truncatingIfNeeded: depth)
      self.rank = rank
      self.count = count
      self.perfectStart = perfectStart
      perfectWord = UInt32(truncatingIfNeeded: perfectCount)
    }

    /// The number of ranks in the core.
    public var depth: Int { Int(depthWord) }

    /// The perfect extensions of the node itself, ascending.
    public var perfectExtensions: UnsafeBufferPointer<UInt32> {
      UnsafeBufferPointer(start: perfectStart, count: Int(perfectWord))
    }
  }

  /// A node of so many itemsets ends any piece.
  static let largestExponent = 24

  /// The nodes on the path to the first node, from the root on, that other pieces hold.
  public internal(set) var above: [Node] = []
  /// The number of nodes.
  public private(set) var count = 0
  /// Memory for as many nodes as a piece can have.
  private var storage = NodeStorage(capacity: 0)

  /// No nodes.
  public init() {}

  /// The nodes, in order; valid until the piece is replaced.
  public var nodes: UnsafeBufferPointer<Node> {
    UnsafeBufferPointer(start: storage.base, count: count)
  }

  mutating func clear(capacity: Int) {
    above.removeAll(keepingCapacity: true)
    count = 0
    if storage.capacity < capacity || !isKnownUniquelyReferenced(&storage) {
      storage = NodeStorage(capacity: capacity)
    }
  }

  /// Appends a node; whoever does keeps to the capacity.
  @inline(__always)
  mutating func append(_ node: Node) {
    storage.base[count] = node
    count &+= 1
  }
}

private final class NodeStorage {
  let base: UnsafeMutablePointer<WalkedNodes.Node>
  let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }
}
