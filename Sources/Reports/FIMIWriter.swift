import Itemsets

/// Writes itemsets as the miners of the FIMI workshops do: `1 2 (4)`, items in natural order.
struct FIMIWriter: ~Copyable {
  private let names: EscapedNames
  private var items = RowSide()

  /// Throws ``OutputError/unsuitable(_:)`` where a name has a blank, which would read as two items.
  init(_ items: RankedItems) throws(OutputError) {
    let blanks: [UInt8] = Array(" \t\r\n\u{0B}\u{0C}".utf8)
    for rank in 0..<items.count {
      let name = items.names[items.nameRange(rank)]
      if name.isEmpty || name.contains(where: blanks.contains) {
        throw OutputError.unsuitable(
          "fimi separates items by blanks and cannot write the item "
            + "'\(visible(items.name(rank)))'; use --output csv, json or spmf")
      }
    }
    names = EscapedNames(items, .rank) { _, name, bytes in
      bytes += name
      return false
    }
  }

  mutating func write<Sink: TextSink & ~Copyable>(
    _ batch: borrowing ItemsetBatch, _ rows: Range<Int>, to output: inout Sink
  ) throws(OutputError) {
    let ranks = batch.items.span
    let counts = batch.counts.span
    for row in rows {
      names.collect(ranks, batch.range(row), sorted: false, into: &items)
      let start = try output.reserve(items.byteCount + integerTextLimit + 8)
      var end = names.write(items, separator: UInt8(ascii: " "), to: start)
      end = put(" (", at: end)
      end = writeInteger(counts[row], to: end)
      end = put(")\n", at: end)
      output.advance(to: end)
    }
  }
}
