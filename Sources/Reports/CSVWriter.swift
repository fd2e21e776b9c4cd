import AssociationRules
import Itemsets

/// Writes itemsets and rules as RFC 4180 csv.
///
/// The items of a set are joined by `;`, with `\` before a `;` or `\` inside a name; the field is
/// quoted where a name needs it. Undefined numbers are empty, infinite ones `inf`.
struct CSVWriter: ~Copyable {
  private let names: EscapedNames
  private let measures: [InterestMeasure]
  private var sides: RuleSides
  private var numbers = NumberWriter()
  private var antecedent = RowSide()
  private var consequent = RowSide()

  init(_ items: RankedItems, measures: [InterestMeasure]) {
    names = EscapedNames(items, .place) { _, name, bytes in appendCSV(name, to: &bytes) }
    sides = RuleSides(names, separator: UInt8(ascii: ";"))
    self.measures = measures
  }

  func writeItemsetHeading(to output: inout OutputBuffer) throws(OutputError) {
    try output.write(ItemsetColumns.names.joined(separator: ",") + "\n")
  }

  func writeRuleHeading(to output: inout OutputBuffer) throws(OutputError) {
    let columns = RuleColumns.names + measures.map(\.rawValue)
    try output.write(columns.joined(separator: ",") + "\n")
  }

  mutating func write<Sink: TextSink & ~Copyable>(
    _ batch: borrowing ItemsetBatch, _ rows: Range<Int>, of transactions: UInt64,
    to output: inout Sink
  ) throws(OutputError) {
    let items = batch.items.span
    let counts = batch.counts.span
    for row in rows {
      names.collect(items, batch.range(row), sorted: true, into: &antecedent)
      let start = try output.reserve(antecedent.byteCount + 4 * NumberWriter.textLimit)
      var end = writeField(antecedent, to: start)
      end = writeInteger(UInt64(antecedent.numbers.count), to: comma(end))
      end = writeInteger(counts[row], to: comma(end))
      end = numbers.writeSupport(counts[row], of: transactions, to: comma(end))
      end[0] = UInt8(ascii: "\n")
      output.advance(to: end + 1)
    }
  }

  mutating func write<Sink: TextSink & ~Copyable>(
    _ batch: borrowing RuleBatch, _ rows: Range<Int>, to output: inout Sink
  ) throws(OutputError) {
    let items = batch.items.span
    sides.check(items)
    let allCounts = batch.counts.span
    let numbersSize = (RuleColumns.names.count + measures.count) * NumberWriter.textLimit
    for row in rows {
      let ranks = items.extracting(
        batch.antecedent(row).lowerBound..<batch.consequent(row).upperBound)
      let counts = allCounts[row]
      var end: UnsafeMutablePointer<UInt8>
      if sides.turn(to: ranks) {
        let consequent = sides.bits(of: items.extracting(batch.consequent(row)))
        let start = try output.reserve(sides.byteCount + numbersSize)
        end = writeField(sides.all & ~consequent, to: start)
        end = writeField(consequent, to: comma(end))
      } else {
        names.collect(items, batch.antecedent(row), sorted: true, into: &antecedent)
        names.collect(items, batch.consequent(row), sorted: true, into: &consequent)
        let start = try output.reserve(antecedent.byteCount + consequent.byteCount + numbersSize)
        end = writeField(antecedent, to: start)
        end = writeField(consequent, to: comma(end))
      }
      end = writeNumbers(counts, to: end)
      for measure in measures { end = numbers.write(measure.value(counts), to: comma(end)) }
      end[0] = UInt8(ascii: "\n")
      output.advance(to: end + 1)
    }
  }

  /// Writes the number columns that all rules have, each behind a comma.
  @inline(__always)
  private mutating func writeNumbers(
    _ counts: RuleCounts, to start: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    let transactions = counts.transactions
    let measures = UsualMeasures(counts)
    var end = numbers.writeSupport(counts.antecedent, of: transactions, to: comma(start))
    end = numbers.writeSupport(counts.consequent, of: transactions, to: comma(end))
    end = numbers.writeSupport(counts.both, of: transactions, to: comma(end))
    end = numbers.write(measures.confidence, to: comma(end))
    end = numbers.write(measures.lift, to: comma(end))
    end = numbers.write(measures.leverage, to: comma(end))
    end = numbers.write(measures.conviction, to: comma(end))
    return writeInteger(counts.both, to: comma(end))
  }

  @inline(__always)
  private func writeField(
    _ side: UInt64, to start: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    guard side & sides.special != 0 else { return sides.write(side, to: start) }
    start[0] = UInt8(ascii: "\"")
    let end = sides.write(side, to: start + 1)
    end[0] = UInt8(ascii: "\"")
    return end + 1
  }

  @inline(__always)
  private func writeField(
    _ side: borrowing RowSide, to start: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    guard side.isSpecial else { return names.write(side, separator: UInt8(ascii: ";"), to: start) }
    start[0] = UInt8(ascii: "\"")
    let end = names.write(side, separator: UInt8(ascii: ";"), to: start + 1)
    end[0] = UInt8(ascii: "\"")
    return end + 1
  }
}

/// Puts a comma and returns what follows it.
@inline(__always)
private func comma(_ position: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
  position[0] = UInt8(ascii: ",")
  return position + 1
}

/// Appends a name with `\` before `;` and `\` and quotes doubled; says whether its field needs quotes.
///
/// Blanks at the ends are quoted too: some readers would trim them.
private func appendCSV(_ name: ArraySlice<UInt8>, to bytes: inout [UInt8]) -> Bool {
  let blanks: [UInt8?] = [UInt8(ascii: " "), UInt8(ascii: "\t"), nil]
  var isSpecial = blanks.contains(name.first) || blanks.contains(name.last)
  for byte in name {
    switch byte {
    case UInt8(ascii: ";"), UInt8(ascii: "\\"):
      bytes.append(UInt8(ascii: "\\"))
    case UInt8(ascii: "\""):
      bytes.append(byte)
      isSpecial = true
    case UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
      isSpecial = true
    default:
      break
    }
    bytes.append(byte)
  }
  return isSpecial
}
