public import Apriori
public import Itemsets

/// All frequent itemsets as `fimi` text, made straight from closed levels.
///
/// The same bytes as ``ItemsetReport`` over an expansion without length limits, several times faster:
/// the text of the core is kept from node to node, and the perfect extensions of a node are expanded
/// by copying the line and changing its end. No itemset ever exists except as text.
///
/// One thread at a time takes the next piece of ``walk(linesPerPiece:)``; what writers make of the
/// pieces, in their order, is the text. Making it takes many times as long as walking, so several
/// threads with a writer each are that much faster.
public final class ItemsetText: Sendable {
  private let levels: ClosedLevels
  fileprivate let names: NameSlots

  /// Prepares to write the itemsets of `levels`, whose ranks name `items`.
  ///
  /// - Throws: ``OutputError/unsuitable(_:)`` where a name cannot be written as `fimi`.
  public init(_ levels: ClosedLevels, items: RankedItems) throws(OutputError) {
    _ = try FIMIWriter(items)
    self.levels = levels
    names = NameSlots(items)
  }

  /// All nodes in natural order, in pieces.
  ///
  /// - Parameter linesPerPiece: about how many lines the text of a piece has; that of a node is never
  ///   divided.
  public func walk(linesPerPiece: Int = 1 << 13) -> ItemsetWalk {
    ItemsetWalk(levels, linesPerPiece: linesPerPiece)
  }
}

/// Makes text of pieces, on one thread.
public struct ItemsetTextWriter: ~Copyable {
  private let text: ItemsetText
  private var line: Line

  /// A writer of pieces of `text`.
  public init(_ text: ItemsetText) {
    self.text = text
    line = Line(names: text.names)
  }

  /// Writes every itemset of a piece.
  ///
  /// - Complexity: linear in the bytes written.
  public mutating func write(
    _ piece: borrowing WalkedNodes, to output: inout TextPiece
  ) throws(OutputError) {
    let names = text.names
    for node in piece.above { line.descend(to: node, names: names) }
    let nodes = piece.nodes
    for index in nodes.indices {
      let node = nodes[index]
      try line.write(node, names: names, to: &output)
      // Only what begins other lines of the piece becomes the beginning of the line.
      if index + 1 < nodes.count, nodes[index + 1].depth > node.depth {
        line.descend(to: node, names: names)
      }
    }
  }
}

/// The line of the current itemset: names of the core, names of chosen perfect extensions, count.
private struct Line: ~Copyable {
  private let start: UnsafeMutablePointer<UInt8>
  /// Where the names of the core of each depth end.
  private let coreEnds: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>>
  /// The perfect extensions of the nodes on the path, and where those of each depth end.
  private let extensions: UnsafeMutablePointer<UInt32>
  private let extensionEnds: UnsafeMutablePointer<Int>
  /// The chosen extensions, and where the line ended before each.
  private let chosen: UnsafeMutablePointer<Int>
  private let endsBefore: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>>
  private var suffixes = SuffixTable()

  init(names: NameSlots) {
    let items = names.count + 1
    start = .allocate(capacity: names.longestLine + OutputBuffer.slack)
    coreEnds = .allocate(capacity: items)
    extensions = .allocate(capacity: items)
    extensionEnds = .allocate(capacity: items)
    chosen = .allocate(capacity: items)
    endsBefore = .allocate(capacity: items)
    coreEnds[0] = start
    extensionEnds[0] = 0
  }

  deinit {
    start.deallocate()
    coreEnds.deallocate()
    extensions.deallocate()
    extensionEnds.deallocate()
    chosen.deallocate()
    endsBefore.deallocate()
  }

  /// Lets the line begin with the core of a node, whose path it begins with.
  @inline(__always)
  mutating func descend(to node: WalkedNodes.Node, names: NameSlots) {
    let depth = node.depth
    extensionEnds[depth] = add(node.perfectExtensions, depth: depth)
    if depth > 0 { coreEnds[depth] = names.copy(node.rank, to: coreEnds[depth - 1]) }
  }

  /// Puts the perfect extensions of a node behind those of its path; returns how many there are then.
  @inline(__always)
  private func add(_ own: UnsafeBufferPointer<UInt32>, depth: Int) -> Int {
    var count = depth > 0 ? extensionEnds[depth - 1] : 0
    for rank in own {
      extensions[count] = rank
      count &+= 1
    }
    return count
  }

