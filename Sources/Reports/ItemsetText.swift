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
    _ piece: borrowing ItemsetPiece, to output: inout TextPiece
  ) throws(OutputError) {
    let names = text.names
    for node in piece.above { line.enterNode(node, names: names) }
    for index in piece.nodes.indices {
      let node = piece.nodes[index]
      line.enterNode(node, names: names)
      if node.depth > 0 { try line.writeCore(rank: node.rank, names: names, to: &output) }
      try line.expandPerfectExtensions(names: names, to: &output)
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
  /// The count as it stands at the end of each line of the node.
  private let countText: UnsafeMutablePointer<UInt8>
  private var countLength = 0
  private var suffixes = SuffixTable()
  private var extensionCount = 0
  /// Where the last name of the core begins.
  private var coreStart: UnsafeMutablePointer<UInt8>
  /// Where the names of the current itemset end.
  private var end: UnsafeMutablePointer<UInt8>

  init(names: NameSlots) {
    let items = names.count + 1
    start = .allocate(capacity: names.longestLine + 64)
    coreEnds = .allocate(capacity: items)
    extensions = .allocate(capacity: items)
    extensionEnds = .allocate(capacity: items)
    chosen = .allocate(capacity: items)
    endsBefore = .allocate(capacity: items)
    countText = .allocate(capacity: longestCountText)
    countText.initialize(repeating: 0, count: longestCountText)
    coreEnds[0] = start
    coreStart = start
    end = start
  }

  deinit {
    start.deallocate()
    coreEnds.deallocate()
    extensions.deallocate()
    extensionEnds.deallocate()
    chosen.deallocate()
    endsBefore.deallocate()
    countText.deallocate()
  }

  /// Turns to the next node of a walk, whose core makes the line.
  @inline(__always)
  mutating func enterNode(_ node: ItemsetPiece.Node, names: NameSlots) {
    let depth = node.depth
    extensionCount = depth == 0 ? 0 : extensionEnds[depth - 1]
    for own in node.perfectExtensions {
      extensions[extensionCount] = own
      extensionCount += 1
    }
    extensionEnds[depth] = extensionCount
    coreStart = depth > 0 ? coreEnds[depth - 1] : start
    if depth > 0 { coreEnds[depth] = names.copy(node.rank, to: coreStart) }
    end = coreEnds[depth]
    countText[0] = UInt8(ascii: "(")
    let digitsEnd = writeInteger(node.count, to: countText + 1)
    digitsEnd[0] = UInt8(ascii: ")")
    digitsEnd[1] = UInt8(ascii: "\n")
    countLength = digitsEnd + 2 - countText
  }

  /// Writes the line of the core, whose last item is `rank`.
  @inline(__always)
  func writeCore(
    rank: UInt32, names: NameSlots, to output: inout TextPiece
  ) throws(OutputError) {
    try write(upTo: coreStart, rank: rank, names: names, to: &output)
  }

  /// Writes the text of the line up to `end`, the name of `rank` and the count.
  ///
  /// The name comes from its slot, not from the line, where it has just been stored: reading bytes
  /// back from several stores that are still on their way costs more than the whole line.
  @inline(__always)
  private func write(
    upTo end: UnsafeMutablePointer<UInt8>, rank: UInt32, names: NameSlots,
    to output: inout TextPiece
  ) throws(OutputError) {
    let prefixLength = end - start
    let target = try output.reserve(prefixLength + names.length(rank) + countLength)
    // Prefixes are a few names long: copying 32 bytes at a time spares branches that would be
    // mispredicted line by line.
    var copied = 0
    repeat {
      copy16(start + copied, to: target + copied)
      copy16(start + copied + 16, to: target + copied + 16)
      copied += 32
    } while copied < prefixLength
    let count = names.copy(rank, to: target + prefixLength)
    copy16(countText, to: count)
    if countLength > 16 { copy16(countText + 16, to: count + 16) }
    output.advance(to: count + countLength)
  }

  /// Writes the core joined with every non-empty subset of the path's perfect extensions: a subset
  /// before those it begins, else by position.
  ///
  /// The subsets of the first ones are chosen one by one; behind each come all of the last ones.
  @inline(__always)
  mutating func expandPerfectExtensions(
    names: NameSlots, to output: inout TextPiece
  ) throws(OutputError) {
    if extensionCount == 0 { return }
    let chosenSingly = suffixes.fill(
      UnsafeBufferPointer(start: extensions, count: extensionCount), names: names,
      countText: countText, countLength: countLength)
    var depth = 0
    var next = 0
    while true {
      if next < chosenSingly {
        chosen[depth] = next
        endsBefore[depth] = end
        depth += 1
        let rank = extensions[next]
        try write(upTo: end, rank: rank, names: names, to: &output)
        end = names.copy(rank, to: end)
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
