import AssociationRules
import Itemsets

/// Writes itemsets and rules as SPMF does, items in natural order.
///
/// Where all items are integers as SPMF has them (0 to 2^31 - 1 without leading zeros) they are
/// written as they are. Else an item is written as its place in ascending order, from 1, and `@ITEM`
/// lines before the first row give all names.
struct SPMFWriter: ~Copyable {
  private let names: EscapedNames
  /// The `@` lines; empty where items are integers.
  private let heading: [UInt8]
  private var numbers = NumberWriter()
  private var antecedent = RowSide()
  private var consequent = RowSide()

  /// Throws ``OutputError/unsuitable(_:)`` where a name has a line break, which no `@ITEM` line can
  /// hold.
  init(_ items: RankedItems) throws(OutputError) {
    let areIntegers = (0..<items.count).allSatisfy {
      isPlainInteger(items.names[items.nameRange($0)])
    }
    var heading: [UInt8] = []
    if !areIntegers {
      for rank in 0..<items.count
      where items.names[items.nameRange(rank)].contains(where: { $0 == 10 || $0 == 13 }) {
        throw OutputError.unsuitable(
          "spmf names each item on a line and cannot write the line break in the item "
            + "'\(visible(items.name(rank)))'; use --output csv or json")
      }
      heading += Array("@CONVERTED_FROM_TEXT\n".utf8)
      var ranks = Array(0..<items.count)
      ranks.sort { items.places[$0] < items.places[$1] }
      for rank in ranks {
        heading += Array("@ITEM=\(items.places[rank] + 1)=".utf8)
        heading += items.names[items.nameRange(rank)]
        heading.append(UInt8(ascii: "\n"))
      }
    }
    self.heading = heading
    names = EscapedNames(items, .rank) { rank, name, bytes in
      bytes += areIntegers ? name : Array(String(UInt64(items.places[rank]) + 1).utf8)[...]
      return false
    }
  }

  func writeHeading(to output: inout OutputBuffer) throws(OutputError) {
    let start = try output.reserve(heading.count)
    for (index, byte) in heading.enumerated() { start[index] = byte }
    output.advance(to: start + heading.count)
  }

  mutating func write<Sink: TextSink & ~Copyable>(
    _ batch: borrowing ItemsetBatch, _ rows: Range<Int>, to output: inout Sink
  ) throws(OutputError) {
    let ranks = batch.items.span
    let counts = batch.counts.span
    for row in rows {
      names.collect(ranks, batch.range(row), sorted: false, into: &antecedent)
      let start = try output.reserve(antecedent.byteCount + integerTextLimit + 16)
      var end = names.write(antecedent, separator: UInt8(ascii: " "), to: start)
      end = put(" #SUP: ", at: end)
      end = writeInteger(counts[row], to: end)
      end = put("\n", at: end)
      output.advance(to: end)
    }
  }

  mutating func write<Sink: TextSink & ~Copyable>(
    _ batch: borrowing RuleBatch, _ rows: Range<Int>, to output: inout Sink
  ) throws(OutputError) {
    let ranks = batch.items.span
    let counts = batch.counts.span
    for row in rows {
      names.collect(ranks, batch.antecedent(row), sorted: false, into: &antecedent)
      names.collect(ranks, batch.consequent(row), sorted: false, into: &consequent)
      let size = antecedent.byteCount + consequent.byteCount + 3 * NumberWriter.textLimit
      let start = try output.reserve(size)
      var end = names.write(antecedent, separator: UInt8(ascii: " "), to: start)
      end = put(" ==> ", at: end)
      end = names.write(consequent, separator: UInt8(ascii: " "), to: end)
      end = put(" #SUP: ", at: end)
      end = writeInteger(counts[row].both, to: end)
      end = put(" #CONF: ", at: end)
      end = numbers.write(InterestMeasures.confidence(counts[row]), to: end)
      end = put("\n", at: end)
      output.advance(to: end)
    }
  }
}

/// Whether a name is an integer that SPMF reads as itself.
private func isPlainInteger(_ name: ArraySlice<UInt8>) -> Bool {
  guard let value = Int32(String(decoding: name, as: UTF8.self)), value >= 0 else { return false }
  return name.elementsEqual(String(value).utf8)
}