  /// Writes all itemsets of a node, whose path the line begins with: its core joined with every subset
  /// of the perfect extensions, a subset before those it begins, else by position.
  @inline(__always)
  mutating func write(
    _ node: WalkedNodes.Node, names: NameSlots, to output: inout TextPiece
  ) throws(OutputError) {
    let count = CountText(node.count)
    let depth = node.depth
    let extensionCount = add(node.perfectExtensions, depth: depth)
    if depth == 0 {
      return try expand(extensionCount, behind: start, count, names: names, to: &output)
    }
    let pathEnd = coreEnds[depth - 1]
    let core = Core(start: start, prefixLength: pathEnd - start, rank: node.rank)
    let length = core.prefixLength + names.length(node.rank) + count.length
    // Most nodes have at most two perfect extensions, so up to four lines, which need no loop.
    switch extensionCount {
    case 0:
      let line = try output.reserve(length)
      output.advance(to: count.store(to: core.copy(names, to: line)))
    case 1:
      let only = extensions[0]
      var line = try output.reserve(2 * length + names.length(only))
      line = count.store(to: core.copy(names, to: line))
      line = count.store(to: names.copy(only, to: core.copy(names, to: line)))
      output.advance(to: line)
    case 2:
      let (first, second) = (extensions[0], extensions[1])
      var line = try output.reserve(
        4 * length + 2 * (names.length(first) + names.length(second)))
      line = count.store(to: core.copy(names, to: line))
      line = count.store(to: names.copy(first, to: core.copy(names, to: line)))
      let both = names.copy(first, to: core.copy(names, to: line))
      line = count.store(to: names.copy(second, to: both))
      line = count.store(to: names.copy(second, to: core.copy(names, to: line)))
      output.advance(to: line)
    default:
      let line = try output.reserve(length)
      output.advance(to: count.store(to: core.copy(names, to: line)))
      let end = names.copy(node.rank, to: pathEnd)
      try expand(extensionCount, behind: end, count, names: names, to: &output)
    }
  }

  /// Writes the line up to `end` joined with every non-empty subset of the first `extensionCount`
  /// perfect extensions.
  ///
  /// The subsets of the first ones are chosen one by one; behind each come all of the last ones.
  private mutating func expand(
    _ extensionCount: Int, behind end: UnsafeMutablePointer<UInt8>, _ count: CountText,
    names: NameSlots, to output: inout TextPiece
  ) throws(OutputError) {
    if extensionCount == 0 { return }
    let chosenSingly = suffixes.fill(
      UnsafeBufferPointer(start: extensions, count: extensionCount), names: names, count: count)
    var end = end
    var depth = 0
    var next = 0
    while true {
      if next < chosenSingly {
        chosen[depth] = next
        endsBefore[depth] = end
        depth += 1
        let core = Core(start: start, prefixLength: end - start, rank: extensions[next])
        let line = try output.reserve(
          core.prefixLength + names.length(core.rank) + count.length)
        output.advance(to: count.store(to: core.copy(names, to: line)))
        end = names.copy(core.rank, to: end)
        next += 1
      } else {
        try suffixes.write(behind: start, end - start, to: &output)
        if depth == 0 { return }
        depth -= 1
        end = endsBefore[depth]
        next = chosen[depth] + 1
      }
    }
  }
}

/// Names that many lines begin with, and one more behind them.
private struct Core {
  let start: UnsafePointer<UInt8>
  let prefixLength: Int
  let rank: UInt32

  init(start: UnsafeMutablePointer<UInt8>, prefixLength: Int, rank: UInt32) {
    self.start = UnsafePointer(start)
    self.prefixLength = prefixLength
    self.rank = rank
  }

  /// Copies the names to `target` and returns their end.
  ///
  /// The last one comes from its slot, not from the line, where it may just have been stored: reading
  /// bytes back from several stores that are still on their way costs more than the whole line.
  @inline(__always)
  func copy(
    _ names: NameSlots, to target: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    // Prefixes are a few names long: copying 32 bytes at a time spares branches that would be
    // mispredicted line by line.
    var copied = 0
    repeat {
      copy16(start + copied, to: target + copied)
      copy16(start + copied + 16, to: target + copied + 16)
      copied += 32
    } while copied < prefixLength
    return names.copy(rank, to: target + prefixLength)
  }
}
